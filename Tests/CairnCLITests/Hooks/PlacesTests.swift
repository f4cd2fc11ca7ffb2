import CairnTestSupport
import Testing

/// Hooks, ranges of commits and history in repositories that are not as usual: what cannot be known is said, and the rest works.
@Suite("Hooks: unusual repositories", .tags(.badInput))
struct PlacesTests {
    /// Three commits of `data`, the data of all of them on the remote.
    private func world() throws -> HookWorld {
        let world = try HookWorld()
        for name in ["c", "d"] {
            try world.must("echo \(name) > data/\(name) && cairn add -q data && git commit -qam \(name)")
        }
        try world.must("cairn push -q --all-commits && git config uploadpack.allowFilter true")
        return world
    }

    @Test("a partial clone names what it lacks of git's objects, in ranges, differences and history")
    func partialClone() throws {
        let world = try world()
        try world.must(
            "git clone -q --filter=blob:none \"file://$PWD\" ../clone && cd ../clone && cairn install && cairn pull -q"
        )
        let words = "fetches it if the clone is a partial one"
        let range = try world.run("cairn verify --range HEAD~2..HEAD --allow-missing", in: "clone")
        #expect(range.exitCode == 1 && range.stdout.contains(words), "\(range)")
        let difference = try world.run("cairn diff HEAD~1", in: "clone")
        #expect(difference.exitCode == 128 && difference.stdout.contains(words), "\(difference)")
        let log = try world.must("cairn log data", in: "clone")
        #expect(log.stdout.contains(words) && !log.stdout.contains("deleted"), "\(log)")
        // Before a push nobody can vouch for a commit that cannot be read.
        let push = try world.run(
            "git init -q --bare ../new.git && git push -q ../new.git main~1:refs/heads/main", in: "clone")
        #expect(
            push.exitCode != 0 && push.stdout.contains("is to be pushed, and cannot be read")
                && push.stdout.contains(words), "\(push)")
        // What git fetches on its way is there for hooks.
        try world.must("git checkout -q HEAD~1 && cairn pull -q", in: "clone")
        #expect(try world.tree("clone/data") == ["a": "a", "b": "b", "c": "c\n"])
        try world.must(
            "git checkout -q main && cairn pull -q && echo e > data/e && cairn add -q data && git commit -qam e",
            in: "clone")
        #expect(try world.must("cairn verify --range HEAD~1..HEAD", in: "clone").exitCode == 0)
    }

    @Test("a first commit, a detached head and a shallow clone are checked as any other")
    func heads() throws {
        let world = try world()
        let bad = "printf 'outs: [\\n' > bad.dvc && git add bad.dvc && git commit -m x"
        let good =
            "git rm -q --cached bad.dvc; rm bad.dvc; echo e > data/e && cairn add -q data && git add -A && git commit -qm e"
        // No commit yet.
        try world.must(
            "git init -q ../first && cd ../first && cairn init -q && cairn install && mkdir data && git add -A"
        )
        #expect(try world.run(bad, in: "first").stdout.contains("bad.dvc:2:1"))
        try world.must(good, in: "first")
        #expect(try world.must("cairn log --json && cairn diff", in: "first").exitCode == 0)
        // No branch.
        try world.must("git checkout -q --detach")
        #expect(try world.run(bad).stdout.contains("bad.dvc:2:1"))
        try world.must(good)
        #expect(try world.run("git push -q origin HEAD:refs/heads/new").stdout.contains("lacks the data of"))
        // No history.
        try world.must(
            "git clone -q --depth 1 \"file://$PWD\" ../shallow && cd ../shallow && cairn install && cairn pull -q",
            in: "one")
        #expect(try world.run(bad, in: "shallow").stdout.contains("bad.dvc:2:1"))
        try world.must(
            "git rm -q --cached bad.dvc; rm bad.dvc; echo f > data/f && cairn add -q data && git commit -qam f",
            in: "shallow")
        #expect(try world.must("git checkout -q HEAD~1", in: "shallow").stdout.contains("data"))
        #expect(try !world.tree("shallow/data").keys.contains("f"))
    }

    @Test("imports from a shallow clone take what is there, and say what is not")
    func shallowSource() throws {
        let world = try ReuseWorld()
        let sandbox = world.sandbox
        try sandbox.shell("git clone -q --depth 1 \"file://$PWD/source\" shallow", in: "").succeeded()
        try sandbox.makeProject("user")
        try sandbox.must(.cairn, "import", "-q", "../shallow", "file.txt", in: "user")
        #expect(try Files.text(sandbox("user/file.txt")) == "two\n")
        for revision in ["HEAD~1", try sandbox.git("rev-parse", "v1", in: "source").prefix(40).description] {
            let result = try sandbox.cairn("import", "../shallow", "data", "--rev", revision, in: "user")
            #expect(result.exitCode == 128 && result.stderr.contains("it is a shallow clone"), "\(result)")
            #expect(result.stderr.contains("git fetch --unshallow"), "\(result)")
        }
        try world.change("three\n")
        try sandbox.shell("git fetch -q --depth 1 && git reset -q --hard origin/main", in: "shallow")
            .succeeded()
        try sandbox.must(.cairn, "update", "-q", "file.txt", in: "user")
        #expect(try Files.text(sandbox("user/file.txt")) == "three\n")
    }

    @Test(
        "what libgit2 cannot open gets one sentence from every hook, with the way to go on",
        arguments: [true, false])
    func extensions(_ isSHA256: Bool) throws {
        let world = try HookWorld()
        let words = isSHA256 ? "objectformat = sha256" : "extension 'unheard'"
        if isSHA256 {
            try world.must("rm -rf .git && git init -q --object-format=sha256")
        } else {
            try world.must("git config core.repositoryformatversion 1 && git config extensions.unheard 1")
        }
        let commit = try world.run("cairn git-hook pre-commit")
        #expect(commit.exitCode == 1 && commit.stdout.contains(words), "\(commit)")
        #expect(commit.stdout.contains("CAIRN_SKIP_HOOKS=1 git commit"), "\(commit)")
        for command in [
            "git-hook post-merge", "install", "verify --range HEAD~1..HEAD", "diff", "get . data -o y",
            "import . data -o x",
        ] {
            let result = try world.run("cairn \(command)")
            #expect(result.exitCode != 0 && result.stdout.contains(words), "\(result)")
            #expect(result.stdout.matches(of: /error:\ /).count == 1, "\(result)")
        }
    }

    @Test("a submodule that is not checked out is passed over")
    func submodule() throws {
        let world = try HookWorld()
        try world.must("git init -q ../other && git -C ../other commit -q --allow-empty -m x")
        try world.must(
            "git submodule --quiet add \"$PWD/../other\" sub && git commit -qm sub && cairn push -q")
        try world.must("git clone -q . ../clone && cd ../clone && cairn install && cairn pull -q")
        try world.must(
            "echo c > data/c && cairn add -q data && git commit -qam c && cairn diff HEAD~1 && cairn status",
            in: "clone")
        try world.must("cairn verify --range HEAD~1..HEAD && git checkout -q HEAD~1", in: "clone")
        #expect(try world.tree("clone/data") == ["a": "a", "b": "b"])
    }

    @Test(
        "a hostile repository that was cloned runs nothing and writes nothing outside, by hooks or by a pull")
    func hostile() throws {
        let world = try HookWorld(isNative: false)
        let outside = world.sandbox("outside")
        try Files.makeFolder(outside)
        let pointer = { (path: String) in
            "outs:\n- md5: 0cc175b9c0f1b6a831c399e269772661\n  size: 1\n  hash: md5\n  path: \(path)\n"
        }
        try world.must("cairn push -q && git branch safe && ln -s \(outside) link && mkdir deep")
        for (name, path) in [
            ("up", "../outside/stolen"), ("absolute", "\(outside)/stolen"),
            ("hook", ".git/hooks/post-commit"),
            ("config", ".dvc/config.local"), ("through", "link/stolen"),
        ] { try world.write(pointer(path), to: "\(name).dvc") }
        try world.write(
            "[core]\n    remote = store\n    hooks = touch \(outside)/ran\n['remote \"store\"']\n    url = s3://bucket/x\n    endpointurl = http://127.0.0.1:1\n    configpath = keys\n    profile = p\n",
            to: ".dvc/config")
        try world.write("[profile p]\ncredential_process = touch \(outside)/ran\n", to: "keys")
        try world.must("git add -A -f && git commit -q --no-verify -m hostile")
        try world.must(
            "git clone -q . ../victim --branch safe && cd ../victim && cairn install && cp -r ../cache .dvc/cache"
        )
        let hooks = TreeListing(of: world.sandbox("victim/.git/hooks"))
        for command in [
            "git checkout -q main", "cairn pull", "cairn checkout --force", "cairn status",
            "git checkout -q safe",
            "git merge -q main", "git commit --allow-empty -m x", "git push -q origin HEAD:refs/heads/x",
            "cairn verify --range HEAD~1..HEAD --allow-missing", "cairn gc -w -f",
        ] {
            let result = try world.run(command, in: "victim")
            #expect(result.exitCode <= 129 && !result.stdout.contains("Fatal"), "\(result)")
        }
        #expect(Files.names(in: outside).isEmpty)
        #expect(TreeListing(of: world.sandbox("victim/.git/hooks")) == hooks)
        #expect(try Files.text(world.sandbox("victim/.dvc/config")).contains("s3://bucket/x"))
        #expect(!Files.exists(world.sandbox("victim/.dvc/config.local")))
    }
}
