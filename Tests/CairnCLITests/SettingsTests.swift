import CairnTestSupport
import Testing

/// Configuration and remotes under cairn's own name: streams, exit codes and files together.
@Suite("Settings")
struct SettingsTests {
    private let sandbox: Sandbox

    init() throws {
        sandbox = try Sandbox()
        try sandbox.makeProject("one")
        try Files.makeFolder(sandbox("one/sub"))
    }

    private func config(_ name: String = "config") throws -> String {
        try Files.text(sandbox("one/.dvc/\(name)"))
    }

    /// Runs cairn and compares everything that comes out.
    private func expect(
        _ arguments: [String], in folder: String = "one", exit: Int32 = 0, stdout: String = "",
        stderr: String = "",
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let result = try sandbox.run(.cairn, arguments, in: folder)
        let place = sandbox("")
        func plain(_ text: String) -> String { text.replacing(place, with: "") }
        #expect(result.exitCode == exit, "\(result)", sourceLocation: sourceLocation)
        #expect(plain(result.stdout) == stdout, sourceLocation: sourceLocation)
        #expect(plain(result.stderr) == stderr, sourceLocation: sourceLocation)
    }

    @Test("a setting is set, shown and taken out; one that is not set is an answer of no")
    func cycle() throws {
        try expect(["config", "core.autostage", "true"])
        #expect(try config() == "[core]\n    autostage = true\n")
        try expect(["config", "core.autostage"], stdout: "true\n")
        try expect(
            ["config", "--show-origin", "core.autostage"], in: "one/sub", stdout: ".dvc/config\ttrue\n")
        try expect(["config", "--local", "core.autostage", "false"])
        try expect(["config", "core.autostage"], stdout: "false\n")
        try expect(["config", "--project", "core.autostage"], stdout: "true\n")
        try expect(["config", "--unset", "core.autostage"])
        try expect(["config", "--unset", "--local", "core.autostage"])
        try expect(["config", "core.autostage"], exit: 1)
    }

    @Test(
        "what is wrong is said in one sentence, and the file stays as it was",
        arguments: [
            (["core.nope", "1"], ".dvc/config: there is no option 'core.nope'"),
            (
                ["core.autostag", "1"],
                ".dvc/config: there is no option 'core.autostag', did you mean 'autostage'?"
            ),
            (["corr.autostage", "1"], ".dvc/config: there is no section 'corr', did you mean 'core'?"),
            (["core.autostage", "1"], ".dvc/config: 'core.autostage': expected true or false"),
            (["remote.x.region", "eu"], ".dvc/config: remote 'x' has no url"),
            (["--unset", "core.remote"], "option 'remote' doesn't exist in section 'core'"),
            (["--unset", "remote.x.url"], "remote 'x' doesn't exist"),
        ])
    func refused(_ arguments: [String], _ message: String) throws {
        try Files.write("# mine\n[cache]\ntype=copy\n", to: sandbox("one/.dvc/config"))
        try expect(["config"] + arguments, exit: 128, stderr: "error: \(message)\n")
        #expect(try config() == "# mine\n[cache]\ntype=copy\n")
    }

    @Test("comments and layout of a file survive a change, and so does its mode")
    func comments() throws {
        let text = "# mine\n[core]\n  autostage=true  # always\n"
        try Files.write(text, to: sandbox("one/.dvc/config.local"), mode: 0o600)
        try expect(["config", "--local", "core.interactive", "true"])
        #expect(try config("config.local") == text + "    interactive = true\n")
        let mode = try sandbox.shell("stat -c %a one/.dvc/config.local", in: "").stdout
        #expect(mode == "600\n")
    }

