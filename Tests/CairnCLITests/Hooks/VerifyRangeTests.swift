import CairnTestSupport
import Testing

/// The checks of hooks for the commits of a range, as continuous integration has them made.
@Suite("Hooks: ranges of commits")
struct VerifyRangeTests {
    /// Three commits after the first: a broken pointer that is mended later, and data in git.
    private func world() throws -> HookWorld {
        let world = try HookWorld()
        try world.must(
            "git tag start && printf 'outs: [\\n' > bad.dvc && git add -A && git commit -q --no-verify -m broken"
        )
        try world.must("git rm -q -f bad.dvc && git commit -qm mended")
        try world.must(
            "git add -f data/a && git commit -q --no-verify -m 'in git' && git rm -q --cached data/a && git commit -qm out"
        )
        return world
    }

    @Test("each commit is checked for itself, with no data but what the remote says that it has")
    func each() throws {
        let world = try world()
        let refused = try world.run("cairn verify --range start..HEAD --allow-missing")
        #expect(refused.exitCode == 1, "\(refused)")
        for part in [
            "bad.dvc (in ", "'data/a' is data that 'data.dvc' tracks, and is in git too",
            "push --range start..HEAD",
        ] {
            #expect(refused.stdout.contains(part), "\(part): \(refused)")
        }
        try world.must("cairn push -q --range HEAD~1..HEAD && git clone -q . ../clone && rm -rf ../cache")
        let clean = try world.must("cairn verify --range HEAD~1..HEAD --allow-missing", in: "clone")
        #expect(clean.stdout.contains("3 objects on remote 'store' are there"), "\(clean)")
        #expect(try world.run("cairn verify --range HEAD~1..HEAD", in: "clone").exitCode == 1)
        let json = try world.sandbox.cairn(
            "verify", "--range", "start..HEAD", "--allow-missing", "--json", in: "clone")
        #expect(
            json.exitCode == 1 && json.stdout.contains("\"findings\": [{\"reason\": \"'data/a' is data"),
            "\(json)")
        #expect(
            json.stdout.contains("\"missing\": []") && json.stdout.contains("\"history_ends\": []"), "\(json)"
        )
    }

    @Test("a shallow clone says what it cannot know")
    func shallow() throws {
        let world = try world()
        try world.must("cairn push -q -A 2>/dev/null; git clone -q --depth 2 \"file://$PWD\" ../clone")
        let known = try world.run("cairn verify --range HEAD~1..HEAD --allow-missing", in: "clone")
        #expect(known.exitCode == 0, "\(known)")
        let unknown = try world.run("cairn verify --range HEAD~3..HEAD --allow-missing", in: "clone")
        #expect(unknown.exitCode == 128 && unknown.stdout.contains("this clone is shallow"), "\(unknown)")
        #expect(unknown.stdout.contains("git fetch --unshallow"), "\(unknown)")
        // Where its history ends, a commit counts as the first one.
        let line = "echo refs/heads/x $(git rev-parse HEAD) refs/heads/x \(String(repeating: "0", count: 40))"
        try world.must("\(line) | cairn git-hook pre-push origin url", in: "clone")
    }
}
