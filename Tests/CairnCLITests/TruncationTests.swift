import CairnTestSupport
import Glibc
import Testing

/// Files that are cut short while the program reads them: an error that says so, or the right bytes; never a signal.
@Suite("Files cut short", .tags(.crash))
struct TruncationTests {
    private static let rounds: UInt64 = Crash.rounds.map(UInt64.init) ?? 8

    /// Runs a command, and meanwhile cuts a file at one moment after another, and makes it longer again.
    private func run(
        _ command: [String], _ sandbox: Sandbox, cutting path: String, seed: UInt64
    ) throws -> Program.Result {
        var random = SeededRandom(seed: seed)
        let whole = try Files.read(path)
        chmod(path, 0o644)
        let running = try sandbox.start(command, in: "one")
        usleep(UInt32.random(in: 0...80_000, using: &random))  // the moment is what is tested
        let deadline = Monotonic.now + 60
        while !running.hasEnded, Monotonic.now < deadline {
            truncate(path, Int.random(in: 0..<whole.count, using: &random))
            usleep(UInt32.random(in: 0...3000, using: &random))
            if Bool.random(using: &random) { truncate(path, whole.count) }
        }
        let result = try #require(try running.wait(seconds: 60))
        try Files.write(whole, to: path)
        return result
    }

    private func expectNoSignal(_ result: Program.Result, _ ends: Set<Int32>) {
        #expect(ends.contains(result.exitCode), "\(result)")
        #expect(result.exitCode == 0 || result.stderr.contains("error: "), "\(result)")
    }

    @Test("a file of the workspace while it is added", arguments: StoreForm.allCases)
    func add(_ form: StoreForm) throws {
        let sandbox = try Sandbox()
        try form.makeProject("one", in: sandbox)
        let cache = sandbox("one/.dvc/cache")
        var refused = 0
        for seed in 0..<Self.rounds {
            var random = SeededRandom(seed: seed)
            Files.delete(sandbox("one/big"))
            try Files.write(random.bytes(6_000_000), to: sandbox("one/big"))
            let result = try run(["add", "-q", "big"], sandbox, cutting: sandbox("one/big"), seed: seed)
            expectNoSignal(result, [0, 1, 128])
            if result.exitCode != 0 { refused += 1 }
            // A file that is an object by another name, and is cut by somebody whom no mode keeps from it, takes the object with it.
            guard form != .linked else { continue }
            #expect(try form.problems(in: cache) == [])
            #expect(try form.missing(from: cache, forPointersOf: sandbox("one")) == [])
        }
        #expect(refused > 0, "the file was always cut too early or too late")
    }

    @Test("a pack or an object while it is checked out, verified or collected", arguments: StoreForm.allCases)
    func checkout(_ form: StoreForm) throws {
        let original = try CrashTests.Original(form, versions: 2)
        let commands = [["checkout"], ["verify"], ["gc", "-w", "-f"], ["pull"]]
        for seed in 0..<Self.rounds {
            var random = SeededRandom(seed: seed)
            let sandbox = try original.copy()
            let command = commands[Int(seed) % commands.count]
            let sums = try CrashTests.sums(sandbox)
            if command == ["checkout"] || command == ["pull"] {
                for path in ["data", "big"] { Files.delete(sandbox("one/\(path)")) }
            }
            let objects = Files.paths(below: sandbox("one/.dvc/cache")).filter {
                $0.hasPrefix("packs/") || $0.hasPrefix("files/") || $0.hasPrefix("log/")
            }
            let path = try #require(objects.randomElement(using: &random))
            let result = try run(command, sandbox, cutting: sandbox("one/.dvc/cache/\(path)"), seed: seed)
            expectNoSignal(result, [0, 1, 128])
            // Whatever came into the workspace is right.
            let now = Files.paths(below: sandbox("one/data")).map { sandbox("one/data/\($0)") }
            let wrong = try StoreCheck.md5(now).filter { path, sum in
                let name = path.dropFirst(sandbox("one/").count)
                return sums.first { $0.key.hasSuffix(name) }?.value != sum
            }
            #expect(form == .linked || wrong.isEmpty, "\(command): \(wrong)")
        }
    }
}
