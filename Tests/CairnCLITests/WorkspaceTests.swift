import CairnTestSupport
import Glibc
import Testing

/// Making a workspace, asking about it, and giving it up.
@Suite("Workspace commands")
struct WorkspaceTests {
    private let sandbox: Sandbox

    init() throws {
        sandbox = try Sandbox()
        try Files.makeFolder(sandbox("one"))
    }

    @Test("init refuses what it cannot do, and leaves nothing behind")
    func refusals() throws {
        let noGit = try sandbox.cairn("init", in: "one")
        #expect(noGit.exitCode == 128)
        #expect(noGit.stderr.hasSuffix("hint: run `git init` first, or use `--no-scm` to work without git\n"))
        try sandbox.git("init", "-q", in: "one")
        try Files.makeFolder(sandbox("one/sub"))
        let nested = try sandbox.cairn("init", "sub", in: "one")
        #expect(nested.exitCode == 128 && nested.stderr.contains("`--subdir`"), "\(nested)")
        let both = try sandbox.cairn("init", "--no-scm", "--subdir", in: "one")
        #expect(both.exitCode == 129)
        try Files.write(".dvc\n", to: sandbox("one/.gitignore"))
        let ignored = try sandbox.cairn("init", in: "one")
        #expect(ignored.exitCode == 128 && ignored.stderr.contains("hint: add a line `!.dvc`"), "\(ignored)")
        #expect(Files.names(in: sandbox("one")).sorted() == [".git", ".gitignore", "sub"])
        #expect(Files.names(in: sandbox("one/sub")) == [])
        let asDVC = try sandbox.cairnAsDVC("init", in: "one")
        #expect(asDVC.exitCode == 1 && asDVC.stderr.hasPrefix("ERROR: failed to initiate DVC - "))
    }

    @Test("init stages its files, keeps a .dvcignore, and replaces a workspace only when told to")
    func replaces() throws {
        try sandbox.git("init", "-q", in: "one")
        try Files.write("mine\n", to: sandbox("one/.dvcignore"))
        let first = try sandbox.cairn("init", in: "one")
        #expect(first.exitCode == 0 && first.stdout == "", "\(first)")
        #expect(first.stderr.hasSuffix("its files are staged: `git commit` keeps them\n"))
        #expect(try Files.text(sandbox("one/.dvcignore")) == "mine\n")
        try Files.write("[core]\n    autostage = true\n", to: sandbox("one/.dvc/config"))
        try Files.write(
            "x", to: sandbox("one/.dvc/cache/files/md5/9d/d4e461268c8034f5c8564e155c67a6"), mode: 0o444)
        let again = try sandbox.cairn("init", in: "one")
        #expect(again.exitCode == 128)
        #expect(Files.exists(sandbox("one/.dvc/cache")))
        try sandbox.cairn("init", "-f", in: "one").succeeded()
        let lines = try Files.text(sandbox("one/.dvc/config")).split(separator: "\n")
        #expect(lines.count == 3 && lines[0] == "[cairn]" && lines[1] == "    format = native")
        #expect(lines[2].hasPrefix("    id = ") && lines[2].utf8.count == 45)
        try sandbox.cairn("init", "-f", "--dvc", in: "one").succeeded()
        #expect(try Files.text(sandbox("one/.dvc/config")) == "")
        #expect(!Files.exists(sandbox("one/.dvc/cache")))
        #expect(Files.names(in: sandbox("one/.dvc")).sorted() == [".gitignore", "config", "tmp"])
    }

    @Test("a workspace that is replaced through a symbolic link loses the link, not what it leads to")
    func symbolicLink() throws {
        try Files.write("[core]\n", to: sandbox("elsewhere/config"))
        try Files.link(sandbox("one/.dvc"), to: sandbox("elsewhere"))
        try sandbox.cairn("init", "--no-scm", "-f", in: "one").succeeded()
        #expect(try Files.text(sandbox("elsewhere/config")) == "[core]\n")
        #expect(try Files.text(sandbox("one/.dvc/config")).hasPrefix("[core]\n    no_scm = True\n[cairn]\n"))
    }

