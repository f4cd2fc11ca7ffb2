import CairnTestSupport
import Testing

/// `import` and `update`, and what other commands make of imports.
@Suite("Reuse: import")
struct ReuseImportTests {
    /// Where source and destination are of which format.
    struct Formats: CustomTestStringConvertible {
        let source: Bool
        let destination: Bool
        var testDescription: String {
            "\(source ? "native" : "dvc") to \(destination ? "native" : "dvc")"
        }
        static let all = [false, true].flatMap { one in
            [false, true].map { Formats(source: one, destination: $0) }
        }
    }

    private func makeUser(_ sandbox: Sandbox, isNative: Bool, _ name: String = "user") throws {
        let settings = "[core]\n    remote = own\n['remote \"own\"']\n    url = \(sandbox("own"))\n"
        if isNative {
            try sandbox.makeNativeProject(name, settings: settings)
        } else {
            try sandbox.makeProject(name, settings: settings)
        }
    }

    @Test(
        "pins, follows, survives a clone, and is never pushed, between all formats", arguments: Formats.all,
        [false, true])
    func life(_ formats: Formats, _ isElsewhere: Bool) throws {
        let world = try ReuseWorld(isNative: formats.source, environment: ReuseWorld.network)
        let sandbox = world.sandbox
        let url = isElsewhere ? world.networkAddress : "../source"
        try makeUser(sandbox, isNative: formats.destination)
        for path in ["file.txt", "data", "mixed", "tool.sh"] {
            try sandbox.must(.cairn, "import", "-q", url, path, in: "user")
        }
        try sandbox.must(.cairn, "import", "-q", url, "data/deep", "-o", "part", "--rev", "v1", in: "user")
        try expectSameData(sandbox("source/data"), sandbox("user/data"))
        #expect(try Files.text(sandbox("user/part/y")) == "y\n")
        #expect(try Files.text(sandbox("user/mixed/big")) == "big\n")
        try sandbox.commit("user", "imports")
        // Nothing of it is ours to push.
        try sandbox.must(.cairn, "push", "-q", in: "user")
        #expect(!Files.exists(sandbox("own/files")))

        try sandbox.clone("user", to: "again")
        let pulled = try sandbox.cairn("pull", in: "again").succeeded()
        try expectSameData(sandbox("user/data"), sandbox("again/data"))
        #expect(try Files.text(sandbox("again/file.txt")) == "two\n", "\(pulled)")
        #expect(try Files.text(sandbox("again/mixed/small")) == "small\n")
        #expect(try sandbox.cairn("status", in: "again").stdout == "")

        try world.change("three\n")
        let status = try sandbox.cairn("status", in: "again").stdout
        #expect(status.contains("file.txt.dvc") && status.contains("update available"), "\(status)")
        // What follows a tag has nothing new.
        #expect(!status.contains("part.dvc"))
        try sandbox.must(.cairn, "update", "-q", "file.txt.dvc", in: "again")
        #expect(try Files.text(sandbox("again/file.txt")) == "three\n")
        let before = try Files.text(sandbox("again/file.txt.dvc"))
        try sandbox.must(.cairn, "update", "-q", "file.txt", in: "again")
        #expect(try Files.text(sandbox("again/file.txt.dvc")) == before)
        try sandbox.must(.cairn, "update", "-q", "--rev", "v1", "file.txt", in: "again")
        #expect(try Files.text(sandbox("again/file.txt")) == "one\n")
        #expect(try Files.text(sandbox("again/file.txt.dvc")).contains("rev: v1"))
    }

    @Test("follows imports of imports to where the data is", arguments: Formats.all)
    func chains(_ formats: Formats) throws {
        let world = try ReuseWorld(isNative: formats.source)
        let sandbox = world.sandbox
        try makeUser(sandbox, isNative: formats.destination, "middle")
        try sandbox.must(.cairn, "import", "-q", "../source", "data", in: "middle")
        try sandbox.must(.cairn, "import", "-q", "../source", "file.txt", in: "middle")
        try sandbox.commit("middle", "imports")
        Files.delete(sandbox("middle/.dvc/cache"))
        Files.delete(sandbox("middle/data"))
        try makeUser(sandbox, isNative: false, "last")
        try sandbox.must(.cairn, "import", "-q", "../middle", "data", in: "last")
        try sandbox.must(.cairn, "import", "-q", "../middle", "data/x", "--rev", "HEAD", in: "last")
        try expectSameData(sandbox("source/data"), sandbox("last/data"))
        #expect(try Files.text(sandbox("last/x")) == "x\n")
        try sandbox.must(.cairn, "get", "-q", "../middle", ".", "-o", "all", in: "out")
        #expect(try Files.text(sandbox("out/all/file.txt")) == "two\n")
    }

