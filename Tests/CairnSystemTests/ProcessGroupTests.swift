import CairnSystem
import CairnTestSupport
import Glibc
import Synchronization
import Testing

/// What a shell script run in a group of its own left behind.
struct GroupResult: Sendable {
    var end: ProcessEnd
    var output: [UInt8] = []
    var errors: [UInt8] = []
    var text: String { String(decoding: output, as: UTF8.self) }
    /// The first line as a number.
    var number: Int32? { text.split(separator: "\n").first.flatMap { Int32($0) } }
}

func runGroup(
    _ script: String, _ arguments: [[UInt8]] = [], folder: String = "/", environment: [[UInt8]] = [],
    limit: Duration? = nil, grace: Duration = .seconds(5), stop: StopSwitch? = nil
) throws -> GroupResult {
    let launch = ProcessLaunch(
        program: bytes("/bin/sh"), arguments: [bytes("-c"), bytes(script), bytes("sh")] + arguments,
        environment: [bytes("PATH=/usr/bin:/bin")] + environment, folder: FilePath(folder))
    var result = GroupResult(end: ProcessEnd(status: .exited(-1)))
    result.end = try ProcessGroup.run(launch, timeLimit: limit, grace: grace, stop: stop) { stream, piece in
        if stream == .output { result.output += piece } else { result.errors += piece }
    }
    return result
}

/// Waits until something is so, for ten seconds at most.
func eventually(_ condition: () -> Bool) -> Bool {
    let end = Monotonic.now + 10
    while !condition() {
        if Monotonic.now > end { return false }
        usleep(2000)
    }
    return true
}

@Suite("Programs in groups", .ownThreads)
struct ProcessGroupTests {
    @Test(
        "exit codes and signals come back",
        arguments: [
            ("exit 0", ProcessEnd.Status.exited(0)), ("exit 7", .exited(7)), ("exit 255", .exited(255)),
            ("kill -9 $$", .signalled(9)), ("kill -INT $$", .signalled(2)),
        ])
    func codes(_ script: String, _ status: ProcessEnd.Status) throws {
        let result = try runGroup(script)
        #expect(result.end == ProcessEnd(status: status))
        #expect(result.end.isSuccess == (status == .exited(0)))
        #expect(result.end.isInterrupt == (status == .signalled(2)))
    }

    @Test("folder, arguments and environment are byte for byte those given, and there is nothing to read")
    func setting() throws {
        let scratch = try ScratchDirectory()
        try Files.makeFolder(scratch("a b"))
        let odd: [UInt8] = [0xFF, 0x20, 0x0A, 0xC3]
        let result = try runGroup(
            "pwd; printf '%s|' \"$@\" \"$ODD\" \"${HOME-none}\"; cat; echo aside >&2", [odd, [], bytes("x")],
            folder: scratch("a b"), environment: [bytes("ODD=") + odd])
        let expected = bytes(scratch("a b") + "\n") + odd + bytes("||x|") + odd + bytes("|none|")
        #expect(result.output == expected)
        #expect(result.errors == bytes("aside\n"))
    }

    @Test("the program leads a group of its own and has no descriptors but three")
    func isolation() throws {
        let open = open("/dev/null", O_RDONLY)
        defer { close(open) }
        let result = try runGroup("echo $$; cut -d' ' -f5 /proc/$$/stat; ls /proc/$$/fd")
        let lines = result.text.split(separator: "\n")
        #expect(lines.count == 5 && lines[0] == lines[1], "\(lines)")
        #expect(lines.dropFirst(2) == ["0", "1", "2"])
    }

