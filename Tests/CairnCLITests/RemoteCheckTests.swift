import CairnTestSupport
import Testing

/// `cairn remote check` as it is typed.
@Suite("remote check")
struct RemoteCheckTests {
    private func project() throws -> Sandbox {
        let sandbox = try Sandbox()
        try StoreForm.packed.makeProject("one", in: sandbox)
        return sandbox
    }

    @Test("a folder that can do everything is tried out, and nothing is left there")
    func folder() throws {
        let sandbox = try project()
        let check = try sandbox.cairn("remote", "check", in: "one").succeeded()
        #expect(check.stdout.hasPrefix("remote 'store' at "), "\(check)")
        #expect(check.stdout.contains("nothing is there yet"), "\(check)")
        #expect(!check.stdout.contains("fails") && !check.stdout.contains("wrong"), "\(check)")
        #expect(check.stderr == "everything works\n", "\(check)")
        #expect(Files.paths(below: sandbox("remote")) == [])
    }

    @Test(
        "a folder that cannot be written to is said to be one from which data can come",
        .enabled(if: MountedDisk.reason(.tmpfs) == nil, "needs the right to mount a tmpfs"))
    func readOnly() throws {
        let sandbox = try project()
        let disk = try MountedDisk(.tmpfs, kilobytes: 256)
        try disk.makeReadOnly()
        try sandbox.must(.cairn, "remote", "add", "-q", "fixed", disk("remote"), in: "one")
        let check = try sandbox.cairn("remote", "check", "fixed", in: "one")
        #expect(check.exitCode == 1, "\(check)")
        #expect(check.stderr.contains("it is read-only"), "\(check)")
        #expect(check.stderr.contains("cannot work"), "\(check)")
    }

    @Test("what cannot be reached is said once, without a trace")
    func unreachable() throws {
        let sandbox = try project()
        try sandbox.must(.cairn, "remote", "add", "-q", "away", "http://127.0.0.1:9/data", in: "one")
        let check = try sandbox.cairn("remote", "check", "away", in: "one")
        #expect(check.exitCode == 1, "\(check)")
        #expect(check.stderr.contains("cannot be reached: nothing answers at 127.0.0.1:9"), "\(check)")
        #expect(!check.stdout.contains("nothing is there"), "\(check)")
        let unknown = try sandbox.cairn("remote", "check", "nobody", in: "one")
        #expect(unknown.exitCode == 128 && unknown.stderr.contains("doesn't exist"), "\(unknown)")
    }

    @Test(
        "a bucket is tried out; keys that may do less are told what cannot work",
        .tags(.served), .enabled(if: TestServer.Kind.ceph.isAvailable, TestServer.Kind.ceph.comment))
    func bucket() throws {
        let world = try S3World(.packed)
        let check = try world.must("remote", "check", "store")
        #expect(check.stderr.contains("everything works"), "\(check)")
        #expect(try world.place.objects().isEmpty)
        try world.setKey(world.place.other)
        try world.place.allow(["s3:GetObject", "s3:ListBucket", "s3:PutObject"])
        let less = try world.cairn("remote", "check", "--json", "store")
        #expect(less.exitCode == 0, "\(less)")
        #expect(less.stdout.contains(#""push": true, "collect": false"#), "\(less)")
        #expect(less.stdout.contains("the access key may not delete"), "\(less)")
        world.expectNoSecret(in: less)
    }
}
