import CairnCore
import CairnSystem
import CairnTestSupport
import Glibc
import Testing

@testable import Cairn

/// A workspace in either format, with the files that it is expected to have.
private struct Trial {
    let project: Project

    init(_ format: String, cacheType: String) throws {
        project = try Project()
        var config = try Files.text(project("one/.dvc/config")) + "[cache]\n    type = \(cacheType)\n"
        if format == "native" { config += Sandbox.nativeSettings }
        try Files.write(config, to: project("one/.dvc/config"))
    }

    /// Path and content of all files of the data.
    func files() throws -> [String: String] {
        let root = project("one/data")
        var files: [String: String] = [:]
        for path in Files.paths(below: root) { files[path] = try Files.text("\(root)/\(path)") }
        return files
    }

    func add() throws -> String {
        _ = try project.workspace().add(["data"])
        return try Files.text(project("one/data.dvc"))
    }

    func checkout(_ pointer: String, force: Bool = false) throws {
        try Files.write(pointer, to: project("one/data.dvc"))
        var options = CheckoutOptions()
        options.isForced = force
        let report = try project.workspace().checkout([], options)
        #expect(report.failed.isEmpty)
    }

    func isClean() throws -> Bool { try project.workspace().status().entries.isEmpty }
}

@Suite("Native workspaces")
struct NativeTests {
    @Test(
        "give the same files as those of DVC's format through edits, checkouts and collections",
        arguments: ["copy", "hardlink", "symlink"], [1, 2] as [UInt64])
    func sameAnswers(_ cacheType: String, _ seed: UInt64) throws {
        let trials = try ["native", "dvc"].map { try Trial($0, cacheType: cacheType) }
        var random = SeededRandom(seed: seed)
        var versions: [(files: [String: String], pointers: [String])] = []
        var files: [String: String] = [:]
        for round in 0..<12 {
            for _ in 0..<Int.random(in: 1..<8, using: &random) {
                let path =
                    "d\(Int.random(in: 0..<3, using: &random))/f\(Int.random(in: 0..<9, using: &random))"
                switch Int.random(in: 0..<4, using: &random) {
                case 0 where files.count > 1: files[path] = nil
                case 1: files[path] = ""
                default:
                    files[path] = String(
                        repeating: "\(UInt8.random(in: 0...9, using: &random))", count: round + 1)
                }
            }
            if files.isEmpty { files["d0/f0"] = "one" }
            for trial in trials {
                Files.delete(trial.project("one/data"))
                for (path, text) in files { try trial.project.write(text, to: "data/\(path)") }
            }
            versions.append((files, try trials.map { try $0.add() }))
            let back = versions.randomElement(using: &random) ?? versions[0]
            for (trial, pointer) in zip(trials, back.pointers) {
                try trial.checkout(pointer)
                #expect(try trial.files() == back.files)
                #expect(try trial.isClean())
            }
            files = back.files
        }
        // Only the last version is left after a collection; the others are gone in both.
        for (number, trial) in trials.enumerated() {
            var scope = CollectOptions()
            scope.keepsWorkspace = true
            scope.isForced = true
            _ = try trial.project.workspace().collect(scope) { _ in true }
            Files.delete(trial.project("one/data"))
            try trial.checkout(Files.text(trial.project("one/data.dvc")))
            #expect(try trial.files() == files, "\(number)")
        }
    }

