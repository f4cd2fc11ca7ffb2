import CairnCore
import CairnSystem
import CairnTestSupport
import Testing

@testable import Cairn

@Suite("Analysis")
struct AnalyzeTests {
    private let sandbox: Sandbox

    init() throws { sandbox = try Sandbox() }

    private func analyze(
        _ paths: [String], in folder: String = "", _ options: AnalyzeOptions = AnalyzeOptions()
    ) throws -> AnalyzeReport {
        let place = Surroundings(
            environment: sandbox.environment, workingDirectory: FilePath(sandbox(folder)),
            home: FilePath(sandbox("home")))
        return try Analysis.run(paths, options, from: place, as: .cairn)
    }

    private static let table = (0..<40_000).map { "\($0),\($0 * $0 % 1009)\n" }.joined()

    /// Two versions of a few files, the second with one line more in front of the table.
    private func makeVersions() throws {
        for version in ["v1", "v2"] {
            try Files.write((version == "v2" ? "new,0\n" : "") + Self.table, to: sandbox("\(version)/a.CSV"))
            try Files.write("one", to: sandbox("\(version)/s/1.json"))
            try Files.write("one", to: sandbox("\(version)/s/2.json"))
            try Files.write("", to: sandbox("\(version)/none"))
            try Files.link(sandbox("\(version)/link"), to: "a.CSV")
        }
    }

    @Test("each path adds what those before it do not have, in a workspace or not")
    func versions() throws {
        try makeVersions()
        let report = try analyze(["v1", "v2"])
        let (first, second) = (report.paths[0].amounts, report.paths[1].amounts)
        let size = Int64(Self.table.utf8.count)
        #expect(first.files == 5 && first.bytes == size + 6 + 5 && first.copies == 1)
        #expect(first.distinctFiles == size + 3 + 5 && first.distinctChunks == size + 3 + 5)
        // The file with one more line is another one, and shares all chunks but the first.
        #expect(second.distinctFiles == size + 6 && second.copies == 4)
        #expect(second.distinctChunks > 0 && second.distinctChunks < 200_000)
        #expect(first.stored > 0 && first.stored < size / 2)
        #expect(report.total.bytes == first.bytes + second.bytes)
        #expect(report.total.stored == first.stored + second.stored)
        #expect(report.sample == 1 && report.failures.isEmpty)
        let names = report.kinds.map { $0.name.map { $0.printable } }
        #expect(Set(names) == [".csv", ".json", "", nil])
        #expect(report.duplicates.first?.count == 4 && report.duplicates.first?.size == 3)
        guard case .none = report.cache else {
            Issue.record("there is no cache here")
            return
        }
    }

    @Test(
        "what the cache has is known chunk by chunk, or file by file in DVC's format",
        arguments: [true, false])
    func cache(_ isNative: Bool) throws {
        try sandbox.makeProject("one", settings: isNative ? Sandbox.nativeSettings : "")
        try Files.write(Self.table, to: sandbox("one/old.csv"))
        try sandbox.cairn("add", "-q", "old.csv", in: "one").succeeded()
        try Files.write(Self.table + "more\n", to: sandbox("one/new/new.csv"))
        try Files.write(Self.table, to: sandbox("one/new/old.csv"))
        let before = TreeListing(of: sandbox("one"))
        let report = try analyze(["new"], in: "one")
        #expect(TreeListing(of: sandbox("one")) == before, "something was written")
        switch report.cache {
        case .none: Issue.record("there is a cache")
        case .chunks:
            #expect(isNative)
            let total = report.total
            #expect(total.known > Int64(Self.table.utf8.count / 2) && total.known < total.distinctChunks)
        case .files(let bytes): #expect(!isNative && bytes == Int64(Self.table.utf8.count))
        }
    }

    @Test("rules of .dvcignore hold in a workspace, and built-in ones everywhere")
    func ignored() throws {
        try sandbox.makeProject("one")
        try Files.write("*.tmp\n", to: sandbox("one/.dvcignore"))
        for folder in ["one/data", "elsewhere"] {
            for name in ["a", "b.tmp", ".git/x"] { try Files.write("x", to: sandbox("\(folder)/\(name)")) }
        }
        #expect(try analyze(["data"], in: "one").total.files == 1)
        #expect(try analyze(["elsewhere"]).total.files == 2)
    }

    @Test("links count as links, or as what they lead to")
    func links() throws {
        try makeVersions()
        var options = AnalyzeOptions()
        #expect(try analyze(["v1"], options).total.bytes == Int64(Self.table.utf8.count) + 11)
        options.followsLinks = true
        let followed = try analyze(["v1"], options).total
        #expect(followed.bytes == 2 * Int64(Self.table.utf8.count) + 6 && followed.copies == 2)
        try Files.link(sandbox("v1/nowhere"), to: "missing")
        #expect(throws: (any Error).self) { try analyze(["v1"], options) }
    }

    @Test("a sample of the chunks stands for all when there is little memory")
    func sampled() throws {
        for number in 0..<5000 { try Files.write("file \(number)", to: sandbox("many/\(number)")) }
        var options = AnalyzeOptions()
        let exact = try analyze(["many"], options)
        options.memory = 0
        let estimate = try analyze(["many"], options)
        #expect(exact.sample == 1 && estimate.sample > 1)
        let (wanted, found) = (exact.total.distinctChunks, estimate.total.distinctChunks)
        #expect(abs(wanted - found) < wanted / 8, "\(wanted) \(found)")
        #expect(estimate.total.distinctFiles == exact.total.distinctFiles)
    }

    @Test(
        "extensions",
        arguments: [
            ("a/b.CSV", ".csv"), ("x.tar.gz", ".tar.gz"), ("x.gz", ".gz"), (".gitignore", ""), ("a.b/c", ""),
            ("c.", ""), (".x.csv", ".csv"), ("v1.2.3.gz", ".gz"), ("a.averylongextension", ""),
            (".a.gz", ".gz"),
        ])
    func kinds(_ path: String, _ kind: String) {
        #expect(AnalysisRun.kind(of: Array(path.utf8)) == Array(kind.utf8))
    }

    @Test("advice needs facts")
    func advice() throws {
        var random = SeededRandom(seed: 3)
        let noise = (0..<1_200_000).map { _ in UInt8.random(in: 0...255, using: &random) }
        try Files.write(noise, to: sandbox("v1/a.gz"))
        try Files.write(noise[..<20_000], to: sandbox("v1/b.zip"))
        try Files.write(noise.map { $0 ^ 2 }, to: sandbox("v1/t.parquet"))
        #expect(try analyze(["v1"]).advice == [.compressed(kind: Array(".gz".utf8), bytes: 1_200_000)])
        try Files.write(noise.map { $0 ^ 1 }, to: sandbox("v2/t.parquet"))
        #expect(try analyze(["v1", "v2"]).advice.last == .parquet(bytes: 1_200_000))
        try Files.write([0] + noise.map { $0 ^ 2 }, to: sandbox("v2/t.parquet"))
        #expect(try analyze(["v1", "v2"]).advice.count == 1)
    }
}
