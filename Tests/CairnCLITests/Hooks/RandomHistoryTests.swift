import CairnTestSupport
import Testing

/// Random histories in two repositories: one with data by pointers and hooks, one in which git itself has the data.
@Suite("Hooks: random histories")
struct RandomHistoryTests {
    @Test(
        "after every step the workspace has the data that git would have", arguments: [1, 2, 3] as [UInt64])
    func sameAsGit(_ seed: UInt64) throws {
        var twins = try Twins(seed: seed)
        for step in 0..<30 {
            let words = try twins.step()
            let (data, oracle) = (try twins.world.tree(), try twins.world.tree("plain/data"))
            #expect(data == oracle, "seed \(seed), step \(step): \(words)")
            if data != oracle { return }
        }
        #expect(twins.conflicts > 0 && twins.merges > 0)
    }

    /// The two repositories.
    private struct Twins {
        let world: HookWorld
        private var random: SeededRandom
        private var branches = ["main"]
        private var number = 0
        private(set) var conflicts = 0
        private(set) var merges = 0

        init(seed: UInt64) throws {
            world = try HookWorld()
            random = SeededRandom(seed: seed)
            let sandbox = world.sandbox
            try Files.write("a", to: sandbox("plain/data/a"))
            try Files.write("b", to: sandbox("plain/data/b"))
            try sandbox.git("init", "-q", in: "plain")
            try sandbox.commit("plain", "data")
            for folder in ["one", "plain"] {
                try world.must(
                    "git config merge.renames false; git config rebase.autostash false", in: folder)
            }
        }

        /// Does the same in both; what cannot be done is given up in both.
        private mutating func both(_ command: String, givingUp abort: String) throws {
            let one = try world.run(command)
            let plain = try world.run(command, in: "plain")
            #expect((one.exitCode == 0) == (plain.exitCode == 0), "\(one)\n\(plain)")
            if one.exitCode != 0 { _ = try world.run(abort) }
            if plain.exitCode != 0 {
                _ = try world.run(abort, in: "plain")
                conflicts += 1
            }
        }

        private mutating func change() throws -> String {
            number += 1
            let name = "f\(Int.random(in: 0..<6, using: &random))"
            let path = Bool.random(using: &random) ? "data/\(name)" : "data/sub/\(name)"
            let isRemoval = Int.random(in: 0..<4, using: &random) == 0
            let edit = isRemoval ? "rm -f \(path)" : "mkdir -p data/sub && echo \(number) > \(path)"
            try world.must("\(edit); cairn add -q data")
            try world.must(edit, in: "plain")
            return edit
        }

        mutating func step() throws -> String {
            let branch = branches.randomElement(using: &random) ?? "main"
            switch Int.random(in: 0..<11, using: &random) {
            case 0...3:
                let edit = try change()
                for folder in ["one", "plain"] {
                    try world.must("git add -A && git commit -q --allow-empty -m \(number)", in: folder)
                }
                return edit
            case 4:
                branches.append("b\(branches.count)")
                try both("git checkout -q -b \(branches.last ?? "")", givingUp: "true")
                return "branch"
            case 5:
                try both("git checkout -q \(branch)", givingUp: "true")
                return "checkout \(branch)"
            case 6, 7:
                merges += 1
                try both("git merge -q --no-edit \(branch)", givingUp: "git merge --abort")
                return "merge \(branch)"
            case 8:
                try both("git rebase -q --reapply-cherry-picks \(branch)", givingUp: "git rebase --abort")
                return "rebase on \(branch)"
            case 9:
                let back = Int.random(in: 0..<3, using: &random)
                let pick = "git cherry-pick $(git rev-list --no-merges --skip=\(back) -1 \(branch))"
                try both(pick, givingUp: "git cherry-pick --abort")
                return "cherry-pick \(branch)~\(back)"
            default:
                if Bool.random(using: &random) {
                    let edit = try change()
                    // git calls no hook for these, so the user brings the data along.
                    for folder in ["one", "plain"] {
                        let follow = folder == "one" ? "cairn checkout -q" : "true"
                        try world.must(
                            "git add -A && { git diff --cached --quiet || { git stash -q && \(follow) && git stash pop -q --index && \(follow); }; }",
                            in: folder)
                        try world.must("git add -A && git commit -q --allow-empty -m stash", in: folder)
                    }
                    return "stash \(edit)"
                }
                try both("git worktree add -q --detach ../$(basename $PWD)-tree \(branch)", givingUp: "true")
                #expect(try world.tree("one-tree/data") == world.tree("plain-tree/data"))
                try both("git worktree remove --force ../$(basename $PWD)-tree", givingUp: "true")
                return "worktree \(branch)"
            }
        }
    }
}
