import CairnSystem
import CairnTestSupport
import Glibc
import Testing

@Suite("Child processes")
struct ChildProcessTests {
    private let environment = ["PATH": "/usr/bin:/bin"]

    @Test("exit codes and signals come back", arguments: [("exit 0", 0), ("exit 7", 7), ("kill -9 $$", 137)])
    func codes(_ script: String, _ code: Int32) throws {
        #expect(try ChildProcess.run("sh", ["-c", script], environment: environment) == code)
    }

    @Test("arguments reach the program as they are, its environment is the one given, and it reads nothing")
    func arguments() throws {
        let scratch = try ScratchDirectory()
        let script =
            "printf '%s|' \"$@\" \"$WORD\" \"${HOME-none}\" > \"$1\"; cat >> \"$1\"; echo to the terminal"
        let path = scratch("a file; $HOME")
        let code = try ChildProcess.run(
            "sh", ["-c", script, "sh", path, "two  words", ""],
            environment: environment.merging(["WORD": "ü=x"]) { $1 })
        #expect(code == 0)
        #expect(try Files.text(path) == "\(path)|two  words||ü=x|none|")
    }

    @Test("a program that is not there is an error with its name")
    func missing() {
        #expect(throws: SystemError.self) {
            try ChildProcess.run("cairn-has-no-such-program", [], environment: environment)
        }
    }

    @Test("what a program prints comes back with its exit code")
    func output() throws {
        let output = try ChildProcess.output(
            of: "sh", ["-c", "head -c 100000 /dev/zero; echo $WORD; echo aside >&2; exit 3"],
            environment: environment.merging(["WORD": "x"]) { $1 }, limit: 200_000, seconds: 20)
        #expect(output.exitCode == 3)
        #expect(output.bytes == [UInt8](repeating: 0, count: 100_000) + Array("x\n".utf8))
    }

    @Test(
        "a program that takes too long or prints too much is ended",
        arguments: [("sleep 60", Errno.timedOut), ("exec >&-; sleep 60", .timedOut), ("yes", .fileTooLarge)])
    func ended(_ script: String, _ errno: Errno) throws {
        let scratch = try ScratchDirectory()
        let start = Surroundings.uptime
        let error = #expect(throws: SystemError.self) {
            try ChildProcess.output(
                of: "sh", ["-c", "echo $$ > \"$0\"; \(script)", scratch("pid")], environment: environment,
                limit: 1000, seconds: 1)
        }
        #expect(error?.errno == errno)
        #expect(Surroundings.uptime - start < .seconds(20))
        let text = try Files.text(scratch("pid")).dropLast()
        let number = try #require(Int32(String(text)))
        #expect(!Surroundings.isAlive(number))
    }

    @Test("a process that has ended is not alive, even if its parent never asks how")
    func zombie() throws {
        let scratch = try ScratchDirectory()
        // The shell becomes a program that asks for no child.
        let parent = try Program.start(
            "/bin/sh", ["-c", "sleep 60 & echo $! > \"$0\"; exec sleep 60", scratch("pid")],
            in: "/", environment: environment)
        defer { parent.kill(SIGKILL) }
        func until(_ isMet: () -> Bool) throws {
            let deadline = Surroundings.uptime + .seconds(60)
            while !isMet(), Surroundings.uptime < deadline { Surroundings.sleep(milliseconds: 5) }
            try #require(isMet())
        }
        func text(_ path: String) -> String { (try? Files.text(path)) ?? "" }
        try until {
            text(scratch("pid")).hasSuffix("\n") && text("/proc/\(parent.process)/comm") == "sleep\n"
        }
        let child = try #require(Int32(String(text(scratch("pid")).dropLast())))
        #expect(Surroundings.isAlive(child))
        kill(child, SIGKILL)
        try until { !Surroundings.isAlive(child) }
        #expect(Files.exists("/proc/\(child)"))
        #expect(Surroundings.isAlive(parent.process))
    }
}
