import CairnTestSupport
import Glibc
import Testing

/// Kills the program (SIGKILL) at random moments. What is on disk then must be sound, and the same command must finish the work.
///
/// `CAIRN_CRASH_ROUNDS` sets how often each command is killed; the moment depends on the round's seed and on how long an undisturbed
/// run took.
@Suite("Crash", .tags(.crash), .serialized)
struct CrashTests {
    static let rounds = getenv("CAIRN_CRASH_ROUNDS").flatMap { Int(String(cString: $0)) } ?? 15

    /// A project to which one command is about to be given.
    private struct Scene {
        let sandbox: Sandbox
        /// The command that is killed, and given again.
        let command: [String]
        /// Checks after the kill, besides those that hold for every command.
        var check: () throws -> Void = {}
        /// Checks after the command has been given again.
        var checkEnd: () throws -> Void = {}
    }

    private func makeTracked(_ sandbox: Sandbox, versions: Int = 1) throws {
        try sandbox.makeProject("one")
        try sandbox.setRemote("one")
        for version in 0..<versions {
            var random = SeededRandom(seed: UInt64(version))
            Files.delete(sandbox("one/data"))
            try random.fill(sandbox("one/data"), files: 300, size: 6000)
            try Files.write(random.bytes(2_000_000), to: sandbox("one/big"))
            try sandbox.must(.cairn, "add", "-q", "data", "big", in: "one")
            try sandbox.commit("one", "version \(version)")
            try sandbox.git("tag", "v\(version)", in: "one")
        }
    }

