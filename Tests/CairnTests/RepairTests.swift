import CairnCore
import CairnSystem
import CairnTestSupport
import Testing

@testable import Cairn
@testable import CairnStore

/// A workspace of one of the layouts with two revisions on a remote, and ways to harm its cache.
struct Patient {
    let project: Project
    let layout: Layout
    let pointers = ["data.dvc", "long.dvc"]

    enum Layout: String, CaseIterable, Sendable {
        /// DVC's format.
        case dvc
        /// Native ids in packs.
        case packed
        /// Native ids, one file each.
        case loose
    }

    init(_ layout: Layout, remote: Bool = true) throws {
        project = try Project()
        self.layout = layout
        var config = try Files.text(project("one/.dvc/config"))
        if layout != .dvc { config += Sandbox.nativeSettings }
        if layout != .packed { config += "[cache]\n    type = hardlink,copy\n" }
        try Files.write(config, to: project("one/.dvc/config"))
        for version in ["v1", "v2"] {
            // Whoever writes into a hard link writes into its object.
            dropWorkspace()
            for number in 0..<6 {
                try project.write("small \(number) \(number == 3 ? version : "")", to: "data/sub/\(number)")
            }
            try Files.write(Self.long(version), to: project("one/long"))
            _ = try project.workspace().add(["data", "long"])
            try project.sandbox.commit("one", version)
            try project.sandbox.git("tag", version, in: "one")
            if remote { _ = try project.workspace().push() }
        }
    }

    /// Two versions have most chunks in common.
    static func long(_ version: String) -> [UInt8] { noise + Array(version.utf8) }

    private static let noise: [UInt8] = {
        var random = SeededRandom(seed: 3)
        return (0..<120_000).flatMap { _ in withUnsafeBytes(of: random.next()) { Array($0) } }
    }()

    var cache: String { project("one/.dvc/cache") }
    var files: [String] { Files.paths(below: cache).filter { !$0.hasSuffix("cairn.lock") }.sorted() }

    func change(_ path: String, _ body: (inout [UInt8]) -> Void) throws {
        var bytes = try Files.read("\(cache)/\(path)")
        body(&bytes)
        Files.delete("\(cache)/\(path)")
        try Files.write(bytes, to: "\(cache)/\(path)", mode: 0o444)
    }

    /// Flips a bit in the middle of every file of the cache.
    func harmEverything(where isHarmed: (String) -> Bool = { _ in true }) throws {
        for path in files where isHarmed(path) { try change(path) { $0[$0.count / 2] ^= 4 } }
    }

    /// Takes the data out of the workspace.
    func dropWorkspace() {
        Files.delete(project("one/data"))
        Files.delete(project("one/long"))
    }

    func repair(_ change: (inout RepairOptions) -> Void = { _ in }) throws -> RepairReport {
        var options = RepairOptions()
        options.revisions.allCommits = true
        change(&options)
        return try project.workspace().repair([], options)
    }

    func verify(_ depth: CheckDepth = .full) throws -> VerifyReport {
        var options = VerifyOptions()
        options.revisions.allCommits = true
        options.depth = depth
        return try project.workspace().verify([], options)
    }

    /// What the workspace has after a checkout of a revision into an empty one.
    func expectCheckout(_ version: String = "v2") throws {
        dropWorkspace()
        for pointer in pointers {
            let text = try project.sandbox.git("show", "\(version):\(pointer)", in: "one")
            try Files.write(text, to: project("one/\(pointer)"))
        }
        let report = try project.workspace().checkout()
        #expect(report.failed.isEmpty)
        #expect(try Files.read(project("one/long")) == Self.long(version))
        for number in 0..<6 {
            #expect(
                try Files.text(project("one/data/sub/\(number)"))
                    == "small \(number) \(number == 3 ? version : "")")
        }
    }

    func sources(_ report: RepairReport) -> Set<String> {
        Set(
            report.healed.map {
                switch $0.source {
                case .cache: "cache"
                case .index: "index"
                case .setAside: "aside"
                case .workspace: "workspace"
                case .remote(let name): name
                }
            })
    }
}

@Suite("Repairing")
struct RepairTests {
    @Test("a sound cache stays as it is", arguments: Patient.Layout.allCases)
    func sound(_ layout: Patient.Layout) throws {
        let patient = try Patient(layout)
        let before = patient.files
        let report = try patient.repair()
        #expect(report.isSound && report.soundCount > 9)
        #expect(patient.files == before)
    }

