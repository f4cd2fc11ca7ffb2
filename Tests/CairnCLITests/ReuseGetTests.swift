import CairnTestSupport
import Testing

/// `get`: files of other repositories, without a workspace.
@Suite("Reuse: get")
struct ReuseGetTests {
    /// How the source is named.
    enum Address: String, CaseIterable {
        case path, fileURL, bare, network
    }

    @Test(
        "brings files, directories, parts of them and what git keeps, however the repository is named",
        arguments: Address.allCases, [false, true])
    func brings(_ address: Address, _ isNative: Bool) throws {
        let world = try ReuseWorld(isNative: isNative, environment: ReuseWorld.network)
        let sandbox = world.sandbox
        let url: String
        switch address {
        case .path: url = "../source"
        case .fileURL: url = "file://\(sandbox("source"))"
        case .bare:
            try sandbox.git("clone", "-q", "--bare", sandbox("source"), sandbox("bare.git"), in: "")
            url = "../bare.git"
        case .network: url = world.networkAddress
        }
        if address != .path { Files.delete(sandbox("source/.dvc/cache")) }
        func get(_ arguments: String...) throws {
            _ = try sandbox.run(.cairn, ["get", "-q", url] + arguments, in: "out").succeeded()
        }
        try get("file.txt")
        try get("file.txt", "--rev", "v1", "-o", "old.txt")
        try get("data")
        try get("data/deep", "-o", "part")
        try get("data/x", "-o", "single")
        try get("mixed")
        try get("tool.sh")
        #expect(try Files.text(sandbox("out/file.txt")) == "two\n")
        #expect(try Files.text(sandbox("out/old.txt")) == "one\n")
        try expectSameData(sandbox("source/data"), sandbox("out/data"))
        #expect(try Files.text(sandbox("out/part/y")) == "y\n")
        #expect(try Files.text(sandbox("out/single")) == "x\n")
        #expect(try Files.text(sandbox("out/mixed/big")) == "big\n")
        #expect(try Files.text(sandbox("out/mixed/small")) == "small\n")
        #expect(!Files.exists(sandbox("out/mixed/big.dvc")))
        #expect(
            try sandbox.shell("test -x tool.sh && test -w file.txt && test -w data/x", in: "out").exitCode
                == 0)
        #expect(!Files.exists(sandbox("out/.cairn-get")))
        #expect(try sandbox.git("status", "--porcelain", in: "source") == "")
    }

    @Test("leaves nothing behind when a part of the data is nowhere")
    func nothingHalfDone() throws {
        let world = try ReuseWorld()
        let sandbox = world.sandbox
        Files.delete(sandbox("source/.dvc/cache"))
        // The object of data/x.
        Files.delete(sandbox("remote/files/md5/40/1b30e3b8b5d629635a5c613cdb7919"))
        let result = try sandbox.cairn("get", "../source", "data", in: "out")
        #expect(result.exitCode == 128)
        #expect(
            result.stderr.contains("neither the cache nor the remotes of '../source' have the data of 'data'")
        )
        #expect(Files.paths(below: sandbox("out")).isEmpty)
    }

    @Test("finds damage on the remote, and brings nothing")
    func damage() throws {
        let world = try ReuseWorld()
        let sandbox = world.sandbox
        Files.delete(sandbox("source/.dvc/cache"))
        let object = sandbox("remote/files/md5/40/1b30e3b8b5d629635a5c613cdb7919")
        Files.delete(object)
        try Files.write("X\n", to: object)
        let result = try sandbox.cairn("get", "../source", "data/x", in: "out")
        #expect(result.exitCode == 128)
        #expect(Files.paths(below: sandbox("out")).isEmpty)
    }

    @Test("replaces only what it is told to, and keeps other files of a folder")
    func force() throws {
        let world = try ReuseWorld()
        let sandbox = world.sandbox
        try Files.write("mine", to: sandbox("out/file.txt"))
        try Files.write("mine", to: sandbox("out/data/mine"))
        let refused = try sandbox.cairn("get", "../source", "file.txt", in: "out")
        #expect(refused.exitCode == 128)
        #expect(refused.stderr.contains("'file.txt' exists already"))
        try sandbox.must(.cairn, "get", "-q", "-f", "../source", "file.txt", in: "out")
        #expect(try Files.text(sandbox("out/file.txt")) == "two\n")
        try sandbox.must(.cairn, "get", "-q", "../source", "data/deep", "-o", "data", in: "out")
        #expect(try Files.text(sandbox("out/data/deep/y")) == "y\n")
        #expect(try Files.text(sandbox("out/data/mine")) == "mine")
    }

    @Test("lists another repository at a revision, here and elsewhere", arguments: [false, true])
    func lists(_ isElsewhere: Bool) throws {
        let world = try ReuseWorld(environment: ReuseWorld.network)
        let url = isElsewhere ? world.networkAddress : "../source"
        let sandbox = world.sandbox
        let top = try sandbox.must(.cairn, "ls", url, "--rev", "v1", "--dvc-only", "-R", in: "out")
        #expect(top.stdout == "data/deep/y\ndata/x\nfile.txt\nmixed/big\n")
        let all = try sandbox.must(.cairn, "ls", url, "mixed", "--rev", "v1", in: "out")
        #expect(all.stdout.contains("small\n") && all.stdout.contains("big.dvc\n"))
    }

    @Test(
        "says in one sentence what is wrong",
        arguments: [
            (["get", "../nowhere", "x"], "there is no repository '../nowhere'", 128, 1),
            (["get", "../plain", "x"], "is neither a git repository nor a workspace", 128, 1),
            (["get", "../source", "file.tx"], "did you mean 'file.txt'?", 128, 1),
            (["get", "../source", "data/z"], "there is no 'data/z'", 128, 1),
            (["get", "../source", "file.txt", "--rev", "v2"], "did you mean 'v1'?", 128, 1),
            (["get", "../source", "../x"], "is not a path inside of a repository", 129, 1),
            (["get", "../source", "/etc/passwd"], "is not a path inside of a repository", 129, 1),
            (["get", "../source", "file.txt.dvc"], "describes data", 129, 1),
            (["get", "../empty", "x", "--rev", "HEAD"], "has no revision 'HEAD'", 128, 1),
            (["get", "../sha256", "x"], "objectformat = sha256", 128, 1),
            (["get", "../source", "sub/x"], "git submodule 'sub'", 128, 1),
            (["get", "ext::sh -c touch% pwned", "x"], "names a helper program of git", 129, 1),
            (["get", "ssh://-oProxyCommand=touch pwned/x", "x"], "is no address", 129, 1),
            (["get", "--", "--upload-pack=touch pwned", "x"], "is no address", 129, 1),
            (["get", "ftp://host/x", "x"], "is no address that repositories are fetched from", 129, 1),
            (["get", "https://me:secret@127.0.0.1:1/x", "x"], "https://***@127.0.0.1:1/x", 128, 1),
        ])
    func refuses(_ arguments: [String], _ words: String, _ code: Int32, _ codeOfDVC: Int32) throws {
        let world = try ReuseWorld()
        let sandbox = world.sandbox
        try Files.makeFolder(sandbox("plain"))
        try sandbox.git("init", "-q", "empty", in: "")
        try sandbox.git("init", "-q", "--object-format=sha256", "sha256", in: "")
        try sandbox.git("init", "-q", "other", in: "")
        try sandbox.commit("other", "start")
        try sandbox.git("submodule", "--quiet", "add", sandbox("other"), "sub", in: "source")
        try sandbox.commit("source", "submodule")
        try sandbox.git("submodule", "--quiet", "deinit", "-f", "sub", in: "source")
        // Git's own index still knows the submodule; the folder is empty.
        let own = words.contains("submodule") ? arguments + ["--rev", "HEAD"] : arguments
        let result = try sandbox.run(.cairn, own, in: "out")
        #expect(result.exitCode == code, "\(result.stderr)")
        #expect(result.stderr.contains(words), "\(result.stderr)")
        #expect(!result.stderr.contains("secret"))
        let asDVC = try Program.run(
            sandbox("bin/dvc"), own, in: sandbox("out"), environment: sandbox.environment)
        #expect(asDVC.exitCode == codeOfDVC, "\(asDVC.stderr)")
        #expect(Files.paths(below: sandbox("out")).isEmpty)
    }
}
