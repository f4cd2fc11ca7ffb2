import CairnSystem
import Testing

@testable import CairnGit

@Suite("revisions and history")
struct GitRevisionTests {
    @Test("resolves what git rev-parse resolves", arguments: ["loose", "packed", "detached"])
    func resolves(_ variant: String) throws {
        let fixture = try GitFixture()
        for number in 1...4 { try fixture.commit("commit \(number)", time: 1_700_000_000 + number * 60) }
        try fixture.git(["tag", "light", "HEAD~1"])
        try fixture.git(["tag", "-a", "-m", "note", "annotated", "HEAD~2"])
        try fixture.git(["tag", "-a", "-m", "note", "nested", "annotated"])
        try fixture.git(["branch", "team/side", "HEAD~3"])
        if variant == "packed" {
            try fixture.git(["gc", "-q"])
            try fixture.git(["pack-refs", "--all"])
        }
        if variant == "detached" { try fixture.git(["checkout", "-q", "--detach", "HEAD~1"]) }
        let repository = try fixture.open()
        let short = try fixture.text(["rev-parse", "--short", "main"])
        let long = try fixture.text(["rev-parse", "main"])
        for text in [
            "HEAD", "@", "main", "HEAD~2", "HEAD^", "light", "annotated", "nested", "annotated^{commit}",
            "annotated~1",
            "team/side", "refs/heads/main", "heads/main", "tags/light", ":/commit 2", short, long,
            long.uppercased(),
        ] {
            let expected = try fixture.text(["rev-parse", text + (text.hasPrefix(":/") ? "" : "^{commit}")])
            #expect(try repository.resolve(text).id.hex == expected, "\(text)")
        }
        #expect(try repository.head()?.id.hex == fixture.text(["rev-parse", "HEAD"]))
        #expect(try repository.activeBranch() == (variant == "detached" ? nil : "main"))
        #expect(try repository.branches().map(\.name) == ["main", "team/side"])
        #expect(try repository.tags().map(\.name) == ["annotated", "light", "nested"])
        #expect(try repository.tags().first?.commit == repository.resolve("annotated").id)

        let commit = try repository.resolve("main")
        #expect(
            commit.summary == "commit 4" && commit.committerTime == 1_700_000_240
                && commit.committerOffset == 60)
        #expect(try commit.tree.hex == fixture.text(["rev-parse", "main^{tree}"]))
        #expect(try commit.parents.map(\.hex) == [fixture.text(["rev-parse", "main~1"])])
    }

    @Test(
        "says which revision is unknown, and why",
        arguments: [
            ("nope", "unknown Git revision 'nope'"), ("HEAD~9", "history does not go back to that"),
            ("", "unknown Git revision ''"), ("deadbeef", "unknown Git revision 'deadbeef'"),
            ("HEAD^{tree}", "history does not go back to that"),
            ("a..b", "it is a range, and one commit is wanted"), ("^", "history does not go back to that"),
            ("nul\0", "unknown Git revision 'nul\\x00'"), ("stash@{0}", "nothing is stashed"),
            ("main@{upstream}", "the branch has no upstream branch, or that was never fetched"),
        ])
    func unknown(_ text: String, _ why: String) throws {
        let fixture = try GitFixture()
        try fixture.commit("one")
        let error = #expect(throws: GitError.self) { try fixture.open().resolve(text) }
        #expect(error?.reason == .unknownRevision)
        #expect(error?.message == why)
    }

    @Test("finds a name that is only a branch of a remote, unless two remotes differ")
    func remoteBranch() throws {
        let fixture = try GitFixture()
        try fixture.commit("one")
        try fixture.commit("two")
        for remote in ["origin", "fork"] { try fixture.git(["remote", "add", remote, "/nowhere"]) }
        try fixture.git(["update-ref", "refs/remotes/origin/topic", "HEAD"])
        let repository = try fixture.open()
        #expect(try repository.resolve("topic").id == repository.head()?.id)
        try fixture.git(["update-ref", "refs/remotes/fork/topic", "HEAD~1"])
        let error = #expect(throws: GitError.self) { try repository.resolve("topic") }
        #expect(error?.reason == .ambiguousRevision)
    }

    @Test("a repository without commits has no head and no history")
    func unborn() throws {
        let fixture = try GitFixture()
        let repository = try fixture.open()
        #expect(try repository.head() == nil)
        #expect(try repository.activeBranch() == "main")
        #expect(
            try repository.allCommits().isEmpty && repository.branches().isEmpty && repository.tags().isEmpty)
        let error = #expect(throws: GitError.self) { try repository.resolve("HEAD") }
        #expect(error?.reason == .unknownRevision)
    }

    @Test("lists the commits that DVC's -A means: branches, remotes, tags and HEAD, not experiments")
    func allCommits() throws {
        let fixture = try GitFixture()
        var time = 1_700_000_000
        func commit(_ message: String) throws {
            time += 100
            try fixture.commit(message, time: time)
        }
        try commit("a")
        try fixture.git(["checkout", "-q", "-b", "side"])
        try commit("b")
        try fixture.git(["checkout", "-q", "main"])
        try commit("c")
        try fixture.git(["merge", "-q", "--no-ff", "-m", "merge", "side"])
        try fixture.git(["checkout", "-q", "--orphan", "exp"])
        try commit("experiment")
        try fixture.git(["update-ref", "refs/exps/aa/bb/exp1", "HEAD"])
        try fixture.git(["checkout", "-q", "--orphan", "far"])
        try commit("far")
        try fixture.git(["update-ref", "refs/remotes/origin/far", "HEAD"])
        try fixture.git(["checkout", "-q", "--orphan", "tagged"])
        try commit("tagged")
        try fixture.git(["tag", "-a", "-m", "t", "v1"])
        try fixture.git(["tag", "tree", "HEAD^{tree}"])
        try fixture.git(["checkout", "-q", "--detach", "main"])
        try commit("loose")
        try fixture.git(["branch", "-q", "-D", "exp", "far", "tagged"])

        let repository = try fixture.open()
        let expected = try fixture.text(["rev-list", "HEAD", "--branches", "--remotes", "--tags"])
            .split(separator: "\n").map(String.init)
        let commits = try repository.allCommits()
        #expect(Set(commits.map(\.id.hex)) == Set(expected) && commits.count == expected.count)
        #expect(commits.map(\.committerTime) == commits.map(\.committerTime).sorted(by: >))
        #expect(!commits.map(\.summary).contains("experiment"))
        #expect(try repository.references(below: "refs/exps/").map(\.name) == ["aa/bb/exp1"])
        #expect(try repository.tags().map(\.name) == ["v1"])
        #expect(
            try repository.commits(since: 1_700_000_500).map(\.committerTime)
                == commits.map(\.committerTime).filter { $0 >= 1_700_000_500 })

        let head = try repository.resolve("main")
        for count in [0, 1, 2, 9] {
            let list = try fixture.text(["rev-list", "--first-parent", "-n", "\(count)", "main"])
            let ids = try repository.firstParents(of: head, count: count).map(\.id.hex)
            #expect(ids == list.split(separator: "\n").map(String.init))
        }
        #expect(try repository.firstParents(of: head).count == 3)
    }

    @Test("the history of a shallow clone ends where the clone does")
    func shallow() throws {
        let fixture = try GitFixture()
        for number in 1...5 { try fixture.commit("\(number)", time: 1_700_000_000 + number) }
        let clone = fixture.scratch.appending("clone")
        try fixture.git(["clone", "-q", "--depth", "2", "file://\(fixture.top)", clone.string])
        let repository = try fixture.open(clone)
        #expect(try repository.allCommits().map(\.summary) == ["5", "4"])
        let head = try #require(try repository.head())
        #expect(try repository.firstParents(of: head).map(\.summary) == ["5", "4"])
    }
}
