import CairnCore
internal import CLibGit2

/// A file that git tracks, as the index has it.
public struct GitIndexEntry: Hashable, Sendable {
    /// The path relative to the top of the work tree.
    public let path: [UInt8]
    /// The blob with the file's staged bytes; of a submodule, its commit.
    public let blob: GitObjectID
    /// What the entry is, with the executable bit.
    public let mode: GitFileMode
    /// 0, or the side of an unresolved merge: 1 base, 2 ours, 3 theirs.
    public let stage: Int
    /// True for a file that a sparse checkout leaves out of the work tree.
    public let isSkipped: Bool
    /// True for a path announced by `git add --intent-to-add`, whose bytes are not staged.
    public let isIntentOnly: Bool
    /// True for a file that `git update-index --assume-unchanged` told git not to look at.
    public let isAssumedUnchanged: Bool

    init(_ raw: git_index_entry) {
        path = [UInt8](cString: raw.path)
        blob = GitObjectID(raw.id)
        mode = GitFileMode(raw: raw.mode)
        stage = Int(raw.flags & UInt16(GIT_INDEX_ENTRY_STAGEMASK)) >> Int(GIT_INDEX_ENTRY_STAGESHIFT)
        isSkipped = raw.flags_extended & UInt16(GIT_INDEX_ENTRY_SKIP_WORKTREE.rawValue) != 0
        isIntentOnly = raw.flags_extended & UInt16(GIT_INDEX_ENTRY_INTENT_TO_ADD.rawValue) != 0
        isAssumedUnchanged = raw.flags & UInt16(GIT_INDEX_ENTRY_VALID.rawValue) != 0
    }
}

/// What an entry of a tree or of the index is.
public enum GitFileMode: Hashable, Sendable {
    /// A regular file.
    case file
    /// A regular file that may be run.
    case executable
    /// A symbolic link; its blob holds the target.
    case link
    /// A folder, only in trees.
    case folder
    /// A submodule; its id is a commit of another repository.
    case submodule

    init(raw: UInt32) {
        switch raw & 0o170000 {
        case 0o040000: self = .folder
        case 0o120000: self = .link
        case 0o160000: self = .submodule
        default: self = raw & 0o100 != 0 ? .executable : .file
        }
    }
}

extension GitRepository {
    /// Tells whether a file is in the index, or anything below a folder is.
    ///
    /// - Throws: `GitError` if the index cannot be read, or the path has a NUL byte.
    public func isTracked(_ path: [UInt8]) throws(GitError) -> Bool {
        try withIndex("read the index") { (index) throws(GitError) in try Self.isTracked(path, in: index) }
    }

    static func isTracked(_ path: [UInt8], in index: OpaquePointer) throws(GitError) -> Bool {
        if try path.withCString({ git_index_find(nil, index, $0) }) == 0 { return true }
        return try (path + [UInt8(ascii: "/")]).withCString { git_index_find_prefix(nil, index, $0) } == 0
    }

    /// Lists what is in the index, in the order of its bytes.
    ///
    /// - Parameter folder: List only what is below this folder, or the file itself; `nil` or empty for everything.
    /// - Throws: `GitError` if the index cannot be read, or the path has a NUL byte.
    public func entries(below folder: [UInt8]? = nil) throws(GitError) -> [GitIndexEntry] {
        try entries(below: folder) { _ in true }
    }

    /// Lists those entries of the index whose path satisfies a condition, in the order of their bytes.
    ///
    /// - Parameters:
    ///   - folder: List only what is below this folder, or the file itself; `nil` or empty for everything.
    ///   - isWanted: Asked with the path relative to the top of the work tree.
    /// - Throws: `GitError` if the index cannot be read, or the path has a NUL byte.
    public func entries(
        below folder: [UInt8]? = nil, where isWanted: (_ path: [UInt8]) -> Bool
    ) throws(GitError) -> [GitIndexEntry] {
        try withIndex("read the index") { (index) throws(GitError) in
            Self.entries(of: index, below: folder ?? []).filter { isWanted($0.path) }
        }
    }

    /// Lists those entries of the index whose path ends in one of some texts, in the order of their bytes. The others are hardly looked at.
    ///
    /// - Throws: `GitError` if the index cannot be read.
    public func entries(endingIn endings: [String]) throws(GitError) -> [GitIndexEntry] {
        let endings = endings.map { Array($0.utf8CString) }
        return try withIndex("read the index") { (index) throws(GitError) in
            var entries: [GitIndexEntry] = []
            for position in 0..<git_index_entrycount(index) {
                guard let raw = git_index_get_byindex(index, position)?.pointee,
                    endings.contains(where: { Self.ends(raw.path, in: $0) })
                else { continue }
                entries.append(GitIndexEntry(raw))
            }
            return entries
        }
    }

    /// - Parameter ending: with its NUL.
    private static func ends(_ path: UnsafePointer<CChar>, in ending: [CChar]) -> Bool {
        var end = path
        while end.pointee != 0 { end += 1 }
        let start = end - (ending.count - 1)
        guard start >= path else { return false }
        for (offset, byte) in ending.enumerated() where start[offset] != byte { return false }
        return true
    }

    static func entries(of index: OpaquePointer, below folder: [UInt8]) -> [GitIndexEntry] {
        let prefix = folder + [UInt8(ascii: "/")]
        var entries: [GitIndexEntry] = []
        for position in 0..<git_index_entrycount(index) {
            guard let raw = git_index_get_byindex(index, position)?.pointee else { continue }
            let entry = GitIndexEntry(raw)
            if folder.isEmpty || entry.path == folder || entry.path.starts(with: prefix) {
                entries.append(entry)
            }
        }
        return entries
    }

    /// Lets `body` use the index, read again if the file has changed since.
    func withIndex<Value: Sendable>(
        _ operation: String, _ body: (OpaquePointer) throws(GitError) -> Value
    ) throws(GitError) -> Value {
        try withIndex(operation) { (index, _) throws(GitError) in try body(index) }
    }

    /// The same with the repository, whose lock is held.
    func withIndex<Value: Sendable>(
        _ operation: String,
        _ body: (_ index: OpaquePointer, _ repository: OpaquePointer) throws(GitError) -> Value
    ) throws(GitError) -> Value {
        try locked { (raw) throws(GitError) in
            var index: OpaquePointer?
            try git(operation) { git_repository_index(&index, raw) }
            defer { git_index_free(index) }
            // Not forced: an unchanged file is not parsed twice.
            try git(operation) { git_index_read(index, 0) }
            return try body(index!, raw)  // libgit2 sets it whenever it returns 0
        }
    }
}
