import CairnTestSupport
import Testing

/// What may be pushed, through the real git.
@Suite("Hooks: before a push")
struct PrePushTests {
    @Test("commits whose data the remote lacks are not pushed; what to type helps")
    func missing() throws {
        let world = try HookWorld()
        let refused = try world.run("git push -q origin main")
        #expect(refused.exitCode == 1, "\(refused)")
        #expect(
            refused.stdout.contains("remote 'store' lacks the data of 'data/a', 'data/b' in commit"),
            "\(refused)")
        let command = try #require(refused.stdout.firstMatch(of: /push it first: `([^`]+)`/)).1
        try world.must("\(command) && git push -q origin main")
        // What is there already is not looked at again, and a commit without pointers needs nothing.
        try world.must("rm -rf ../remote && git commit -q --allow-empty -m more && git push -q origin main")
        try world.must("git push -q origin main:again && git push -q origin :again")
    }

    @Test("every commit of the push counts, not the last alone")
    func eachCommit() throws {
        let world = try HookWorld()
        try world.must("cairn push -q && git push -q origin main")
        try world.must("echo c > data/c && cairn add -q data && git commit -qam c")
        try world.must("rm data/c && cairn add -q data && git commit -qam back")
        let refused = try world.run("git push -q origin main")
        #expect(refused.exitCode == 1 && refused.stdout.contains("'data/c' in commit"), "\(refused)")
        try world.must("git push -q --no-verify origin main")
    }

    @Test("with `push = push` what is lacking is pushed")
    func pushes() throws {
        let world = try HookWorld(own: "[hooks]\n    push = push\n")
        try world.must("git push -q origin main")
        try world.must("cairn verify --range HEAD~1..HEAD --allow-missing")
        try world.must("echo c > data/c && cairn add -q data && git commit -qam c && rm -rf ../cache")
        #expect(try world.run("git push -q origin main").exitCode == 1)
    }

    @Test(
        "a remote that cannot be asked stops the push and says how to go on; without a remote there is a warning"
    )
    func down() throws {
        let world = try HookWorld()
        try world.must("cairn remote modify store url http://127.0.0.1:9/x && git commit -qam down")
        let refused = try world.run("git push -q origin main", in: "one")
        #expect(refused.exitCode == 1 && refused.stdout.contains("CAIRN_SKIP_HOOKS=1 git push"), "\(refused)")
        try world.must("CAIRN_SKIP_HOOKS=1 git push -q origin main")
        let bare = try HookWorld()
        try bare.must("cairn remote remove store; git commit -qam none")
        try bare.must("git checkout -q --orphan alone && git commit -qm alone")
        let warned = try bare.must("git push -q origin alone")
        #expect(warned.stdout.contains("there is no remote for data"), "\(warned)")
    }
}
