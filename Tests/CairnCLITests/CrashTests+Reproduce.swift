import CairnTestSupport
import Glibc
import Testing

/// Runs that are killed: what ended is kept, and the rerun does the rest.
@Suite("Crashes: running pipelines", .tags(.crash))
struct ReproduceCrashTests {
    /// 24 stages in four rows; each waits a moment, copies what it reads, and leaves a mark of its start beside the project.
    private func pipeline() -> String {
        var stages = "stages:\n"
        for number in 0..<24 {
            let after = number >= 6 ? "    deps: [o\(number - 6)/f]\n" : ""
            let read = number >= 6 ? "cat o\(number - 6)/f" : "echo begin"
            stages +=
                "  s\(number):\n    cmd: echo s\(number) >> ../ran; sleep 0.0\(number % 4); mkdir o\(number); (\(read); echo \(number)) > o\(number)/f; sleep 0.01; cp o\(number)/f o\(number)/g\n\(after)    outs: [o\(number)]\n"
        }
        return stages
    }

    /// What a stage makes.
    private func expected(_ number: Int) -> String {
        number >= 6 ? "\(expected(number - 6))\(number)\n" : "begin\n\(number)\n"
    }

    @Test(
        "killed at any moment, what ended is never run again, and no output is half stored",
        arguments: [false, true])
    func killed(_ isNative: Bool) throws {
        let rounds = Crash.rounds ?? 6
        var killed = 0
        for round in 0..<rounds {
            var random = SeededRandom(seed: UInt64(round + 1))
            let world = try ReproduceWorld(pipeline(), native: isNative)
            var done: Set<String> = []
            for _ in 0..<40 {
                let running = try world.sandbox.start(["repro", "-j4", "--json"], in: "one")
                usleep(UInt32(random.next() % 400_000))
                running.kill(SIGKILL)
                let result = try #require(try running.wait(seconds: 60))
                let started = try world.ran()
                let again = done.intersection(started)
                #expect(again.isEmpty, "round \(round): \(again.sorted()) had ended and ran again")
                if result.exitCode == 0 { break }
                killed += 1
                // What the journal or the lock has when the program is gone has ended.
                let status = try world.cairn("why", "--json").succeeded().stdout
                done = try Self.upToDate(status)
                let cache = try world.cairn("verify", "--json")
                #expect(cache.exitCode == 0 || cache.stdout.contains("missing"), "round \(round): \(cache)")
            }
            try world.cairn("repro", "-j4").succeeded()
            for number in 0..<24 {
                #expect(try world.read("o\(number)/f") == expected(number), "round \(round), stage \(number)")
                #expect(try world.read("o\(number)/g") == expected(number), "round \(round), stage \(number)")
            }
            #expect(try world.cairn("status", "--exit-code").exitCode == 0)
            #expect(try world.cairn("verify").exitCode == 0)
            #expect(Files.names(in: world.sandbox("one/.dvc/tmp/cairn/finished-stages")).isEmpty)
        }
        #expect(killed > rounds, "the program mostly ended before it was killed")
    }

    /// The stages without a cause in what `why --json` says.
    private static func upToDate(_ json: String) throws -> Set<String> {
        var names: Set<String> = []
        for part in json.split(separator: "\"") where part.hasPrefix("s") && !part.contains(" ") {
            if json.contains("\"\(part)\": []") { names.insert(String(part)) }
        }
        return names
    }

    @Test("Ctrl-C ends the stages, keeps what ended, and says so by its code")
    func interrupted() throws {
        let world = try ReproduceWorld(
            """
            stages:
              quick: {cmd: echo quick >> ../ran; echo 1 > q, outs: [q]}
              slow: {cmd: echo slow >> ../ran; cat q; sleep 30; echo 2 > s, deps: [q], outs: [s]}

            """)
        let running = try world.sandbox.start(["repro"], in: "one")
        let deadline = Monotonic.now + 20
        while try !Files.exists(world.sandbox("ran")) || !Files.text(world.sandbox("ran")).contains("slow") {
            guard Monotonic.now < deadline else { throw SupportError("the slow stage did not start") }
            usleep(5_000)
        }
        running.kill(SIGINT)
        let result = try #require(try running.wait(seconds: 20))
        #expect(result.exitCode == 130, "\(result)")
        #expect(try world.read("dvc.lock").contains("quick"))
        #expect(!world.exists("s"))
        _ = try world.ran()
        try world.write("dvc.yaml", try world.read("dvc.yaml").replacing("sleep 30", with: "sleep 0"))
        try world.cairn("repro").succeeded()
        #expect(try world.ran() == ["slow"])
    }
}
