/// What hooks of git do, as `[hooks]` in cairn's own settings says it.
public enum HookOption: String, CaseIterable, Sendable {
    /// Before a commit: the workspace's data is not what the staged pointers say.
    case workspace
    /// Before a commit: a stage would run again.
    case pipeline
    /// Before a push: the remote lacks data of the commits.
    case push
    /// After git has moved to another commit.
    case checkout

    /// What happens.
    public enum Reaction: String, Sendable {
        /// Nothing is looked at.
        case ignore
        /// It is said, and git goes on.
        case warn
        /// It is said, and git stops.
        case fail
        /// What the remote lacks is pushed.
        case push
        /// The data of the new commit is put into the workspace, from the cache.
        case checkout
        /// The same, and what the cache lacks is fetched before.
        case pull
    }

    /// What may be said, the usual first.
    public var reactions: [Reaction] {
        switch self {
        case .workspace, .pipeline: [.warn, .fail, .ignore]
        case .push: [.fail, .push, .warn, .ignore]
        case .checkout: [.checkout, .pull, .ignore]
        }
    }

    /// The reaction that a text names; `nil` for one that makes no sense here.
    func reaction(_ text: String) -> Reaction? {
        Reaction(rawValue: text.lowercased()).flatMap { reactions.contains($0) ? $0 : nil }
    }
}
