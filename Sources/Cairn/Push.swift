import CairnCore
import CairnStore
import CairnSystem
import CairnTransfer

extension Workspace {
    /// Copies data from the cache to remotes, as far as they lack it.
    ///
    /// Every byte is checked on the way. Damaged objects of the cache are moved aside and reported, the rest is pushed.
    /// - Throws: `CairnError` for what stops everything; objects pushed until then stay, and the same command goes on from there.
    public func push(
        _ targets: [String] = [], _ options: TransferOptions = TransferOptions(),
        reporter: any Reporter = SilentReporter()
    ) throws -> TransferReport {
        let session = try Session(self, reporter: reporter, writes: !options.isDryRun)
        let scope = try TransferScope(.push, targets, options, WorkspaceScan.run(session), session)
        // Before a byte is moved, all remotes must be known.
        let remotes = try scope.groups.map { try $0.remote.get() }
        var report = TransferReport()
        report.skipped = scope.skipped
        for (remote, group) in zip(remotes, scope.groups) {
            if try remote.isPacked(for: format, reporter: session.reporter) {
                let packed = PackedRemote(remote, session, jobs: options.jobs)
                if options.isDryRun {
                    try planPush(group.used, to: packed, remote, &report, session)
                } else {
                    try push(group.used, to: packed, remote, &report, session)
                }
            } else {
                try push(group.used, to: remote, options, &report, session)
            }
            report.remotes.append(remote.name)
        }
        report.isPlan = options.isDryRun
        if options.includesRunRecords, !options.isDryRun {
            let remote = try remoteStore(options.remote, for: "push --run-cache")
            let records = try RunRecordTransfer(
                from: session.store().loose, to: remote.open(creating: true).loose)
            report.runRecords = try records.run()
        }
        return report
    }

    func push(
        _ wanted: UsedObjects, to remote: RemoteStore, _ options: TransferOptions,
        _ report: inout TransferReport,
        _ session: Session
    ) throws {
        var used = wanted
        let workers = remote.workers(options.jobs)
        let existing = try remote.open()
        let reader = try ListingReader(
            session, others: [existing], movesDamagedAside: !options.isDryRun)
        try used.expand(reader)
        let cache = try session.store()
        func transfer(to store: ObjectStore) -> LooseTransfer {
            LooseTransfer(
                from: cache, to: store, quarantine: damagedFolder, workers: workers,
                reporter: session.reporter)
        }
        let plan = try transfer(to: existing).plan(used.ids)
        if options.isDryRun {
            return try report.add(
                planned: plan.objects.map(\.id), bytes: plan.bytes, requests: nil, missing: plan.missing,
                used, reader, of: remote)
        }
        var moved = MovedObjects()
        if !plan.objects.isEmpty {
            moved = try transfer(to: remote.open(creating: true)).run(plan, phase: "pushing")
        }
        for (id, place) in moved.movedAside {
            session.reporter.warn(
                "object \(id.short) is damaged and was moved to '\(place.bytes.printable)'", hint: nil)
        }
        try report.add(moved, missing: plan.missing, used, reader, of: remote)
    }
}