    @Test("runs bring what an import lacks")
    func reproduce() throws {
        let world = try ReuseWorld()
        let sandbox = world.sandbox
        try makeUser(sandbox, isNative: false)
        try sandbox.must(.cairn, "import", "-q", "../source", "file.txt", in: "user")
        try sandbox.must(
            .cairn, "stage", "add", "-q", "-n", "copy", "-d", "file.txt", "-o", "copy.txt",
            "cp file.txt copy.txt",
            in: "user")
        Files.delete(sandbox("user/.dvc/cache"))
        Files.delete(sandbox("user/file.txt"))
        try sandbox.must(.cairn, "repro", "-q", in: "user")
        #expect(try Files.text(sandbox("user/copy.txt")) == "two\n")
    }

    @Test("says what is wrong with an import, and leaves everything as it was")
    func refusals() throws {
        let world = try ReuseWorld()
        let sandbox = world.sandbox
        try makeUser(sandbox, isNative: false)
        func refused(_ words: String, _ arguments: String...) throws {
            // Objects that nobody names do no harm.
            func paths() -> [String] {
                Files.paths(below: sandbox("user")).filter {
                    !$0.hasPrefix(".dvc/") && !$0.hasPrefix(".git/")
                }
            }
            let before = paths()
            let result = try sandbox.run(.cairn, arguments, in: "user")
            #expect(result.exitCode != 0 && result.stderr.contains(words), "\(result)")
            #expect(paths() == before)
        }
        try refused("did you mean 'data'?", "import", "../source", "dat")
        try refused("there is no repository '../gone'", "import", "../gone", "data")
        try refused("contradict each other", "import", "../source", "data", "--no-exec", "--no-download")
        try Files.write("mine", to: sandbox("user/data"))
        try refused("'data' exists already", "import", "../source", "data")
        Files.delete(sandbox("user/data"))
        try sandbox.must(.cairn, "import", "-q", "../source", "file.txt", in: "user")
        try Files.write("changed", to: sandbox("user/file.txt"))
        try world.change("three\n")
        let pointer = try Files.text(sandbox("user/file.txt.dvc"))
        try refused("what it holds is nowhere else", "update", "file.txt")
        #expect(try Files.text(sandbox("user/file.txt")) == "changed")
        #expect(try Files.text(sandbox("user/file.txt.dvc")) == pointer)
    }

    @Test("says that the source was rewritten, or has gone")
    func goneSource() throws {
        let world = try ReuseWorld()
        let sandbox = world.sandbox
        try makeUser(sandbox, isNative: false)
        try sandbox.must(.cairn, "import", "-q", "../source", "file.txt", in: "user")
        Files.delete(sandbox("user/.dvc/cache"))
        Files.delete(sandbox("user/file.txt"))
        try sandbox.git("checkout", "-q", "--orphan", "fresh", in: "source")
        try sandbox.commit("source", "all anew")
        try sandbox.git("branch", "-D", "main", in: "source")
        try sandbox.git("reflog", "expire", "--expire=now", "--all", in: "source")
        try sandbox.git("tag", "-d", "v1", in: "source")
        try sandbox.git("gc", "-q", "--prune=now", in: "source")
        let result = try sandbox.cairn("pull", in: "user")
        #expect(result.exitCode == 1)
        #expect(result.stderr.contains("any more: its history was rewritten"), "\(result)")
        try sandbox.must(.cairn, "update", "-q", "file.txt", in: "user")
        Files.delete(sandbox("source"))
        Files.delete(sandbox("user/.dvc/cache"))
        Files.delete(sandbox("user/file.txt"))
        let gone = try sandbox.cairn("pull", in: "user")
        #expect(gone.exitCode == 1 && gone.stderr.contains("there is no repository '../source'"), "\(gone)")
        // Whether it is up to date cannot be known, which is no failure.
        let status = try sandbox.cairn("status", in: "user")
        #expect(status.exitCode == 0 && status.stderr.contains("is not known"), "\(status)")
    }
}