    @Test("signals are at their defaults, whatever this process does with them")
    func signals() async {
        await #expect(processExitsWith: .success) {
            Interruption.watch()
            func masks() throws -> [UInt64] {
                try runGroup("grep -E 'Sig(Ign|Blk)' /proc/self/status").text.split(separator: "\n").map {
                    // The C library has 32 and 33 for itself.
                    (UInt64($0.suffix(16), radix: 16) ?? 1) & ~0x1_8000_0000
                }
            }
            if try masks() != [0, 0] { exit(1) }
            signal(SIGHUP, SIG_IGN)
            if try masks() != [0, 1] { exit(2) }
            exit(0)
        }
    }

    @Test("a program or folder that is not there is an error that names it; names are looked up in PATH")
    func missing() throws {
        var launch = ProcessLaunch(
            program: bytes("/nowhere/at all"), arguments: [], environment: [bytes("PATH=/nowhere:/bin")],
            folder: "/")
        func error() -> SystemError? {
            #expect(throws: SystemError.self) { try ProcessGroup.run(launch) }
        }
        #expect(error() == SystemError(.noSuchFileOrDirectory, "start", "/nowhere/at all"))
        launch.program = bytes("cairn-has-no-such-program")
        #expect(error() == SystemError(.noSuchFileOrDirectory, "start", "cairn-has-no-such-program"))
        launch.program = bytes("true")
        #expect(try ProcessGroup.run(launch).isSuccess)
        launch.folder = "/nowhere"
        #expect(error() == SystemError(.noSuchFileOrDirectory, "go to", "/nowhere"))
        launch.program = bytes("/etc/passwd")
        launch.folder = "/"
        #expect(error() == SystemError(.permissionDenied, "start", "/etc/passwd"))
    }

    @Test(
        "a group whose time is up is ended with all that it has started",
        arguments: ["wait", "trap '' TERM; wait; wait", "trap 'exit 0' TERM; wait", "exec sleep 1000"])
    func timeLimit(_ last: String) throws {
        let start = Surroundings.uptime
        // The second one does not listen to SIGTERM, and neither holds the streams.
        let script =
            "sleep 1000 & echo $!; sh -c 'trap \"\" TERM; sleep 1000; sleep 1000' >/dev/null 2>&1 & echo $!; \(last)"
        let result = try runGroup(script, limit: .milliseconds(200), grace: .milliseconds(300))
        #expect(result.end.cause == .timeLimit)
        #expect(!result.end.isSuccess)
        #expect(Surroundings.uptime - start < .seconds(8))
        let numbers = result.text.split(separator: "\n").compactMap { Int32($0) }
        #expect(numbers.count == 2)
        for number in numbers { #expect(eventually { !Program.isRunning(number) }) }
    }

    @Test("those that are asked to end have time to end well")
    func grace() throws {
        let result = try runGroup(
            "trap 'echo asked; sleep 0.2; echo done; exit 3' TERM; sleep 1000 & wait",
            limit: .milliseconds(200), grace: .seconds(20))
        #expect(result.text == "asked\ndone\n")
        #expect(result.end.status == .exited(3))
        // One that lives longer than its leader, and does not hold the streams.
        let scratch = try ScratchDirectory()
        let late = try runGroup(
            "(trap 'sleep 0.2; echo well > \"$1\"; exit' TERM; sleep 1000 & wait) >/dev/null 2>&1 & exec sleep 1000",
            [bytes(scratch("late"))], limit: .milliseconds(200), grace: .seconds(20))
        #expect(late.end.status == .signalled(SIGTERM))
        #expect(try Files.text(scratch("late")) == "well\n")
    }

    @Test("a switch ends every group that was told of it, also those that start later")
    func stop() throws {
        let stop = StopSwitch()
        let ended = Atomic<Int>(0)
        let started = Atomic<Int>(0)
        try Workers(count: 5).run { number in
            if number == 0 {
                _ = eventually { started.load(ordering: .relaxed) == 4 }
                usleep(50_000)
                stop.flip()
                return
            }
            started.add(1, ordering: .relaxed)
            let result = try runGroup("sleep 1000 & wait", stop: stop)
            if result.end == ProcessEnd(status: .signalled(SIGTERM), cause: .stop) {
                ended.add(1, ordering: .relaxed)
            }
        }
        #expect(ended.load(ordering: .relaxed) == 4)
        let error = #expect(throws: SystemError.self) { try runGroup("exit 0", stop: stop) }
        #expect(error?.errno == .interrupted)
    }

    @Test("Ctrl-C ends groups")
    func interruption() async {
        await #expect(processExitsWith: .exitCode(7)) {
            Interruption.watch()
            let end = try runGroup("kill -INT $PPID; sleep 1000").end
            exit(end.cause == .stop && Interruption.isRequested ? 7 : 1)
        }
        await #expect(processExitsWith: .exitCode(7)) {
            Interruption.request()
            let error = #expect(throws: SystemError.self) { try runGroup("exit 0") }
            exit(error?.errno == .interrupted ? 7 : 1)
        }
    }

    @Test("what a program leaves running runs on, and is not waited for")
    func leftovers() throws {
        let start = Surroundings.uptime
        let result = try runGroup("sleep 1000 & echo $!")
        #expect(result.end == ProcessEnd(status: .exited(0), hasLeftPrograms: true))
        #expect(Surroundings.uptime - start < .seconds(10))
        let number = try #require(result.number)
        #expect(Program.isRunning(number))
        kill(number, SIGKILL)
        #expect(try runGroup("(sleep 0.05; echo late) &").text == "late\n")
    }

    @Test("a hundred megabytes of output take no memory", .timeLimit(.minutes(1)))
    func memory() async {
        await #expect(processExitsWith: .success) {
            func peak() -> Int {
                var usage = rusage()
                getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
                return usage.ru_maxrss
            }
            _ = try runGroup("echo")
            let before = peak()
            var count = 0
            let launch = ProcessLaunch(
                program: bytes("/bin/sh"),
                arguments: [bytes("-c"), bytes("head -c 100000000 /dev/zero; exit 4")],
                environment: [bytes("PATH=/usr/bin:/bin")], folder: "/")
            let end = try ProcessGroup.run(launch) { _, piece in count += piece.count }
            exit(count == 100_000_000 && end.status == .exited(4) && peak() - before < 4096 ? 0 : 1)
        }
    }

    @Test("nothing stays open")
    func descriptors() async {
        await #expect(processExitsWith: .success) {
            _ = try runGroup("exit 0")
            let before = openDescriptors()
            for _ in 0..<5 {
                _ = try runGroup("exit 0", limit: .seconds(5))
                _ = try? ProcessGroup.run(
                    ProcessLaunch(program: bytes("/nowhere"), arguments: [], environment: [], folder: "/"))
            }
            exit(openDescriptors() == before ? 0 : 1)
        }
    }

    @Test("when this process is killed, its groups are ended, and those that it left running are not")
    func guarding() async throws {
        let scratch = try ScratchDirectory()
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = scratch.path as String] in
            _ = try runGroup("sleep 1000 >/dev/null 2>&1 & echo $! > left", folder: path)
            _ = try runGroup(
                "sh -c 'trap \"\" TERM; sleep 1000; sleep 1000' & echo $! > one; sleep 1000 & echo $! > two; kill -9 $PPID; wait",
                folder: path)
        }
        func number(_ name: String) throws -> Int32 {
            try #require(Int32(try Files.text(scratch(name)).split(separator: "\n").joined()))
        }
        for name in ["one", "two"] {
            let number = try number(name)
            #expect(eventually { !Program.isRunning(number) }, "\(name)")
        }
        #expect(Program.isRunning(try number("left")))
        kill(try number("left"), SIGKILL)
    }

    @Test("a second Ctrl-C ends this process at once, and its groups with it")
    func secondInterrupt() async throws {
        let scratch = try ScratchDirectory()
        await #expect(processExitsWith: .exitCode(130)) { [path = scratch.path as String] in
            Interruption.watch()
            _ = try runGroup(
                "trap '' TERM; echo $$ > number; kill -INT $PPID; sleep 0.1; kill -INT $PPID; while :; do sleep 1; done",
                folder: path, grace: .seconds(1000))
        }
        let number = try #require(Int32(try Files.text(scratch("number")).dropLast()))
        #expect(eventually { !Program.isRunning(number) })
    }
}
