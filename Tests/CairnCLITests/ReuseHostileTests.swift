import CairnTestSupport
import Testing

/// Repositories that somebody made to do harm.
@Suite("Reuse: hostile repositories", .tags(.badInput))
struct ReuseHostileTests {
    private func pointer(_ path: String) -> String {
        "outs:\n- md5: 5bbf5a52328e7439ae6e719dfe712200\n  size: 4\n  hash: md5\n  path: \(path)\n"
    }

    @Test(
        "pointers that leave the repository reach nothing",
        arguments: [
            "../out/stolen", "/tmp/stolen", ".git/hooks/post-checkout", ".dvc/config", "a/../../stolen",
        ])
    func pointers(_ path: String) throws {
        let world = try ReuseWorld(environment: ReuseWorld.network)
        let sandbox = world.sandbox
        try Files.write(pointer(path), to: sandbox("source/bad.dvc"))
        try sandbox.git("add", "-f", "bad.dvc", in: "source")
        try sandbox.git("commit", "-qm", "bad", in: "source")
        let outside = TreeListing(of: sandbox("source/.git/hooks")).description
        _ = try sandbox.cairn("get", world.networkAddress, ".", "-o", "all", in: "out")
        _ = try sandbox.cairn("get", world.networkAddress, path, "-o", "one", in: "out")
        for name in Files.paths(below: sandbox("out")) { #expect(name.hasPrefix("all/"), "\(name)") }
        #expect(!Files.exists(sandbox("out/stolen")) && !Files.exists(sandbox("stolen")))
        #expect(TreeListing(of: sandbox("source/.git/hooks")).description == outside)
    }

    @Test(
        "symbolic links that lead out are refused",
        arguments: ["/etc/passwd", "../../out/secret", "x/../../../secret"])
    func links(_ target: String) throws {
        let world = try ReuseWorld()
        let sandbox = world.sandbox
        try Files.write("secret", to: sandbox("out/secret"))
        try Files.write("x", to: sandbox("source/links/x/y"))
        try Files.link(sandbox("source/links/bad"), to: target)
        try sandbox.commit("source", "links")
        try sandbox.makeProject("user")
        for arguments in [["import", "../source", "links"], ["import", "../source", "links/bad"]] {
            let result = try sandbox.run(.cairn, arguments, in: "user")
            #expect(result.exitCode != 0 && result.stderr.contains("symbolic link"), "\(result)")
            #expect(!Files.exists(sandbox("user/links")) && !Files.exists(sandbox("user/bad")))
        }
    }

    @Test("a listing cannot put files where git or a workspace keeps its own")
    func listings() throws {
        let world = try ReuseWorld()
        let sandbox = world.sandbox
        let listing = #"[{"md5": "5bbf5a52328e7439ae6e719dfe712200", "relpath": ".git/config"}]"#
        let hash = try sandbox.shell("printf '%s' '\(listing)' | md5sum | cut -c1-32", in: "out").stdout
            .prefix(32)
        try Files.write(
            listing, to: sandbox("source/.dvc/cache/files/md5/\(hash.prefix(2))/\(hash.dropFirst(2)).dir"))
        try Files.write(
            "outs:\n- md5: \(hash).dir\n  size: 4\n  nfiles: 1\n  hash: md5\n  path: bad\n",
            to: sandbox("source/bad.dvc"))
        try sandbox.commit("source", "bad")
        let result = try sandbox.cairn("get", "../source", "bad", in: "out")
        #expect(result.exitCode == 128 && result.stderr.contains(".git/config"), "\(result)")
        #expect(Files.paths(below: sandbox("out")).isEmpty)
    }

    @Test("a repository from elsewhere cannot name commands, files with keys, or folders of this machine")
    func settings() throws {
        let world = try ReuseWorld(environment: ReuseWorld.network)
        let sandbox = world.sandbox
        func get(_ configuration: String) throws -> Program.Result {
            try Files.write(configuration, to: sandbox("source/.dvc/config"))
            try sandbox.commit("source", "settings")
            return try sandbox.cairn("get", world.networkAddress, "data", in: "out")
        }
        let relative = try get("[core]\n    remote = r\n['remote \"r\"']\n    url = ../../remote\n")
        #expect(relative.stderr.contains("only means something beside that repository"), "\(relative)")
        try Files.write(
            "[profile p]\ncredential_process = touch \(sandbox("out/pwned"))\n", to: sandbox("out/keys"))
        let keys = try get(
            "[core]\n    remote = r\n['remote \"r\"']\n    url = s3://bucket/x\n    endpointurl = http://127.0.0.1:1\n"
                + "    profile = p\n    configpath = \(sandbox("out/keys"))\n")
        #expect(keys.exitCode != 0)
        #expect(!Files.exists(sandbox("out/pwned")), "\(keys)")
        // An import of theirs that means a folder here.
        try sandbox.makeProject("private")
        try Files.write("secret", to: sandbox("private/secret"))
        try sandbox.commit("private", "secret")
        let commit = try sandbox.git("rev-parse", "HEAD", in: "private").prefix(40)
        try Files.write("", to: sandbox("source/.dvc/config"))
        try Files.write(
            "deps:\n- path: secret\n  repo:\n    url: \(sandbox("private"))\n    rev_lock: \(commit)\nouts:\n"
                + "- md5: 5ebe2294ecd0e0f08eab7690d2a6ee69\n  size: 6\n  hash: md5\n  path: s\n",
            to: sandbox("source/s.dvc"))
        try sandbox.commit("source", "import")
        let stolen = try sandbox.cairn("get", world.networkAddress, "s", in: "out")
        #expect(stolen.exitCode != 0 && stolen.stderr.contains("a folder of this machine"), "\(stolen)")
        #expect(!Files.exists(sandbox("out/s")))
    }

    /// An import whose pointer would hold a secret.
    struct Secret: CustomTestStringConvertible {
        let arguments: [String]
        let words: String
        var testDescription: String { arguments.joined(separator: " ") }
    }

    @Test(
        "a pointer takes no secret into git, and no message shows one; as dvc it is said",
        arguments: [
            Secret(
                arguments: ["import", "https://me:hunter2@127.0.0.1:1/x.git", "file.txt", "--no-exec"],
                words: "a password in the address"),
            Secret(
                arguments: [
                    "import", "../source", "file.txt", "--remote-config", "secret_access_key=hunter2",
                ],
                words: "'secret_access_key'"),
            Secret(
                arguments: ["import-url", "https://me:hunter2@127.0.0.1:1/x", "--no-exec"],
                words: "a password in the URL"),
            Secret(
                arguments: [
                    "import-url", "s3://bucket/x", "--no-exec", "--fs-config", "session_token=hunter2",
                ],
                words: "'session_token'"),
        ])
    func secrets(_ secret: Secret) throws {
        let sandbox = try ReuseWorld().sandbox
        try sandbox.makeProject("user")
        let result = try sandbox.run(.cairn, secret.arguments, in: "user")
        #expect(result.exitCode == 128, "\(result)")
        #expect(result.stderr.contains("error: \(secret.words) is a secret"), "\(result)")
        #expect(!(result.stdout + result.stderr).contains("hunter2"))
        #expect(Files.paths(below: sandbox("user")).allSatisfy { !$0.hasSuffix(".dvc") })
        if secret.arguments.contains("--no-exec") {
            let spoken = try Program.run(
                sandbox("bin/dvc"), secret.arguments, in: sandbox("user"), environment: sandbox.environment
            ).succeeded()
            #expect(spoken.stderr.contains("\(secret.words) is a secret"), "\(spoken)")
        }
    }
}
