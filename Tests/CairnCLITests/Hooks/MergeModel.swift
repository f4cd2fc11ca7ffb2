/// A workspace as a test sees it: what is tracked, and what it holds.
struct MergeModel: Equatable {
    /// A tracked file, or the files of a tracked directory.
    enum Output: Equatable {
        case file(String)
        case directory([String: String])
    }

    /// What is tracked, by path.
    var outputs: [String: Output] = [:]
    /// What stages made, by the name of the stage; those that never ran are not there.
    var stages: [String: String] = [:]
}

/// The merge of trees that began as one, path by path: ten lines that know nothing of pointers.
struct MergeOracle {
    /// The result with our version of what both changed, and with theirs.
    private(set) var ours = MergeModel()
    private(set) var theirs = MergeModel()
    /// What both changed in different ways: paths, stages, and pointers that one side removed.
    private(set) var paths: Set<String> = []
    private(set) var stages: Set<String> = []
    private(set) var pointers: Set<String> = []
    /// The files that git is left with.
    private(set) var files: Set<String> = []

    var isClean: Bool { files.isEmpty }

    /// - Parameter renames: outputs that our side renamed, by their new names.
    init(_ base: MergeModel, _ ours: MergeModel, _ theirs: MergeModel, renames: [String: String]) {
        var (base, theirs) = (base, theirs)
        for (new, old) in renames {
            base.outputs[new] = base.outputs.removeValue(forKey: old)
            theirs.outputs[new] = theirs.outputs.removeValue(forKey: old)
        }
        for name in Set(base.outputs.keys).union(ours.outputs.keys).union(theirs.outputs.keys) {
            let (before, own, other) = (base.outputs[name], ours.outputs[name], theirs.outputs[name])
            if own == other || other == before {
                (self.ours.outputs[name], self.theirs.outputs[name]) = (own, own)
            } else if own == before {
                (self.ours.outputs[name], self.theirs.outputs[name]) = (other, other)
            } else if case .directory(let one)? = own, case .directory(let two)? = other {
                var root: [String: String] = [:]
                if case .directory(let tree)? = before { root = tree }
                let merged = Self.merge(root, one, two)
                self.ours.outputs[name] = .directory(merged.ours)
                self.theirs.outputs[name] = .directory(merged.theirs)
                paths.formUnion(merged.conflicts.map { "\(name)/\($0)" })
                if !merged.conflicts.isEmpty { files.insert("\(name).dvc") }
            } else {
                (self.ours.outputs[name], self.theirs.outputs[name]) = (own, other)
                files.insert("\(name).dvc")
                if own == nil || other == nil { pointers.insert("\(name).dvc") } else { paths.insert(name) }
            }
        }
        for name in Set(ours.stages.keys).union(theirs.stages.keys) {
            let (before, own, other) = (base.stages[name], ours.stages[name], theirs.stages[name])
            let value = own == other || other == before ? own : other
            (self.ours.stages[name], self.theirs.stages[name]) = (value, value)
            guard own != other, own != before, other != before else { continue }
            (self.ours.stages[name], self.theirs.stages[name]) = (own, other)
            stages.insert(name)
            files.formUnion(["dvc.lock", "in/\(name)"])
        }
    }

    /// Merges the files of a directory.
    static func merge(
        _ base: [String: String], _ ours: [String: String], _ theirs: [String: String]
    ) -> (ours: [String: String], theirs: [String: String], conflicts: Set<String>) {
        var (one, two): ([String: String], [String: String]) = ([:], [:])
        var conflicts: Set<String> = []
        for path in Set(base.keys).union(ours.keys).union(theirs.keys) {
            let (before, own, other) = (base[path], ours[path], theirs[path])
            if own == other || other == before {
                (one[path], two[path]) = (own, own)
            } else if own == before {
                (one[path], two[path]) = (other, other)
            } else {
                (one[path], two[path]) = (own, other)
                conflicts.insert(path)
            }
        }
        // A file cannot be where something needs a folder; an empty folder is none if something is in it.
        let all = Set(one.keys).union(two.keys)
        func isInside(_ path: String, of folder: String) -> Bool { path.hasPrefix("\(folder)/") }
        for path in all where all.contains(where: { isInside($0, of: path) }) {
            let isFile = { (value: String?) in value != nil && value != Tree.emptyFolder }
            if isFile(one[path]) || isFile(two[path]) { conflicts.insert(path) }
            one = Self.settled(one, at: path, hasFile: isFile(ours[path]))
            two = Self.settled(two, at: path, hasFile: isFile(theirs[path]))
        }
        return (one, two, conflicts)
    }

    private static func settled(_ tree: [String: String], at path: String, hasFile: Bool) -> [String: String]
    {
        let below = tree.keys.filter { $0.hasPrefix("\(path)/") }
        if hasFile { return tree.filter { !below.contains($0.key) } }
        guard let value = tree[path], value != Tree.emptyFolder || !below.isEmpty else { return tree }
        return tree.filter { $0.key != path }
    }
}
