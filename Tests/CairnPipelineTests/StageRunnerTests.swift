import CairnCore
import CairnFormats
import CairnSystem
import CairnTestSupport
import Testing

@testable import CairnPipeline

private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

/// What a stage of a test has told.
private struct Told {
    var report: StageReport
    var output = ""
    var errors = ""
    var commands: [String] = []
}

private func run(
    _ command: StageCommand, in scratch: ScratchDirectory, environment: [String] = [],
    change: (inout StageJob) -> Void = { _ in }, stop: StopSwitch? = nil
) -> Told {
    let runner = StageRunner(
        root: FilePath(scratch.path), environment: [bytes("PATH=/usr/bin:/bin")] + environment.map(bytes),
        grace: .milliseconds(300), stop: stop)
    var job = StageJob(
        address: "sub/dvc.yaml:train", command: command, folder: FilePath(scratch.path),
        log: FilePath(scratch("logs/dvc.yaml/train.log")), isAlone: false)
    change(&job)
    var events: [StageEvent] = []
    let report = runner.run(job) { events.append($0) }
    var told = Told(report: report)
    var output: [UInt8] = []
    var errors: [UInt8] = []
    for event in events {
        switch event {
        case .begins(let command): told.commands.append(String(decoding: command, as: UTF8.self))
        case .wrote(let stream, let piece): if stream == .output { output += piece } else { errors += piece }
        }
    }
    told.output = String(decoding: output, as: UTF8.self)
    told.errors = String(decoding: errors, as: UTF8.self)
    return told
}

@Suite("Running stages")
struct StageRunnerTests {
    @Test(
        "commands are split as DVC splits them",
        arguments: [
            (StageCommand.text("a\nb\n"), ["a", "b"]),
            (.text("a\r\nb\r\n\n c \\\n d"), ["a", "b", "", " c \\", " d"]),
            (.text("a\u{2028}b\u{85}c\u{B}d\u{1C}e\u{C}\rf"), ["a", "b", "c", "d", "e", "", "f"]),
            (.text(""), []),
            (.text("\n"), [""]), (.text("# a\nb"), ["# a", "b"]),
            (.list(["a\nb", "", "c"]), ["a\nb", "", "c"]),
        ])
    func lines(_ command: StageCommand, _ expected: [String]) {
        #expect(command.lines == expected.map(bytes))
    }

    @Test("commands run one after another in their folder, each in a shell of its own, and know their stage")
    func running() throws {
        let scratch = try ScratchDirectory()
        let told = run(
            .text("cd /; X=1; echo one\n# nothing\n\necho \"$X\" >&2\npwd; echo $DVC_ROOT $DVC_STAGE"),
            in: scratch)
        #expect(told.report.outcome == .succeeded)
        #expect(told.output == "one\n\(scratch.path)\n\(scratch.path) sub/dvc.yaml:train\n")
        #expect(told.errors == "\n")
        #expect(told.commands.count == 5)
        #expect(told.report.tail.isEmpty)
    }

    @Test("a root that is set stays, a stage that is set does not")
    func variables() throws {
        let told = run(
            .list(["echo $DVC_ROOT $DVC_STAGE $SHELL"]), in: try ScratchDirectory(),
            environment: ["DVC_ROOT=/x", "DVC_STAGE=y", "SHELL="])
        #expect(told.output == "/x sub/dvc.yaml:train\n")
    }

    @Test("nothing runs after a command that fails, and the last lines of all tell why")
    func failing() throws {
        let scratch = try ScratchDirectory()
        let told = run(
            .list([
                "for i in $(seq 30); do echo line $i; done", "echo 10%; printf '20%%\\r30%%\\r'; exit 3",
                "echo x",
            ]),
            in: scratch)
        #expect(told.report.outcome == .failed(.exited(3)))
        #expect(told.report.failedCommand == bytes("echo 10%; printf '20%%\\r30%%\\r'; exit 3"))
        let lines = (13...30).map { "line \($0)" } + ["10%", "30%"]
        #expect(told.report.tail.map { String(decoding: $0, as: UTF8.self) } == lines)
        #expect(!told.output.contains("x"))
        let killed = run(.text("kill -9 $$"), in: scratch)
        #expect(killed.report.outcome == .failed(.signalled(9)))
    }

