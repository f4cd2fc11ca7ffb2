public import CairnCore
import CairnSystem

/// How data is brought into the workspace.
public struct PullOptions: Sendable {
    /// What is fetched, and from where.
    public var transfer = TransferOptions()
    /// Replaces and removes files whose content is nowhere else.
    public var isForced = false
    /// Passes over outputs and files whose data is nowhere.
    public var allowsMissing = false

    /// All of the workspace, from the default remote, the safe way.
    public init() {}
}

/// What a pull brought.
///
/// Of a dry run the second part is empty.
public struct PullReport: Sendable {
    /// What came into the cache.
    public internal(set) var fetched: TransferReport
    /// What changed in the workspace.
    public internal(set) var checkedOut: CheckoutReport
}

extension Workspace {
    /// Fetches what the cache lacks and makes outputs in the workspace what their pointers say.
    ///
    /// What cannot be fetched does not stop the rest. Objects of the cache that turn out to be damaged are fetched again.
    /// - Throws: `CairnError` as `fetch` and `checkout` do.
    public func pull(
        _ targets: [String] = [], _ options: PullOptions = PullOptions(),
        reporter: any Reporter = SilentReporter()
    ) throws -> PullReport {
        let session = try Session(self, reporter: reporter, writes: !options.transfer.isDryRun)
        let index = try WorkspaceScan.run(session)
        if options.transfer.isDryRun {
            let plan = try fetch(targets, options.transfer, index, session)
            return PullReport(fetched: plan, checkedOut: CheckoutReport())
        }
        var checkout = CheckoutOptions()
        checkout.targets = options.transfer.targets
        checkout.isForced = options.isForced
        checkout.allowsMissing = options.allowsMissing
        let fetched = try fetch(targets, options.transfer, index, session)
        var report = PullReport(
            fetched: fetched, checkedOut: try self.checkout(targets, checkout, index, session))
        if !report.checkedOut.failed.isEmpty {
            // Checking out reads every byte: damage shows there, and leaves a gap that the remote may fill.
            var transfer = options.transfer
            transfer.revisions = RevisionScope()
            transfer.includesRunRecords = false
            let again = try fetch(targets, transfer, index, session)
            if again.count > 0 {
                report.fetched.count += again.count
                report.fetched.bytes += again.bytes
                report.checkedOut.add(try self.checkout(targets, checkout, index, session))
            }
        }
        return report
    }
}
