import CairnCore

/// A failure of a verb, in words for people and with a kind for scripts.
public struct CairnError: Error, Sendable {
    /// What sort of failure it is; the command line picks the exit code by it. The set is closed.
    public enum Kind: String, Sendable, CaseIterable {
        /// The command was called in a way that it does not take.
        case usage
        /// A configuration file or value is wrong.
        case config
        /// There is no workspace here.
        case notRepository
        /// A target, revision or remote that was named does not exist.
        case notFound
        /// Data that something refers to is not there.
        case missing
        /// Bytes that are not what their name says.
        case damaged
        /// Going on would overwrite or contradict something.
        case conflict
        /// Another process holds what is needed.
        case locked
        /// The operating system refused.
        case io
        /// A remote could not be reached.
        case network
        /// No permission.
        case denied
        /// A stage's command failed.
        case stageFailed
        /// The user stopped the command.
        case interrupted
        /// Some of the items failed, the rest is done.
        case partial
        /// A fault of ours.
        case `internal`
    }

    /// What sort of failure it is.
    public let kind: Kind
    /// What failed, on what, why: one clause without a full stop; further lines list items.
    public let message: String
    /// What to type next, as a command in backticks with a word around it.
    public let hint: String?
    /// What DVC says in this place, where other programs are known to look for its words; `nil` to say `message`.
    public let wordsOfDVC: String?

    /// Puts an error together.
    public init(_ kind: Kind, _ message: String, hint: String? = nil, dvc wordsOfDVC: String? = nil) {
        self.kind = kind
        self.message = message
        self.hint = hint
        self.wordsOfDVC = wordsOfDVC
    }
}
