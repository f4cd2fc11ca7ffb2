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
        return try push(targets, options, WorkspaceScan.run(session), session)
    }

    /// Pushes what revisions need, without what the workspace has now.
    func push(scopeOf options: TransferOptions, reporter: any Reporter) throws -> TransferReport {
        try push([], options, OutputIndex(), Session(self, reporter: reporter, writes: !options.isDryRun))
    }

    /// The same for a command that holds the workspace open.
    private func push(
        _ targets: [String], _ options: TransferOptions, _ index: OutputIndex, _ session: Session
    ) throws -> TransferReport {
        let scope = try TransferScope(.push, targets, options, index, session)
        // Before a byte is moved, all remotes must be known.
        let remotes = try scope.groups.map { try $0.remote.get() }
        if !options.isDryRun { for remote in remotes { try remote.checkWritable() } }
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
            let records = try runRecords(of: targets, options.targets, index, session)
            try push(records.outputs, to: remote, options, &report, session)
            report.runRecords = try pushRunRecords(records.choice, to: remote, options, session)
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
        guard let existing = try remote.open() else {
            return try pushOverNetwork(wanted, to: remote, options, &report, session)
        }
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
        if !plan.objects.isEmpty, let made = try remote.open(creating: true) {
            moved = try transfer(to: made).run(plan, phase: "pushing")
        }
        warn(of: moved, session)
        try report.add(moved, missing: plan.missing, used, reader, of: remote)
    }

    private func warn(of moved: MovedObjects, _ session: Session) {
        for (id, place) in moved.movedAside {
            session.reporter.warn(
                "object \(id.short) is damaged and was moved to '\(place.bytes.printable)'", hint: nil)
        }
    }

    /// Pushes to a remote that is no folder.
    ///
    /// - Throws: `CairnError`, also if the remote lies in packs.
    private func pushOverNetwork(
        _ wanted: UsedObjects, to remote: RemoteStore, _ options: TransferOptions,
        _ report: inout TransferReport, _ session: Session
    ) throws {
        var used = wanted
        let contents = try RemoteContents(of: remote, session, jobs: options.jobs)
        let reader = try ListingReader(session, others: [contents], movesDamagedAside: !options.isDryRun)
        try used.expand(reader)
        let (ids, jobs) = (used.ids, remote.jobs(options.jobs))
        let push = LoosePush(
            from: try session.store(), to: LooseRemote(remote.contract, jobs: jobs),
            by: try options.isDryRun ? nil : session.scratch(), quarantine: damagedFolder,
            workers: session.workers,
            reporter: session.reporter)
        let plan = try remote.wait(jobs: jobs) { () async throws(TransferError) in
            try await push.plan(ids)
        }
        if options.isDryRun {
            return try report.add(
                planned: plan.objects.map(\.id), bytes: plan.bytes, requests: plan.requests,
                missing: plan.missing, used, reader, of: remote)
        }
        let moved = try remote.wait(jobs: jobs) { () async throws(TransferError) in
            try await push.run(plan, phase: "pushing")
        }
        warn(of: moved, session)
        try report.add(moved, missing: plan.missing, used, reader, of: remote)
    }

    /// Pushes what records of runs name.
    private func push(
        _ outputs: [TrackedOutput], to remote: RemoteStore, _ options: TransferOptions,
        _ report: inout TransferReport, _ session: Session
    ) throws {
        var used = UsedObjects()
        for output in outputs {
            if let wanted = WantedOutput(TargetedOutput(output: output, part: nil)) { used.add(wanted) }
        }
        guard !outputs.isEmpty else { return }
        if try remote.isPacked(for: format, reporter: session.reporter) {
            let packed = PackedRemote(remote, session, jobs: options.jobs)
            try push(used, to: packed, remote, &report, session)
        } else {
            try push(used, to: remote, options, &report, session)
        }
    }

    private func pushRunRecords(
        _ choice: RunRecordChoice, to remote: RemoteStore, _ options: TransferOptions, _ session: Session
    ) throws -> Int {
        let records = try session.store().loose
        if let folder = try remote.open(creating: true) {
            return try RunRecordTransfer(from: records, to: folder.loose).run(choice)
        }
        let exchange = RunRecordExchange(
            of: records, with: remote.contract, jobs: remote.jobs(options.jobs))
        return try remote.wait(jobs: remote.jobs(options.jobs)) { () async throws(TransferError) in
            try await exchange.push(choice)
        }
    }
}