    @Test("a shell or a folder that is not there is told")
    func notStarted() throws {
        let scratch = try ScratchDirectory()
        let shell = run(.text("true"), in: scratch, environment: ["SHELL=/nowhere/sh"])
        #expect(
            shell.report.outcome == .notStarted(SystemError(.noSuchFileOrDirectory, "start", "/nowhere/sh")))
        #expect(shell.report.failedCommand == bytes("true"))
        let folder = run(.text("true"), in: scratch, change: { $0.folder = "/nowhere" })
        #expect(
            folder.report.outcome == .notStarted(SystemError(.noSuchFileOrDirectory, "go to", "/nowhere")))
    }

    @Test("the time limit is for all commands together, and ends what they have started")
    func timeLimit() throws {
        let scratch = try ScratchDirectory()
        let told = run(
            .list(["sleep 0.3", "sleep 0.3", "sleep 1000 & echo $!; wait"]), in: scratch,
            change: { $0.timeLimit = .milliseconds(800) })
        #expect(told.report.outcome == .timedOut)
        #expect(told.report.duration >= .milliseconds(800) && told.report.duration < .seconds(5))
        let number = try #require(Int32(told.output.dropLast()))
        #expect(!Program.isRunning(number))
        let stop = StopSwitch()
        stop.flip()
        #expect(run(.text("echo"), in: scratch, stop: stop).report.outcome == .stopped)
    }

    @Test("the log has commands and all that they write, and the one before it is kept")
    func log() throws {
        let scratch = try ScratchDirectory()
        for word in ["first", "second", "third"] {
            let told = run(.text("printf '\(word)\\r'\necho \(word) >&2"), in: scratch)
            #expect(told.report.log == FilePath(scratch("logs/dvc.yaml/train.log")))
            #expect(told.report.logFailure == nil)
        }
        func text(_ word: String) -> String {
            "> printf '\(word)\\r'\n\(word)\r> echo \(word) >&2\n\(word)\n"
        }
        #expect(try Files.text(scratch("logs/dvc.yaml/train.log")) == text("third"))
        #expect(try Files.text(scratch("logs/dvc.yaml/train.log.1")) == text("second"))
        #expect(Files.names(in: scratch("logs/dvc.yaml")).count == 2)
    }

    @Test("a log that cannot be written does not stop the stage")
    func fullDisk() throws {
        let scratch = try ScratchDirectory()
        try Files.write("", to: scratch("file"))
        let blocked = run(.text("echo x"), in: scratch, change: { $0.log = FilePath(scratch("file/x.log")) })
        #expect(blocked.report.outcome == .succeeded && blocked.output == "x\n")
        #expect(blocked.report.log == nil && blocked.report.logFailure?.errno == .notDirectory)
    }

    @Test("with a prefix whole lines are told, and of a progress bar what it shows last")
    func prefixes() throws {
        let scratch = try ScratchDirectory()
        let told = run(
            .list(["printf 'a\\nb'; printf 'c\\r\\n1%%\\r2%%\\r3%%\\n\\nend' ; printf oh >&2", "printf next"]
            ),
            in: scratch, change: { $0.prefix = StagePrefix("train", width: 7) })
        #expect(
            told.output == "train  | a\ntrain  | bc\ntrain  | 3%\ntrain  | \ntrain  | end\ntrain  | next\n")
        #expect(told.errors == "train  | oh\n")
        #expect(StagePrefix("a\nb").bytes == bytes("a\\nb| "))
        #expect(StagePrefix("a", width: 2, color: 11).bytes == bytes("\u{1B}[33ma |\u{1B}[0m "))
    }

    @Test("lines are whole however they arrive, and one without an end is cut", arguments: 0..<20)
    func pieces(_ seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var text: [UInt8] = []
        for _ in 0..<200 {
            text += Array(repeating: 120, count: Int.random(in: 0...(seed == 0 ? 3000 : 30), using: &random))
            text.append(10)
        }
        var lines = PrefixedLines(StagePrefix("p"))
        var tail = OutputTail()
        var shown: [UInt8] = []
        var rest = text[...]
        while !rest.isEmpty {
            let piece = rest.prefix(Int.random(in: 1...500, using: &random))
            rest = rest.dropFirst(piece.count)
            piece.withUnsafeBytes {
                shown += lines.take($0)
                tail.take($0)
            }
        }
        shown += lines.finish()
        let all = text.split(separator: 10, omittingEmptySubsequences: false).dropLast()
        #expect(shown == Array(all.map { bytes("p| ") + $0 + [10] }.joined()))
        #expect(tail.lines(5) == all.suffix(5).map { Array($0) })
        let long = [UInt8](repeating: 120, count: 100 << 10)
        let cut = long.withUnsafeBytes { lines.take($0) }
        #expect(cut.count == long.count + 4)
        #expect(lines.finish() == [])
    }

    @Test("inherited output goes past the caller and the log")
    func inherited() throws {
        let scratch = try ScratchDirectory()
        let told = run(.text("exit 2"), in: scratch, change: { $0.output = .inherited })
        #expect(told.report.outcome == .failed(.exited(2)))
        #expect(told.report.log == nil && !Files.exists(scratch("logs")))
    }
}

