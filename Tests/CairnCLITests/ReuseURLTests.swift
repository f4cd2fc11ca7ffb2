import CairnTestSupport
import Testing

/// `import-url`, `get-url` and `list-url`.
@Suite("Reuse: URLs")
struct ReuseURLTests {
    @Test("brings paths, follows them, and says what is wrong")
    func paths() throws {
        let sandbox = try Sandbox()
        try sandbox.makeProject("one")
        try Files.write("1", to: sandbox("plain/a"))
        try Files.write("2", to: sandbox("plain/b/c"))
        try Files.makeFolder(sandbox("one/sub"))
        try sandbox.must(.cairn, "import-url", "-q", "../plain/a", "sub/a", in: "one")
        #expect(try Files.text(sandbox("one/sub/a.dvc")).contains("path: ../../plain/a"))
        try sandbox.must(.cairn, "import-url", "-q", "file://\(sandbox("plain"))", "tree", in: "one")
        try expectSameData(sandbox("plain"), sandbox("one/tree"))
        try Files.write("11", to: sandbox("plain/a"))
        try sandbox.must(.cairn, "update", "-q", "-R", ".", in: "one")
        #expect(try Files.text(sandbox("one/sub/a")) == "11")
        #expect(try Files.text(sandbox("one/tree/a")) == "11")
        #expect(try sandbox.must(.cairn, "ls-url", "../plain", in: "one").stdout == "a\nb\n")
        #expect(try sandbox.must(.cairn, "ls-url", "-R", "../plain", in: "one").stdout == "a\nb/c\n")
        try sandbox.must(.cairn, "get-url", "-q", "../plain", "../copy", in: "one")
        try expectSameData(sandbox("plain"), sandbox("copy"))
        for (arguments, words) in [
            (["import-url", "../none"], "there is no '../none'"), (["import-url", "ftp://h/x"], "ftp://"),
            (["get-url", "http://127.0.0.1:1/x"], "cannot be reached"),
            (["ls-url", "../none"], "there is no"),
            (["import-url", "../plain", "--to-remote", "--no-exec"], "cannot be combined"),
            (["import-url", "sub", "sub/inner"], "overlap"),
            (["import-url", "../plain/a", "-r", "x"], "--to-remote"),
        ] {
            let result = try sandbox.run(.cairn, arguments, in: "one")
            #expect(result.exitCode != 0 && result.stderr.contains(words), "\(result)")
        }
    }

    @Test("--to-remote brings nothing here, and a pull gets it", arguments: [false, true])
    func toRemote(_ isNative: Bool) throws {
        let sandbox = try Sandbox()
        let remote = "[core]\n    remote = store\n['remote \"store\"']\n    url = \(sandbox("remote"))\n"
        if isNative {
            try sandbox.makeNativeProject("one", settings: remote)
        } else {
            try sandbox.makeProject("one", settings: remote)
        }
        try Files.write("1", to: sandbox("plain/a"))
        try Files.write("2", to: sandbox("plain/b/c"))
        try sandbox.must(.cairn, "import-url", "-q", "--to-remote", "../plain", in: "one")
        #expect(!Files.exists(sandbox("one/plain")))
        try sandbox.must(.cairn, "pull", "-q", in: "one")
        try expectSameData(sandbox("plain"), sandbox("one/plain"))
    }

    @Test(
        "a file on a web server is pinned by its tag",
        .tags(.served), .enabled(if: TestServer.Kind.nginx.isAvailable, TestServer.Kind.nginx.comment))
    func web() throws {
        let server = try TestServer.shared(.nginx)
        let sandbox = try Sandbox()
        try sandbox.makeProject("one")
        let name = "reuse-\(UInt64.random(in: 0 ... .max))"
        let file = "\(server["FILES"])/\(name)/table.csv"
        var random = SeededRandom(seed: 5)
        let first = random.noise(40_000_000)
        try Files.write(first, to: file)
        let url = "\(server["HTTP_URL"])/\(name)/table.csv"
        try sandbox.must(.cairn, "import-url", "-q", url, in: "one")
        #expect(try Files.read(sandbox("one/table.csv")) == first)
        #expect(try Files.text(sandbox("one/table.csv.dvc")).contains("checksum: '\""))
        let pointer = try Files.text(sandbox("one/table.csv.dvc"))
        try sandbox.must(.cairn, "update", "-q", "table.csv", in: "one")
        #expect(try Files.text(sandbox("one/table.csv.dvc")) == pointer)
        try Files.write("another", to: file)
        try sandbox.must(.cairn, "update", "-q", "table.csv", in: "one")
        #expect(try Files.text(sandbox("one/table.csv")) == "another")
        try sandbox.must(.cairn, "get-url", "-q", "\(url)?version=1", "copy", in: "one")
        #expect(try Files.text(sandbox("one/copy")) == "another")
        let missing = try sandbox.cairn("import-url", "\(url).none", in: "one")
        #expect(missing.exitCode == 128 && missing.stderr.contains("there is no"), "\(missing)")
        #expect(!Files.names(in: sandbox("one")).contains { $0.contains("none") })
    }
}
