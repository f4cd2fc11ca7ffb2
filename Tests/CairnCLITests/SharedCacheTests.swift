import CairnTestSupport
import Glibc
import Testing

/// Two repositories with one cache folder, and a collector beside everything else.
@Suite("Shared cache", .tags(.crash))
struct SharedCacheTests {
    private static let rounds = Crash.rounds ?? 6

    private func makeRepositories(_ form: StoreForm) throws -> Sandbox {
        let sandbox = try Sandbox()
        for name in ["a", "b"] {
            try form.makeProject(name, in: sandbox)
            try sandbox.must(.cairn, "cache", "dir", "-q", "../cache", in: name)
            try edit(sandbox, name, seed: name == "a" ? 1 : 2)
            try sandbox.must(.cairn, "add", "-q", "data", "big", in: name)
        }
        return sandbox
    }

    /// New data, some of which the other repository may have had as well: a collector must not take it while it is added again.
    private func edit(_ sandbox: Sandbox, _ name: String, seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        Files.delete(sandbox("\(name)/data"))
        Files.delete(sandbox("\(name)/big"))
        for number in 0..<40 {
            let choice = UInt64.random(in: 0..<60, using: &random)
            var content = SeededRandom(seed: choice)
            try Files.write(content.bytes(2000), to: sandbox("\(name)/data/f\(number)"))
        }
        var content = SeededRandom(seed: UInt64.random(in: 0..<3, using: &random))
        try Files.write(content.bytes(400_000) + random.bytes(100_000), to: sandbox("\(name)/big"))
    }

    @Test("gc refuses a cache that others may use, and takes nothing", arguments: StoreForm.allCases)
    func refusal(_ form: StoreForm) throws {
        let sandbox = try makeRepositories(form)
        let before = Files.paths(below: sandbox("cache"))
        let result = try sandbox.cairn("gc", "-w", in: "a", input: "y\n")
        #expect(result.exitCode == 128 && result.stderr.contains("--projects"), "\(result)")
        #expect(Files.paths(below: sandbox("cache")) == before)
        try sandbox.must(.cairn, "gc", "-w", "-f", "-p", "../b", in: "a")
        for name in ["a", "b"] { try sandbox.must(.cairn, "verify", in: name) }
    }

    @Test(
        "collections beside additions, checkouts and reading leave both repositories whole",
        arguments: StoreForm.allCases)
    func interleaved(_ form: StoreForm) throws {
        let sandbox = try makeRepositories(form)
        for round in 0..<UInt64(Self.rounds) {
            var random = SeededRandom(seed: round)
            var running: [(program: RunningProgram, command: String)] = []
            for (name, other) in [("a", "b"), ("b", "a")] {
                let collect = ["gc", "-w", "-f", "-p", "../\(other)"]
                var commands = [["add", "-q", "data", "big"]]
                if Bool.random(using: &random) {
                    try edit(sandbox, name, seed: round * 2 + (name == "a" ? 0 : 1))
                }
                // Every second round both collect, which must not wait for each other for ever.
                if name == "a" || round % 2 == 0 { commands.append(collect) }
                if round % 3 == 0 { commands.append(["verify", "-q"]) }
                for command in commands.shuffled(using: &random) {
                    running.append((try sandbox.start(command, in: name), "\(name): \(command)"))
                    usleep(UInt32.random(in: 0...60_000, using: &random))
                }
            }
            for (program, command) in running {
                let result = try #require(try program.wait(seconds: 100), "\(command) does not end")
                // Who reads while data is added may read the new pointer or the old one, whose data may just have gone.
                let ends: Set<Int32> = command.contains("verify") ? [0, 1] : [0]
                #expect(ends.contains(result.exitCode), "round \(round), \(command): \(result)")
            }
            for name in ["a", "b"] {
                let verified = try sandbox.cairn("verify", in: name)
                #expect(verified.exitCode == 0, "round \(round): \(verified)")
                try expectClean(.cairn, sandbox, in: name)
            }
        }
        #expect(try form.problems(in: sandbox("cache")) == [])
    }
}
