import CairnTestSupport

/// A repository with data of every kind, in which two branches change at random and are merged.
struct MergeWorld {
    let world: HookWorld
    /// What is not as it should be.
    private(set) var problems: [String] = []
    private let isNative: Bool
    private var random: SeededRandom
    private var number = 0
    /// Where git stands.
    private var base = MergeModel()

    init(seed: UInt64, isNative: Bool) throws {
        self.isNative = isNative
        world = try HookWorld(isNative: isNative)
        random = SeededRandom(seed: seed)
        for name in ["more/set", "more/other"] {
            for path in ["a", "k", "z/a"] { try put("\(path)\n", at: "\(name)/\(path)") }
        }
        for name in ["f0", "f1", "f2", "files/f3", "files/f4"] { try put(unique(), at: name) }
        var script = "set -e; cairn add -q more/set more/other f0 f1 f2 files/f3 files/f4\n"
        for stage in ["s0", "s1", "s2"] {
            try put(unique(), at: "in/\(stage)")
            script +=
                "cairn stage add -q -n \(stage) -d in/\(stage) -o out/\(stage) 'cp in/\(stage) out/\(stage)'\n"
        }
        try world.must("mkdir out; \(script) cairn repro -q s0 s1; git add -A; git commit -qm base")
        base = try model()
    }

    /// Lets both branches change, and merges them.
    ///
    /// - Returns: what was done, for messages.
    mutating func round() throws -> String {
        let way = ["merge", "rebase", "cherry-pick"].randomElement(using: &random) ?? "merge"
        try world.must("git checkout -q -B theirs")
        let first = try change(mayRename: false)
        try world.must("git add -A && git commit -q --allow-empty -m theirs")
        let theirs = try model()
        try world.must("git checkout -q main")
        expect(try model(), is: base, "back on main")
        let second = try change(mayRename: true)
        try world.must("git add -A && git commit -q --allow-empty -m ours")
        let ours = try model()
        let oracle = MergeOracle(base, ours, theirs, renames: second.renames)
        let command =
            switch way {
            case "rebase": "git checkout -q theirs && git rebase -q --reapply-cherry-picks --keep-empty main"
            case "cherry-pick": "git cherry-pick --allow-empty --keep-redundant-commits theirs"
            default: "git merge -q --no-edit theirs"
            }
        let result = try world.run(command)
        let words = "\(way); ours: \(second.words); theirs: \(first.words)\n\(result)"
        let unmerged = try world.must("git diff --name-only -z --diff-filter=U").stdout.split(separator: "\0")
        expect(Set(unmerged.map(String.init)), is: oracle.files, "in conflict")
        expect(result.exitCode == 0, is: oracle.isClean, "success")
        guard problems.isEmpty else { return words }
        if oracle.isClean {
            base = oracle.ours
            expect(try model(), is: base, "merged")
            // What pointers and lock say is what adding and running would make them say.
            let outputs = base.outputs.keys.sorted().map { "'\($0)'" }.joined(separator: " ")
            let stages = base.stages.keys.sorted().joined(separator: " ")
            let status = try world.run(
                "cairn add -q \(outputs); git status --porcelain; cairn status \(stages)")
            expect(status.stdout, is: "everything is up to date\n", "status")
            try world.must("git checkout -q -B main")
            return words
        }
        expectNames(result.stdout, oracle)
        for (side, model) in [("ours", oracle.ours), ("theirs", oracle.theirs)] {
            try take(side)
            expect(try self.model(), is: model, "with \(side)")
        }
        try world.must("git \(way) --abort && git checkout -q main; \(Self.follow)")
        base = ours
        expect(try model(), is: base, "given up")
        return words
    }

    /// A stage that never ran has nothing that could come: that is no failure here, and what another branch made of it goes by hand.
    private static let follow = "rm -f out/s*; cairn checkout -q --force || test $? = 1"

    // MARK: Changes

    private func put(_ value: String, at path: String) throws {
        try Tree.put(value, at: path, in: world.sandbox("one"))
    }

    private mutating func unique() -> String {
        number += 1
        return "\(number) once\n"
    }