    @Test(
        "a collection takes an older version from the packs, a dry run does not, and undoing it brings it back"
    )
    func collects() throws {
        let trial = try Trial("native", cacheType: "copy")
        for number in 0..<20 { try trial.project.write("old \(number)", to: "data/f\(number)") }
        let old = try trial.add()
        let oldFiles = try trial.files()
        for number in 0..<10 { try trial.project.write("new \(number)", to: "data/f\(number)") }
        let new = try trial.add()
        let newFiles = try trial.files()
        var scope = CollectOptions()
        scope.keepsWorkspace = true
        scope.isDry = true
        let cache = trial.project("one/.dvc/cache")
        let before = Files.paths(below: cache).sorted()
        let dry = try trial.project.workspace().collect(scope) { _ in true }
        #expect(dry.plan.count == 11 && !dry.isDone)
        #expect(dry.plan.places.first?.objects.first?.id.isDirectory == true)
        #expect(Files.paths(below: cache).sorted() == before)

        scope.isDry = false
        let report = try trial.project.workspace().collect(scope) { $0.count == 11 }
        #expect(report.isDone && report.count == 11 && report.spared.isEmpty)
        #expect(report.bytes == report.asideBytes)
        #expect(try trial.isClean())
        Files.delete(trial.project("one/data"))
        try trial.checkout(new)
        #expect(try trial.files() == newFiles)
        try Files.write(old, to: trial.project("one/data.dvc"))
        #expect(try trial.project.workspace().checkout([], CheckoutOptions()).failed.isEmpty == false)

        let undone = try #require(try trial.project.workspace().undoCollection())
        #expect(undone.objects == 11)
        try trial.checkout(old, force: true)
        #expect(try trial.files() == oldFiles)
        #expect(try trial.project.workspace().undoCollection() == nil)
    }

