import CairnTestSupport
import Testing

/// What may be committed, through the real git.
@Suite("Hooks: before a commit")
struct PreCommitTests {
    @Test("a pointer that cannot be read stops the commit, with line and column; nothing else of it does")
    func brokenPointer() throws {
        let world = try HookWorld()
        try world.write("outs: [\n", to: "bad.dvc")
        let refused = try world.run("git add bad.dvc && git commit -m x")
        #expect(refused.exitCode == 1 && refused.stdout.contains("error: bad.dvc:2:1: "), "\(refused)")
        // What is staged counts, not what the workspace has.
        try world.must("git rm -q --cached bad.dvc")
        try world.must("echo text > readme && git add readme && git commit -qm fine")
        try world.must("git add bad.dvc && CAIRN_SKIP_HOOKS=1 git commit -qm skipped")
        try world.write("outs: [[\n", to: "bad.dvc")
        try world.must("git add bad.dvc && git commit -q --no-verify -m skipped")
        try world.write("outs:\n- md5: zz\n  path: x\n", to: "bad.dvc")
        #expect(try world.run("git add bad.dvc && CAIRN_SKIP_HOOKS=0 git commit -m x").exitCode == 1)
    }

    @Test("marks of a merge that was not finished are said to be that")
    func conflictMarks() throws {
        let world = try HookWorld()
        let pointer = try Files.text(world.sandbox("one/data.dvc"))
        try world.write("<<<<<<< ours\n\(pointer)=======\n\(pointer)>>>>>>> theirs\n", to: "data.dvc")
        let refused = try world.run("git commit -am x")
        #expect(refused.exitCode == 1 && refused.stdout.contains("a merge was not finished"), "\(refused)")
    }

