import CairnTestSupport
import Glibc
import Testing

/// Kills a command (SIGKILL) again and again, each time in a world of its own. What is on disk then must be sound, and the same command must
/// finish the work.
///
/// Every second round ends at a random time of the run; the others right before a system call that changes what is on the disk, where
/// strace can do that: most of these calls lie close together.
struct Crash {
    /// A project to which one command is about to be given.
    struct Scene {
        let sandbox: Sandbox
        /// The command that is killed, and given again.
        let command: [String]
        /// How a run that is not killed may end.
        var ends: Set<Int32> = [0]
        /// Checks after the kill, besides those that hold for every command.
        var check: () throws -> Void = {}
        /// Checks after the command has been given again.
        var checkEnd: () throws -> Void = {}
    }

    /// How often each command is killed: `CAIRN_CRASH_ROUNDS`.
    static let rounds = getenv("CAIRN_CRASH_ROUNDS").flatMap { Int(String(cString: $0)) }

    /// What the command is called in messages.
    let name: String
    let form: StoreForm
    /// For commands that begin with data on a remote alone.
    var cacheMayLack = false
    /// False where the cache has objects of two formats, which the checks of one would not understand: the scene looks itself.
    var checksStore = true

    /// Kills at one random moment per round, checks, runs again, checks again.
    func run(rounds: Int, _ makeScene: (UInt64) throws -> Scene) throws {
        let undisturbed = try measure(makeScene(0))
        var killed = 0
        for round in 1...UInt64(Self.rounds ?? rounds) {
            let scene = try makeScene(round)
            var random = SeededRandom(seed: round)
            let moment = undisturbed.moment(round, using: &random)
            let running = try moment.start(scene)
            let result = try #require(try running.wait(seconds: 60))
            if result.exitCode == 128 + SIGKILL { killed += 1 }
            try check(scene, "\(name), \(form.rawValue), round \(round), killed \(moment)")
        }
        #expect(killed > 0, "\(name): the program always ended before it was killed")
    }

    private func check(_ scene: Scene, _ place: Comment) throws {
        try checkStore(scene, place, mayLack: cacheMayLack)
        try scene.check()

        let again = try scene.sandbox.run(.cairn, scene.command, in: "one")
        #expect(scene.ends.contains(again.exitCode), "\(place): \(again)")
        try expectClean(.cairn, scene.sandbox, in: "one")
        try checkStore(scene, place, mayLack: false)
        if checksStore { #expect(try form.leftovers(in: scene.sandbox("one")) == [], place) }
        try scene.checkEnd()
    }

    private func checkStore(_ scene: Scene, _ place: Comment, mayLack: Bool) throws {
        guard checksStore else { return }
        let (project, cache) = (scene.sandbox("one"), scene.sandbox("one/.dvc/cache"))
        // A cache may hold a listing whose members are still on the remote.
        let problems = try form.problems(in: cache).filter { !mayLack || !$0.hasSuffix("which is not there") }
        #expect(problems == [], place)
        if !mayLack { #expect(try form.missing(from: cache, forPointersOf: project) == [], place) }
    }

    /// How long a run takes, and how often it changes what is on the disk.
    private struct Undisturbed {
        let seconds: Double
        let calls: Int

        func moment(_ round: UInt64, using random: inout SeededRandom) -> Moment {
            calls > 0 && round % 2 == 0
                ? .call(Int.random(in: 1...calls, using: &random))
                : .time(Double.random(in: 0...seconds, using: &random))
        }
    }

    private static let calls =
        "renameat2,linkat,unlinkat,mkdirat,symlinkat,ftruncate,fsync,fdatasync,syncfs,fchmod,fchmodat"

    private enum Moment: CustomStringConvertible {
        case time(Double)
        /// Counted by thread.
        case call(Int)

        var description: String {
            switch self {
            case .time(let seconds): "after \(seconds) s"
            case .call(let number): "at call \(number)"
            }
        }

        func start(_ scene: Scene) throws -> RunningProgram {
            switch self {
            case .time(let seconds):
                let running = try scene.sandbox.start(scene.command, in: "one")
                usleep(UInt32(seconds * 1e6))  // not a wait for a condition: the moment is what is tested
                running.kill(SIGKILL)
                return running
            case .call(let number):
                return try Crash.trace(
                    scene, ["-o", "/dev/null", "-e", "inject=\(Crash.calls):signal=KILL:when=\(number)"])
            }
        }
    }

    private static func trace(_ scene: Scene, _ options: [String]) throws -> RunningProgram {
        guard let strace = WriteOrder.strace else { throw SupportError("needs strace") }
        return try Program.start(
            strace, ["-f", "-e", "signal=none"] + options + [scene.sandbox("bin/cairn")] + scene.command,
            in: scene.sandbox("one"), environment: scene.sandbox.environment)
    }

    private func expectEnd(_ result: Program.Result, of scene: Scene) throws {
        guard !scene.ends.contains(result.exitCode) else { return }
        try result.succeeded()
    }

    /// Runs the command from beginning to end. The scene is thrown away.
    private func measure(_ scene: Scene) throws -> Undisturbed {
        guard WriteOrder.reason == nil else {
            let start = Monotonic.now
            try expectEnd(scene.sandbox.run(.cairn, scene.command, in: "one"), of: scene)
            let seconds = Monotonic.now - start
            try scene.checkEnd()
            return Undisturbed(seconds: seconds, calls: 0)
        }
        let log = scene.sandbox("calls.log")
        let start = Monotonic.now
        let running = try Self.trace(scene, ["-o", log, "-e", "trace=\(Self.calls)"])
        let result = try #require(try running.wait(seconds: 60))
        // Much of the time is strace's, so that many moments would come too late.
        let seconds = (Monotonic.now - start) / 2
        try expectEnd(result, of: scene)
        try scene.checkEnd()
        let threads = try Files.text(log).split(separator: "\n").map { $0.prefix { $0 != " " } }
        let counts = Dictionary(threads.map { ($0, 1) }, uniquingKeysWith: +)
        return Undisturbed(seconds: seconds, calls: counts.values.max() ?? 0)
    }
}