    @Test("everything damaged comes back from a remote, once", arguments: Patient.Layout.allCases)
    func fromRemote(_ layout: Patient.Layout) throws {
        let patient = try Patient(layout)
        try patient.harmEverything { $0.hasPrefix("files") || $0.hasPrefix("packs") }
        patient.dropWorkspace()
        let report = try patient.repair()
        #expect(report.isComplete && patient.sources(report).contains("store"), "\(report)")
        #expect(!Files.names(in: patient.project("one/.dvc/tmp/cairn/damaged")).isEmpty)
        #expect(try patient.verify().isSound)
        #expect(try patient.repair().isSound)
        try patient.expectCheckout("v1")
        try patient.expectCheckout("v2")
    }

    @Test(
        "the workspace gives back what it has, listings too, and the rest is named",
        arguments: Patient.Layout.allCases)
    func fromWorkspace(_ layout: Patient.Layout) throws {
        let patient = try Patient(layout, remote: false)
        if layout == .loose || layout == .dvc {
            // A hard link would be harmed with its object.
            for name in ["long", "data"] {
                let path = patient.project("one/\(name)")
                try patient.project.sandbox.shell(
                    "cp -r \(path) \(path).copy && rm -rf \(path) && mv \(path).copy \(path)", in: "one"
                ).succeeded()
            }
        }
        Files.delete(patient.cache)
        let report = try patient.repair()
        #expect(!report.isComplete && patient.sources(report) == ["workspace"])
        let broken = Set(report.broken.flatMap(\.object.users).map { "\($0.path) \($0.revision ?? "-")" })
        #expect(broken == ["data v1", "long v1"])
        try patient.expectCheckout("v2")
    }

    @Test("nothing is changed by a dry run, and it says what would be", arguments: Patient.Layout.allCases)
    func dry(_ layout: Patient.Layout) throws {
        let patient = try Patient(layout)
        try patient.harmEverything { $0.hasPrefix("files") || $0.hasPrefix("packs") }
        patient.dropWorkspace()
        func content() throws -> [[UInt8]] {
            try patient.files.map { try Files.read("\(patient.cache)/\($0)") }
        }
        let (files, before) = (patient.files, try content())
        let report = try patient.repair { $0.isDry = true }
        #expect(report.isDry && patient.sources(report).isSuperset(of: ["store"]))
        #expect(try patient.files == files && content() == before)
        #expect(!Files.exists(patient.project("one/.dvc/tmp/cairn/damaged")))
    }

    @Test("a remote that was not the default one is asked if it is named, and an unknown one is refused")
    func namedRemote() throws {
        let patient = try Patient(.dvc)
        let config = patient.project("one/.dvc/config")
        let text = try Files.text(config).replacing("remote = store", with: "remote = empty")
        try Files.write(text + "['remote \"empty\"']\n    url = ../../empty\n", to: config)
        try patient.harmEverything()
        patient.dropWorkspace()
        #expect(throws: CairnError.self) { try patient.repair { $0.remote = "nowhere" } }
        #expect(try !patient.repair { $0.revisions = RevisionScope() }.isComplete)
        let report = try patient.repair { $0.remote = "store" }
        #expect(report.isComplete && patient.sources(report) == ["store"])
    }

    @Test("objects are healed by the cache's other layout")
    func otherLayout() throws {
        let patient = try Patient(.packed, remote: false)
        let content = Patient.long("v2")
        let id = ObjectID(.blake3, BLAKE3.digest(of: content))
        let loose = try LooseStore(at: FilePath(patient.cache))
        var wrong = content
        wrong[7] ^= 1
        try Files.write(wrong, to: loose.path(of: id).string, mode: 0o444)
        patient.dropWorkspace()
        let found = try patient.verify(.structure)
        #expect(found.isSound)
        var cat: [UInt8] = []
        try patient.project.workspace().readContent(of: RepoPath(validating: "long")) { cat += $0 }
        #expect(cat == content)
        let report = try patient.repair()
        #expect(report.isComplete && patient.sources(report) == ["cache"] && report.setAside.count == 1)
        try patient.expectCheckout()
    }

    @Test("what a collection put aside is found again, if a revision needs it")
    func collected() throws {
        let patient = try Patient(.packed, remote: false)
        var options = CollectOptions()
        options.keepsWorkspace = true
        _ = try patient.project.workspace().collect(options) { _ in true }
        let trash = patient.files.filter { $0.hasPrefix("trash/") }
        #expect(trash.contains { $0.hasSuffix(".cpk") })
        #expect(try !patient.verify(.present).isSound)
        let dry = try patient.repair { $0.isDry = true }
        #expect(patient.sources(dry) == ["aside"], "\(dry)")
        let report = try patient.repair()
        #expect(report.isComplete && patient.sources(report) == ["aside"], "\(report)")
        #expect(patient.files.filter { $0.hasPrefix("trash/") } == trash)
        #expect(try patient.verify().isSound)
        patient.dropWorkspace()
        try patient.expectCheckout("v1")
        try patient.expectCheckout("v2")
    }