    /// Changes some outputs and stages, and records that.
    private mutating func change(mayRename: Bool) throws -> (words: String, renames: [String: String]) {
        var (script, words) = ("set -e\n", "")
        var renames: [String: String] = [:]
        let free = base.outputs.keys.filter { $0 != "data" && $0 != "f0" && $0 != "files/f3" }.sorted()
        // What our side renames, their side leaves where it is.
        let own = free.enumerated().filter { ($0.offset % 2 == 0) == mayRename }.map(\.element)
        if Int.random(in: 0..<3, using: &random) == 0, let path = own.randomElement(using: &random) {
            number += 1
            if mayRename {
                renames["r\(number)"] = path
                script += "cairn move -q \(path) r\(number)\n"
            } else {
                script += "cairn remove -q --outs \(path).dvc\n"
            }
        }
        words += script.dropFirst(6)
        var changed: [String] = []
        for (path, output) in base.outputs.sorted(by: { $0.key < $1.key })
        where !script.contains(" \(path)") && Int.random(in: 0..<4, using: &random) == 0 {
            changed.append(path)
            if case .file = output { try put(unique(), at: path) } else { words += try edit(path) }
        }
        if Int.random(in: 0..<3, using: &random) == 0 {
            // Both branches may add the same one.
            number += 1
            let path = "n\(Int.random(in: 0..<2, using: &random) + number / 40 * 2)"
            if base.outputs[path] == nil {
                changed.append(path)
                let isFile = Bool.random(using: &random)
                try put(unique(), at: isFile ? path : "\(path)/\(number)")
                if !isFile { words += try edit(path) }
            }
        }
        for stage in ["s0", "s1", "s2"] where Int.random(in: 0..<4, using: &random) == 0 {
            try put(unique(), at: "in/\(stage)")
            script += "cairn repro -q \(stage)\n"
            words += " \(stage)"
        }
        if !changed.isEmpty { script += "cairn add -q \(changed.joined(separator: " "))\n" }
        try world.must(script)
        return (words + " " + changed.joined(separator: " "), renames)
    }

    /// Changes some files of a directory.
    private mutating func edit(_ folder: String) throws -> String {
        // Names that sort in different ways with and without what follows; some contents that both sides may come to.
        let names = ["a", "a b", "é ü", "k", "k.x", "k/a", "k/a/b", "k-/q", "z", "z/a", "z/b"]
        var words = " "
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            var path = names.randomElement(using: &random) ?? "a"
            var value = "\(Int.random(in: 0..<4, using: &random))\n"
            switch Int.random(in: 0..<8, using: &random) {
            case 0...1:
                words += "-\(path) "
                Files.delete(world.sandbox("one/\(folder)/\(path)"))
                continue
            case 2 where isNative: value = Tree.emptyFolder
            case 3 where isNative: value = "x \(value)"
            case 4 where isNative:
                // In places of their own: a link in the place of a file counts as the file that it leads to.
                path = Bool.random(using: &random) ? "link" : "z/link"
                value = Bool.random(using: &random) ? "-> a" : "-> nowhere"
            default: break
            }
            words += "+\(path) "
            try put(value, at: "\(folder)/\(path)")
        }
        return words + "in"
    }

    // MARK: What is there

    private func model() throws -> MergeModel {
        var model = MergeModel()
        for name in Files.paths(below: world.sandbox("one"))
        where name.hasSuffix(".dvc") && !name.hasPrefix(".") {
            let path = String(name.dropLast(4))
            let place = world.sandbox("one/\(path)")
            model.outputs[path] =
                Files.isFolder(place)
                ? .directory(try Tree.read(place, isNative: isNative)) : .file(try Tree.value(place))
        }
        for stage in Files.names(in: world.sandbox("one/out")) where !stage.hasPrefix(".") {
            model.stages[stage] = try Files.text(world.sandbox("one/out/\(stage)"))
        }
        return model
    }

    /// Takes one side of everything that is in conflict.
    private func take(_ side: String) throws {
        let (stage, drop) =
            side == "ours"
            ? ("2", "/^=======/,/^>>>>>>>/d; /^<<<<<<</d") : ("3", "/^<<<<<<</,/^=======/d; /^>>>>>>>/d")
        try world.must(
            """
            set -e; mkdir -p ../marks
            git diff --name-only --diff-filter=U | while read -r file; do
                mkdir -p "../marks/$(dirname "$file")"
                if [ ! -e "../marks/$file" ] && [ -e "$file" ]; then cp "$file" "../marks/$file"; fi
                if git ls-files -u "$file" | cut -f1 | grep -q '\(stage)$'; then
                    sed '\(drop)' "../marks/$file" > "$file"
                else
                    rm -f "$file"
                fi
            done
            \(side == "ours" ? "" : "rm -r ../marks")
            \(Self.follow)
            """)
    }

    /// Expects that messages name what both changed, and nothing else.
    private mutating func expectNames(_ text: String, _ oracle: MergeOracle) {
        func named(_ pattern: Regex<(Substring, Substring)>) -> Set<String> {
            Set(text.matches(of: pattern).map { String($0.1) })
        }
        expect(named(/both sides changed '([^']+)'/), is: oracle.paths, "paths by name")
        expect(named(/both sides ran stage '([^']+)'/), is: oracle.stages, "stages by name")
        expect(named(/CONFLICT \(modify.delete\): (\S+)/), is: oracle.pointers, "pointers by name")
    }

    private mutating func expect<Value: Equatable>(_ found: Value, is wanted: Value, _ what: String) {
        if found != wanted { problems.append("\(what): \(found), not \(wanted)") }
    }
}
