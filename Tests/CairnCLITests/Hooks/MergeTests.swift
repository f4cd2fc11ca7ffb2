import CairnTestSupport
import Testing

/// Merges by the driver, through the real git.
@Suite("Hooks: merges")
struct MergeTests {
    /// Makes commits on two branches from one beginning and merges the second into the first, where git stands then.
    private func merge(
        _ world: HookWorld, ours: String, theirs: String, _ command: String = "git merge -q --no-edit theirs"
    ) throws -> Program.Result {
        try world.must("git checkout -q -b theirs && { \(theirs); } && git add -A && git commit -qm theirs")
        try world.must("git checkout -q main && { \(ours); } && git add -A && git commit -qm ours")
        return try world.run(command)
    }

    @Test("changes of different files of a directory go together, comments stay", arguments: [true, false])
    func disjoint(_ isNative: Bool) throws {
        let world = try HookWorld(isNative: isNative)
        try world.must("sed -i '1i # about the data' data.dvc && git commit -qam comment")
        let merged = try merge(
            world, ours: "echo A > data/a; mkdir data/sub; echo o > data/sub/ours; cairn add -q data",
            theirs: "rm data/b; mkdir data/sub; echo t > data/sub/theirs; cairn add -q data")
        #expect(merged.exitCode == 0, "\(merged)")
        #expect(try world.tree() == ["a": "A\n", "sub/ours": "o\n", "sub/theirs": "t\n"])
        let text = try world.must("cat data.dvc && cairn status").stdout
        #expect(
            text.hasPrefix("# about the data\n") && text.contains("nfiles: 3") && text.contains("size: 6"),
            "\(text)")
        // What the pointer says is what adding the same files again says.
        try world.must("cp data.dvc before && cairn add -q data && cmp data.dvc before")
    }

    @Test("only what both changed is in conflict, by name; either side of the marks has the rest")
    func overlapping() throws {
        let world = try HookWorld()
        let merged = try merge(
            world, ours: "echo O > data/a; rm data/b; echo o > data/o; cairn add -q data",
            theirs: "echo T > data/a; echo T > data/b; echo t > data/t; cairn add -q data")
        #expect(merged.exitCode == 1, "\(merged)")
        let named = merged.stdout.matches(of: /both sides changed '([^']+)'/).map { String($0.1) }
        #expect(named == ["data/a", "data/b"], "\(merged)")
        let marks = try Files.text(world.sandbox("one/data.dvc"))
        #expect(marks.contains("<<<<<<< ours\n") && marks.contains(">>>>>>> theirs\n"), "\(marks)")
        #expect(try world.run("cairn checkout").stdout.contains("a merge was not finished"))
        try world.must(
            "cp data.dvc conflict && sed -i '/^<<<<<<</d;/^=======/,/^>>>>>>>/d' data.dvc && cairn checkout -q"
        )
        #expect(try world.tree() == ["a": "O\n", "o": "o\n", "t": "t\n"])
        try world.must(
            "cp conflict data.dvc && sed -i '/^<<<<<<</,/^=======/d;/^>>>>>>>/d' data.dvc && cairn checkout -q"
        )
        #expect(try world.tree() == ["a": "T\n", "b": "T\n", "o": "o\n", "t": "t\n"])
        try world.must("git add data.dvc && git commit -qm merged")
    }

    @Test("files, renames, removals and new pointers on both sides")
    func pointers() throws {
        let world = try HookWorld()
        try world.must("echo 1 > model && cairn add -q model && git add -A && git commit -qm model")
        let merged = try merge(
            world, ours: "echo 2 > model; cairn add -q model", theirs: "echo 3 > model; cairn add -q model")
        #expect(
            merged.exitCode == 1 && merged.stdout.contains("both sides changed 'model': ours is"), "\(merged)"
        )
        try world.must(
            "git merge --abort && git branch -q -D theirs && git reset -q --hard HEAD~1 && cairn checkout -q")
        let renamed = try merge(
            world, ours: "cairn move -q model kept", theirs: "echo 3 > model; cairn add -q model")
        #expect(renamed.exitCode == 0, "\(renamed)")
        #expect(
            try Files.text(world.sandbox("one/kept")) == "3\n" && !Files.exists(world.sandbox("one/model")))
        try world.must("git reset -q --hard HEAD~1 && git branch -q -D theirs && cairn checkout -q")
        let removed = try merge(
            world, ours: "cairn remove -q data.dvc", theirs: "echo c > data/c; cairn add -q data")
        #expect(removed.exitCode == 1 && removed.stdout.contains("CONFLICT (modify/delete)"), "\(removed)")
        try world.must(
            "git merge --abort && git branch -q -D theirs && git reset -q --hard HEAD~1 && cairn checkout -q")
        let both = try merge(
            world, ours: "mkdir new; echo o > new/o; cairn add -q new",
            theirs: "mkdir new; echo t > new/t; cairn add -q new")
        #expect(both.exitCode == 0, "\(both)")
        #expect(try world.tree("one/new") == ["o": "o\n", "t": "t\n"])
    }

    @Test(
        "a listing that is not here comes from the remote; where there is none, it is a conflict that says so"
    )
    func missingListing() throws {
        let world = try HookWorld()
        try world.must("cairn push -q")
        let (ours, theirs) = (
            "echo A > data/a; cairn add -q data", "echo B > data/b; cairn add -q data; cairn push -q"
        )
        let merged = try merge(world, ours: ours, theirs: theirs, "rm -rf ../cache; git merge -q theirs")
        #expect(
            merged.exitCode == 1 && merged.stdout.contains("cannot be merged by what it says"), "\(merged)")
        #expect(merged.stdout.contains("neither the cache nor the remote has it"), "\(merged)")
        try world.must("git merge --abort && cairn commit -q -f data.dvc")
        let again = try world.run("git merge -q --no-edit theirs")
        #expect(again.exitCode == 0, "\(again)")
        try world.must("cairn pull -q")
        #expect(try world.tree() == ["a": "A\n", "b": "B\n"])
    }

    @Test("locks are merged stage by stage")
    func locks() throws {
        let world = try HookWorld()
        for name in ["one", "two"] {
            try world.must(
                "echo 1 > \(name).in && cairn stage add -q -n \(name) -d \(name).in -o \(name).out 'cp \(name).in \(name).out'"
            )
        }
        try world.must("cairn repro -q && git add -A && git commit -qm stages")
        let merged = try merge(
            world, ours: "echo 2 > one.in; cairn repro -q", theirs: "echo 3 > two.in; cairn repro -q")
        #expect(merged.exitCode == 0, "\(merged)")
        #expect(try Files.text(world.sandbox("one/two.out")) == "3\n")
        #expect(try world.must("cairn status").stdout.contains("up to date"))
        try world.must("git branch -q -D theirs")
        let refused = try merge(
            world, ours: "echo 4 > one.in; echo 4 > two.in; cairn repro -q two; git checkout -q one.in",
            theirs: "echo 5 > two.in; cairn repro -q")
        #expect(refused.exitCode == 1, "\(refused)")
        #expect(
            refused.stdout.contains("both sides ran stage 'two' of 'dvc.lock' with different results"),
            "\(refused)")
        #expect(!refused.stdout.contains("stage 'one'"))
        #expect(try world.run("cairn status").stdout.contains("a merge was not finished in stage 'two'"))
    }

    @Test(
        "new outputs on both sides go together in .gitignore; lines of other kinds are merged as git merges lines"
    )
    func ignoreLines() throws {
        let world = try HookWorld()
        let merged = try merge(
            world, ours: "echo o > o1; echo o > o2; cairn add -q o1 o2; echo '*.log' >> .gitignore",
            theirs: "echo t > t1; cairn add -q t1; cairn remove -q --outs data.dvc")
        #expect(merged.exitCode == 0, "\(merged)")
        #expect(try Files.text(world.sandbox("one/.gitignore")) == "/o1\n/o2\n*.log\n/t1\n")
        #expect(try world.must("cairn status").stdout.contains("up to date"))
        try world.must("git branch -q -D theirs")
        let refused = try merge(
            world, ours: "sed -i 's/log/err/' .gitignore", theirs: "sed -i 's/log/out/' .gitignore")
        #expect(
            refused.exitCode == 1
                && refused.stdout.contains("error: both sides changed the same lines of '.gitignore'"),
            "\(refused)")
        #expect(
            try Files.text(world.sandbox("one/.gitignore"))
                == "/o1\n/o2\n<<<<<<< ours\n*.err\n=======\n*.out\n>>>>>>> theirs\n/t1\n")
    }

    @Test(
        "a pointer that has marks already, and three branches at once, end in a conflict and not in a wrong pointer"
    )
    func odd() throws {
        let world = try HookWorld()
        let marked = try merge(
            world, ours: "echo A > data/a; cairn add -q data",
            theirs:
                "git config core.hooksPath /dev/null; printf '<<<<<<< x\\n=======\\n>>>>>>> y\\n' >> data.dvc"
        )
        try world.must("git config --unset core.hooksPath")
        #expect(
            marked.exitCode == 1 && marked.stdout.contains("cannot be merged by what it says"), "\(marked)")
        let other = try HookWorld()
        for name in ["x", "y"] {
            try other.must(
                "git checkout -q -b \(name) main && echo \(name) > data/\(name) && cairn add -q data && git commit -qam \(name)"
            )
        }
        try other.must("git checkout -q main")
        let octopus = try other.run("git merge -q --no-edit x y")
        #expect(octopus.exitCode != 0, "\(octopus)")
        try other.must("git reset -q --hard && cairn checkout -q && cairn status")
        #expect(try other.tree() == ["a": "a", "b": "b"])
    }

    @Test("the driver takes what DVC's configuration calls it with")
    func asDVC() throws {
        let world = try HookWorld(isInstalled: false)
        try world.must(
            "git config merge.dvc.driver 'cairn git-hook merge-driver --ancestor %O --our %A --their %B '")
        try world.must("echo '*.dvc merge=dvc' > .gitattributes && git add -A && git commit -qm attributes")
        let merged = try merge(
            world, ours: "echo o > data/o; cairn add -q data",
            theirs: "cairn checkout -q; echo t > data/t; rm -f data/o; cairn add -q data")
        #expect(merged.exitCode == 0, "\(merged)")
        try world.must("cairn checkout -q")
        #expect(try world.tree() == ["a": "a", "b": "b", "o": "o\n", "t": "t\n"])
    }
}