    @Test("what is damaged in the cache is healed by copies in its trash, where other things may lie")
    func trash() throws {
        let patient = try Patient(.packed, remote: false)
        let trash = "trash/01ARZ3NDEKTSV4RRFFQ69G5FAV"
        try patient.project.sandbox.shell(
            "mkdir -p \(trash) && cp -r packs \(trash)/ && cd \(trash)/packs && mkdir zz && echo x > zz/y.cpk",
            in: "one/.dvc/cache"
        ).succeeded()
        try patient.harmEverything { $0.hasPrefix("packs") }
        patient.dropWorkspace()
        let report = try patient.repair()
        #expect(report.isComplete && patient.sources(report).contains("aside"), "\(report)")
        #expect(try patient.verify().isSound)
        try patient.expectCheckout("v1")
        try patient.expectCheckout("v2")
    }

    @Test(
        "a lost or damaged index and marker are written anew",
        arguments: ["segment", "segments", "marker", "no marker", "all"])
    func index(_ damage: String) throws {
        let patient = try Patient(.packed, remote: false)
        patient.dropWorkspace()
        let segments = patient.files.filter { $0.hasSuffix(".seg") }
        if damage == "segment" || damage == "all" { try patient.change(segments[0]) { $0[200] ^= 1 } }
        if damage == "segments" { for path in segments { Files.delete("\(patient.cache)/\(path)") } }
        if damage == "marker" || damage == "all" { try patient.change("cairn.json") { $0.removeLast(20) } }
        if damage == "no marker" { Files.delete("\(patient.cache)/cairn.json") }
        if damage != "marker", damage != "all" { #expect(try !patient.verify().isSound) }
        _ = try patient.repair { $0.isDry = true }
        #expect(try patient.repair().isComplete)
        #expect(try patient.verify().isSound)
        #expect(try patient.repair().isSound)
        try patient.expectCheckout()
    }

    @Test(
        "what verify has found is healed without reading everything, and then forgotten",
        arguments: Patient.Layout.allCases)
    func findings(_ layout: Patient.Layout) throws {
        let patient = try Patient(layout)
        let victim = try #require(patient.files.first { $0.hasPrefix("packs") || $0.hasPrefix("files") })
        try patient.change(victim) { $0[$0.count / 2] ^= 1 }
        #expect(try !patient.verify().isSound)
        let report = try patient.repair()
        #expect(report.isComplete)
        #expect(try patient.repair().depth == .full)
        #expect(try patient.verify().isSound)
    }

    @Test(
        "a pointer that cannot be read is named with its line and stops nothing else",
        arguments: Patient.Layout.allCases)
    func pointers(_ layout: Patient.Layout) throws {
        let patient = try Patient(layout)
        try patient.project.write("outs:\n- md5: zzz\n  path: x\n", to: "bad.dvc")
        let verified = try patient.project.workspace().verify()
        #expect(!verified.isSound && verified.count > 5)
        #expect(
            verified.pointers.count == 1 && verified.pointers.allSatisfy { $0.message.contains("bad.dvc:2") })
        let repaired = try patient.project.workspace().repair()
        #expect(!repaired.isComplete && repaired.pointers.count == 1 && repaired.broken.isEmpty)
    }

    @Test(
        "a checkout goes on from another file of the workspace with the content",
        arguments: Patient.Layout.allCases)
    func checkout(_ layout: Patient.Layout) throws {
        let patient = try Patient(layout, remote: false)
        try Files.write(Patient.long("v2"), to: patient.project("one/other"))
        // So that the stat index knows it, which does not know files that have only just changed.
        _ = try patient.project.workspace().add(["other"])
        Files.delete(patient.project("one/other"))
        try Files.write(Patient.long("v2"), to: patient.project("one/other"))
        for _ in 0..<20 {
            _ = try patient.project.workspace().status()
            Surroundings.sleep(milliseconds: 5)
        }
        _ = try patient.project.workspace().status()
        Files.delete(patient.project("one/long"))
        try patient.harmEverything { path in
            path.hasPrefix("packs")
                || (path.hasPrefix("files")
                    && ((try? Files.read("\(patient.cache)/\(path)"))?.count ?? 0) > 900_000)
        }
        let report = try patient.project.workspace().checkout(["long"])
        #expect(report.failed.isEmpty && report.healed.count == 1, "\(report)")
        #expect(try Files.read(patient.project("one/long")) == Patient.long("v2"))
    }

