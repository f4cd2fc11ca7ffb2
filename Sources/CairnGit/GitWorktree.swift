import CairnCore
import CairnSystem
internal import CLibGit2

/// How a tracked file differs.
public enum GitChangeKind: Hashable, Sendable {
    case added, modified, deleted
    /// A file became a link, or the like.
    case typeChanged
}

/// A tracked path that differs between the last commit, the index and the work tree.
public struct GitChange: Hashable, Sendable {
    /// The path relative to the top of the work tree.
    public let path: [UInt8]
    /// What is staged: the index against the last commit.
    public let staged: GitChangeKind?
    /// What is not staged: the work tree against the index.
    public let unstaged: GitChangeKind?
    /// True for an unresolved merge.
    public let isConflicted: Bool
}

extension GitRepository {
    /// The tracked paths that differ, in the order of their bytes; renames come as one deleted and one added path.
    ///
    /// A file that a sparse checkout leaves out, or that git was told to take as unchanged, is not deleted. A file with a
    /// filter of another program (git-lfs) may be listed as modified when only its time has changed: libgit2 cannot run the
    /// filter to find out.
    ///
    /// - Throws: `GitError` if the index or an object cannot be read, or the repository is bare.
    public func changes() throws(GitError) -> [GitChange] {
        _ = try requireWorkDirectory("compare the work tree with the index")
        return try locked { (raw) throws(GitError) in
            var options = git_status_options()
            try git("compare the work tree with the index") {
                git_status_options_init(&options, UInt32(GIT_STATUS_OPTIONS_VERSION))
            }
            options.show = GIT_STATUS_SHOW_INDEX_AND_WORKDIR
            options.flags = GIT_STATUS_OPT_NO_REFRESH.rawValue
            var index: OpaquePointer?
            try git("read the index") { git_repository_index(&index, raw) }
            defer { git_index_free(index) }
            try git("read the index") { git_index_read(index, 0) }
            var list: OpaquePointer?
            try git("compare the work tree with the index") { git_status_list_new(&list, raw, &options) }
            defer { git_status_list_free(list) }
            var changes: [GitChange] = []
            for position in 0..<git_status_list_entrycount(list) {
                guard let entry = git_status_byindex(list, position)?.pointee else { continue }
                // `index` is set: libgit2 returned 0.
                if let change = try Self.change(entry, index!) { changes.append(change) }
            }
            return changes.sorted { $0.path.lexicographicallyPrecedes($1.path) }
        }
    }

    private static func change(
        _ entry: git_status_entry, _ index: OpaquePointer
    ) throws(GitError) -> GitChange? {
        guard let delta = entry.index_to_workdir ?? entry.head_to_index,
            let name = delta.pointee.old_file.path ?? delta.pointee.new_file.path
        else { return nil }
        let path = [UInt8](cString: name)
        let flags = entry.status.rawValue
        func kind(_ table: [(git_status_t, GitChangeKind)]) -> GitChangeKind? {
            table.first { flags & $0.0.rawValue != 0 }?.1
        }
        let staged = kind([
            (GIT_STATUS_INDEX_NEW, .added), (GIT_STATUS_INDEX_DELETED, .deleted),
            (GIT_STATUS_INDEX_TYPECHANGE, .typeChanged), (GIT_STATUS_INDEX_MODIFIED, .modified),
        ])
        var unstaged = kind([
            (GIT_STATUS_WT_DELETED, .deleted), (GIT_STATUS_WT_TYPECHANGE, .typeChanged),
            (GIT_STATUS_WT_MODIFIED, .modified),
        ])
        if unstaged == .deleted, let raw = git_index_get_bypath(index, name, 0)?.pointee {
            let tracked = GitIndexEntry(raw)
            if tracked.isSkipped || tracked.isAssumedUnchanged { unstaged = nil }
        }
        let isConflicted = flags & GIT_STATUS_CONFLICTED.rawValue != 0
        guard staged != nil || unstaged != nil || isConflicted else { return nil }
        return GitChange(path: path, staged: staged, unstaged: unstaged, isConflicted: isConflicted)
    }

    /// The files that git neither tracks nor ignores, in the order of their bytes.
    ///
    /// A repository inside the work tree is one entry with a slash at its end, as in `git status --untracked-files=all`.
    ///
    /// - Parameter folder: List only what is below this folder; empty for everything.
    /// - Throws: `GitError` if the index or a configuration file cannot be read, or the repository is bare.
    public func untrackedFiles(below folder: [UInt8] = []) throws(GitError) -> [[UInt8]] {
        try untracked(below: folder, stopsAtFirst: false)
    }

    /// Tells whether `git status` would have anything to say.
    ///
    /// - Parameter countsUntracked: Whether an untracked file counts as a change.
    /// - Throws: `GitError` as `changes` and `untrackedFiles`.
    public func hasChanges(countsUntracked: Bool = true) throws(GitError) -> Bool {
        if try !changes().isEmpty { return true }
        guard countsUntracked else { return false }
        return try !untracked(below: [], stopsAtFirst: true).isEmpty
    }

    private func untracked(below folder: [UInt8], stopsAtFirst: Bool) throws(GitError) -> [[UInt8]] {
        let top = try requireWorkDirectory("list untracked files")
        var walk = GitUntrackedWalk(top: top, rules: try ignoreRules())
        if !folder.isEmpty && walk.rules.isIgnored(folder, isDirectory: true) { return [] }
        walk.tracked = GitUntrackedWalk.Tracked(try entries())
        return walk.files(below: folder, stopsAtFirst: stopsAtFirst)
    }
}
