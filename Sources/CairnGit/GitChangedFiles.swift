import CairnCore
internal import CLibGit2

/// A file that is not the same in two trees, or in a tree and the index.
public struct GitChangedFile: Hashable, Sendable {
    /// The path relative to the top of the work tree.
    public let path: [UInt8]
    /// What was there; `nil` for nothing.
    public let old: GitTreeEntry?
    /// What is there now; `nil` for nothing.
    public let new: GitTreeEntry?
}

extension GitRepository {
    /// The files that differ between two commits, in the order of their bytes; equal folders are not read.
    ///
    /// - Parameters:
    ///   - old: the commit before; `nil` for one without files.
    ///   - new: the commit after; `nil` for one without files.
    ///   - isWanted: asked with each path that differs.
    /// - Throws: `GitError` if a tree is missing or damaged.
    public func changedFiles(
        from old: GitCommit?, to new: GitCommit?, where isWanted: (_ path: [UInt8]) -> Bool = { _ in true }
    ) throws(GitError) -> [GitChangedFile] {
        try locked { (raw) throws(GitError) in
            try Self.withTree(old?.tree, raw) { (before) throws(GitError) in
                try Self.withTree(new?.tree, raw) { (after) throws(GitError) in
                    try Self.changes(isWanted) { diff, options in
                        git_diff_tree_to_tree(&diff, raw, before, after, &options)
                    }
                }
            }
        }
    }

    /// The files that differ between a commit and the index: what the next commit changes. Unresolved paths are left out, and those
    /// that are only announced (`git add --intent-to-add`).
    ///
    /// - Parameters:
    ///   - commit: the commit to compare with; `nil` for one without files.
    ///   - isWanted: asked with each path that differs.
    /// - Throws: `GitError` if the index or a tree cannot be read.
    public func stagedFiles(
        since commit: GitCommit?, where isWanted: (_ path: [UInt8]) -> Bool = { _ in true }
    ) throws(GitError) -> [GitChangedFile] {
        try withIndex("read the index") { (index, raw) throws(GitError) in
            try Self.withTree(commit?.tree, raw) { (tree) throws(GitError) in
                let all = try Self.changes(isWanted) { diff, options in
                    git_diff_tree_to_index(&diff, raw, tree, index, &options)
                }
                var announced: Set<[UInt8]> = []
                for change in all where change.old == nil {
                    let entry = try change.path.withCString { git_index_get_bypath(index, $0, 0)?.pointee }
                    if let entry, GitIndexEntry(entry).isIntentOnly { announced.insert(change.path) }
                }
                return all.filter { !announced.contains($0.path) }
            }
        }
    }

    /// The staged entry at a path; `nil` if there is none, or the path is unresolved.
    ///
    /// - Throws: `GitError` if the index cannot be read.
    public func stagedEntry(at path: [UInt8]) throws(GitError) -> GitIndexEntry? {
        try withIndex("read the index") { (index) throws(GitError) in
            try path.withCString { git_index_get_bypath(index, $0, 0).map { GitIndexEntry($0.pointee) } }
        }
    }

    private static func changes(
        _ isWanted: ([UInt8]) -> Bool, _ compare: (inout OpaquePointer?, inout git_diff_options) -> Int32
    ) throws(GitError) -> [GitChangedFile] {
        var options = git_diff_options()
        try git("compare trees") { git_diff_options_init(&options, UInt32(GIT_DIFF_OPTIONS_VERSION)) }
        options.flags =
            GIT_DIFF_SKIP_BINARY_CHECK.rawValue | GIT_DIFF_INCLUDE_TYPECHANGE.rawValue
            | GIT_DIFF_IGNORE_SUBMODULES.rawValue
        var diff: OpaquePointer?
        try git("compare trees") { compare(&diff, &options) }
        defer { git_diff_free(diff) }
        var changes: [GitChangedFile] = []
        for position in 0..<git_diff_num_deltas(diff) {
            guard let delta = git_diff_get_delta(diff, position)?.pointee,
                delta.status != GIT_DELTA_CONFLICTED,
                let name = delta.new_file.path ?? delta.old_file.path
            else { continue }
            let path = [UInt8](cString: name)
            guard isWanted(path) else { continue }
            changes.append(
                GitChangedFile(
                    path: path, old: delta.status == GIT_DELTA_ADDED ? nil : entry(delta.old_file),
                    new: delta.status == GIT_DELTA_DELETED ? nil : entry(delta.new_file)))
        }
        return changes.sorted { $0.path.lexicographicallyPrecedes($1.path) }
    }

    private static func entry(_ file: git_diff_file) -> GitTreeEntry {
        GitTreeEntry(mode: GitFileMode(raw: UInt32(file.mode)), id: GitObjectID(file.id))
    }

    private static func withTree<Value>(
        _ id: GitObjectID?, _ raw: OpaquePointer, _ body: (OpaquePointer?) throws(GitError) -> Value
    ) throws(GitError) -> Value {
        guard let id else { return try body(nil) }
        let tree = try GitTree(id, raw)
        return try body(tree.raw)
    }
}
