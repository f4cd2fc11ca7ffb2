/// A call to libgit2 that failed, or a repository that cannot be used.
public struct GitError: Error, Hashable, Sendable {
    /// libgit2's code, for instance `GIT_ENOTFOUND` (-3); see libgit2's errors.h.
    public let code: Int32
    /// What was asked for, as a verb with its object.
    public let operation: String
    /// What libgit2 said, or our own sentence where its text misleads.
    public let message: String

    /// Puts an error together.
    public init(code: Int32, operation: String, message: String) {
        self.code = code
        self.operation = operation
        self.message = message
    }
}
