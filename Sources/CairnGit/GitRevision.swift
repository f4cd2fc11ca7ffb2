import CairnCore
internal import CLibGit2

/// A commit, as far as history is shown or walked.
public struct GitCommit: Hashable, Sendable {
    /// The commit's name.
    public let id: GitObjectID
    /// The tree of its files.
    public let tree: GitObjectID
    /// Its parents, the first parent first.
    public let parents: [GitObjectID]
    /// When it was committed, in seconds since 1970.
    public let committerTime: Int64
    /// The committer's distance from UTC, in minutes.
    public let committerOffset: Int
    /// The first paragraph of the message on one line; bytes that are not UTF-8 are replaced.
    public let summary: String

    init(_ raw: OpaquePointer) {
        id = GitObjectID(git_commit_id(raw).pointee)
        tree = GitObjectID(git_commit_tree_id(raw).pointee)
        parents = (0..<git_commit_parentcount(raw)).map { GitObjectID(git_commit_parent_id(raw, $0).pointee) }
        committerTime = git_commit_time(raw)
        committerOffset = Int(git_commit_time_offset(raw))
        summary = git_commit_summary(raw).map { String(cString: $0) } ?? ""
    }
}

extension GitRepository {
    /// The commit that HEAD stands on; `nil` before the first commit of a branch.
    ///
    /// - Throws: `GitError` if HEAD leads to an object that is missing or no commit.
    public func head() throws(GitError) -> GitCommit? {
        try locked { (raw) throws(GitError) in
            var id = git_oid()
            let code = git_reference_name_to_id(&id, raw, "HEAD")
            if code == GIT_ENOTFOUND.rawValue || code == GIT_EUNBORNBRANCH.rawValue { return nil }
            try git("read HEAD") { code }
            return try Self.commit(GitObjectID(id), raw)
        }
    }

    /// The branch that HEAD is on, also before its first commit, without `refs/heads/`; `nil` for a detached HEAD.
    ///
    /// - Throws: `GitError` if HEAD cannot be read.
    public func activeBranch() throws(GitError) -> String? {
        try locked { (raw) throws(GitError) in
            var head: OpaquePointer?
            try git("read HEAD") { git_reference_lookup(&head, raw, "HEAD") }
            defer { git_reference_free(head) }
            guard let target = git_reference_symbolic_target(head) else { return nil }
            let name = String(cString: target)
            let prefix = "refs/heads/"
            return name.utf8.starts(with: prefix.utf8)
                ? String(decoding: name.utf8.dropFirst(prefix.utf8.count), as: UTF8.self) : nil
        }
    }

    /// Finds the commit that a text names: a branch, a tag, an id or the start of one, `HEAD~2`, `v1^{commit}`, `@{upstream}`,
    /// `stash@{0}` and so on.
    ///
    /// A name that only exists as a branch of one remote names that branch, and one that only an experiment has names its last commit,
    /// as in DVC.
    ///
    /// - Throws: `GitError` with reason `unknownRevision`, which says what may have been meant, or `ambiguousRevision`; another if
    ///   objects cannot be read.
    public func resolve(_ revision: String) throws(GitError) -> GitCommit {
        guard !revision.utf8.contains(0) else { throw Self.unknown(revision) }
        return try locked { (raw) throws(GitError) in
            if let commit = try Self.parse(revision, revision, raw) { return commit }
            var candidates: Set<GitCommit> = []
            for remote in try Self.remotes(raw) {
                var id = git_oid()
                let name = "refs/remotes/\(remote)/\(revision)"
                guard git_reference_name_to_id(&id, raw, name) == 0 else { continue }
                candidates.insert(try Self.commit(GitObjectID(id), raw))
            }
            if candidates.isEmpty {
                for experiment in try Self.experiments(raw)
                where experiment.name.utf8.elementsEqual(revision.utf8) {
                    candidates.insert(try Self.commit(experiment.commit, raw))
                }
            }
            guard candidates.count < 2 else { throw Self.ambiguous(revision) }
            guard let only = candidates.first else {
                throw try Self.explained(revision, raw, isShallow: isShallow)
            }
            return only
        }
    }

    static func parse(
        _ text: String, _ revision: String, _ raw: OpaquePointer
    ) throws(GitError) -> GitCommit? {
        var object: OpaquePointer?
        let code = git_revparse_single(&object, raw, text)
        if code == GIT_EAMBIGUOUS.rawValue { throw ambiguous(revision) }
        if [GIT_ENOTFOUND, GIT_EINVALIDSPEC, GIT_EPEEL].contains(where: { $0.rawValue == code }) {
            return nil
        }
        // libgit2 gives the general code for texts of a wrong form (`main@{x}`, `^`), too; none of them names a commit.
        guard code == 0 else { return nil }
        defer { git_object_free(object) }
        var commit: OpaquePointer?
        guard git_object_peel(&commit, object, GIT_OBJECT_COMMIT) == 0 else { return nil }
        defer { git_object_free(commit) }
        return commit.map { GitCommit($0) }
    }

    /// Reads a commit by its id; that of an annotated tag gives the one that the tag names.
    ///
    /// - Throws: `GitError` with reason `missingObject` when it is not in this clone; another when it is damaged or no commit.
    public func commit(_ id: GitObjectID) throws(GitError) -> GitCommit {
        try locked { (raw) throws(GitError) in try Self.commit(id, raw) }
    }

    static func commit(_ id: GitObjectID, _ raw: OpaquePointer) throws(GitError) -> GitCommit {
        var object: OpaquePointer?
        var oid = id.oid
        try reading(id) { git_object_lookup(&object, raw, &oid, GIT_OBJECT_ANY) }
        defer { git_object_free(object) }
        var commit: OpaquePointer?
        try git("read the commit \(id)") { git_object_peel(&commit, object, GIT_OBJECT_COMMIT) }
        defer { git_object_free(commit) }
        return GitCommit(commit!)  // libgit2 sets it whenever it returns 0
    }

    static func remotes(_ raw: OpaquePointer) throws(GitError) -> [String] {
        var names = git_strarray()
        try git("list the remotes") { git_remote_list(&names, raw) }
        defer { git_strarray_dispose(&names) }
        return (0..<names.count).compactMap { names.strings[$0].map { String(cString: $0) } }
    }

    static func unknown(
        _ revision: String, _ why: String? = nil, hint: String? = nil
    ) -> GitError {
        GitError(
            code: GIT_ENOTFOUND.rawValue, operation: "find the commit '\(Array(revision.utf8).printable)'",
            message: why ?? "unknown Git revision '\(Array(revision.utf8).printable)'",
            reason: .unknownRevision, hint: hint)
    }

    private static func ambiguous(_ revision: String) -> GitError {
        GitError(
            code: GIT_EAMBIGUOUS.rawValue, operation: "find the commit '\(Array(revision.utf8).printable)'",
            message: "several commits go by this name", reason: .ambiguousRevision,
            hint: "name one by its id, or by its whole name: `git for-each-ref`")
    }
}
