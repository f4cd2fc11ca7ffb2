import CairnTestSupport
import Testing

@Suite("history: log, show, ls and cat of revisions")
struct HistoryTests {
    /// Three versions: made, changed, moved to another path and changed inside.
    private func world(isNative: Bool) throws -> HistoryWorld {
        let world = try HistoryWorld(isNative: isNative)
        try world.write([("data/a", "1\n"), ("data/sub/b", "22\n"), ("f", "f\n")], add: "data", "f")
        try world.save("one")
        try world.write([("data/a", "111\n")], add: "data")
        try world.save("two")
        try world.run("mv", "-q", "data", "moved").succeeded()
        try world.save("three")
        try world.sandbox.shell("mv moved/sub/b moved/c", in: "one").succeeded()
        try world.run("add", "-q", "moved").succeeded()
        try world.save("four")
        try world.run("remove", "-q", "f.dvc").succeeded()
        try world.save("five")
        return world
    }

    @Test(
        "lists versions through renames of an output, of its directory, and inside of it",
        arguments: [true, false])
    func log(isNative: Bool) throws {
        let world = try world(isNative: isNative)
        func versions(_ path: String, _ more: String...) throws -> [String] {
            let arguments = ["log", path] + more
            return try world.sandbox.run(.cairn, arguments, in: "one").succeeded().stdout
                .split(separator: "\n").map { line in
                    let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
                    return "\(fields[7]): \(fields[3]) \(fields[6]) \(fields[4])"
                }
        }
        let whole = try versions("moved").map { $0.split(separator: " ").prefix(3).joined(separator: " ") }
        #expect(
            whole == [
                "four: modified moved/", "three: renamed moved/", "two: modified data/", "one: added data/",
            ])
        #expect(
            try versions("moved/c") == [
                "four: renamed moved/c 3", "three: renamed moved/sub/b 3", "one: added data/sub/b 3",
            ])
        #expect(
            try versions("moved/a") == [
                "three: renamed moved/a 4", "two: modified data/a 4", "one: added data/a 2",
            ])
        #expect(try versions("moved/a", "--no-renames") == ["three: added moved/a 4"])
        #expect(try versions("f") == ["five: deleted f -", "one: added f 2"])
        #expect(try versions("f", "-n1") == ["five: deleted f -"])
        #expect(try versions("data/a", "--rev", "two") == ["two: modified data/a 4", "one: added data/a 2"])
        #expect(try versions("data/a", "--rev", "one..two") == ["two: modified data/a 4"])
        #expect(
            try versions(".").map { $0.prefix(while: { $0 != ":" }) } == [
                "five", "four", "three", "two", "one",
            ])
    }

    @Test("prints versions as JSON")
    func json() throws {
        let world = try world(isNative: false)
        let text = try world.run("log", "--json", "-n", "1", "moved/c").succeeded().stdout
        let head = try world.sandbox.git("rev-parse", "four", in: "one").dropLast()
        #expect(
            text == """
                [{"author": "Test", "change": "renamed", "commit": "\(head)", "date": "2024-01-01T00:00:00+00:00", \
                "email": "test@example.org", "files": null, "folder": false, "from": "moved/sub/b", \
                "hash": "2fc57d6f63a9ee7e2f21a26fa522e3b6", "known": true, "message": "four", "path": "moved/c", "size": 3}]

                """)
    }

    @Test("follows both sides of a merge, and only the one that counts")
    func merge() throws {
        let world = try HistoryWorld()
        try world.write([("f", "1\n")], add: "f")
        try world.save("base")
        try world.sandbox.git("checkout", "-q", "-b", "side", in: "one")
        try world.write([("f", "2\n")], add: "f")
        try world.save("changed")
        try world.sandbox.git("checkout", "-q", "main", in: "one")
        try world.write([("g", "g\n")], add: "g")
        try world.save("other")
        try world.sandbox.git("merge", "-q", "-m", "merged", "side", in: "one")
        #expect(try world.fields("log", "f").map { $0[7] } == ["changed", "base"])
        #expect(try world.fields("log", "g").map { $0[7] } == ["other"])
    }

    @Test("says what it does not know: without listings, in a shallow clone")
    func unknown() throws {
        let world = try world(isNative: false)
        try world.sandbox.shell("rm -r .dvc/cache", in: "one").succeeded()
        let log = try world.run("log", "moved/a").succeeded()
        #expect(log.stderr.contains("its listing is not here"), "\(log)")
        #expect(try world.fields("log", "moved").count == 4)
        try world.sandbox.git("clone", "-q", "--depth", "2", "file://\(world.sandbox("one"))", "two", in: ".")
        let shallow = try world.sandbox.cairn("log", "moved", in: "two").succeeded()
        #expect(shallow.stderr.contains("this clone is shallow"), "\(shallow)")
        let far = try world.sandbox.cairn("diff", "HEAD~3", in: "two")
        #expect(far.exitCode == 128)
        #expect(
            far.stderr == """
                error: 'HEAD~3' is no revision that git knows: this clone is shallow, and its history ends before that
                hint: bring all of it: `git fetch --unshallow`

                """)
    }

    @Test("shows files and folders of revisions, and what a commit changed", arguments: [true, false])
    func show(isNative: Bool) throws {
        let world = try world(isNative: isNative)
        #expect(try world.run("show", "one:data/a").succeeded().stdout == "1\n")
        #expect(try world.run("show", "HEAD~3:data/a").succeeded().stdout == "111\n")
        #expect(try world.run("cat", "one:data/a").succeeded().stdout == "1\n")
        #expect(try world.run("cat", "data/a@one").succeeded().stdout == "1\n")
        #expect(try world.run("show", "one:data").succeeded().stdout == "a\nsub\n")
        #expect(try world.run("ls", "one:data").succeeded().stdout == "a\nsub\n")
        #expect(try world.run("ls", "-R", "one", "data").succeeded().stdout == "a\nsub/b\n")
        #expect(try world.run("ls", "HEAD~1", "--dvc-only").succeeded().stdout == "f\nmoved\n")
        let commit = try world.run("show", "four").succeeded().stdout
        #expect(
            commit.contains(
                "Author: Test <test@example.org>\nDate:   2024-01-01T00:00:00+00:00\n\n    four\n\n"))
        #expect(commit.contains("Renamed:\n    moved/sub/b -> moved/c\n\nModified:\n    moved/\n"))
        #expect(try world.run("show", "one").succeeded().stdout.contains("Added:\n    data/\n    data/a\n"))
    }

    @Test(
        "refuses what it cannot find in one sentence",
        arguments: [
            (
                ["log", "moved/zzz"],
                "error: 'moved/zzz' is not tracked in 'HEAD', nor where it comes from\nhint: another commit has it: "
            ),
            (["log", "movd"], "error: 'movd' was never tracked\nhint: did you mean 'moved'?\n"),
            (
                ["show", "onee:data"],
                "error: 'onee' is no revision that git knows\nhint: did you mean 'one'?\n"
            ),
            (["show", "one:dat"], "error: 'dat' does not exist in 'one'\nhint: did you mean 'data'?\n"),
            (
                ["show", ":data"],
                "error: ':data' names no revision in front of its colon\nhint: of the last commit: `HEAD:data`\n"
            ),
            (["diff", "fiv"], "error: 'fiv' is no revision that git knows\nhint: did you mean 'five'?\n"),
            (
                ["diff", "maim~1"],
                "error: 'maim~1' is no revision that git knows\nhint: did you mean 'main~1'?\n"
            ),
            (
                ["diff", "HEAD~99"],
                "error: 'HEAD~99' is no revision that git knows: history does not go back to that\n"
            ),
            (
                ["diff", "@{upstream}"],
                "error: '@{upstream}' is no revision that git knows: the branch has no upstream branch, or that was never fetched\n"
            ),
            (
                ["diff", "stash@{0}"],
                "error: 'stash@{0}' is no revision that git knows: nothing is stashed\n"
            ),
            (
                ["diff", "one", "--targets", "dataa"],
                "error: 'dataa' is not tracked, neither in 'one' nor in 'workspace'\nhint: did you mean 'data'?\n"
            ),
            (
                ["cat", "f@one..two"],
                "error: 'one..two' is no revision that git knows: it is a range, and one commit is wanted\n"
            ),
            (["whereis", "--rev", "nine", "f"], "error: 'nine' is no revision that git knows\n"),
            (
                ["verify", "--rev", "twoo"],
                "error: 'twoo' is no revision that git knows\nhint: did you mean 'two'?\n"
            ),
            (
                ["metrics", "diff", "twoo"],
                "error: 'twoo' is no revision that git knows\nhint: did you mean 'two'?\n"
            ),
        ])
    func refuses(_ arguments: [String], _ words: String) throws {
        let world = try world(isNative: true)
        let result = try world.sandbox.run(.cairn, arguments, in: "one")
        #expect(result.exitCode == 128 || result.exitCode == 129, "\(result)")
        #expect(result.stderr.hasPrefix(words), "\(result)")
    }
}