    @Test(
        "keep a directory that a checkout empties, as those of DVC's format do", arguments: ["native", "dvc"])
    func emptied(_ format: String) throws {
        let trial = try Trial(format, cacheType: "copy")
        try Files.makeFolder(trial.project("one/data"))
        let pointer = try trial.add()
        try trial.project.write("x", to: "data/sub/f")
        _ = try trial.add()
        try trial.checkout(pointer)
        #expect(
            Files.isFolder(trial.project("one/data")) && Files.names(in: trial.project("one/data")).isEmpty)
        #expect(try trial.isClean())
    }

    /// A workspace with what only a native listing keeps.
    private func special(_ cacheType: String = "copy") throws -> Trial {
        let trial = try Trial("native", cacheType: cacheType)
        let data = trial.project("one/data")
        try Files.write("text", to: "\(data)/file")
        try Files.write("run", to: "\(data)/sub/run", mode: 0o755)
        try Files.link("\(data)/sub/link", to: "../file")
        try Files.link("\(data)/dangling", to: "/nowhere/at all")
        try Files.makeFolder("\(data)/empty/inner")
        return trial
    }

    private func expectSpecial(_ trial: Trial, _ folder: String = "one") throws {
        let data = FilePath(trial.project("\(folder)/data"))
        #expect(try data.appending("file").status(following: true)?.isExecutable == false)
        #expect(try data.appending("sub/run").status()?.isExecutable == true)
        #expect(try Folder(data).linkTarget(Array("sub/link".utf8)) == "../file")
        #expect(try Folder(data).linkTarget(Array("dangling".utf8)) == "/nowhere/at all")
        #expect(try data.appending("empty/inner").status()?.kind == .folder)
        #expect(try Files.text(trial.project("\(folder)/data/sub/run")) == "run")
    }

    @Test(
        "keep executable files, symbolic links and empty folders, also through a remote",
        arguments: ["copy", "hardlink", "symlink"])
    func keeps(_ cacheType: String) throws {
        let trial = try special(cacheType)
        _ = try trial.add()
        #expect(try trial.isClean())
        try expectSpecial(trial)
        Files.delete(trial.project("one/data"))
        try trial.checkout(Files.text(trial.project("one/data.dvc")))
        try expectSpecial(trial)
        #expect(try trial.isClean())
        try trial.project.sandbox.commit("one", "data")
        #expect(try trial.project.workspace().push().isComplete)
        try trial.project.clone()
        #expect(try trial.project.workspace("two").pull().fetched.isComplete)
        try expectSpecial(trial, "two")
        #expect(try trial.project.workspace("two").status().entries.isEmpty)
    }

    static let changes: [(name: String, change: @Sendable (String) throws -> Void)] = [
        ("a mode", { #expect(chmod("\($0)/sub/run", 0o644) == 0) }),
        ("a mode the other way", { #expect(chmod("\($0)/file", 0o755) == 0) }),
        (
            "a link that leads elsewhere",
            {
                Files.delete("\($0)/sub/link"); try Files.link("\($0)/sub/link", to: "run")
            }
        ),
        (
            "a link that became a file",
            {
                Files.delete("\($0)/sub/link"); try Files.write("../file", to: "\($0)/sub/link")
            }
        ),
        (
            "a file that became a link",
            {
                Files.delete("\($0)/file"); try Files.link("\($0)/file", to: "text")
            }
        ),
        ("an empty folder that is gone", { Files.delete("\($0)/empty") }),
        ("an empty folder that is new", { try Files.makeFolder("\($0)/other") }),
        ("an empty folder with a file", { try Files.write("x", to: "\($0)/empty/inner/x") }),
        (
            "an empty folder that became a file",
            {
                Files.delete("\($0)/empty/inner"); try Files.write("x", to: "\($0)/empty/inner")
            }
        ),
        (
            "a file that became an empty folder",
            {
                Files.delete("\($0)/file"); try Files.makeFolder("\($0)/file")
            }
        ),
        (
            "a link that became a folder",
            {
                Files.delete("\($0)/dangling"); try Files.write("x", to: "\($0)/dangling/x")
            }
        ),
    ]

    @Test("see each change of these and undo it", arguments: changes.indices)
    func changed(_ number: Int) throws {
        let (name, change) = Self.changes[number]
        let trial = try special()
        let pointer = try trial.add()
        try change(trial.project("one/data"))
        #expect(try !trial.isClean(), "\(name)")
        let other = try trial.add()
        #expect(other != pointer, "\(name)")
        #expect(try trial.isClean(), "\(name)")
        try trial.checkout(pointer)
        try expectSpecial(trial)
        #expect(try trial.isClean(), "\(name)")
        try trial.checkout(other)
        #expect(try trial.isClean(), "\(name), again")
    }

    @Test("read pointers of the other format, and change them when their data changes")
    func mixed() throws {
        let trial = try Trial("dvc", cacheType: "copy")
        try trial.project.write("old", to: "data/sub/f")
        let pointer = try trial.add()
        try trial.project.sandbox.commit("one", "data")
        let config = trial.project("one/.dvc/config")
        try Files.write(Files.text(config) + Sandbox.nativeSettings, to: config)
        #expect(try trial.isClean())
        #expect(try trial.add() == pointer, "unchanged data keeps its recording")
        try trial.project.write("new", to: "data/sub/f")
        #expect(try trial.add().contains("hash: blake3"))
        #expect(try trial.isClean())
        try trial.checkout(pointer)
        #expect(try trial.files() == ["sub/f": "old"])
        #expect(try trial.project.workspace().verify().isSound)
    }

    @Test("take parts in, and move and remove what they track")
    func parts() throws {
        let trial = try special()
        _ = try trial.add()
        try trial.project.write("new", to: "data/sub/new")
        try Files.makeFolder(trial.project("one/data/sub/void"))
        _ = try trial.project.workspace().add(["data/sub"])
        #expect(try trial.isClean())
        let before = try Files.text(trial.project("one/data.dvc"))
        #expect(before.contains("size: 32\n  nfiles: 5"), "\(before)")
        _ = try trial.project.workspace().move("data", to: "moved")
        #expect(try trial.isClean())
        #expect(
            try Folder(FilePath(trial.project("one/moved"))).linkTarget(Array("sub/link".utf8)) == "../file")
        _ = try trial.project.workspace().unprotect(["moved"])
        #expect(try trial.isClean())
    }

    @Test("are refused by the name of dvc, and by dvc itself, before anything is done")
    func refused() throws {
        let trial = try special()
        _ = try trial.add()
        #expect(throws: CairnError.self) { try trial.project.workspace(as: .dvc) }
        do {
            _ = try trial.project.workspace(as: .dvc)
        } catch let error as CairnError {
            #expect(error.kind == .config && error.message.contains("native"))
        }
    }
}
