import CairnSystem
import CairnTestSupport
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
}
