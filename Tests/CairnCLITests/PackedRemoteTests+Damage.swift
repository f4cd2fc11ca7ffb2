import CairnTestSupport
import Glibc
import Testing

/// Something that happened to a packed remote.
struct RemoteDamage: Sendable, CustomTestStringConvertible {
    /// What happened, in words.
    let name: String
    /// What it happens to, a path of the remote as the error must have it.
    let victim: @Sendable (PackedWorld) throws -> String
    /// Brings it about.
    let harm: @Sendable (PackedWorld, String) throws -> Void
    /// Words of the error.
    var words: [String] = []
    /// Whether all that can be said is that the objects are missing.
    var isLoss = false

    var testDescription: String { name }

    private static let longestPack: @Sendable (PackedWorld) throws -> String = { try $0.packs[0] }
    private static let segment: @Sendable (PackedWorld) throws -> String = { $0.remote("log/idx")[0] }
    private static let marker: @Sendable (PackedWorld) throws -> String = { _ in "cairn.json" }

    static let all: [RemoteDamage] = [
        RemoteDamage(
            name: "a pack is cut", victim: longestPack, harm: { try $0.truncate($1) },
            words: ["objects cannot be had"]),
        RemoteDamage(
            name: "a pack is gone", victim: longestPack, harm: { Files.delete($0.sandbox("remote/\($1)")) },
            words: ["is not there", "objects cannot be had", "'data/"]),
        RemoteDamage(name: "a pack is altered", victim: longestPack, harm: { try $0.damage($1) }),
        RemoteDamage(
            name: "a pack is another one's", victim: longestPack,
            harm: { world, path in
                let other = try Files.read(world.sandbox("remote/\(world.packs[1])"))
                Files.delete(world.sandbox("remote/\(path)"))
                try Files.write(other, to: world.sandbox("remote/\(path)"))
            }, words: ["'data/"]),
        RemoteDamage(name: "a segment is cut", victim: segment, harm: { try $0.truncate($1) }),
        RemoteDamage(name: "a segment is altered", victim: segment, harm: { try $0.damage($1) }),
        RemoteDamage(
            name: "a segment is gone", victim: segment, harm: { Files.delete($0.sandbox("remote/\($1)")) },
            words: ["neither in the cache nor on the remote"], isLoss: true),
        RemoteDamage(
            name: "a segment that is none",
            victim: { _ in
                "log/idx/0-01M7ZF00000000000000000000-\(String(repeating: "ab", count: 32)).seg"
            }, harm: { try Files.write("no segment at all", to: $0.sandbox("remote/\($1)")) }),
        RemoteDamage(name: "the marker is cut", victim: marker, harm: { try $0.truncate($1) }),
        RemoteDamage(
            name: "the marker is gone", victim: marker, harm: { Files.delete($0.sandbox("remote/\($1)")) },
            words: ["is gone, though its log is there"]),
    ]
}

extension PackedRemoteTests {
    @Test(
        "damage of a remote is one sentence that names remote, object and paths; repaired from a clone, the same command finishes",
        .tags(.badInput), arguments: RemoteDamage.all)
    func damage(_ damage: RemoteDamage) throws {
        let world = try PackedWorld()
        try world.clone()
        let victim = try damage.victim(world)
        try damage.harm(world, victim)

        let pull = try world.cairn("pull", in: "two")
        #expect(pull.exitCode == 1 || pull.exitCode == 128, "\(pull)")
        if !damage.isLoss {
            let about = pull.stderr.split(separator: "\n").filter {
                $0.contains("remote 'store'") && $0.hasPrefix("error: ")
            }
            #expect(about.count == 1 && about[0].contains("'\(victim)'"), "\(pull)")
        }
        for word in damage.words { #expect(pull.stderr.contains(word), "\(pull)") }
        try expectNoWrongBytes(world, in: "two")
        let verify = try world.cairn("verify", "--remote", "store")
        #expect(verify.exitCode == 1 || verify.exitCode == 128, "\(verify)")

        let dry = try world.cairn("repair", "--on", "store", "--dry-run")
        #expect(dry.exitCode == 0, "\(dry)")
        let repair = try world.cairn("repair", "--on", "store")
        #expect(repair.exitCode == 0, "\(repair)")
        let again = try world.cairn("repair", "--on", "store")
        #expect(again.exitCode == 0 && again.stderr.contains("nothing needs to be repaired"), "\(again)")
        try expectHealthy(world)
    }

    @Test(
        "what a remote lost comes back from another remote, or the workspace, where the cache has lost it too"
    )
    func repairFromElsewhere() throws {
        let world = try PackedWorld()
        try world.sandbox.must(.cairn, "remote", "add", "backup", world.sandbox("backup"), in: "one")
        try world.sandbox.must(.cairn, "push", "-q", "-r", "backup", in: "one")
        try world.clone()
        for pack in try world.packs { Files.delete(world.sandbox("remote/\(pack)")) }
        world.forgetData("one")
        let hopeless = try world.cairn("repair", "--on", "store")
        #expect(
            hopeless.exitCode == 1 && hopeless.stderr.contains("no copy was found of 2 objects"),
            "\(hopeless)")
        let repair = try world.cairn("repair", "--on", "store", "--remote", "backup")
        #expect(repair.exitCode == 0 && repair.stdout.contains("from remote 'backup'"), "\(repair)")
        try expectHealthy(world)
    }

