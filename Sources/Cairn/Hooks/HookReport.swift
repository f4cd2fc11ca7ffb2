/// What a hook of git found.
public struct HookReport: Sendable {
    /// What stops git, or makes the hook fail where git cannot be stopped any more.
    public internal(set) var failures: [CairnError] = []
    /// What the user should know although git goes on.
    public internal(set) var warnings: [CairnError] = []
    /// What was brought into the workspace.
    public internal(set) var checkouts: [(workspace: Workspace, report: CheckoutReport)] = []
    /// What was pushed.
    public internal(set) var pushes: [(workspace: Workspace, report: TransferReport)] = []

    /// True if git may go on.
    public var isFine: Bool { failures.isEmpty }

    /// Notes something as settings want it noted.
    mutating func note(_ error: CairnError, as failure: Bool) {
        if failure { failures.append(error) } else { warnings.append(error) }
    }
}
