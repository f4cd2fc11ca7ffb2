internal import CLibGit2

/// Who wrote a commit, when, and what was said about it; bytes that are not UTF-8 are replaced.
public struct GitAuthorship: Hashable, Sendable {
    /// The author's name.
    public let name: String
    /// The author's address.
    public let email: String
    /// When the author made it, in seconds since 1970.
    public let time: Int64
    /// The author's distance from UTC, in minutes.
    public let offset: Int
    /// The whole message.
    public let message: String
}

extension GitRepository {
    /// Reads who wrote a commit.
    ///
    /// - Throws: `GitError` if the commit is missing or damaged.
    public func authorship(of commit: GitCommit) throws(GitError) -> GitAuthorship {
        try locked { (raw) throws(GitError) in
            var found: OpaquePointer?
            var oid = commit.id.oid
            try Self.reading(commit.id) { git_commit_lookup(&found, raw, &oid) }
            defer { git_commit_free(found) }
            func text(_ bytes: UnsafePointer<CChar>?) -> String { bytes.map { String(cString: $0) } ?? "" }
            let author = git_commit_author(found)?.pointee
            return GitAuthorship(
                name: text(author?.name), email: text(author?.email), time: author?.when.time ?? 0,
                offset: Int(author?.when.offset ?? 0), message: text(git_commit_message(found)))
        }
    }
}
