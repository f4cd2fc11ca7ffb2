import CairnTestSupport
import Testing

/// Remotes that hold packs, through the program.
@Suite("PackedRemote")
struct PackedRemoteTests {}

extension PackedRemoteTests {
    @Test("the layout of a remote is set, shown, changed and forgotten with it, outside of DVC's files")
    func layout() throws {
        let sandbox = try Sandbox()
        try sandbox.makeProject("one")
        try sandbox.must(
            .cairn, "remote", "add", "-d", "store", sandbox("remote"), "--layout", "packed", in: "one")
        #expect(
            try Files.text(sandbox("one/.dvc/cairn.config"))
                == "['remote \"store\"']\n    layout = packed\n")
        #expect(try !Files.text(sandbox("one/.dvc/config")).contains("packed"))
        let list = try sandbox.must(.cairn, "remote", "list", "-v", in: "one")
        #expect(list.stdout == "store\t\(sandbox("remote"))\tpacked\t(default)\n")
        let json = try sandbox.must(.cairn, "remote", "list", "--json", in: "one")
        #expect(json.stdout.contains("\"layout\": \"packed\""))

        try sandbox.must(.cairn, "remote", "rename", "store", "other", in: "one")
        #expect(try Files.text(sandbox("one/.dvc/cairn.config")).contains("remote \"other\""))
        try sandbox.must(.cairn, "remote", "modify", "--local", "other", "layout", "loose", in: "one")
        #expect(try Files.text(sandbox("one/.dvc/cairn.config.local")).contains("layout = loose"))
        #expect(
            try sandbox.git("status", "--porcelain", "--ignored", in: "one").contains(
                "!! .dvc/cairn.config.local"))
        try sandbox.must(.cairn, "remote", "modify", "--local", "--unset", "other", "layout", in: "one")
        try sandbox.must(.cairn, "remote", "remove", "other", in: "one")
        #expect(try !Files.text(sandbox("one/.dvc/cairn.config")).contains("layout"))
    }

    @Test(
        "a layout that cannot be is refused in one sentence",
        arguments: [
            (["remote", "add", "--layout", "packed", "new", "../loose"], "is loose already", 128),
            (["remote", "add", "--layout", "loose", "new", "../packed"], "is packed already", 128),
            (["remote", "modify", "store", "layout", "loose"], "is packed already", 128),
            (["remote", "modify", "store", "layout", "flat"], "'flat' is no layout", 129),
            (["remote", "modify", "nope", "layout", "loose"], "remote 'nope' doesn't exist", 128),
            (
                ["remote", "add", "--global", "--layout", "packed", "new", "../x"],
                "a setting of a workspace", 129
            ),
        ])
    func refusedLayout(_ command: [String], _ words: String, _ code: Int32) throws {
        let sandbox = try Sandbox()
        try StoreForm.packed.makeProject("one", in: sandbox)
        try Files.makeFolder(sandbox("loose/files/md5"))
        for folder in ["packed", "remote"] {
            try Files.write("{}", to: sandbox("\(folder)/cairn.json"))
        }
        let before = try Files.text(sandbox("one/.dvc/config"))
        let result = try sandbox.run(.cairn, command, in: "one")
        #expect(result.exitCode == code && result.stderr.contains(words), "\(result)")
        #expect(result.stderr.split(separator: "\n").count { $0.hasPrefix("error: ") } == 1)
        #expect(try Files.text(sandbox("one/.dvc/config")) == before)
        #expect(!Files.exists(sandbox("one/.dvc/cairn.config")))
    }

    @Test("what is on a remote decides, and a wish that contradicts it is named")
    func contradiction() throws {
        let world = try PackedWorld()
        try Files.write(
            "['remote \"store\"']\n    layout = loose\n", to: world.sandbox("one/.dvc/cairn.config"))
        try Files.write("more", to: world.sandbox("one/more"))
        try world.sandbox.must(.cairn, "add", "-q", "more", in: "one")
        let result = try world.cairn("push")
        #expect(
            result.exitCode == 0 && result.stderr.contains("remote 'store' is packed, though"), "\(result)")
        #expect(!Files.exists(world.sandbox("remote/files")))
    }

    @Test(
        "a broken file of our own is named with its line",
        arguments: [
            ("[core]\n    remote = x\n", ":2:1: there is no option 'core.remote'"),
            ("['remote \"store\"']\n    layout = flat\n", ":2:1: 'remote.store.layout': 'packed' or 'loose'"),
            ("nonsense", ".dvc/cairn.config"),
        ])
    func brokenSettings(_ text: String, _ words: String) throws {
        let sandbox = try Sandbox()
        try StoreForm.packed.makeProject("one", in: sandbox)
        try Files.write(text, to: sandbox("one/.dvc/cairn.config"))
        let result = try sandbox.run(.cairn, ["push"], in: "one")
        #expect(result.exitCode == 128 && result.stderr.contains(words), "\(result)")
        #expect(result.stderr.contains(".dvc/cairn.config"), "\(result)")
    }

    @Test("a native repository keeps a remote loose if it is told so")
    func looseByWish() throws {
        let world = try PackedWorld(isPushed: false)
        try world.sandbox.must(.cairn, "remote", "modify", "store", "layout", "loose", in: "one")
        try world.sandbox.must(.cairn, "push", "-q", in: "one")
        #expect(Files.exists(world.sandbox("remote/files/blake3")))
        #expect(!Files.exists(world.sandbox("remote/cairn.json")))
    }
}
