/// A call to libgit2 that failed, or a repository that cannot be used.
public struct GitError: Error, Hashable, Sendable {
    /// What kind of failure it was, as far as a caller may want to act on it.
    public enum Reason: Hashable, Sendable {
        /// libgit2 or the operating system refused; the message says why.
        case failed
        /// No commit goes by this text.
        case unknownRevision
        /// Several commits go by this text.
        case ambiguousRevision
        /// The repository belongs to somebody else, and the user has not said that it may be used.
        case foreignOwner
        /// The repository uses a format or extension that is not understood here; its name.
        case unsupported(String)
        /// Another process is writing the same file of git.
        case locked
        /// An object that something refers to is not in this clone.
        case missingObject(GitObjectID)
        /// The path cannot be staged here; the message says why.
        case notStageable
    }

    /// What kind of failure it was.
    public let reason: Reason
    /// libgit2's code, for instance `GIT_ENOTFOUND` (-3); see libgit2's errors.h.
    public let code: Int32
    /// What was asked for, as a verb with its object.
    public let operation: String
    /// What libgit2 said, or our own sentence where its text misleads.
    public let message: String
    /// What may help: what may have been meant, or a command in backticks.
    public let hint: String?

    /// Puts an error together.
    public init(
        code: Int32, operation: String, message: String, reason: Reason = .failed, hint: String? = nil
    ) {
        self.reason = reason
        self.hint = hint
        self.code = code
        self.operation = operation
        self.message = message
    }
}