@Suite("Shells and logs of stages")
struct StageShellTests {
    @Test(
        "the shell is the user's, without what the user has configured",
        arguments: [
            (["SHELL=/bin/bash"], "/bin/bash", ["--noprofile", "--norc"]),
            (["SHELL=/usr/bin/zsh"], "/usr/bin/zsh", ["--no-rcs"]), (["SHELL=/bin/dash"], "/bin/dash", []),
            (["SHELL="], "/bin/sh", []), ([], "/bin/sh", []),
            (["SHELL=/a", "SHELL=/opt/ZSH"], "/opt/ZSH", ["--no-rcs"]),
        ])
    func shells(_ environment: [String], _ program: String, _ options: [String]) {
        let shell = StageShell(environment: environment.map(bytes))
        #expect(shell.program == bytes(program))
        #expect(shell.options == options)
    }

    @Test(
        "fish is asked for its version",
        arguments: [
            ("fish, version 3.3.0", ["--no-config"]), ("fish, version 3.2.9", []),
            ("fish, version 4.0", ["--no-config"]),
            ("nonsense", []), ("", []),
        ])
    func fish(_ answer: String, _ options: [String]) throws {
        let scratch = try ScratchDirectory()
        try Files.write("#!/bin/sh\necho '\(answer)'\n", to: scratch("fish"), mode: 0o755)
        let shell = StageShell(environment: [bytes("PATH=/bin"), bytes("SHELL=\(scratch("fish"))")])
        #expect(shell.options == options)
    }

    @Test(
        "each stage has a log of its own, whatever its name",
        arguments: [
            ("dvc.yaml", "train", "dvc.yaml/train.log"), ("a/dvc.yaml", "g@x/y", "a%2Fdvc.yaml/g@x%2Fy.log"),
            ("a%2Fdvc.yaml", "..", "a%252Fdvc.yaml/%2E..log"), ("dvc.yaml", "a b\n", "dvc.yaml/a%20b%0A.log"),
        ])
    func logs(_ file: String, _ stage: String, _ expected: String) throws {
        let path = StageLog.path(in: "/logs", file: try RepoPath(validating: file), stage: stage)
        #expect(path == FilePath("/logs/\(expected)"))
        #expect(StageLog.previous(of: path) == FilePath("/logs/\(expected).1"))
    }

    @Test("long names stay apart and fit into a folder")
    func longNames() throws {
        let file = try RepoPath(validating: "dvc.yaml")
        let long = String(repeating: "é", count: 120)
        let paths = ["a", "b"].map { StageLog.path(in: "/l", file: file, stage: long + $0) }
        #expect(paths[0] != paths[1])
        #expect(paths.allSatisfy { ($0.lastComponentBytes?.count ?? 999) < 200 })
    }
}