    @Test("two stores under one prefix: nothing is written, and all goes on when the right marker is back")
    func twoStores() throws {
        let world = try PackedWorld()
        let marker = try Files.read(world.sandbox("remote/cairn.json"))
        Files.delete(world.sandbox("remote/cairn.json"))
        let other = String(decoding: marker, as: UTF8.self).split(separator: "\n").map { line in
            line.contains("\"id\"") ? "  \"id\": \"22222222-2222-4222-8222-222222222222\"," : String(line)
        }.joined(separator: "\n")
        try Files.write(other, to: world.sandbox("remote/cairn.json"))
        try Files.write("more", to: world.sandbox("one/more"))
        try world.sandbox.must(.cairn, "add", "-q", "more", in: "one")
        let before = try world.remoteBytes()
        let push = try world.cairn("push")
        #expect(
            push.exitCode == 128 && push.stderr.contains("remote 'store' is two stores in one place"),
            "\(push)")
        #expect(try world.remoteBytes() == before)
        Files.delete(world.sandbox("remote/cairn.json"))
        try Files.write(marker, to: world.sandbox("remote/cairn.json"))
        try world.sandbox.must(.cairn, "push", "-q", in: "one")
        try expectHealthy(world)
    }

    @Test(
        "a remote for a newer program is refused, for reading where it must be",
        arguments: [
            ("\"version\": 1", "\"version\": 2", false, "has the unknown version 2"),
            (
                "\"incompat\": []", "\"incompat\": [\"new\"]", false,
                "needs features that this program lacks: new"
            ),
            ("\"ro_compat\": []", "\"ro_compat\": [\"new\"]", true, "lacks new"),
        ])
    func newerMarker(_ old: String, _ new: String, _ isReadable: Bool, _ words: String) throws {
        let world = try PackedWorld()
        try world.clone()
        let marker = try Files.text(world.sandbox("remote/cairn.json"))
        try #require(marker.contains(old))
        Files.delete(world.sandbox("remote/cairn.json"))
        try Files.write(marker.replacing(old, with: new), to: world.sandbox("remote/cairn.json"))
        try Files.write("more", to: world.sandbox("one/more"))
        try world.sandbox.must(.cairn, "add", "-q", "more", in: "one")
        let before = try world.remoteBytes()
        for arguments in [["push"], ["push", "--dry-run"]] {
            let push = try world.sandbox.run(.cairn, arguments, in: "one")
            #expect(push.exitCode == 128 && push.stderr.contains(words), "\(push)")
            #expect(push.stderr.contains("'store'") && push.stderr.contains("install a newer version"))
        }
        #expect(try world.remoteBytes() == before)
        let pull = try world.cairn("pull", in: "two")
        #expect(pull.exitCode == (isReadable ? 0 : 128), "\(pull)")
    }

    @Test(
        "a full remote: one sentence, nothing that is half there, and the same command finishes when there is room"
    )
    func fullRemote() throws {
        let world = try PackedWorld(isPushed: false)
        let disk = try MountedDisk(.tmpfs, kilobytes: 600, on: world.sandbox("remote"))
        let push = try world.cairn("push")
        #expect(push.exitCode == 128 && push.stderr.contains("no room left on remote 'store'"), "\(push)")
        #expect(world.remote("log/idx").isEmpty && world.remote("packs").isEmpty)
        #expect(mount("none", disk.path, "tmpfs", UInt(MS_REMOUNT), "size=20000k") == 0)
        try world.sandbox.must(.cairn, "push", "-q", in: "one")
        try expectHealthy(world)
        #expect(mount("none", disk.path, "tmpfs", UInt(MS_REMOUNT | MS_RDONLY), "size=20000k") == 0)
        try Files.write("more", to: world.sandbox("one/more"))
        try world.sandbox.must(.cairn, "add", "-q", "more", in: "one")
        let refused = try world.cairn("push")
        #expect(refused.exitCode == 128 && refused.stderr.contains("remote 'store'"), "\(refused)")
        #expect(refused.stderr.contains("read-only"), "\(refused)")
        try world.clone("three")
        try world.sandbox.must(.cairn, "pull", "-q", in: "three")
    }

    @Test(
        "a remote that others own is read, and not written; without access one sentence names it",
        .enabled(if: Unprivileged.isPossible, Comment(rawValue: Unprivileged.reason ?? "")))
    func othersRemote() throws {
        let world = try PackedWorld()
        try world.clone()
        try Files.write("more", to: world.sandbox("one/more"))
        try world.sandbox.must(.cairn, "add", "-q", "more", in: "one")
        chmod(world.sandbox(""), 0o755)
        for folder in ["one", "two", "home"] { Unprivileged.give(world.sandbox(folder)) }
        let before = try world.remoteBytes()
        let push = try world.sandbox.cairnUnprivileged(["push"], in: "one")
        #expect(push.exitCode == 128 && push.stderr.contains("remote 'store' is not allowed"), "\(push)")
        let pull = try world.sandbox.cairnUnprivileged(["pull"], in: "two")
        #expect(pull.exitCode == 0, "\(pull)")
        #expect(try world.remoteBytes() == before)
        chmod(world.sandbox("remote"), 0o700)
        for command in [
            ["push"], ["pull"], ["verify", "-c"], ["status", "-c"], ["repair", "--on", "store"],
        ] {
            let refused = try world.sandbox.cairnUnprivileged(command, in: "one")
            #expect(refused.exitCode == 128 && refused.stderr.contains("remote 'store'"), "\(refused)")
        }
        chmod(world.sandbox("remote"), 0o755)
        #expect(try world.cairn("push").exitCode == 0)
    }

    @Test("clocks that disagree change nothing", arguments: ["2035-01-01", "1995-01-01"])
    func clocks(_ date: String) throws {
        let world = try PackedWorld()
        try world.sandbox.shell("find remote -type f -exec touch -d \(date) {} +", in: "").succeeded()
        try Files.write("more", to: world.sandbox("one/more"))
        try world.sandbox.must(.cairn, "add", "-q", "more", in: "one")
        try world.sandbox.must(.cairn, "push", "-q", in: "one")
        try expectHealthy(world)
    }

    @Test("names that are none of ours are left alone")
    func foreignNames() throws {
        let world = try PackedWorld()
        for path in ["log/other/x", "log/gc/rubbish", "packs/zz", "readme"] {
            try Files.write("not ours", to: world.sandbox("remote/\(path)"))
        }
        try world.sandbox.must(.cairn, "push", "-q", in: "one")
        try expectHealthy(world)
        #expect(try Files.text(world.sandbox("remote/packs/zz")) == "not ours")
    }

    /// Expects that what is in the workspace of a clone is what the original has.
    private func expectNoWrongBytes(_ world: PackedWorld, in folder: String) throws {
        for path in Files.paths(below: world.sandbox("\(folder)/data")) {
            let same =
                try Files.read(world.sandbox("\(folder)/data/\(path)"))
                == Files.read(world.sandbox("one/data/\(path)"))
            #expect(same, "\(path)")
        }
    }

    /// Expects that all is on the remote, and that a new clone gets it.
    func expectHealthy(_ world: PackedWorld) throws {
        let verify = try world.cairn("verify", "--remote", "store")
        #expect(verify.exitCode == 0, "\(verify)")
        #expect(
            try NativeStoreCheck.problems(in: world.sandbox("remote")).filter { !$0.contains("no-segment") }
                == [])
        try world.clone("fresh")
        try world.sandbox.must(.cairn, "pull", "-q", in: "fresh")
        try expectClean(.cairn, world.sandbox, in: "fresh")
        try world.sandbox.must(.cairn, "verify", "-q", in: "fresh")
    }
}
