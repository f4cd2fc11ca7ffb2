import CairnTestSupport
import Testing

/// Whatever takes a revision takes what git takes.
@Suite("history: names of revisions")
struct RevisionNameTests {
    @Test("takes branches, tags, ancestors, upstreams, stashes, reflogs and experiments")
    func names() throws {
        let world = try HistoryWorld()
        try world.write([("f", "1\n")], add: "f")
        try world.save("one")
        try world.sandbox.git("branch", "team/side", in: "one")
        try world.sandbox.git("tag", "-a", "-m", "note", "annotated", in: "one")
        let id = try world.sandbox.git("rev-parse", "HEAD", in: "one").dropLast()
        try world.sandbox.git(
            "update-ref", "refs/exps/\(id.prefix(2))/\(id.dropFirst(2))/tried", "HEAD", in: "one")
        try world.sandbox.git("update-ref", "refs/remotes/origin/far", "HEAD", in: "one")
        try world.sandbox.git("remote", "add", "origin", "/nowhere", in: "one")
        try world.sandbox.git(
            "config", "remote.origin.fetch", "+refs/heads/*:refs/remotes/origin/*", in: "one")
        try world.sandbox.git("branch", "--set-upstream-to=origin/far", in: "one")
        try world.write([("f", "2\n")], add: "f")
        try world.sandbox.git("stash", "-q", in: "one")
        try world.write([("f", "3\n")], add: "f")
        try world.save("two")
        for name in [
            "HEAD~1", "HEAD^", "one", "annotated", "annotated^{commit}", "team/side", "main@{1}",
            "@{upstream}",
            "@{u}", "tried", "far", "origin/far", "stash@{0}^1", String(id), String(id.prefix(8)),
        ] {
            #expect(try world.run("cat", "f@\(name)").succeeded().stdout == "1\n", "\(name)")
            #expect(try world.run("show", "\(name):f").stdout == "1\n", "\(name)")
        }
        #expect(try world.run("cat", "f@stash@{0}").succeeded().stdout == "2\n")
        #expect(try world.run("cat", "stash@{0}:f").succeeded().stdout == "2\n")
        #expect(
            try world.run("diff", "one..two", "--json").succeeded().stdout.contains(
                "\"modified\": [{\"path\": \"f\"}]"))
        #expect(try world.run("verify", "--rev", "one..two").exitCode == 0)
    }

    @Test("an unborn branch, a detached head, and SHA-256 get one sentence")
    func places() throws {
        let sandbox = try Sandbox()
        try sandbox.makeProject("one")
        try sandbox.shell("rm -rf .git; git init -q .; echo f > f; cairn add -q f", in: "one").succeeded()
        let early = try sandbox.cairn("diff", in: "one").succeeded()
        #expect(early.stderr == "there is no commit yet to compare with\n")
        let unknown = try sandbox.cairn("diff", "nosuch", in: "one")
        #expect(unknown.exitCode == 128 && unknown.stderr.contains("'nosuch' is no revision"), "\(unknown)")
        let log = try sandbox.cairn("log", "f", in: "one")
        #expect(log.exitCode == 128)
        #expect(
            log.stderr == """
                error: 'HEAD' is no revision that git knows: the branch that HEAD is on has no commit yet
                hint: make one: `git commit`

                """)
        try sandbox.commit("one", "first")
        try sandbox.git("checkout", "-q", "--detach", in: "one")
        #expect(try sandbox.cairn("log", "f", in: "one").succeeded().stdout.contains("added"))
        try sandbox.shell("rm -rf .git; git init -q --object-format=sha256 .", in: "one").succeeded()
        for command in [["diff"], ["log", "f"], ["show"]] {
            let result = try sandbox.run(.cairn, command, in: "one")
            #expect(result.exitCode == 128 && result.stderr.contains("objectformat = sha256"), "\(result)")
            #expect(result.stderr.split(separator: "\n").count == 1, "\(result)")
        }
    }

    @Test("outside of git there are no revisions")
    func outside() throws {
        let sandbox = try Sandbox()
        try sandbox.makeProject("one")
        try sandbox.shell("rm -rf .git; printf '[core]\\n    no_scm = True\\n' > .dvc/config", in: "one")
            .succeeded()
        for command in [["diff"], ["log", "f"], ["show", "HEAD:f"]] {
            let result = try sandbox.run(.cairn, command, in: "one")
            #expect(
                result.exitCode == 129 && result.stderr.contains("is not in a git repository"), "\(result)")
        }
    }
}