    @Test("data that a pointer tracks does not go into git, whichever of the two comes first")
    func dataInGit() throws {
        let world = try HookWorld()
        let refused = try world.run("git add -f data/a && git commit -m x")
        #expect(
            refused.exitCode == 1
                && refused.stdout.contains("error: 'data/a' is data that 'data.dvc' tracks, and is about to"),
            "\(refused)")
        try world.must("git rm -q --cached -f data/a && git commit -q --allow-empty -m fine")
        try world.must("echo m > model && git add model && git commit -qm model")
        try world.must(
            "git mv model kept && git rm -q --cached kept && cairn add -q kept && git add -f kept kept.dvc")
        #expect(try world.run("git commit -m x").stdout.contains("'kept' is data that 'kept.dvc' tracks"))
    }

    @Test("a pointer whose data is nowhere stops the commit; data on the remote alone is enough")
    func missingData() throws {
        let world = try HookWorld()
        try world.must("cairn push -q && echo new > data/c && cairn add -q data && git add -A")
        try world.must("rm -rf ../cache")
        let refused = try world.run("git commit -m x")
        #expect(
            refused.exitCode == 1 && refused.stdout.contains("'data.dvc' is to be committed without its data")
                && refused.stdout.contains("neither the cache nor remote 'store' has it"), "\(refused)")
        try world.must(
            "git reset -q --hard && rm data/c && cairn pull -q && echo new > data/c && cairn add -q data")
        try world.must("cairn push -q && rm -rf ../cache && git commit -qam there")
    }

    @Test("the same output with two hashes stops the commit")
    func contradiction() throws {
        let world = try HookWorld()
        try world.must("sed 's/^- blake3: ./- blake3: 0/; s/  path: data/  path: data/' data.dvc > again.dvc")
        let refused = try world.run("git add again.dvc && git commit -m x")
        #expect(refused.exitCode == 1, "\(refused)")
        #expect(refused.stdout.contains("'data' is "), "\(refused)")
    }

    @Test(
        "data that differs and stages that are stale warn, stop the commit, or are not looked at, as settings say"
    )
    func reactions() throws {
        for (setting, code, isSaid) in [("", 0, true), ("fail", 1, true), ("ignore", 0, false)]
            as [(String, Int32, Bool)]
        {
            let own =
                setting.isEmpty ? "" : "[hooks]\n    workspace = \(setting)\n    pipeline = \(setting)\n"
            let world = try HookWorld(own: own)
            try world.must(
                "echo 1 > in && cairn stage add -q -n make -d in -o out 'cp in out' && cairn repro -q")
            try world.must("git add -A && git commit -qm stage")
            try world.must("echo 2 > in && git add in")
            let stale = try world.run("git commit -m stale")
            #expect(stale.exitCode == code, "\(setting): \(stale)")
            #expect(
                stale.stdout.contains("stage 'make' is stale: 'in' changed since it ran") == isSaid,
                "\(stale)")
            try world.must("git commit -q --no-verify --allow-empty -m done")
            try world.must("echo c > data/c && cairn add -q data && git add data.dvc && echo d > data/d")
            let differs = try world.run("git commit -m differs")
            #expect(differs.exitCode == code, "\(setting): \(differs)")
            #expect(
                differs.stdout.contains("the workspace has another 'data' than is to be") == isSaid,
                "\(differs)")
        }
        let world = try HookWorld()
        try world.write("[hooks]\n    push = maybe\n", to: ".dvc/cairn.config")
        try world.must("echo '#' >> data.dvc && git add data.dvc")
        let broken = try world.run("git commit -m x")
        #expect(
            broken.exitCode == 1
                && broken.stdout.contains(
                    "'hooks.push': 'fail', 'push', 'warn' or 'ignore' is expected, not 'maybe'"),
            "\(broken)")
    }

    @Test("a commit of some paths is checked for these, by the index that git makes for it")
    func partialCommit() throws {
        let world = try HookWorld()
        try world.write("outs: [\n", to: "bad.dvc")
        try world.must("echo 1 > fine && git add bad.dvc fine")
        try world.must("git commit -qm fine fine")
        #expect(try world.run("git commit -m bad bad.dvc").exitCode == 1)
        try world.must("git rm -q -f bad.dvc")
        try world.must("echo c > data/c && cairn add -q data && echo 2 > fine")
        try world.must("git commit -qam all")
    }

    @Test("a work tree whose repository lies elsewhere is found by GIT_DIR")
    func separateRepository() throws {
        let world = try HookWorld()
        try world.must("mv .git ../elsewhere.git")
        try world.write("outs: [\n", to: "bad.dvc")
        let git = "git --git-dir=../elsewhere.git --work-tree=."
        let refused = try world.run("\(git) add bad.dvc && \(git) commit -m x")
        #expect(refused.exitCode == 1 && refused.stdout.contains("bad.dvc:2:1"), "\(refused)")
    }

    @Test("workspaces below the top, worktrees and submodules are looked at where they are")
    func places() throws {
        let world = try HookWorld()
        let bad = "printf 'outs: [\\n' > bad.dvc && git add bad.dvc && git commit -m x"
        try world.must("git worktree add -q ../tree -b side")
        #expect(try world.tree("tree/data") == ["a": "a", "b": "b"])
        #expect(try world.run(bad, in: "tree").stdout.contains("bad.dvc:2:1"))
        try world.must("git init -q ../super && git -C ../super submodule add -q \"$PWD\" sub")
        #expect(try world.run("cairn install && \(bad)", in: "super/sub").stdout.contains("bad.dvc:2:1"))
        let hooks = Files.names(in: world.sandbox("super/.git/modules/sub/hooks"))
        #expect(hooks.contains("pre-commit"))
        try world.must("git init -q ../mono && mkdir -p ../mono/deep/inner")
        try world.must(
            "cairn init -q --subdir && cairn install && git add -A && git commit -qm init", in: "mono/deep")
        #expect(try world.run(bad, in: "mono/deep").stdout.contains("deep/bad.dvc:2:1"))
    }
}
