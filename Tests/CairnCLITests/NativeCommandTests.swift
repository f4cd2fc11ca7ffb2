import CairnTestSupport
import Testing

/// Native workspaces from the shell: what their own commands print, and what becomes of damage.
@Suite("Native commands")
struct NativeCommandTests {
    private let sandbox: Sandbox

    /// A native workspace with a file of many chunks, a directory of small files, and two revisions.
    init() throws {
        sandbox = try Sandbox()
        try sandbox.makeNativeProject("one")
        try Files.write(Self.numbers(200_000), to: sandbox("one/numbers"))
        for number in 0..<40 { try Files.write("small \(number)", to: sandbox("one/data/\(number)")) }
        try sandbox.cairn("add", "-q", "numbers", "data", in: "one").succeeded()
        try sandbox.commit("one", "first")
        try sandbox.git("tag", "v1", in: "one")
        try Files.write(Self.numbers(200_000) + "more\n", to: sandbox("one/numbers"))
        try Files.write("changed", to: sandbox("one/data/7"))
        try sandbox.cairn("add", "-q", "numbers", "data", in: "one").succeeded()
        try sandbox.commit("one", "second")
    }

    private static func numbers(_ count: Int) -> String {
        var text = ""
        for number in 0..<count { text += "\(number)\n" }
        return text
    }

    private func packs(_ folder: String = "one") -> [String] {
        Files.paths(below: sandbox("\(folder)/.dvc/cache/packs")).map {
            sandbox("\(folder)/.dvc/cache/packs/\($0)")
        }
    }

