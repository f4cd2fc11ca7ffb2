import CairnCore
import CairnSystem

/// What a collection keeps, and where it deletes.
public struct CollectOptions: Sendable {
    /// Says that what the workspace uses is kept. It always is; a collection only wants to be told some scope.
    public var keepsWorkspace = false
    /// Revisions that are kept besides.
    public var revisions = RevisionScope()
    /// Other workspaces that use the same cache; what they use, in the same scope, is kept too.
    public var projects: [String] = []
    /// Whether to delete from a remote too.
    public var includesRemote = false
    /// Whether to delete from the cache also what is kept, as far as a remote has it.
    public var deletesPushed = false
    /// The remote that is meant instead of the default one.
    public var remote: String?
    /// Whether revisions that cannot be read, wholly or in part, are passed over; what only they use is deleted then.
    public var skipsFailed = false
    /// Deletes from a cache that lies outside of the workspace although no other workspace is named.
    public var isForced = false
    /// Only makes the plan.
    public var isDry = false
    /// Whether to look up the last known path and revision of what is deleted.
    public var namesObjects = true
    /// How many files to look at at a time.
    public var jobs: Int?

    /// Nothing is in scope yet.
    public init() {}

    func validate() throws {
        if let jobs, jobs < 1 { throw CairnError(.usage, "\(jobs) at a time cannot be: 1 is the least") }
        if deletesPushed, includesRemote {
            throw CairnError(
                .usage, "--not-in-remote and --cloud contradict each other",
                dvc: "`--not-in-remote` and `--cloud` are mutually exclusive")
        }
        if remote != nil, !includesRemote, !deletesPushed {
            throw CairnError(
                .usage, "--remote needs --cloud or --not-in-remote",
                dvc: "`--remote` requires `--cloud` or `--not-in-remote`")
        }
        guard keepsWorkspace || !revisions.isEmpty else {
            throw CairnError(
                .usage, "nothing says what to keep",
                hint:
                    "name a scope: --workspace, --all-branches, --all-tags, --all-commits, --all-experiments, --date or --rev",
                dvc:
                    "Either of `-w|--workspace`, `-a|--all-branches`, `-T|--all-tags` `--all-experiments`, `--all-commits`, `--date` or `--rev` needs to be set."
            )
        }
        if let count = revisions.count {
            guard revisions.revision != nil || revisions.allBranches else {
                throw CairnError(
                    .usage, "--num needs --rev or --all-branches",
                    dvc: "`--num` can only be used alongside `--rev` or `--all-branches`")
            }
            guard count > 0 else { throw CairnError(.usage, "--num \(count) cannot be: 1 is the least") }
        }
    }
}

extension RevisionScope {
    /// The moment at which a day begins here, for `since`.
    ///
    /// - Parameter text: `2026-11-21`.
    /// - Throws: `CairnError` of kind `usage` for anything else.
    public static func start(ofDay text: String) throws -> Int64 {
        let parts = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        let numbers = parts.compactMap { Int(String($0) ?? "") }
        guard parts.count == 3, parts[0].count == 4, numbers.count == 3, numbers.allSatisfy({ $0 > 0 }),
            let time = Surroundings.start(ofYear: numbers[0], month: numbers[1], day: numbers[2])
        else {
            throw CairnError(
                .usage, "'\(Array(text.utf8).printable)' is not a day", hint: "write it as `2026-11-21`")
        }
        return time
    }
}
