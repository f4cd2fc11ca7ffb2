import CairnTestSupport
import Testing

/// Data that comes along when git moves.
@Suite("Hooks: after git has moved")
struct FollowingTests {
    /// A second commit on a branch `side`, in which a file is added and one is gone; git stands on main.
    private func world(own: String = "") throws -> HookWorld {
        let world = try HookWorld(own: own)
        try world.must("git checkout -q -b side && echo c > data/c && rm data/b && cairn add -q data")
        try world.must(
            "echo m > model && cairn add -q model && git add -A && git commit -qm side && git checkout -q main"
        )
        return world
    }

    @Test("checkout, fast-forward, merge, squash, rebase, cherry-pick and revert bring the data along")
    func moves() throws {
        let world = try world()
        let (main, side) = (["a": "a", "b": "b"], ["a": "a", "c": "c\n"])
        #expect(try world.tree() == main && !Files.exists(world.sandbox("one/model")))
        try world.must("git checkout -q side")
        #expect(try world.tree() == side && Files.exists(world.sandbox("one/model")))
        try world.must("git checkout -q --detach main")
        #expect(try world.tree() == main && !Files.exists(world.sandbox("one/model")))
        try world.must("git merge -q --ff-only side")
        #expect(try world.tree() == side)
        try world.must("git checkout -q -B try main && git merge -q --squash side")
        #expect(try world.tree() == side)
        try world.must("git commit -qm squashed && git checkout -q -B try main && git cherry-pick side")
        #expect(try world.tree() == side)
        try world.must("git revert --no-edit HEAD")
        #expect(try world.tree() == main)
        try world.must(
            "git checkout -q -B try main && echo d > data/d && cairn add -q data && git commit -qam d")
        try world.must("git rebase -q side")
        #expect(try world.tree() == ["a": "a", "c": "c\n", "d": "d\n"])
        // A rebase that only moves the branch forward, and one that is given up.
        try world.must("git checkout -q -B try main && git rebase -q side")
        #expect(try world.tree() == side)
        try world.must(
            "git checkout -q -B try main && echo x > data/c && cairn add -q data && git commit -qam x")
        #expect(try world.run("git rebase -q side").exitCode != 0)
        try world.must("git rebase --abort")
        #expect(try world.tree() == ["a": "a", "b": "b", "c": "x\n"])
        #expect(try world.must("cairn status").stdout.contains("up to date"))
    }

    @Test(
        "what a stage made goes where the stage had not run, unless a lock cannot be read or the work is stored nowhere"
    )
    func unrunStage() throws {
        let world = try HookWorld()
        try world.must(
            "echo 1 > in && cairn stage add -q -n copy -d in -o out 'cp in out' && git add -A && git commit -qm stage"
        )
        try world.must("git checkout -q -b run && cairn repro -q && git add -A && git commit -qm run")
        #expect(try world.must("git checkout -q main").stdout == "deleted  out\n")
        #expect(!Files.exists(world.sandbox("one/out")))
        try world.must("git checkout -q run && test -e out && rm out && echo mine > out")
        try world.must("git checkout -q main && test -e out")
        try world.must("git checkout -q run; cairn checkout -q --force")
        try world.must(
            "git checkout -q -b broken && echo '<<<' >> dvc.lock && git commit -q --no-verify -am broken")
        try world.must("git checkout -q run && git checkout -q broken; test -e out")
    }

    @Test("work that is stored nowhere is never lost: git has moved, the data stays, and the command fails")
    func unsaved() throws {
        let world = try world()
        try world.write("precious", to: "data/b")
        let moved = try world.run("git checkout -q side")
        #expect(
            moved.exitCode == 1 && moved.stdout.contains("'data/b' is nowhere else and would be lost"),
            "\(moved)")
        #expect(try world.tree()["b"] == "precious")
    }

    @Test("data that the cache lacks is warned of, or fetched if settings say so")
    func missing() throws {
        for isPull in [false, true] {
            let world = try world(own: isPull ? "[hooks]\n    checkout = pull\n" : "")
            try world.must("git checkout -q side && cairn push -q -A && git checkout -q main")
            try world.must("rm -rf ../cache && cairn fetch -q")
            let moved = try world.must("git checkout -q side")
            #expect(moved.stdout.contains("the cache lacks the data of") != isPull, "\(moved)")
            #expect(Files.exists(world.sandbox("one/model")) == isPull)
        }
        let world = try world(own: "[hooks]\n    checkout = ignore\n")
        #expect(Files.exists(world.sandbox("one/model")))
    }

    @Test(
        "where no pointer changed, nothing is locked, read or said; a bare repository and one without data are fine"
    )
    func nothing() throws {
        let world = try HookWorld()
        try world.must("mkdir -p .dvc/tmp && cairn install; git commit -q --allow-empty -m x")
        let held =
            "exec 9>>.dvc/tmp/lock; flock 9; git checkout -q -b other && git commit -q --allow-empty -m y && git merge -q main"
        #expect(try world.must(held).stdout == "")
        try world.must("git init -q ../plain && cp .git/hooks/p* ../plain/.git/hooks/")
        try world.must("echo x > x && git add x && git commit -qm x && git checkout -q -b b", in: "plain")
        try world.must("cp -r .git ../bare.git && git -C ../bare.git config core.bare true")
        try world.must("git --git-dir=. push -q ../there.git main:copied", in: "bare.git")
    }
}
