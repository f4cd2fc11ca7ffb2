import CairnTestSupport
import Testing

/// What keys that may do little can do, and what they are told. The policies are those of docs/guide/remotes.md.
@Suite(
    "Permissions of keys", .tags(.served),
    .enabled(if: TestServer.Kind.ceph.isAvailable, TestServer.Kind.ceph.comment))
struct S3PermissionTests {
    /// A policy, and what may be done with it.
    struct Policy: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let actions: [String]
    }

    static let reading = ["s3:GetObject", "s3:ListBucket"]
    static let writing = reading + ["s3:PutObject"]
    static let parts = [
        "s3:ListBucketMultipartUploads", "s3:ListMultipartUploadParts", "s3:AbortMultipartUpload",
    ]

    /// A repository of somebody else's key, whose data the owner pushed.
    private func world(_ form: StoreForm) throws -> S3World {
        let world = try S3World(form)
        try world.addData()
        try world.must("push", "-q")
        try world.setKey(world.place.other)
        return world
    }

    private static let forms: [StoreForm] = [.dvc, .packed]

    @Test("who may read and list pulls, verifies and sees the status", arguments: forms)
    func reader(_ form: StoreForm) throws {
        let world = try world(form)
        try world.place.allow(Self.reading)
        try world.clone()
        try world.must("pull", "-q", in: "two")
        try world.expectPulled()
        #expect(try world.must("status", "-c", "--json", in: "two").stdout == "{}\n")
        try world.must("verify", "-q", "--remote", "store", in: "two")
    }

    @Test("who may not write is told so, and pushes once it is allowed", arguments: forms)
    func noWriter(_ form: StoreForm) throws {
        let world = try world(form)
        try world.place.allow(Self.reading)
        let before = try world.place.objects()
        try Files.write("more", to: world.sandbox("one/more"))
        try world.must("add", "-q", "more")
        let refused = try world.cairn("push")
        #expect(refused.exitCode != 0)
        #expect(refused.stderr.contains("s3:PutObject"), "\(refused)")
        world.expectNoSecret(in: refused)
        #expect(try world.place.objects() == before)
        try world.place.allow(Self.writing)
        try world.must("push")
        try world.expectSound()
    }

    @Test("who may read, list and write pushes and pulls, and need not delete", arguments: forms)
    func writer(_ form: StoreForm) throws {
        let world = try S3World(form)
        try world.place.allow(Self.writing)
        try world.setKey(world.place.other)
        try world.addData()
        try world.must("push", "-q")
        #expect(try world.must("push").exitCode == 0)
        try world.setKey(world.place.owner)
        try world.expectSound()
        try world.setKey(world.place.other)
        try world.clone()
        try world.must("pull", "-q", in: "two")
        try world.expectPulled()
    }

    @Test("an upload in parts needs no right but to write")
    func parts() throws {
        let world = try S3World(.dvc)
        try world.place.allow(Self.writing)
        try world.setKey(world.place.other)
        try world.addData(files: 3, bytes: 40_000_000)
        try world.must("push", "-q")
        try world.expectSound()
    }

    @Test("who may not list is told so by every command that has to", arguments: forms)
    func noLister(_ form: StoreForm) throws {
        let world = try world(form)
        try world.place.allow(["s3:GetObject", "s3:PutObject"])
        try world.clone()
        for command in [["status", "-c"], ["gc", "-w", "-c", "-f"]] {
            let result = try world.sandbox.run(.cairn, command, in: "two")
            if result.exitCode == 0 { continue }
            #expect(result.stderr.contains("s3:ListBucket"), "\(result)")
            world.expectNoSecret(in: result)
        }
        let pull = try world.cairn("pull", in: "two")
        if pull.exitCode != 0 { #expect(pull.stderr.contains("s3:ListBucket"), "\(pull)") }
        try world.place.allow(Self.reading)
        try world.must("pull", "-q", in: "two")
        try world.expectPulled()
    }

    @Test("who may not delete collects nothing and is told so; all stays as it was", arguments: forms)
    func noDeleter(_ form: StoreForm) throws {
        let world = try world(form)
        try world.place.allow(Self.writing)
        Files.delete(world.sandbox("one/data.dvc"))
        // In the native layout nothing is deleted before a day has passed.
        guard form == .dvc else {
            try world.must("gc", "-w", "-c", "-f")
            try world.setKey(world.place.owner)
            return try world.expectSound()
        }
        let before = try world.place.objects()
        world.letObjectsAge()
        let refused = try world.cairn("gc", "-w", "-c", "-f")
        #expect(refused.exitCode != 0)
        #expect(refused.stderr.contains("s3:DeleteObject"), "\(refused)")
        world.expectNoSecret(in: refused)
        #expect(try world.place.objects() == before)
        try world.place.allow(Self.writing + ["s3:DeleteObject"])
        try world.must("gc", "-w", "-c", "-f")
        #expect(try world.place.objects().count < before.count)
    }

    @Test("who may do nothing is told so, and nothing is there afterwards", arguments: forms)
    func stranger(_ form: StoreForm) throws {
        let world = try S3World(form)
        try world.addData()
        try world.setKey(world.place.other)
        let refused = try world.cairn("push")
        #expect(refused.exitCode != 0)
        #expect(refused.stderr.contains("may not"), "\(refused)")
        world.expectNoSecret(in: refused)
        #expect(try world.place.objects().isEmpty)
        try world.setKey(world.place.owner)
        try world.must("push")
        try world.expectSound()
    }

    @Test("a key for one prefix is enough for a remote there")
    func prefix() throws {
        let world = try S3World(.packed)
        try world.place.allow(Self.writing, prefix: "data/")
        try world.setKey(world.place.other)
        try world.addData()
        try world.must("push", "-q")
        try world.place.write([1], to: "elsewhere/object")
        try world.clone()
        try world.must("pull", "-q", in: "two")
        try world.expectPulled()
    }
}