    @Test("of several mistakes in a file one can be mended, but none added")
    func mending() throws {
        try Files.write("[core]\n    one = 1\n    autostage = true\n", to: sandbox("one/.dvc/config"))
        try Files.write("['remote \"gone\"']\n    jobs = 3\n", to: sandbox("one/.dvc/config.local"))
        try expect(["root"], stdout: ".\n")
        #expect(try sandbox.cairn("check-ignore", "x", in: "one").exitCode == 128)
        let added = try sandbox.cairn("config", "core.interactive", "7", in: "one")
        #expect(added.exitCode == 128, "\(added)")
        try expect(["config", "--unset", "core.one"])
        #expect(try config() == "[core]\n    autostage = true\n")
        try expect(["remote", "remove", "--local", "gone"], stderr: "removed from '.dvc/config.local'\n")
        try expect(["check-ignore", "x"], exit: 1)
    }

    @Test("a remote is renamed and removed in all files of the workspace, with what refers to it")
    func remotes() throws {
        try expect(
            ["remote", "add", "-d", "A", "../store"], in: "one/sub", stderr: "remote 'a' is the default now\n"
        )
        try expect(["remote", "add", "b", "remote://a/inner"])
        try expect(["remote", "modify", "--local", "a", "jobs", "3"])
        try expect(
            ["remote", "rename", "a", "C"], stderr: "renamed in '.dvc/config' and '.dvc/config.local'\n")
        #expect(
            try config() == """
                [core]
                    remote = c
                ['remote "b"']
                    url = remote://c/inner
                ['remote "c"']
                    url = ../store

                """)
        #expect(try config("config.local") == "['remote \"c\"']\n    jobs = 3\n")
        try expect(
            ["remote", "remove", "c"], exit: 128,
            stderr: "error: remote 'b' lies in remote 'c'\nhint: remove 'b' first\n")
        try expect(["remote", "remove", "b"])
        try expect(["remote", "remove", "c"], stderr: "removed from '.dvc/config' and '.dvc/config.local'\n")
        try expect(["remote", "list"], stderr: "no remote is configured\n")
        try expect(["remote", "default"], exit: 1, stderr: "no remote is the default\n")
    }

    @Test("a remote whose options are also in the user's file is not taken away from under them")
    func leftovers() throws {
        try expect(["remote", "add", "a", "/store"])
        try expect(["remote", "modify", "--global", "a", "jobs", "3"])
        let before = try config()
        let result = try sandbox.cairn("remote", "remove", "a", in: "one")
        #expect(
            result.exitCode == 128 && result.stderr.contains("`cairn remote remove --global a`"), "\(result)")
        #expect(try config() == before)
    }

    @Test(
        "the real dvc reads what is written",
        .enabled(if: RealDVC.isAvailable, Comment(rawValue: RealDVC.reason)))
    func interop() throws {
        try expect(["remote", "add", "a", "../store"], in: "one/sub")
        try expect(
            ["config", "cache.type", "hardlink,copy"],
            stderr: "files that are there keep their links until `cairn checkout --relink`\n")
        try expect(["remote", "modify", "a", "jobs", "3"])
        try expect(["config", "cache.dir", "../deep # cache"])
        for question in [["config", "-l"], ["remote", "list"], ["cache", "dir"], ["config", "cache.dir"]] {
            let mine = try sandbox.shell("dvc \(question.joined(separator: " "))", in: "one")
            #expect(try sandbox.run(.dvc, question, in: "one").stdout == mine.stdout, "\(question)")
        }
    }

    @Test("outside of a workspace the settings of the user can be changed, those of a workspace not")
    func outside() throws {
        try Files.makeFolder(sandbox("else"))
        try expect(["config", "--global", "core.autostage", "true"], in: "else")
        try expect(["config", "core.autostage"], in: "else", stdout: "true\n")
        try expect(
            ["config", "core.autostage", "true"], in: "else", exit: 128,
            stderr: """
                error: not inside of a workspace, so there is no configuration to change
                hint: name the file of the user with `--global`

                """)
        let asDVC = try sandbox.cairnAsDVC("config", "core.autostage", "true", in: "else")
        #expect(asDVC.exitCode == 251)
        #expect(asDVC.stderr == "ERROR: configuration error - config file error: Not inside a DVC repo\n")
    }
}
