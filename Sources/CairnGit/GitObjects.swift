import CairnCore
internal import CLibGit2

/// An entry of a tree.
public struct GitTreeEntry: Hashable, Sendable {
    /// What the entry is.
    public let mode: GitFileMode
    /// Its blob, tree, or (of a submodule) commit.
    public let id: GitObjectID
}

extension GitRepository {
    /// Looks a path up in a commit.
    ///
    /// - Parameter path: Relative to the top of the work tree.
    /// - Returns: `nil` when the commit has no such path.
    /// - Throws: `GitError` if a tree is missing or damaged, or the path has a NUL byte.
    public func entry(at path: [UInt8], in commit: GitCommit) throws(GitError) -> GitTreeEntry? {
        guard !path.isEmpty else { return GitTreeEntry(mode: .folder, id: commit.tree) }
        return try locked { (raw) throws(GitError) in
            try path.withCString { (text) throws(GitError) in
                let tree = try GitTree(commit.tree, raw)
                var found: OpaquePointer?
                defer { git_tree_entry_free(found) }
                let code = git_tree_entry_bypath(&found, tree.raw, text)
                if code == GIT_ENOTFOUND.rawValue { return nil }
                try git("look up '\(path.printable)' in the commit \(commit.id)") { code }
                return GitTreeEntry(
                    mode: GitFileMode(raw: UInt32(git_tree_entry_filemode_raw(found).rawValue)),
                    id: GitObjectID(git_tree_entry_id(found).pointee))
            }
        }
    }

    /// Reads a file of a commit; of a symbolic link, its target.
    ///
    /// - Returns: `nil` when the commit has no file at the path.
    /// - Throws: `GitError` if an object is missing or damaged, or the path has a NUL byte.
    public func file(at path: [UInt8], in commit: GitCommit) throws(GitError) -> [UInt8]? {
        guard let entry = try entry(at: path, in: commit) else { return nil }
        switch entry.mode {
        case .file, .executable, .link: return try blob(entry.id)
        case .folder, .submodule: return nil
        }
    }

    /// Reads a blob.
    ///
    /// - Throws: `GitError` with reason `missingObject` when it is not in this clone; another when it is damaged or no blob.
    public func blob(_ id: GitObjectID) throws(GitError) -> [UInt8] {
        try locked { (raw) throws(GitError) in
            var blob: OpaquePointer?
            var oid = id.oid
            try Self.reading(id) { git_blob_lookup(&blob, raw, &oid) }
            defer { git_blob_free(blob) }
            let bytes = UnsafeRawBufferPointer(
                start: git_blob_rawcontent(blob), count: Int(git_blob_rawsize(blob)))
            return Array(bytes)
        }
    }

    /// Calls libgit2 to read an object, and says what helps when it is not there: in a partial clone, git fetches objects
    /// one by one when they are needed, which libgit2 cannot.
    static func reading(_ id: GitObjectID, _ call: () -> Int32) throws(GitError) {
        do throws(GitError) {
            try git("read the object \(id)", call)
        } catch  where error.code == GIT_ENOTFOUND.rawValue {
            throw GitError(
                code: error.code, operation: error.operation,
                message:
                    "it is not in this clone; `git cat-file -p \(id)` fetches it if the clone is a partial one",
                reason: .missingObject(id))
        }
    }
}

/// A tree of libgit2, freed at the end of its scope.
struct GitTree: ~Copyable {
    let raw: OpaquePointer

    /// - Throws: `GitError` if the object is missing, damaged or no tree.
    init(_ id: GitObjectID, _ repository: OpaquePointer) throws(GitError) {
        var tree: OpaquePointer?
        var oid = id.oid
        try GitRepository.reading(id) { git_tree_lookup(&tree, repository, &oid) }
        raw = tree!  // libgit2 sets it whenever it returns 0
    }

    deinit { git_tree_free(raw) }

    /// The entries in git's order.
    func entries() -> [(name: [UInt8], entry: GitTreeEntry)] {
        (0..<git_tree_entrycount(raw)).compactMap { index in
            guard let entry = git_tree_entry_byindex(raw, index) else { return nil }
            let mode = GitFileMode(raw: UInt32(git_tree_entry_filemode_raw(entry).rawValue))
            let name = [UInt8](cString: git_tree_entry_name(entry))
            return (name, GitTreeEntry(mode: mode, id: GitObjectID(git_tree_entry_id(entry).pointee)))
        }
    }
}