    /// Kills at one random moment per round, checks, runs again, checks again.
    ///
    /// `cacheMayLack` is for commands that begin with data on a remote alone.
    private func crash(_ name: String, cacheMayLack: Bool = false, _ makeScene: (UInt64) throws -> Scene)
        throws
    {
        // One run from beginning to end says how long it takes. Its scene is thrown away.
        let whole = try makeScene(0)
        let start = Monotonic.now
        _ = try whole.sandbox.run(.cairn, whole.command, in: "one").succeeded()
        let duration = Monotonic.now - start
        try whole.checkEnd()

        var killed = 0
        for round in 1...UInt64(Self.rounds) {
            let scene = try makeScene(round)
            var random = SeededRandom(seed: round)
            let moment = Double.random(in: 0...duration, using: &random)
            let running = try scene.sandbox.start(scene.command, in: "one")
            usleep(UInt32(moment * 1e6))  // not a wait for a condition: the moment is what is tested
            running.kill(SIGKILL)
            let result = try #require(try running.wait(seconds: 30))
            if result.exitCode == 128 + SIGKILL { killed += 1 }

            let place: Comment = "\(name), round \(round), killed after \(moment) s of \(duration)"
            let cache = scene.sandbox("one/.dvc/cache")
            let problems = try StoreCheck.problems(in: cache).filter { problem in
                // A temporary file may be left. A cache may hold a listing whose members are still on the remote.
                let isMember = cacheMayLack && problem.hasSuffix("which is not there")
                return !problem.hasSuffix("is not the name of an object") && !isMember
            }
            #expect(problems == [], place)
            if !cacheMayLack {
                #expect(try StoreCheck.missing(from: cache, forPointersOf: scene.sandbox("one")) == [], place)
            }
            try scene.check()

            let again = try scene.sandbox.run(.cairn, scene.command, in: "one")
            #expect(again.exitCode == 0, "\(place): \(again)")
            try expectClean(.cairn, scene.sandbox, in: "one")
            try expectSound(store: cache, for: scene.sandbox("one"), strays: true)
            #expect(
                StoreCheck.leftovers(in: scene.sandbox("one")).filter { !$0.hasPrefix(".dvc/cache/") } == [],
                place)
            try scene.checkEnd()
        }
        #expect(killed > 0, "\(name): the program always ended before it was killed")
    }

    @Test("add")
    func add() throws {
        try crash("add") { seed in
            let sandbox = try Sandbox()
            try sandbox.makeProject("one")
            var random = SeededRandom(seed: seed)
            try random.fill(sandbox("one/data"), files: 400, size: 6000)
            try Files.write(random.bytes(4_000_000), to: sandbox("one/big"))
            let before = try StoreCheck.md5(
                Files.paths(below: sandbox("one/data")).map { sandbox("one/data/\($0)") })
            let check: () throws -> Void = {
                // The user's files are all there, with their bytes.
                let now = try StoreCheck.md5(Array(before.keys))
                #expect(now == before)
            }
            return Scene(sandbox: sandbox, command: ["add", "data", "big"], check: check, checkEnd: check)
        }
    }

    @Test("checkout of another revision")
    func checkout() throws {
        // Both versions are made once; each round works on a copy.
        let original = try Sandbox()
        try makeTracked(original, versions: 2)
        try crash("checkout") { seed in
            let sandbox = try copy(of: original)
            let target = seed % 2 == 0 ? "v0" : "v1"
            try sandbox.git("checkout", "-q", target == "v0" ? "v1" : "v0", in: "one")
            try sandbox.must(.cairn, "checkout", "-q", in: "one")
            try sandbox.git("checkout", "-q", target, in: "one")
            let known = Set(StoreCheck.objects(in: sandbox("one/.dvc/cache")).keys)
            return Scene(sandbox: sandbox, command: ["checkout"]) {
                // Every file in the workspace is whole: one version's or the other's.
                let paths = Files.paths(below: sandbox("one/data")).filter {
                    !$0.contains(".cairn") && !$0.contains(".tmp")
                }
                let half = try StoreCheck.md5(paths.map { sandbox("one/data/\($0)") }).filter {
                    !known.contains($0.value)
                }
                #expect(half.keys.sorted() == [])
            }
        }
    }

    @Test("push")
    func push() throws {
        let original = try Sandbox()
        try makeTracked(original)
        try crash("push") { _ in
            let sandbox = try copy(of: original)
            let check: () throws -> Void = {
                // A listing on the remote means that its members are there: `problems` looks.
                let problems = try StoreCheck.problems(in: sandbox("remote"))
                #expect(problems.filter { !$0.hasSuffix("is not the name of an object") } == [])
            }
            let checkEnd: () throws -> Void = {
                try check()
                let missing = try StoreCheck.missing(from: sandbox("remote"), forPointersOf: sandbox("one"))
                #expect(missing == [])
            }
            return Scene(sandbox: sandbox, command: ["push"], check: check, checkEnd: checkEnd)
        }
    }

    @Test("pull into an empty cache")
    func pull() throws {
        let original = try Sandbox()
        try makeTracked(original)
        try original.must(.cairn, "push", "-q", in: "one")
        let data = Files.paths(below: original("one/data"))
        try crash("pull", cacheMayLack: true) { _ in
            let sandbox = try copy(of: original)
            for path in [".dvc/cache", ".dvc/tmp", "data", "big"] { Files.delete(sandbox("one/\(path)")) }
            return Scene(sandbox: sandbox, command: ["pull"]) {
            } checkEnd: {
                #expect(Files.paths(below: sandbox("one/data")) == data)
            }
        }
    }

    @Test("gc of cache and remote", arguments: [["gc", "-w", "-f"], ["gc", "-w", "-c", "-f"]])
    func collect(_ command: [String]) throws {
        let original = try Sandbox()
        try makeTracked(original, versions: 2)
        try original.must(.cairn, "push", "-q", "-A", in: "one")
        try crash("gc") { _ in
            let sandbox = try copy(of: original)
            return Scene(sandbox: sandbox, command: command) {
                let problems = try StoreCheck.problems(in: sandbox("remote"))
                #expect(problems == [])
                let missing = try StoreCheck.missing(from: sandbox("remote"), forPointersOf: sandbox("one"))
                #expect(missing == [])
            }
        }
    }

    @Test("migrate", arguments: ["native", "dvc"])
    func migrate(to format: String) throws {
        let original = try Sandbox()
        try makeTracked(original)
        if format == "dvc" {
            try original.must(.cairn, "migrate", "-q", "--to", "native", in: "one")
            Files.delete(original("one/.dvc/cache/files"))
        }
        let marker = try Files.text(original("one/.dvc/config")).firstMatch(of: #/\[cairn\]\n(    .*\n)+/#)?
            .output.0
        try crash("migrate") { _ in
            let sandbox = try copy(of: original)
            if format == "dvc" {
                let config = try Files.text(sandbox("one/.dvc/config"))
                try Files.write(config + (marker ?? ""), to: sandbox("one/.dvc/config"))
            }
            let check: () throws -> Void = {
                // Whatever the pointers say by now, everything is there, and comes back from the cache alone.
                for name in ["data", "big"] { Files.delete(sandbox("one/\(name)")) }
                try sandbox.must(.cairn, "checkout", "-q", in: "one")
                try expectSameData(original("one/data"), sandbox("one/data"))
                try expectSameData(original("one/big"), sandbox("one/big"))
            }
            return Scene(sandbox: sandbox, command: ["migrate", "--to", format], check: check) {
                try sandbox.must(.cairn, "verify", in: "one")
                #expect(
                    try Files.text(sandbox("one/.dvc/config")).contains("format = native")
                        == (format == "native"))
                for name in ["data", "big"] {
                    let pointer = try Files.text(sandbox("one/\(name).dvc"))
                    #expect(pointer.contains("hash: \(format == "dvc" ? "md5" : "blake3")\n"))
                }
            }
        }
    }

    /// The same world at another place, its remote included.
    private func copy(of original: Sandbox) throws -> Sandbox {
        let sandbox = try Sandbox()
        let script =
            "cp -a '\(original("one"))' . && { cp -a '\(original("remote"))' . 2>/dev/null || mkdir remote; }"
        try sandbox.shell(script, in: "").succeeded()
        try Files.write(
            "[core]\n    remote = store\n['remote \"store\"']\n    url = \(sandbox("remote"))\n",
            to: sandbox("one/.dvc/config"))
        return sandbox
    }
}
