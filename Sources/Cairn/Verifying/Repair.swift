import CairnCore
public import CairnStore
import CairnSystem

/// What is repaired.
public struct RepairOptions: Sendable {
    /// How targets are understood.
    public var targets = TargetOptions()
    /// Revisions besides the workspace.
    public var revisions = RevisionScope()
    /// How closely the cache is looked at; `nil` for every byte, unless an earlier `verify` found damage: then it is believed to have
    /// found all of it.
    public var depth: CheckDepth?
    /// The remote to bring objects from, instead of that of each output.
    public var remote: String?
    /// Whether nothing is changed.
    public var isDry = false
    /// The remote to repair, instead of the cache.
    public var repaired: String?
    /// How many objects to read at a time.
    public var jobs: Int?

    /// The workspace's objects in the cache.
    public init() {}
}

extension Workspace {
    /// Finds what is damaged or missing in the cache, and heals it from any other copy: what is sound of damaged packs, the workspace, packs
    /// that were set aside earlier, remotes.
    ///
    /// New data is durable before anything tells of it, and only then what is damaged is moved aside; nothing is ever deleted. Stopped at any
    /// moment, the same call goes on.
    /// Of a remote that is repaired, damaged packs are called dead once their sound records are in new ones, and what is lost then is brought
    /// from the cache, the workspace, or another remote.
    /// - Throws: `CairnError` for what stops everything: a target that means nothing, an unknown remote, a signal, no space.
    public func repair(
        _ targets: [String] = [], _ options: RepairOptions = RepairOptions(),
        reporter: any Reporter = SilentReporter()
    ) throws -> RepairReport {
        if let name = options.repaired {
            return try repairRemote(name, targets, options, reporter: reporter)
        }
        let session = try Session(self, reporter: reporter, writes: true)
        var transfer = TransferOptions()
        transfer.targets = options.targets
        transfer.revisions = options.revisions
        transfer.remote = options.remote
        transfer.jobs = options.jobs
        var report = RepairReport()
        report.isDry = options.isDry
        guard try repairMarker(&report) else { return report }
        let index = try WorkspaceScan.run(session, keepsGoing: true)
        report.pointers = index.problems.map(\.error)
        let scope = try TransferScope(.repair, targets, transfer, index, session)
        report.skipped = scope.skipped
        var run = try RepairRun(session, scope, options)
        try run.run(&report)
        return report
    }

    /// Makes a new marker for a packed cache whose marker cannot be read.
    ///
    /// - Returns: false if nothing more can be seen without it, because nothing may be written.
    private func repairMarker(_ report: inout RepairReport) throws -> Bool {
        guard let damage = try PackedStore.markerDamage(at: cacheFolder) else { return true }
        report.setAside.append(
            RepairReport.SetAside(path: damage.path, error: CairnError(damage), place: nil))
        if report.isDry { return false }
        try PackedStore.restoreMarker(at: cacheFolder, into: damagedFolder)
        return true
    }
}
