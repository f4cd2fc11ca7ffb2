import CairnTestSupport
import Testing

/// What is wrong with keys, buckets and addresses is said in one sentence, without a secret; once it is right, the same command finishes.
@Suite(
    "Refusals of S3 services", .tags(.badInput, .served),
    .enabled(if: TestServer.Kind.ceph.isAvailable, TestServer.Kind.ceph.comment))
struct S3RefusalTests {
    /// Data that has to go to the bucket.
    private func world(_ kind: TestServer.Kind = .ceph) throws -> S3World {
        let world = try S3World(.packed, on: kind)
        try world.addData(files: 5)
        return world
    }

    /// Expects that push and pull are refused in the same way, and go well after `mend`.
    private func expectRefused(
        _ world: S3World, _ words: String, code: Int32 = 128, mend: () throws -> Void,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        for command in ["push", "pull"] {
            let result = try world.cairn(command)
            world.expectRefused(result, words, code: code, sourceLocation: sourceLocation)
            let asked = try world.cairn(command, "--json")
            world.expectNoSecret(in: asked, sourceLocation: sourceLocation)
        }
        try mend()
        try world.must("push", "-q")
        try world.expectSound(sourceLocation: sourceLocation)
        try world.clone()
        try world.must("pull", "-q", in: "two")
        try world.expectPulled(sourceLocation: sourceLocation)
    }

    @Test("a wrong secret", arguments: S3World.services)
    func wrongSecret(_ kind: TestServer.Kind) throws {
        let world = try world(kind)
        try world.setKey(S3Key(id: world.place.owner.id, secret: "not/the+secret"))
        try expectRefused(world, "secret") { try world.setKey(world.place.owner) }
    }

    @Test("an unknown key", arguments: S3World.services)
    func unknownKey(_ kind: TestServer.Kind) throws {
        let world = try world(kind)
        try world.setKey(S3Key(id: "NOBODY", secret: world.place.owner.secret))
        try expectRefused(world, "key") { try world.setKey(world.place.owner) }
    }

    @Test("no key at all", arguments: S3World.services)
    func noKey(_ kind: TestServer.Kind) throws {
        let world = try world(kind)
        try world.setKey(nil)
        try expectRefused(world, "key") { try world.setKey(world.place.owner) }
    }

    @Test("no such bucket", arguments: S3World.services)
    func noBucket(_ kind: TestServer.Kind) throws {
        let world = try world(kind)
        let text = try Files.text(world.sandbox("one/.dvc/config"))
        let wrong = text.replacing(world.place.bucket, with: "nobodys-\(world.place.bucket)")
        try Files.write(wrong, to: world.sandbox("one/.dvc/config"))
        try expectRefused(world, "bucket") { try Files.write(text, to: world.sandbox("one/.dvc/config")) }
    }

    @Test("nobody answers at the endpoint")
    func down() throws {
        let world = try world()
        try world.setRemote(world.place, through: "http://127.0.0.1:9")
        try expectRefused(world, "127.0.0.1:9") { try world.setRemote(world.place, through: nil) }
    }

    @Test("the endpoint's name is unknown")
    func unknownHost() throws {
        let world = try world()
        try world.setRemote(world.place, through: "http://nowhere.invalid")
        try expectRefused(world, "nowhere.invalid") { try world.setRemote(world.place, through: nil) }
    }

    @Test(
        "a certificate that nobody vouches for",
        .enabled(if: TestServer.Kind.nginx.isAvailable, TestServer.Kind.nginx.comment))
    func untrusted() throws {
        let world = try world()
        let front = try TestServer(
            .nginx, ["upstream": String(world.place.endpoint.dropFirst("http://".count))])
        try world.setRemote(world.place, through: front["S3_ENDPOINT"])
        try expectRefused(world, "certificate") {
            let path = world.sandbox("one/.dvc/config")
            let options = "    ssl_verify = \(front["CA_BUNDLE"])\n"
            let text = try Files.text(path).replacing("    region = ", with: options + "    region = ")
            try Files.write(text, to: path)
            try world.sandbox.commit("one", "the authority")
        }
    }

    @Test("what answers is no S3 service", .enabled(if: TestServer.Kind.nginx.isAvailable))
    func noService() throws {
        let world = try world()
        try world.setRemote(world.place, through: try TestServer.shared(.nginx)["HTTP_URL"])
        let result = try world.cairn("push")
        #expect(result.exitCode != 0)
        #expect(result.stderr.contains("'store'"), "\(result)")
        world.expectNoSecret(in: result)
    }

    @Test("an object with other bytes than its name says is not taken", arguments: [StoreForm.dvc, .packed])
    func altered(_ form: StoreForm) throws {
        let world = try S3World(form)
        try world.addData()
        try world.must("push", "-q")
        let victim = try #require(try world.place.objects().max { $0.value < $1.value })
        let bytes = try world.place.read(victim.key)
        var changed = bytes
        for index in bytes.count / 2..<bytes.count / 2 + 16 { changed[index] ^= 0x5A }
        for wrong in [changed, Array(bytes.dropLast(bytes.count / 3))] {
            try world.place.write(wrong, to: victim.key)
            try world.clone()
            let result = try world.cairn("pull", in: "two")
            #expect(result.exitCode != 0, "\(result)")
            #expect(!Files.exists(world.sandbox("two/big")))
            let verify = try world.cairn("verify", in: "two")
            #expect(verify.exitCode == 1)
            #expect(!verify.stdout.contains("damaged"), "\(verify)")
        }
        try world.place.write(bytes, to: victim.key)
        try world.must("pull", "-q", in: "two")
        try world.expectPulled()
    }
}