    @Test(
        "content is printed from the workspace if the cache is damaged, also from the middle on",
        arguments: Patient.Layout.allCases)
    func cat(_ layout: Patient.Layout) throws {
        let patient = try Patient(layout, remote: false)
        if layout != .packed {
            try patient.project.sandbox.shell("cp long copy && rm long && mv copy long", in: "one")
                .succeeded()
        }
        let content = Patient.long("v2")
        for path in patient.files {
            let bytes = try Files.read("\(patient.cache)/\(path)")
            if bytes.count > 500_000 { try patient.change(path) { $0[$0.count - 100_000] ^= 1 } }
        }
        for range in [0..<Int64(content.count), 500_000..<950_000] {
            var cat: [UInt8] = []
            try patient.project.workspace().readContent(of: RepoPath(validating: "long"), range: range) {
                cat += $0
            }
            #expect(cat == Array(content[Int(range.lowerBound)..<Int(range.upperBound)]))
        }
        Files.delete(patient.project("one/long"))
        do {
            try patient.project.workspace().readContent(of: RepoPath(validating: "long"), revision: "v2") {
                _ in
            }
            Issue.record("damaged content was read")
        } catch let error as CairnError {
            #expect(error.message.contains("'long' in 'v2'") && error.hint?.contains("cairn repair") == true)
        }
    }

    private static func largestPack(_ patient: Patient) throws -> String {
        let packs = try patient.files.filter { $0.hasSuffix(".cpk") }
            .map { ($0, try Files.read("\(patient.cache)/\($0)").count) }
        return try #require(packs.max { $0.1 < $1.1 }?.0)
    }

    @Test("records that are found lost only when their pack is set aside are healed too")
    func lateLoss() throws {
        let patient = try Patient(.packed)
        try patient.change(Self.largestPack(patient)) {
            $0[$0.count / 2] ^= 1
            $0.append(0)
        }
        patient.dropWorkspace()
        let report = try patient.repair { $0.depth = .structure }
        #expect(report.isComplete && patient.sources(report) == ["store"])
        #expect(try patient.verify().isSound)
        try patient.expectCheckout("v1")
    }

    @Test("verify names objects that it finds lost only when their pack is set aside")
    func lateLossVerified() throws {
        let patient = try Patient(.packed)
        try patient.change(Self.largestPack(patient)) {
            $0[$0.count / 2] ^= 1
            $0.append(0)
        }
        let report = try patient.verify(.structure)
        #expect(report.packs.count == 1 && !report.missing.isEmpty)
        #expect(report.missing.allSatisfy { $0.users.map(\.path.description) == ["long"] })
    }

    @Test("damage that verify had to leave in its place is read again")
    func leftInPlace() throws {
        let patient = try Patient(.packed)
        let segment = try #require(patient.files.first { $0.hasSuffix(".seg") })
        try patient.change(segment) { $0[200] ^= 1 }
        try patient.change(Self.largestPack(patient)) { $0[$0.count / 2] ^= 1 }
        patient.dropWorkspace()
        let found = try patient.verify()
        #expect(found.segments.count == 1 && found.packs.count == 1)
        #expect(found.packs.allSatisfy { $0.movedTo == nil })
        #expect(try patient.repair().isComplete)
        #expect(try patient.verify().isSound)
    }

    @Test("random damage of the cache is healed by a good remote", arguments: Patient.Layout.allCases)
    func random(_ layout: Patient.Layout) throws {
        let patient = try Patient(layout)
        let sound = try patient.files.map { ($0, try Files.read("\(patient.cache)/\($0)")) }
        let config = try Files.text(patient.project("one/.dvc/config"))
        let problem = Fuzzing.firstProblem(rounds: 12) { random in
            Files.delete(patient.project("one/.dvc/tmp"))
            Files.delete(patient.cache)
            for (path, bytes) in sound { try Files.write(bytes, to: "\(patient.cache)/\(path)", mode: 0o444) }
            try Files.write(config, to: patient.project("one/.dvc/config"))
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let (path, bytes) = sound[Int.random(in: 0..<sound.count, using: &random)]
                guard Files.exists("\(patient.cache)/\(path)") else { continue }
                if Int.random(in: 0..<5, using: &random) == 0 {
                    Files.delete("\(patient.cache)/\(path)")
                } else {
                    try patient.change(path) {
                        $0 = random.damaged($0.isEmpty ? bytes : $0, others: sound.map(\.1))
                    }
                }
            }
            if Bool.random(using: &random) { patient.dropWorkspace() }
            if Bool.random(using: &random) { _ = try? patient.verify() }
            let report = try patient.repair()
            if !report.isComplete { return "not healed: \(report.broken)" }
            if let found = Optional(try patient.verify()), !found.isSound { return "not sound: \(found)" }
            if let again = Optional(try patient.repair()), !again.isSound {
                return "repaired twice: \(again)"
            }
            try patient.expectCheckout("v1")
            try patient.expectCheckout("v2")
            return nil
        }
        #expect(problem == nil)
    }
}