    @Test("check-ignore answers for a stream of names, and for names outside")
    func checkIgnore() throws {
        try sandbox.makeProject("two")
        try Files.write("*.tmp\n!keep.tmp\n", to: sandbox("two/.dvcignore"))
        try Files.write("*.x\n", to: sandbox("two/sub/.dvcignore"))
        let stream = try sandbox.cairn(
            "check-ignore", "--stdin", "-d", in: "two/sub", input: "a.tmp\nkeep.tmp\nb.x\nplain\n")
        #expect(
            stream.stdout
                == ".dvcignore:1:*.tmp\ta.tmp\n.dvcignore:2:!keep.tmp\tkeep.tmp\nsub/.dvcignore:1:*.x\tb.x\n")
        #expect(stream.exitCode == 0)
        #expect(try sandbox.cairn("check-ignore", "../x", in: "two").exitCode == 129)
        #expect(try sandbox.cairnAsDVC("check-ignore", "../x", in: "two").exitCode == 1)
    }

    @Test("destroy leaves data files whole, also those that were links into the cache")
    func destroy() throws {
        try sandbox.makeProject("two")
        let object = "one/.dvc/cache/files/md5/b1/946ac92492d2347c6235b4d2611184".replacing(
            "one", with: "two")
        try Files.write("hello\n", to: sandbox(object), mode: 0o444)
        try Files.write("user's\n", to: sandbox("two/own"))
        try Files.link(sandbox("two/data"), to: sandbox(object))
        try sandbox.shell("ln \(object) two/hard; ln -s own two/soft", in: "").succeeded()
        for name in ["data", "hard", "soft"] {
            try Files.write(
                "outs:\n- md5: b1946ac92492d2347c6235b4d2611184\n  size: 6\n  hash: md5\n  path: \(name)\n",
                to: sandbox("two/\(name).dvc"))
        }
        let asked = try sandbox.cairn("destroy", in: "two")
        #expect(asked.exitCode == 128 && asked.stderr.contains("`cairn destroy --force`"), "\(asked)")
        #expect(Files.exists(sandbox("two/.dvc/cache")))
        try sandbox.cairn("destroy", "--force", in: "two").succeeded()
        #expect(Files.names(in: sandbox("two")).sorted() == [".git", "data", "hard", "own", "soft"])
        #expect(try Files.text(sandbox("two/data")) == "hello\n")
        #expect(try Files.text(sandbox("two/hard")) == "hello\n")
        let kinds = try sandbox.shell("stat -c '%F %h %a' two/data two/hard two/soft", in: "").stdout
        #expect(kinds == "regular file 1 644\nregular file 1 644\nsymbolic link 1 777\n")
    }

    @Test("version tells what works here, and who holds the lock")
    func version() throws {
        try sandbox.makeProject("two")
        try sandbox.cairn("remote", "add", "away", "gs://bucket", in: "two").succeeded()
        let holder = try Program.start(
            "/bin/sh", ["-c", "exec 9>.dvc/tmp/lock; flock 9; echo \" $$\" >&9; touch held; exec sleep 30"],
            in: try made("two/.dvc/tmp", in: "two"), environment: sandbox.environment)
        let deadline = Monotonic.now + 10
        while !Files.exists(sandbox("two/held")), Monotonic.now < deadline {}
        let result = try sandbox.cairn("doctor", in: "two").succeeded()
        let lines = Set(result.stdout.split(separator: "\n").map(String.init))
        #expect(lines.contains("lock: held by process \(holder.process)"), "\(result)")
        #expect(
            lines.contains { $0.hasPrefix("links that work: ") && $0.hasSuffix("hardlink, symlink, copy") })
        #expect(lines.contains { $0.hasPrefix("remote: away, gs (cannot be used: ") })
        #expect(lines.contains("git: repository"))
        holder.kill(SIGKILL)
        let asDVC = try sandbox.cairnAsDVC("version", in: "two").succeeded()
        #expect(asDVC.stdout.hasPrefix("DVC version: 3.67.1 (cairn 0.1.0)\n---"))
        // Nothing of the probe stays.
        #expect(!Files.paths(below: sandbox("two/.dvc")).contains { $0.contains("probe") })
    }

    private func made(_ folder: String, in project: String) throws -> String {
        try Files.makeFolder(sandbox(folder))
        return sandbox(project)
    }
}
