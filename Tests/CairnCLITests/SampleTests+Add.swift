import CairnTestSupport
import Testing

/// What DVC wrote and printed when the samples were made, byte for byte: init, add, remove, ignore files.
@Suite("Samples: init, add, remove")
struct SampleAddTests {
    @Test(
        "init writes the files of a git, a git-less and a nested project",
        arguments: [
            ("after", "", "init -q"), ("no-scm", "", "init -q --no-scm"),
            ("subdir", "sub", "init -q --subdir"),
        ])
    func initialize(_ state: String, _ folder: String, _ command: String) throws {
        let replay = try SampleReplay("01-init", from: nil)
        let project = folder.isEmpty ? replay.project : "\(replay.project)/\(folder)"
        try Files.makeFolder(replay.sandbox(project))
        try replay.sandbox.shell("dvc \(command)", in: project).succeeded()
        try replay.expect(state: state, in: project)
        // What git has staged is part of the command.
        let staged = try replay.sandbox.git("diff", "--cached", "--name-only", in: replay.project).split(
            separator: "\n")
        let prefix = folder.isEmpty ? "" : "\(folder)/"
        let names =
            state == "no-scm" ? [] : [".dvc/.gitignore", ".dvc/config", ".dvcignore"].map { prefix + $0 }
        #expect(staged.map(String.init) == names)
    }

    @Test("add of files: text, empty, executable, nested, with special characters")
    func addFile() throws {
        let replay = try SampleReplay("02-add-file")
        for _ in 0..<5 { try replay.run() }
        try replay.expect(state: "after")
        replay.expectEnd()
    }

    @Test("add of a directory, then of one file in it")
    func addDirectory() throws {
        let replay = try SampleReplay("03-add-dir")
        try replay.run()
        try replay.expect(state: "after")

        try Files.write("changed\n", to: replay.path("data/a.txt"))
        try Files.write("n", to: replay.path("data/new"))
        Files.delete(replay.path("data/B"))
        try replay.run()
        try replay.run(.json)
        try replay.run(.json)
        try replay.skip(2, startingWith: "dvc diff")
        try replay.run()
        try replay.expect(state: "after2")
        try replay.run(.json)

        Files.delete(replay.path("data/new"))
        try replay.expectPointer("data.dvc") { try replay.run($0) }
        try Files.write("n2", to: replay.path("data/sub/n2"))
        try replay.expectPointer("data.dvc") { try replay.run($0) }
        try replay.expect(state: "after3")
        replay.expectEnd()
    }

    @Test("ignore entries are appended, and removed when the output is")
    func gitignore() throws {
        let replay = try SampleReplay("04-gitignore")
        try replay.run()
        try replay.expect(state: "after-add")
        try replay.run()
        try replay.expect(state: "after-remove-x")
        try replay.run()
        try replay.expect(state: "after-remove-y-outs")
        try Files.write("z\n", to: replay.path("s/z"))
        try replay.run()
        try replay.run()
        try replay.expect(state: "after-s-removed")
        replay.expectEnd()
    }

    @Test("rules of .dvcignore decide what a directory holds, and check-ignore explains them")
    func dvcignore() throws {
        let replay = try SampleReplay(
            "13-dvcignore", from: "after", skipping: [".dvc/cache", "data.dvc", ".gitignore"])
        try replay.run()
        try replay.expect(state: "after")
        try replay.run()
        for _ in 0..<5 { try replay.run() }
        try Files.write("*.log\n", to: replay.path("data/.dvcignore"))
        try replay.run()
        replay.expectEnd()
    }
}

extension SampleReplay {
    /// Runs a step of sample 03 whose transcript shows the pointer after the command's own output.
    func expectPointer(_ pointer: String, _ run: (Comparison) throws -> Void) throws {
        try run(.exitCode)
        let text = try Files.text(path(pointer))
        #expect(
            text.hasPrefix("outs:\n- md5: ") && !text.contains("size:"),
            "a replaced member makes the size unknown")
    }
}
