import CairnTestSupport
import Glibc
import Testing

/// Pushes and pulls through a proxy that does harm: they come to their end, move little more than is needed, and leave nothing wrong.
@Suite(
    "Faults of the network", .tags(.served),
    .enabled(if: TestServer.Kind.ceph.isAvailable, TestServer.Kind.ceph.comment),
    .enabled(if: TestServer.Kind.fault.isAvailable, TestServer.Kind.fault.comment))
struct S3FaultTests {
    /// Harm, and how a test's report calls it.
    struct Harm: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let form: StoreForm
        let rules: [FaultProxy.Rule]
    }

    private static func harm(_ name: String, _ change: (inout FaultProxy.Rule) -> Void) -> [Harm] {
        [StoreForm.dvc, .packed].map {
            Harm(testDescription: "\(name), \($0)", form: $0, rules: [.init(change)])
        }
    }

    static let all: [Harm] = [
        harm("one in twenty connections reset while it sends") { ($0.chance, $0.reset_up) = (0.05, 1500) },
        harm("one in twenty connections reset before it answers") { ($0.chance, $0.reset_down) = (0.05, 0) },
        harm("one in twenty connections refused") { ($0.chance, $0.refuse) = (0.05, 1) },
        harm("one in twenty answers truncated") { ($0.chance, $0.close_down) = (0.05, 400) },
        harm("two answers that stall") { ($0.skip, $0.times, $0.stall_down) = (3, 2, 200) },
        harm("two requests that stall") { ($0.method, $0.times, $0.stall_up) = ("PUT", 2, 900) },
        harm("three seconds of SlowDown") { ($0.skip, $0.seconds, $0.status) = (5, 3, 503) },
        harm("some that are to wait a second") {
            ($0.chance, $0.times, $0.status, $0.retry_after) = (0.2, 6, 429, 1)
        },
        harm("one in ten internal errors") { ($0.chance, $0.status) = (0.1, 500) },
        harm("50 milliseconds to each answer") { $0.latency = 50 },
        harm("a slow line") { $0.rate = 4_000_000 },
    ].flatMap { $0 }

    private static let files = 100
    private static let bytes = 18_000_000
    /// The most that is sent again for one fault: a part.
    private static let part = 8 << 20

    /// A world whose repository talks to the proxy.
    private func world(_ form: StoreForm) throws -> (S3World, FaultProxy) {
        let place = try S3Place(on: .ceph)
        let proxy = try FaultProxy(before: place.endpoint)
        let world = try S3World(form, place: place, through: proxy.url, options: ["read_timeout = 2"])
        return (world, proxy)
    }

    private func set(_ rules: [FaultProxy.Rule], on proxy: FaultProxy) throws {
        // One after another, seeds differ.
        let seeded = rules.enumerated().map { (number, rule) in
            FaultProxy.Rule {
                $0 = rule
                $0.seed = number + 1
            }
        }
        try proxy.set(seeded)
    }

    @Test("push and pull complete, and move little more than they have to", arguments: all)
    func complete(_ harm: Harm) throws {
        let (world, proxy) = try world(harm.form)
        try world.addData(files: Self.files, bytes: Self.bytes)
        try set(harm.rules, on: proxy)
        let push = try world.cairn("push")
        #expect(push.exitCode == 0, "\(push)")
        world.expectNoSecret(in: push)
        let up = try proxy.counts()
        let stored = try world.place.objects().values.reduce(0, +)
        #expect(stored >= Self.bytes)
        let heads = up.requests * 1500
        #expect(up.up <= stored * 11 / 10 + heads + up.harmed * Self.part, "\(up.up) bytes for \(stored)")
        try world.expectSound()

        try set(harm.rules, on: proxy)
        try world.clone()
        let pull = try world.cairn("pull", in: "two")
        #expect(pull.exitCode == 0, "\(pull)")
        let down = try proxy.counts()
        #expect(
            down.down <= stored * 11 / 10 + down.requests * 1500 + down.harmed * Self.part,
            "\(down.down) bytes for \(stored)")
        try world.expectPulled()
        #expect(try world.place.unfinishedUploads() == [])
    }

    /// All kinds of harm at once.
    private static let everything: [FaultProxy.Rule] = [
        .init { ($0.chance, $0.reset_up) = (0.05, 1500) },
        .init { ($0.chance, $0.close_down) = (0.01, 400) },
        .init { ($0.skip, $0.times, $0.stall_down) = (40, 2, 200) },
        .init { ($0.skip, $0.seconds, $0.status) = (30, 2, 503) },
        .init { $0.latency = 50 },
    ]

    @Test(
        "5,000 files and a large one complete through resets, stalls, errors and latency at once",
        arguments: [StoreForm.dvc, .packed])
    func everything(_ form: StoreForm) throws {
        let (world, proxy) = try world(form)
        let size = Self.largeFile
        try world.addData(files: 5000, bytes: 1)
        try world.sandbox.shell("head -c \(size) /dev/urandom > big", in: "one").succeeded()
        try world.must("add", "-q", "big")
        try world.sandbox.commit("one", "a large file")
        try set(Self.everything, on: proxy)
        try world.must("push", "-q")
        let up = try proxy.counts()
        let stored = try world.place.objects().values.reduce(0, +)
        #expect(stored >= size)
        #expect(up.harmed > 0)
        #expect(up.up <= stored * 11 / 10 + up.requests * 1500 + up.harmed * Self.part, "\(up), \(stored)")

        try set(Self.everything, on: proxy)
        try world.clone()
        try world.must("pull", "-q", in: "two")
        let down = try proxy.counts()
        #expect(
            down.down <= stored * 11 / 10 + down.requests * 1500 + down.harmed * Self.part,
            "\(down), \(stored)")
        try world.sandbox.shell("cmp one/big two/big && diff -r one/data two/data", in: "").succeeded()
        try expectClean(.cairn, world.sandbox, in: "two")
        #expect(try world.place.unfinishedUploads() == [])
    }

    /// In bytes. A gibibyte takes minutes and as much of the server's memory: `CAIRN_FAULT_BYTES` asks for it.
    private static let largeFile =
        getenv("CAIRN_FAULT_BYTES").flatMap { Int(String(cString: $0)) } ?? 128 << 20

    @Test("bytes that are altered on their way do not arrive", arguments: [StoreForm.dvc, .packed])
    func altered(_ form: StoreForm) throws {
        let (world, proxy) = try world(form)
        try world.addData(files: Self.files, bytes: Self.bytes)
        try world.must("push", "-q")
        for place in [100, 3000] {
            try proxy.set(
                FaultProxy.Rule { ($0.method, $0.corrupt, $0.chance, $0.seed) = ("GET", place, 0.2, place) })
            try world.clone()
            let pull = try world.cairn("pull", in: "two")
            if pull.exitCode == 0 {
                try world.expectPulled()
            } else {
                world.expectNoSecret(in: pull)
            }
            for path in Files.paths(below: world.sandbox("two/data")) {
                try expectSameData(world.sandbox("one/data/\(path)"), world.sandbox("two/data/\(path)"))
            }
            try proxy.set()
            try world.must("pull", "-q", in: "two")
            try world.expectPulled()
        }
    }

    @Test("a server that goes away is said to have gone; once it is back, the same command finishes")
    func outage() throws {
        let (world, proxy) = try world(.packed)
        try world.addData(files: 20, bytes: Self.bytes)
        try proxy.set(FaultProxy.Rule { ($0.skip, $0.refuse) = (7, 1) })
        let push = try world.cairn("push")
        #expect(push.exitCode != 0)
        #expect(push.stderr.contains("'store'"), "\(push)")
        world.expectNoSecret(in: push)
        try proxy.set()
        try world.must("push", "-q")
        try world.expectSound()
    }

    @Test(
        "a push that is killed goes on where it was: no more parts or packs are sent twice than were on their way",
        .tags(.crash), arguments: [StoreForm.dvc, .packed])
    func killedPush(_ form: StoreForm) throws {
        let (world, proxy) = try world(form)
        // Slow enough to be met in the middle.
        try world.addData(files: 20, bytes: 90_000_000)
        try proxy.set(FaultProxy.Rule { $0.rate = 3_000_000 })
        let running = try world.sandbox.start(["push"], in: "one")
        let deadline = Monotonic.now + 120
        while try proxy.counts().up < 55_000_000, !running.hasEnded, Monotonic.now < deadline {
            usleep(20_000)
        }
        running.kill(SIGKILL)
        _ = try running.wait(seconds: 30)
        let first = try proxy.counts().up
        #expect(first >= 55_000_000)
        #expect(first < 90_000_000, "it was killed too late to show anything")
        try proxy.set()
        try world.must("push", "-q")
        let counts = try proxy.counts()
        let stored = try world.place.objects().values.reduce(0, +)
        // Up to 16 parts of a file are on their way, or one pack, which the next push makes anew.
        let twice = first + counts.up - stored
        #expect(twice <= (form == .dvc ? 16 * Self.part : 64 << 20) + counts.requests * 1500 + (2 << 20))
        if form == .dvc {
            #expect(counts.up < stored - Self.part, "something of the first push was of use")
            #expect(try world.place.unfinishedUploads() == [])
        }
        try world.expectSound()
    }

    @Test(
        "pushes, pulls and collections of several clones at once, killed at random moments, lose nothing",
        .tags(.crash), arguments: [StoreForm.dvc, .packed])
    func kills(_ form: StoreForm) throws {
        let world = try S3World(form)
        try world.addData()
        try world.must("push", "-q")
        let clones = ["a", "b"]
        for (number, clone) in clones.enumerated() {
            try world.clone(clone)
            var random = SeededRandom(seed: UInt64(number + 21))
            try random.fill(world.sandbox("\(clone)/own"), files: 40, size: 4000)
            try Files.write(random.noise(20_000_000), to: world.sandbox("\(clone)/long"))
            try world.must("add", "-q", "own", "long", in: clone)
        }
        var random = SeededRandom(seed: 5)
        for _ in 0..<(Crash.rounds ?? 4) {
            var running = try clones.map { try world.sandbox.start(["push"], in: $0) }
            try world.clone("reader")
            running.append(try world.sandbox.start(["pull"], in: "reader"))
            for program in running {
                // Not a wait: the moment is what is tested.
                usleep(UInt32.random(in: 0...250_000, using: &random))
                program.kill(SIGKILL)
                _ = try program.wait(seconds: 60)
            }
            try world.expectSound()
            try world.must("pull", "-q", in: "reader")
            try world.expectPulled("reader")
        }
        for clone in clones {
            try world.must("push", "-q", in: clone)
            try world.expectThere(of: clone, ["own", "long"])
        }
    }

    @Test("two clones push at once beside a collector, and nothing is lost", arguments: [StoreForm.packed])
    func together(_ form: StoreForm) throws {
        let world = try S3World(form)
        try world.addData()
        try world.must("push", "-q")
        let clones = ["a", "b"]
        for clone in clones { try world.clone(clone) }
        for round in 0..<3 {
            for (number, clone) in clones.enumerated() {
                var random = SeededRandom(seed: UInt64(100 * round + number))
                try random.fill(world.sandbox("\(clone)/own"), files: 60, size: 4000)
                try Files.write(random.noise(3_000_000), to: world.sandbox("\(clone)/long"))
                try world.must("add", "-q", "own", "long", in: clone)
            }
            let commands = clones.map { (["push"], $0) } + [(["gc", "-w", "-c", "-f"], "one")]
            let running = try commands.map { try world.sandbox.start($0.0, in: $0.1) }
            for program in running {
                let result = try #require(try program.wait(seconds: 120))
                #expect(result.exitCode == 0, "\(result)")
            }
            try world.expectSound()
        }
        for clone in clones { try world.expectThere(of: clone, ["own", "long"]) }
    }
}

extension S3World {
    /// Expects that what a clone pushed is on the remote, by pulling it with an empty cache.
    func expectThere(
        of clone: String, _ paths: [String], sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let copy = "\(clone)-again"
        Files.delete(sandbox(copy))
        try sandbox.makeProject(copy)
        for path in [".dvc/config", ".dvc/config.local"] + paths.map({ "\($0).dvc" }) {
            try Files.write(
                Files.read(sandbox("\(clone)/\(path)")), to: sandbox("\(copy)/\(path)"), mode: 0o600)
        }
        try must("pull", "-q", in: copy)
        for path in paths {
            try expectSameData(
                sandbox("\(clone)/\(path)"), sandbox("\(copy)/\(path)"), sourceLocation: sourceLocation)
        }
    }
}
