import CairnTestSupport
import Testing

extension PackedRemoteTests {
    /// A repository of DVC's format whose remote is packed.
    private func dvcWorld() throws -> PackedWorld {
        let world = try PackedWorld(empty: ())
        let sandbox = world.sandbox
        try sandbox.makeProject("one")
        var random = SeededRandom(seed: 3)
        try random.fill(sandbox("one/data"), files: 30, size: 3000)
        try Files.write(random.bytes(900_000), to: sandbox("one/big"))
        try Files.write(random.bytes(150_000), to: sandbox("one/middle"))
        try Files.write("", to: sandbox("one/empty"))
        try sandbox.must(
            .cairn, "remote", "add", "-d", "--layout", "packed", "store", sandbox("remote"), in: "one")
        try sandbox.must(.cairn, "add", "-q", "data", "big", "middle", "empty", in: "one")
        try sandbox.commit("one", "data")
        return world
    }

    @Test(
        "a repository of DVC's format uses a packed remote; its pointers stay, and cairn says once that dvc cannot"
    )
    func aliases() throws {
        let world = try dvcWorld()
        let pointers = try Files.text(world.sandbox("one/data.dvc"))
        let push = try world.cairn("push")
        #expect(push.exitCode == 0 && push.stderr.contains("`dvc` cannot"), "\(push)")
        #expect(!Files.exists(world.sandbox("remote/files")))
        let again = try world.cairn("push")
        #expect(again.stderr == "everything is on the remote\n", "\(again)")
        #expect(try Files.text(world.sandbox("one/.dvc/cairn.config")).contains("id = "))
        #expect(try !Files.text(world.sandbox("one/.dvc/config")).contains("[cairn]"))
        try world.sandbox.commit("one", "id")

        try world.clone()
        let dry = try world.cairn("fetch", "--dry-run", in: "two")
        #expect(dry.stderr.contains("would fetch 33 files ("), "\(dry)")
        try world.sandbox.must(.cairn, "pull", "-q", in: "two")
        try expectSameData(world.sandbox("one/data"), world.sandbox("two/data"))
        for name in ["big", "middle", "empty"] {
            #expect(try Files.read(world.sandbox("one/\(name)")) == Files.read(world.sandbox("two/\(name)")))
        }
        #expect(try Files.text(world.sandbox("two/data.dvc")) == pointers)
        try expectClean(.cairn, world.sandbox, in: "two")
        try expectSound(store: world.sandbox("two/.dvc/cache"), for: world.sandbox("two"))
        let status = try world.cairn("status", "-c", in: "two")
        #expect(status.exitCode == 0 && status.stdout.isEmpty, "\(status)")
        #expect(try world.cairn("verify", "-c", in: "two").exitCode == 0)
        // What was there already is not sent again under another id, and no second id was made.
        let third = try world.cairn("push", in: "two")
        #expect(third.stderr.contains("everything is on the remote"), "\(third)")
    }

    @Test("bytes that do not have the MD5 of a pointer are never taken; the remote is repaired from a clone")
    func damagedAliases() throws {
        let world = try dvcWorld()
        try world.sandbox.must(.cairn, "push", "-q", in: "one")
        try world.sandbox.commit("one", "id")
        try world.clone()
        try world.damage(world.packs[0])
        let pull = try world.cairn("pull", in: "two")
        #expect(pull.exitCode == 1 && pull.stderr.contains("on remote 'store'"), "\(pull)")
        try expectSound(store: world.sandbox("two/.dvc/cache"))
        #expect(try world.cairn("verify", "-c").exitCode == 1)
        let repair = try world.cairn("repair", "--on", "store")
        #expect(repair.exitCode == 0, "\(repair)")
        #expect(try world.cairn("verify", "-c").exitCode == 0)
        try world.sandbox.must(.cairn, "pull", "-q", in: "two")
        try expectClean(.cairn, world.sandbox, in: "two")
        // The cache can be healed from there as well.
        for path in [".dvc/cache", "data", "big", "middle", "empty"] {
            Files.delete(world.sandbox("two/\(path)"))
        }
        let heal = try world.cairn("repair", in: "two")
        #expect(heal.exitCode == 0 && heal.stdout.contains("from remote 'store'"), "\(heal)")
        try world.sandbox.must(.cairn, "checkout", "-q", in: "two")
        try expectClean(.cairn, world.sandbox, in: "two")
    }

    @Test("a listing stays off the remote as long as one of its files is nowhere")
    func incompleteAlias() throws {
        let world = try dvcWorld()
        let member = try #require(
            StoreCheck.objects(in: world.sandbox("one/.dvc/cache")).first {
                !$0.key.hasSuffix(".dir") && (try? Files.read($0.value).count) ?? 0 < 10_000
                    && (try? Files.read($0.value).count) ?? 0 > 0
            })
        Files.delete(member.value)
        let push = try world.cairn("push")
        #expect(push.exitCode == 1, "\(push)")
        let status = try world.cairn("status", "-c", "--json")
        #expect(status.stdout.contains("\"data\""), "\(status)")
        try world.sandbox.must(.cairn, "commit", "-q", "-f", "data.dvc", in: "one")
        try world.sandbox.must(.cairn, "push", "-q", in: "one")
        #expect(try world.cairn("verify", "-c").exitCode == 0)
    }
}
