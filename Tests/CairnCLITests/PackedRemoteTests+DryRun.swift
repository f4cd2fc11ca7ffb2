import CairnTestSupport
import Testing

extension PackedRemoteTests {
    @Test("a dry run of push says what would be sent, and neither side changes")
    func dryPush() throws {
        let world = try PackedWorld(isPushed: false)
        let dry = try world.cairn("push", "--dry-run")
        #expect(dry.exitCode == 0, "\(dry)")
        #expect(dry.stderr.contains("would push 41 files (") && dry.stderr.contains("in about "), "\(dry)")
        #expect(!Files.exists(world.sandbox("remote")))
        let json = try JSONValue(parsing: world.cairn("push", "--dry-run", "--json").stdout)
        #expect(json["dry_run"] == .boolean(true) && json["files"] == .number(41))
        #expect(json["requests"] != .null && json["requests"] != nil)

        try world.sandbox.must(.cairn, "push", "-q", in: "one")
        let before = try world.remoteBytes()
        #expect(try world.cairn("push", "--dry-run").stderr == "everything is on the remote\n")
        try Files.write("more", to: world.sandbox("one/data/more"))
        try world.sandbox.must(.cairn, "add", "-q", "data", in: "one")
        #expect(try world.cairn("push", "--dry-run").stderr.contains("would push 1 file ("))
        #expect(try world.remoteBytes() == before)
    }

    @Test(
        "a dry run of fetch and pull says what would come, and nothing comes", arguments: ["fetch", "pull"])
    func dryFetch(_ command: String) throws {
        let world = try PackedWorld()
        try world.clone()
        let dry = try world.cairn(command, "--dry-run", in: "two")
        #expect(dry.exitCode == 0, "\(dry)")
        #expect(dry.stderr.contains("would fetch 41 files (") && dry.stderr.contains("in about "), "\(dry)")
        #expect(!Files.exists(world.sandbox("two/data")) && !Files.exists(world.sandbox("two/.dvc/cache")))
        let json = try world.cairn(command, "--dry-run", "--json", in: "two").stdout
        #expect(json.contains("\"dry_run\": true") && json.contains("\"files\": 41"), "\(json)")
        try world.sandbox.must(.cairn, "pull", "-q", in: "two")
        #expect(try world.cairn(command, "--dry-run", in: "two").stderr.contains("everything"))
    }

    @Test("a dry run with a loose remote knows files and bytes")
    func dryLoose() throws {
        let sandbox = try Sandbox()
        try StoreForm.dvc.makeProject("one", in: sandbox)
        try Files.write("abc", to: sandbox("one/data/a"))
        try Files.write("defg", to: sandbox("one/data/b"))
        try sandbox.must(.cairn, "add", "-q", "data", in: "one")
        try sandbox.commit("one", "data")
        let push = try sandbox.must(.cairn, "push", "--dry-run", "--json", in: "one")
        #expect(push.stdout.contains("\"files\": 2") && push.stdout.contains("\"requests\": null"), "\(push)")
        #expect(!Files.exists(sandbox("remote")))
        try sandbox.must(.cairn, "push", "-q", in: "one")
        Files.delete(sandbox("one/.dvc/cache"))
        let fetch = try sandbox.must(.cairn, "fetch", "--dry-run", in: "one")
        #expect(fetch.stderr.contains("would fetch 2 files ("), "\(fetch)")
        #expect(!Files.exists(sandbox("one/.dvc/cache")))
    }
}
