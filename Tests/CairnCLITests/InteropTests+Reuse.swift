import CairnTestSupport
import Testing

/// Imports: the two programs write the same, and go on with each other's.
@Suite(
    "Interop: imports", .tags(.interop), .enabled(if: RealDVC.isAvailable, Comment(rawValue: RealDVC.reason)))
struct InteropReuseTests {
    @Test("both write the same pointers for the same imports")
    func sameBytes() throws {
        let world = try ReuseWorld()
        let sandbox = world.sandbox
        try Files.write("1", to: sandbox("plain/a"))
        try Files.write("2", to: sandbox("plain/b/c"))
        let commands: [[String]] = [
            ["import", "../source", "file.txt"],
            ["import", "../source", "file.txt", "-o", "old", "--rev", "v1"],
            ["import", "../source", "data"], ["import", "../source", "data/deep"],
            ["import", "../source", "data/x"],
            ["import", "../source", "mixed"], ["import", "../source", "tool.sh"],
            ["import", "../source", "file.txt", "-o", "pinned", "--no-download"],
            ["import", "../source", "file.txt", "-o", "noted", "--no-exec"],
            ["import", "../source", "file.txt", "-o", "one", "--no-exec", "--remote", "other"],
            ["import", "../source", "file.txt", "-o", "two", "--no-exec", "--remote-config", "url=/x"],
            [
                "import", "../source", "file.txt", "-o", "three", "--no-exec", "--remote", "other",
                "--remote-config",
                "url=/x",
            ],
            ["import-url", "../plain/a"], ["import-url", "../plain", "tree"],
            ["import-url", "../plain/a", "a2", "--no-download"],
            ["import-url", "../plain/a", "a3", "--no-exec"],
            ["import-url", "tree/b/c", "inside"], ["import-url", sandbox("plain/a"), "absolute"],
        ]
        for tool in Tool.allCases {
            try sandbox.makeProject("\(tool)")
            if tool == .dvc {
                for result in try sandbox.dvcMany(commands, in: "dvc") { _ = try result.succeeded() }
            } else {
                for command in commands { _ = try sandbox.run(.cairn, command, in: "cairn").succeeded() }
            }
        }
        for path in Files.paths(below: sandbox("dvc"))
        where !path.hasPrefix(".dvc/") && !path.hasPrefix(".git/") {
            #expect(
                try Files.text(sandbox("cairn/\(path)")) == Files.text(sandbox("dvc/\(path)")), "\(path)")
        }
        // Each understands the other's in the same way.
        let one = try sandbox.must(.dvc, "status", "--json", in: "cairn")
        let two = try sandbox.must(.cairn, "status", "--json", in: "dvc")
        #expect(try JSONValue(parsing: one.stdout) == JSONValue(parsing: two.stdout))
    }

    @Test("imports of one are brought up to date by the other", arguments: Tool.allCases)
    func updates(_ writer: Tool) throws {
        let world = try ReuseWorld()
        let sandbox = world.sandbox
        try sandbox.makeProject("user")
        try Files.write("1", to: sandbox("plain/a"))
        try sandbox.must(writer, "import", "-q", "../source", "file.txt", in: "user")
        try sandbox.must(writer, "import", "-q", "../source", "data", in: "user")
        try sandbox.must(writer, "import-url", "-q", "../plain/a", in: "user")
        try sandbox.commit("user", "imports")
        try world.change("three\n")
        try Files.write("22", to: sandbox("plain/a"))
        let status = try sandbox.must(writer.other, "status", "--json", "file.txt.dvc", in: "user")
        #expect(status.stdout.contains("update available"), "\(status)")
        try sandbox.must(writer.other, "update", "-q", "file.txt.dvc", "a.dvc", in: "user")
        #expect(try Files.text(sandbox("user/file.txt")) == "three\n")
        #expect(try Files.text(sandbox("user/a")) == "22")
        let again = try sandbox.must(writer, "status", "--json", "file.txt.dvc", "a.dvc", in: "user")
        #expect(again.stdout == "{}\n")
        // And in a clone without any data.
        try sandbox.commit("user", "updated")
        try sandbox.clone("user", to: "again")
        try sandbox.must(writer, "pull", "-q", "file.txt.dvc", "data.dvc", in: "again")
        try expectSameData(sandbox("user/data"), sandbox("again/data"))
    }

    @Test(
        "so are directories, what follows a tag, and what was imported by whom one imports from",
        arguments: Tool.allCases)
    func updatesOfChains(_ writer: Tool) throws {
        let world = try ReuseWorld()
        let sandbox = world.sandbox
        for name in ["user", "middle"] { try sandbox.makeProject(name) }
        try sandbox.must(writer, "import", "-q", "../source", "data", in: "middle")
        try sandbox.commit("middle", "import")
        try sandbox.must(writer, "import", "-q", "../source", "data", in: "user")
        try sandbox.must(
            writer, "import", "-q", "../source", "file.txt", "-o", "old", "--rev", "v1", in: "user")
        try sandbox.must(writer, "import", "-q", "../middle", "data", "-o", "chained", in: "user")
        try sandbox.commit("user", "imports")
        try sandbox.shell(
            "rm data/x && echo new > data/deep/new && cairn add -q data && cairn push -q && git commit -qam new",
            in: "source"
        ).succeeded()
        try sandbox.must(writer.other, "update", "-q", "data.dvc", in: "middle")
        try sandbox.commit("middle", "update")
        try sandbox.must(writer.other, "update", "-q", "data.dvc", "chained.dvc", in: "user")
        try sandbox.must(writer.other, "update", "-q", "--rev", "main", "old.dvc", in: "user")
        for path in ["data", "chained"] {
            try expectSameData(sandbox("source/data"), sandbox("user/\(path)"))
        }
        #expect(try Files.text(sandbox("user/old")) == "two\n")
        let pointers = ["data.dvc", "chained.dvc", "old.dvc"]
        let texts = try pointers.map { try Files.text(sandbox("user/\($0)")) }
        #expect(texts[2].contains("rev: main"))
        _ = try sandbox.run(writer, ["update", "-q"] + pointers, in: "user").succeeded()
        #expect(try pointers.map { try Files.text(sandbox("user/\($0)")) } == texts)
    }
}