    @Test("cat prints what was recorded, all or a part, of any revision, though the workspace has nothing")
    func cat() throws {
        let (old, new) = (Self.numbers(200_000), Self.numbers(200_000) + "more\n")
        try sandbox.shell("rm -r numbers data", in: "one").succeeded()
        #expect(try sandbox.cairn("cat", "numbers", in: "one").succeeded().stdout == new)
        #expect(try sandbox.cairn("cat", "numbers@v1", in: "one").succeeded().stdout == old)
        #expect(try sandbox.cairn("cat", "data/7", in: "one").succeeded().stdout == "changed")
        #expect(try sandbox.cairn("cat", "data/7@HEAD~1", in: "one").succeeded().stdout == "small 7")
        for (range, expected) in [
            ("0-9", old.prefix(10)), ("700000-700099", old.dropFirst(700_000).prefix(100)),
            ("1288880-", Substring(new).dropFirst(1_288_880)), ("-4", old.prefix(5)), ("9999999-", ""),
        ] {
            let result = try sandbox.cairn("cat", "numbers", "--range=\(range)", in: "one").succeeded()
            #expect(result.stdout == expected, "\(range)")
        }
        for (arguments, code, words) in [
            (["cat", "data"], 128, "is a directory"), (["cat", "numbers.dvc"], 128, "is not tracked"),
            (["cat", "nothing"], 128, "nothing"), (["cat", "numbers@nothing"], 128, "nothing"),
            (["cat", "numbers", "--range", "9-1"], 129, "--range"),
            (["cat", "numbers", "--range", "x"], 129, "--range"),
        ] {
            let result = try sandbox.shell("cairn " + arguments.joined(separator: " "), in: "one")
            let isUsage = result.exitCode == 129 || result.exitCode == 128
            #expect(
                isUsage && (code != 129 || result.exitCode == 129) && result.stdout.contains(words),
                "\(result)")
        }
        try sandbox.shell("rm -rf .dvc/cache", in: "one").succeeded()
        let missing = try sandbox.cairn("cat", "numbers", in: "one")
        #expect(
            missing.exitCode == 128 && missing.stderr.contains("hint: bring it: `cairn fetch numbers`"),
            "\(missing)")
    }

    @Test(
        "no damage of a pack gets into the workspace; it is named, and adding the data again heals the store",
        arguments: 0..<6)
    func damage(_ seed: Int) throws {
        // Each pack in turn, at different places of its middle.
        for (number, pack) in packs().enumerated() {
            var bytes = try Files.read(pack)
            let place = 64 + (seed * 7919 + number * 104_729) % (bytes.count - 160)
            bytes[place] ^= 0x55
            Files.delete(pack)
            try Files.write(bytes, to: pack, mode: 0o444)
        }
        let (numbers, small) = (try Files.text(sandbox("one/numbers")), "changed")
        try sandbox.shell("mv numbers data .. ", in: "one").succeeded()
        _ = try sandbox.cairn("checkout", in: "one")
        for path in Files.paths(below: sandbox("one")) where path == "numbers" || path.hasPrefix("data/") {
            let expected =
                path == "numbers" ? numbers : path == "data/7" ? small : "small \(path.dropFirst(5))"
            #expect(try Files.text(sandbox("one/\(path)")) == expected, "\(path)")
        }
        try sandbox.shell("rm -rf numbers data; mv ../numbers ../data .", in: "one").succeeded()
        // Twice: what the first round stores anew may rely on chunks whose damage only the second `verify` can see. Without the stat
        // index everything is read again.
        let round = "rm -f .dvc/tmp/cairn/index.sqlite*; cairn verify; cairn add -q numbers data"
        for _ in 0..<2 { try sandbox.shell(round, in: "one").succeeded() }
        try sandbox.cairn("verify", in: "one").succeeded()
        try sandbox.shell("rm -r numbers data; cairn checkout -q", in: "one").succeeded()
        #expect(try Files.text(sandbox("one/numbers")) == numbers)
        #expect(try Files.text(sandbox("one/data/7")) == small)
    }

    @Test("a damaged store is healed from a remote")
    func healedByRemote() throws {
        try sandbox.shell("cairn remote add -q -d store ../remote && cairn push -q", in: "one").succeeded()
        for pack in packs() {
            Files.delete(pack)
            try Files.write("gone", to: pack, mode: 0o444)
        }
        #expect(try sandbox.cairn("verify", in: "one").exitCode == 1)
        try sandbox.shell("rm -r numbers data; cairn pull -q", in: "one").succeeded()
        try sandbox.cairn("verify", in: "one").succeeded()
        #expect(try Files.text(sandbox("one/data/7")) == "changed")
    }

    @Test("version says which format a workspace has")
    func format() throws {
        try sandbox.makeProject("two")
        for (folder, format) in [("one", "native"), ("two", "dvc")] {
            #expect(try sandbox.cairn("version", in: folder).stdout.contains("\nformat: \(format)\n"))
            let json = try sandbox.cairn("version", "--json", in: folder).stdout
            #expect(json.contains("\"format\": \"\(format)\""))
        }
    }

    @Test("two workspaces may share a cache, and add to it at the same time")
    func shared() throws {
        for name in ["two", "three"] {
            try sandbox.git("clone", "-q", "one", name, in: "")
            try sandbox.shell("cairn config -q cache.dir ../../shared", in: name).succeeded()
            for number in 0..<300 {
                try Files.write("\(name) \(number % 200)", to: sandbox("\(name)/new/\(number)"))
            }
        }
        let both = "(cd two && cairn add -q new) & first=$!; (cd three && cairn add -q new) && wait $first"
        try sandbox.shell(both, in: "").succeeded()
        for name in ["two", "three"] {
            try sandbox.shell(
                "rm -r new; cairn checkout -q new && cairn verify new.dvc && test $(ls new | wc -l) = 300",
                in: name
            ).succeeded()
        }
    }

    @Test("an edit of a large file stores little more than the edit")
    func edit() throws {
        var state: UInt64 = 88_172_645_463_325_252
        let noise = (0..<4_000_000).map { _ -> UInt8 in
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return UInt8(truncatingIfNeeded: state)
        }
        try Files.write(noise, to: sandbox("one/noise"))
        try sandbox.cairn("add", "-q", "noise", in: "one").succeeded()
        func size() throws -> Int {
            try Int(sandbox.shell("du -sb .dvc/cache | cut -f1", in: "one").stdout.filter(\.isNumber)) ?? 0
        }
        let before = try size()
        try Files.write(
            noise[..<2_000_000] + Array("an insertion".utf8) + noise[2_000_000...], to: sandbox("one/noise"))
        try sandbox.cairn("add", "-q", "noise", in: "one").succeeded()
        #expect(try size() - before < 300_000)
        try sandbox.cairn("verify", in: "one").succeeded()
    }
}
