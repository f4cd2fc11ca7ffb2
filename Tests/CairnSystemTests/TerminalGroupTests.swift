import CairnSystem
import CairnTestSupport
import Glibc
import Testing

/// Functions of the C library that Swift does not see.
private func call(_ name: String, _ descriptor: Int32) -> Int32 {
    typealias Function = @convention(c) (Int32) -> Int32
    guard let symbol = dlsym(dlopen(nil, RTLD_NOW), name) else { exit(94) }
    return unsafeBitCast(symbol, to: Function.self)(descriptor)
}

private func ptsname(_ descriptor: Int32) -> UnsafePointer<CChar>? {
    typealias Function = @convention(c) (Int32) -> UnsafePointer<CChar>?
    guard let symbol = dlsym(dlopen(nil, RTLD_NOW), "ptsname") else { exit(94) }
    return unsafeBitCast(symbol, to: Function.self)(descriptor)
}

/// Makes this process the leader of a session on a new terminal, as a shell would be.
///
/// - Returns: the side of the terminal on which people type.
private func enterTerminal() -> Int32 {
    let keyboard = open("/dev/ptmx", O_RDWR | O_NOCTTY)
    guard keyboard >= 0, call("unlockpt", keyboard) == 0, setsid() > 0, let name = ptsname(keyboard) else {
        exit(90)
    }
    // The first terminal that a leader of a session opens is its own.
    let screen = open(name, O_RDWR)
    guard screen >= 0, dup2(screen, 0) == 0, tcsetpgrp(0, getpgrp()) == 0 else { exit(91) }
    return keyboard
}

private func launch(_ script: String, _ output: ProcessLaunch.Output = .collected) -> ProcessLaunch {
    ProcessLaunch(
        program: bytes("/bin/sh"), arguments: [bytes("-c"), bytes(script)],
        environment: [bytes("PATH=/usr/bin:/bin")], folder: "/", input: .inherited, output: output)
}

private func type(_ text: String, on keyboard: Int32, after milliseconds: UInt32 = 0) -> OwnThread? {
    OwnThread {
        usleep(milliseconds * 1000)
        _ = write(keyboard, text, text.utf8.count)
    }
}

@Suite("Groups on a terminal", .timeLimit(.minutes(1)))
struct TerminalGroupTests {
    @Test("a program reads what is typed, and the terminal is taken back when it ends")
    func reading() async {
        await #expect(processExitsWith: .success) {
            let keyboard = enterTerminal()
            for _ in 0..<3 {
                let typist = type("hello\n", on: keyboard)
                var text = ""
                let end = try ProcessGroup.run(launch("read x; echo got $x; test -t 0")) { _, piece in
                    text += String(decoding: piece, as: UTF8.self)
                }
                typist?.join()
                if text != "got hello\n" || end.status != .exited(0) { exit(1) }
                if tcgetpgrp(0) != getpgrp() { exit(2) }
            }
            // Also from one that could not be started.
            var missing = launch("")
            missing.folder = "/nowhere"
            _ = try? ProcessGroup.run(missing)
            exit(tcgetpgrp(0) == getpgrp() ? 0 : 3)
        }
    }

    @Test("Ctrl-C is for the program, and if that dies of it, for all of the work")
    func interrupt() async {
        await #expect(processExitsWith: .success) {
            Interruption.watch()
            let keyboard = enterTerminal()
            let typist = type("\u{3}", on: keyboard, after: 200)
            let end = try ProcessGroup.run(launch("sleep 1000"))
            typist?.join()
            if end.cause != .stop || !end.isInterrupt || !Interruption.isRequested { exit(1) }
            exit(0)
        }
        await #expect(processExitsWith: .success) {
            Interruption.watch()
            let keyboard = enterTerminal()
            let typist = type("\u{3}", on: keyboard, after: 200)
            let end = try ProcessGroup.run(launch("trap 'exit 4' INT; sleep 1000"))
            typist?.join()
            exit(end == ProcessEnd(status: .exited(4)) && !Interruption.isRequested ? 0 : 1)
        }
    }

    @Test("Ctrl-Z does not leave a program asleep when there is no shell that could wake it")
    func suspension() async {
        await #expect(processExitsWith: .success) {
            let keyboard = enterTerminal()
            let typist = type("\u{1A}", on: keyboard, after: 200)
            let end = try ProcessGroup.run(launch("sleep 0.6; echo woken; exit 5"))
            typist?.join()
            exit(end.status == .exited(5) && tcgetpgrp(0) == getpgrp() ? 0 : 1)
        }
    }

    @Test("who is in the background gives its programs nothing to read")
    func background() async {
        await #expect(processExitsWith: .success) {
            _ = enterTerminal()
            // Another group takes the foreground.
            signal(SIGTTOU, SIG_IGN)
            let other = try Program.start(
                "/bin/sleep", ["1000"], in: "/", environment: ["PATH": "/usr/bin:/bin"])
            guard tcsetpgrp(0, other.process) == 0 else { exit(92) }
            let end = try ProcessGroup.run(launch("read x || exit 6"))
            exit(end.status == .exited(6) ? 0 : 1)
        }
    }

    @Test("inherited output is the terminal itself")
    func inherited() async {
        await #expect(processExitsWith: .success) {
            let keyboard = enterTerminal()
            guard dup2(0, 1) == 1, dup2(0, 2) == 2 else { exit(93) }
            let end = try ProcessGroup.run(launch("test -t 1 && test -t 2 && echo shown", .inherited))
            var buffer = [UInt8](repeating: 0, count: 100)
            let count = read(keyboard, &buffer, 100)
            let isShown = count > 0 && String(decoding: buffer[..<count], as: UTF8.self) == "shown\r\n"
            exit(end.isSuccess && isShown ? 0 : 1)
        }
    }
}
