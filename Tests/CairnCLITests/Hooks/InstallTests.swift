import CairnTestSupport
import Glibc
import Testing

/// Installing hooks and taking them away.
@Suite("Hooks: install")
struct InstallTests {
    @Test("hooks that were there run first, their word counts, and they come back just as they were")
    func chain() throws {
        let world = try HookWorld(isInstalled: false)
        let foreign = "#!/bin/sh\necho \"foreign $*\"\ncat\nexit ${FOREIGN:-0}\n"
        try Files.write(foreign, to: world.sandbox("one/.git/hooks/pre-push"), mode: 0o751)
        try Files.write(
            "#!/bin/sh\nexit ${FOREIGN:-0}\n", to: world.sandbox("one/.git/hooks/pre-commit"), mode: 0o755)
        try world.must(
            "echo '#!/bin/sh' > own; echo 'touch followed' >> own; chmod +x own; ln -s ../../own .git/hooks/post-checkout"
        )
        let configuration = try Files.text(world.sandbox("one/.git/config"))
        let before = TreeListing(of: world.sandbox("one/.git/hooks"))
        let said = try world.must("cairn install")
        #expect(
            said.stdout.contains(
                "kept what was there, which runs first: pre-commit, pre-push and post-checkout"), "\(said)")
        #expect(try world.must("cairn install").stdout == "everything is installed\n")
        try world.must("git add .gitattributes && git commit -qm fine && git checkout -q -b side")
        #expect(Files.exists(world.sandbox("one/followed")))
        try world.write("outs: [\n", to: "bad.dvc")
        #expect(try world.run("git add bad.dvc && git commit -m x").stdout.contains("bad.dvc:2:1"))
        #expect(try world.run("FOREIGN=3 git commit -m x").stdout == "")
        try world.must("git rm -q -f bad.dvc && cairn push -q -A")
        let pushed = try world.must("git push -q origin side")
        #expect(
            pushed.stdout.contains("foreign origin ../there.git")
                && pushed.stdout.contains("refs/heads/side"), "\(pushed)")
        #expect(
            try world.run("git commit -q --allow-empty -m x && FOREIGN=3 git push -q origin side").exitCode
                == 1)
        try world.must("cairn uninstall")
        #expect(TreeListing(of: world.sandbox("one/.git/hooks")) == before)
        #expect(try Files.text(world.sandbox("one/.git/hooks/pre-push")) == foreign)
        #expect(try Files.text(world.sandbox("one/.git/config")) == configuration)
        #expect(!Files.exists(world.sandbox("one/.gitattributes")))
        #expect(try world.must("cairn uninstall").stdout == "nothing is installed\n")
    }

    @Test("a hook of another that came after ours is left alone")
    func foreignAfterwards() throws {
        let world = try HookWorld()
        try world.must(
            "echo '#!/bin/sh' > .git/hooks/pre-commit; echo x > .git/hooks/pre-commit.before-cairn")
        let refused = try world.run("cairn install")
        #expect(
            refused.exitCode == 1 && refused.stdout.contains("the hook 'pre-commit' was left alone"),
            "\(refused)")
        let left = try world.run("cairn uninstall")
        #expect(left.exitCode == 1 && left.stdout.contains("is not cairn's any more"), "\(left)")
        #expect(Files.exists(world.sandbox("one/.git/hooks/pre-commit.before-cairn")))
    }

    @Test("hooks that DVC wrote are replaced, not run beside ours, and come back")
    func ofDVC() throws {
        let world = try HookWorld(isInstalled: false, isNative: false)
        try world.must("dvc install").succeeded()
        let text = "#!/bin/sh\nexec dvc git-hook pre-commit $@\n"
        #expect(try Files.text(world.sandbox("one/.git/hooks/pre-commit")) == text)
        let said = try world.must("cairn install")
        #expect(
            said.stdout.contains("replaced hooks of DVC: pre-commit, pre-push and post-checkout"), "\(said)")
        #expect(try !Files.text(world.sandbox("one/.git/hooks/pre-commit")).contains("before-cairn"))
        try world.must("cairn uninstall")
        #expect(try Files.text(world.sandbox("one/.git/hooks/pre-commit")) == text)
        let again = try world.run("dvc install")
        #expect(again.exitCode != 0 && again.stdout.contains("already exists"), "\(again)")
    }

    @Test("core.hooksPath is followed; one outside of the repository is written to only when asked")
    func hooksPath() throws {
        let world = try HookWorld(isInstalled: false)
        try world.must("git config core.hooksPath .hooks && cairn install")
        #expect(Files.exists(world.sandbox("one/.hooks/pre-commit")))
        #expect(!Files.exists(world.sandbox("one/.git/hooks/pre-commit")))
        try world.write("outs: [\n", to: "bad.dvc")
        #expect(try world.run("git add bad.dvc && git commit -m x").stdout.contains("bad.dvc:2:1"))
        try world.must(
            "cairn uninstall && git config --global core.hooksPath ~/all && git config --unset core.hooksPath"
        )
        let refused = try world.run("cairn install")
        #expect(
            refused.exitCode == 128 && refused.stdout.contains("where hooks of other repositories may be too")
                && refused.stdout.contains("cairn install --shared"), "\(refused)")
        #expect(
            !Files.exists(world.sandbox("home/all")) && !Files.exists(world.sandbox("one/.gitattributes")))
        try world.must("cairn install --shared")
        #expect(Files.exists(world.sandbox("home/all/pre-push")))
    }

    @Test("a hook whose program is gone says so: what could be wrong does not go on, what only helps does")
    func programGone() throws {
        let world = try HookWorld()
        let hooks = world.sandbox("one/.git/hooks")
        for name in ["pre-commit", "post-checkout"] {
            let text = try Files.text("\(hooks)/\(name)")
            try Files.write(
                text.replacing("command -v cairn", with: "command -v gone")
                    .replacing(/elif \[ -x .* \]/, with: "elif false"), to: "\(hooks)/\(name)", mode: 0o755)
        }
        let refused = try world.run("git commit --allow-empty -m x")
        #expect(refused.exitCode == 1 && refused.stdout.contains("cairn is not installed"), "\(refused)")
        #expect(try world.must("git checkout -q -b side").stdout.contains("cairn is not installed"))
    }

    @Test("the program pre-commit is told by its file, which keeps its comments, and forgets again")
    func preCommitTool() throws {
        let world = try HookWorld(isInstalled: false)
        let old = "# ours\nrepos:\n  - repo: local  # here\n    hooks: []\n"
        try world.write(old, to: ".pre-commit-config.yaml")
        try world.must("cairn install --use-pre-commit-tool")
        let text = try Files.text(world.sandbox("one/.pre-commit-config.yaml"))
        #expect(text.hasPrefix(old) && text.contains("entry: cairn git-hook pre-push"), "\(text)")
        #expect(!Files.exists(world.sandbox("one/.git/hooks/pre-commit")))
        try world.must("cairn install --use-pre-commit-tool")
        #expect(try Files.text(world.sandbox("one/.pre-commit-config.yaml")) == text)
        try world.must("cairn uninstall")
        #expect(try Files.text(world.sandbox("one/.pre-commit-config.yaml")) == old)
        // What pre-commit tells hooks in place of arguments and input.
        let tip = try world.must("git rev-parse HEAD").stdout
        let refused = try world.run(
            "PRE_COMMIT_TO_REF=\(tip.dropLast()) PRE_COMMIT_REMOTE_NAME=origin cairn git-hook pre-push")
        #expect(refused.exitCode == 1 && refused.stdout.contains("lacks the data of"), "\(refused)")
    }
}
