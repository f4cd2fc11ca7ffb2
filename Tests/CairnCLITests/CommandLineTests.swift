import CairnTestSupport
import Testing

/// What holds for every command: names, options in front, streams and exit codes.
@Suite("Command line")
struct CommandLineTests {
    private let sandbox: Sandbox

    init() throws {
        sandbox = try Sandbox()
        try sandbox.makeProject("one")
        try Files.makeFolder(sandbox("one/deep/er"))
    }

    @Test(
        "wrong usage ends with 129, or 254 as dvc, and says what was meant",
        arguments: [
            (["stats"], "'stats' is not a command of cairn, did you mean `status`?"),
            (["remote", "ad"], "'ad' is not a command of cairn remote, did you mean `add`?"),
            (["config", "--lst"], "unknown option '--lst'. Did you mean '--list'?"),
            (["remote"], "a command is missing"),
            ([], "a command is missing"),
            (["-C"], "missing value for '-C <folder>'"),
            (["root", "-q", "-v"], "--quiet and --verbose contradict each other"),
            (
                ["remote", "modify", "a", "jobs"],
                "a value for 'jobs' is missing; --unset takes the option out"
            ),
            (["a\n\u{1B}[31mb"], "'a\\n\\x1B[31mb' is not a command of cairn"),
        ])
    func wrongUsage(_ arguments: [String], _ message: String) throws {
        let result = try sandbox.run(.cairn, arguments, in: "one")
        #expect(result.exitCode == 129, "\(result)")
        #expect(result.stdout == "")
        #expect(result.stderr.hasPrefix("error: \(message)\n"), "\(result)")
        let asDVC = try Program.run(
            sandbox("bin/dvc"), arguments, in: sandbox("one"), environment: sandbox.environment)
        #expect(asDVC.exitCode == 254, "\(asDVC)")
        #expect(asDVC.stderr.hasPrefix("ERROR: "))
    }

    @Test("options in front of the command lead to other folders and silence what is for people")
    func leading() throws {
        #expect(try sandbox.cairn("-C", "deep", "-C", "er", "root", in: "one").stdout == "../..\n")
        #expect(try sandbox.cairn("--cd=deep", "root", in: "one").stdout == "..\n")
        for arguments in [
            ["-q", "remote", "list"], ["remote", "list", "-q"], ["remote", "list", "--quiet"],
        ] {
            let result = try sandbox.run(.cairn, arguments, in: "one")
            #expect(result.exitCode == 0 && result.stderr == "", "\(result)")
        }
        // As dvc, silence covers data and errors too.
        let quiet = try sandbox.cairnAsDVC("root", "-q", in: "one")
        #expect(quiet.exitCode == 0 && quiet.stdout == "")
        let silent = try sandbox.cairnAsDVC("root", "-q", in: "")
        #expect(silent.exitCode == 253 && silent.stderr == "")
        let gone = try sandbox.cairn("-C", "none", "root", in: "one")
        #expect(
            gone.exitCode == 128 && gone.stderr == "error: cannot go to 'none': it does not exist\n",
            "\(gone)")
    }

    @Test("versions, and help of the program, a group and a command, go to standard output")
    func help() throws {
        #expect(try sandbox.cairn("--version", in: "").stdout == "cairn 0.1.0\n")
        #expect(try sandbox.cairnAsDVC("-V", in: "").stdout == "3.67.1\n")
        for (arguments, part) in [
            (["--help"], "--wait-for-lock"), (["help"], "SUBCOMMANDS"), (["remote", "-h"], "rename"),
            (["help", "remote", "add"], "<url>"), (["config", "--help"], "--show-origin"),
        ] {
            let result = try sandbox.run(.cairn, arguments, in: "")
            #expect(result.exitCode == 0 && result.stderr == "" && result.stdout.contains(part), "\(result)")
        }
    }

    @Test("a reader that goes away ends the program with 141 and no word; a full disk is reported")
    func streams() throws {
        let pipe = try Program.run(
            "/bin/bash", ["-c", "cairn completion | exec sleep 0.2 0<&-; echo ${PIPESTATUS[0]}"],
            in: sandbox("one"),
            environment: sandbox.environment)
        #expect(pipe.stdout == "141\n" && pipe.stderr == "", "\(pipe)")
        let full = try sandbox.shell("cairn root > /dev/full", in: "one")
        #expect(full.exitCode == 128)
        #expect(full.stdout == "error: cannot write standard output: No space left on device\n")
    }

    @Test("an argument that is not UTF-8 is refused instead of repaired")
    func encoding() throws {
        let result = try sandbox.shell("cairn check-ignore \"$(printf 'a\\377')\"", in: "one")
        #expect(result.exitCode == 129)
        #expect(result.stdout.hasPrefix("error: the argument 'a\\xFF' is not UTF-8\n"))
    }

    @Test(
        "colours come only on a terminal that wants them",
        arguments: [("", true), ("NO_COLOR=1", false), ("TERM=dumb", false)])
    func colours(_ setting: String, _ isColoured: Bool) throws {
        let command = "env -u NO_COLOR TERM=xterm \(setting) cairn stats"
        let result = try sandbox.shell("script -qec '\(command)' /dev/null", in: "one")
        #expect(result.stdout.contains("\u{1B}[1;31merror:\u{1B}[0m") == isColoured, "\(result)")
        let piped = try sandbox.shell(
            "env -u NO_COLOR TERM=xterm \(setting) cairn stats 2>&1 | cat", in: "one")
        #expect(!piped.stdout.contains("\u{1B}"))
    }

    @Test("scripts for shells are made, by either way of asking", arguments: ["bash", "zsh", "fish"])
    func completion(_ shell: String) throws {
        for name in ["cairn", "dvc"] {
            let script = try sandbox.shell("\(name) completion -s \(shell)", in: "one").succeeded().stdout
            #expect(script.contains("check-ignore") && script.contains(name))
            #expect(try sandbox.shell("\(name) completion \(shell)", in: "one").stdout == script)
        }
        #expect(try sandbox.cairn("completion", "tcsh", in: "one").exitCode == 129)
    }

    static let shells = ["bash", "zsh", "fish"].filter { shell in
        ["/bin", "/usr/bin", "/usr/local/bin"].contains { Files.exists("\($0)/\(shell)") }
    }

    @Test("the shells that are installed here accept their scripts", arguments: shells)
    func completionSyntax(_ shell: String) throws {
        let checked = try sandbox.shell(
            "cairn completion \(shell) > script && \(shell) -n script", in: "one")
        #expect(checked.exitCode == 0, "\(checked)")
    }

    @Test("outside of a workspace there is no root")
    func noWorkspace() throws {
        let result = try sandbox.cairn("root", in: "")
        #expect(result.exitCode == 128 && result.stderr.contains("hint: run `cairn init` to make one here"))
        let asDVC = try sandbox.cairnAsDVC("root", in: "")
        #expect(asDVC.exitCode == 253)
        #expect(
            asDVC.stderr == "ERROR: you are not inside of a DVC repository (checked up to mount point '/')\n")
    }
}
