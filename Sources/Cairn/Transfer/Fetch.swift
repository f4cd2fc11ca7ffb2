import CairnCore
import CairnStore
import CairnSystem
import CairnTransfer

extension Workspace {
    /// Copies data from remotes to the cache, as far as the cache lacks it. The workspace stays as it is.
    ///
    /// Every byte is checked on the way; what is damaged on the remote stays there and is reported.
    /// - Throws: `CairnError` for what stops everything, for instance a remote that is not there, or none where data is missing. Objects
    ///   fetched until then stay.
    public func fetch(
        _ targets: [String] = [], _ options: TransferOptions = TransferOptions(),
        reporter: any Reporter = SilentReporter()
    ) throws -> TransferReport {
        let session = try Session(self, reporter: reporter, writes: !options.isDryRun)
        return try fetch(targets, options, WorkspaceScan.run(session), session)
    }

    /// The same for a command that holds the workspace open.
    func fetch(
        _ targets: [String], _ options: TransferOptions, _ index: OutputIndex, _ session: Session
    ) throws -> TransferReport {
        var scope = try TransferScope(.fetch, targets, options, index, session)
        var report = TransferReport()
        report.skipped = scope.skipped
        let failed = try fetch(scope.imports, options, &report, session)
        report.add(scope.ask(remotesFor: failed, self))
        for (wanted, error) in failed {
            session.reporter.warn(
                "'\(display(wanted.target.output.path))' cannot be had from where it is imported: \(error.message)",
                hint: error.hint)
        }
        for group in scope.groups {
            switch group.remote {
            case .success(let remote):
                if try remote.isPacked(for: format, reporter: session.reporter) {
                    let packed = PackedRemote(remote, session, jobs: options.jobs)
                    if options.isDryRun {
                        try planFetch(group.used, from: packed, remote, &report, session)
                    } else {
                        try fetch(group.used, from: packed, remote, &report, session)
                    }
                } else if options.isDryRun {
                    try planFetch(group.used, from: remote, options, &report, session)
                } else {
                    try fetch(group.used, from: remote, options, &report, session)
                }
                report.remotes.append(remote.name)
            case .failure(let error):
                // Without a remote all is well as long as nothing is missing.
                if try !isInCache(group.used, session) { throw error }
            }
        }
        report.isPlan = options.isDryRun
        if options.includesRunRecords, !options.isDryRun {
            let remote = try remoteStore(options.remote, for: "fetch --run-cache")
            report.runRecords = try fetchRunRecords(of: targets, from: remote, options, index, session)
        }
        return report
    }

    func isInCache(_ wanted: UsedObjects, _ session: Session) throws -> Bool {
        var used = wanted
        try used.expand(ListingReader(session, movesDamagedAside: false))
        let inventory = try ObjectInventory(of: session.store(), expecting: used.ids.count)
        return try used.unknown.isEmpty && used.ids.allSatisfy { try inventory.contains($0) }
    }

    func fetch(
        _ wanted: UsedObjects, from remote: RemoteStore, _ options: TransferOptions,
        _ report: inout TransferReport,
        _ session: Session
    ) throws {
        var used = wanted
        let cache = try session.store(creating: true)
        guard let source = try remote.open() else {
            return try fetchOverNetwork(wanted, from: remote, options, &report, session)
        }
        let transfer = LooseTransfer(
            from: source, to: cache, packs: try session.packsObjects(of: .blake3, in: cache),
            workers: remote.workers(options.jobs), reporter: session.reporter)
        let reader = try ListingReader(session, movesDamagedAside: true)
        try used.expand(reader)
        var moved = MovedObjects()
        if !used.unknown.isEmpty {
            // Listings first: they tell which files there are.
            let plan = try transfer.plan(Set(used.unknown.map(\.output.id)).sorted())
            moved.add(try transfer.run(plan, listings: .ahead, phase: "fetching listings"))
            try used.expand(reader)
        }
        let unreadable = Set(moved.failures.map(\.id))
        let plan = try transfer.plan(used.ids.filter { !unreadable.contains($0) })
        if source.folder == nil, !plan.missing.isEmpty { throw remote.isGone }
        moved.add(try transfer.run(plan, listings: .ahead, phase: "fetching"))
        try trust(plan.objects.map(\.id), cache, session)
        try report.add(moved, missing: plan.missing, used, reader, of: remote)
    }

    /// Finds out what a fetch would bring. Nothing is written; listings that are not here are read where they are.
    private func planFetch(
        _ wanted: UsedObjects, from remote: RemoteStore, _ options: TransferOptions,
        _ report: inout TransferReport, _ session: Session
    ) throws {
        var used = wanted
        guard let source = try remote.open() else {
            return try planFetchOverNetwork(wanted, from: remote, options, &report, session)
        }
        let reader = try ListingReader(session, others: [source], movesDamagedAside: false)
        try used.expand(reader)
        let transfer = LooseTransfer(
            from: source, to: try session.store(), workers: remote.workers(options.jobs),
            reporter: session.reporter)
        let plan = try transfer.plan(used.ids)
        if source.folder == nil, !plan.missing.isEmpty { throw remote.isGone }
        try report.add(
            planned: plan.objects.map(\.id), bytes: plan.bytes, requests: nil, missing: plan.missing, used,
            reader, of: remote)
    }

    private func fetchOverNetwork(
        _ wanted: UsedObjects, from remote: RemoteStore, _ options: TransferOptions,
        _ report: inout TransferReport, _ session: Session
    ) throws {
        var used = wanted
        let cache = try session.store(creating: true)
        let arrival = try LooseArrival(from: remote, into: cache, session, jobs: options.jobs)
        let reader = try ListingReader(session, movesDamagedAside: true)
        try used.expand(reader)
        var moved = MovedObjects()
        var missing: [ObjectID] = []
        if !used.unknown.isEmpty {
            // Listings first: they tell which files there are.
            let listings = Set(used.unknown.map(\.output.id)).sorted()
            let came = try arrival.fetch(listings, phase: "fetching listings")
            moved.add(came.moved)
            missing = came.missing
            try used.expand(reader)
        }
        let given = Set(moved.failures.map(\.id) + missing)
        let wanted = used.ids.filter { !given.contains($0) }
        let lacking = try arrival.lacking(wanted)
        let came = try arrival.fetch(wanted, sizes: used.recordedSizes, phase: "fetching")
        moved.add(came.moved)
        try trust(lacking, cache, session)
        try report.add(moved, missing: missing + came.missing, used, reader, of: remote)
    }

    private func planFetchOverNetwork(
        _ wanted: UsedObjects, from remote: RemoteStore, _ options: TransferOptions,
        _ report: inout TransferReport, _ session: Session
    ) throws {
        var used = wanted
        let contents = try RemoteContents(of: remote, session, jobs: options.jobs)
        let reader = try ListingReader(session, others: [contents], movesDamagedAside: false)
        try used.expand(reader)
        let arrival = try LooseArrival(from: remote, into: session.store(), session, jobs: options.jobs)
        let plan = try arrival.plan(used.ids)
        try report.add(
            planned: plan.objects.map(\.id), bytes: plan.bytes, requests: plan.requests,
            missing: plan.missing, used, reader, of: remote)
    }

    /// Brings the records of earlier runs under some keys.
    ///
    /// - Returns: how many came.
    func fetchRunRecords(
        _ keys: [Digest], from remote: RemoteStore, jobs: Int?, _ session: Session
    ) throws -> Int {
        let records = try session.store(creating: true).loose
        if let folder = try remote.open() {
            return try RunRecordTransfer(from: folder.loose, to: records).run(.keys(keys))
        }
        let exchange = RunRecordExchange(
            of: records, with: remote.contract, jobs: remote.jobs(jobs))
        let count = try remote.wait(jobs: remote.jobs(jobs)) { () async throws(TransferError) in
            try await exchange.fetch(keys: keys)
        }
        // DVC says nothing of it.
        if count == nil, personality == .cairn {
            session.reporter.warn(
                "run records cannot be brought from remote '\(remote.name)', which does not list its folders",
                hint: nil)
        }
        return count ?? 0
    }

    /// Remembers what was just verified, where checking out would verify it again because it links.
    private func trust(_ ids: [ObjectID], _ cache: ObjectStore, _ session: Session) throws {
        guard let index = session.index, let type = try linkTypes().first, !ids.isEmpty else {
            return
        }
        guard type.isShared || (type == .reflink && cache.loose.probeReflink()) else { return }
        var rows: [(place: FilePath, status: FileStatus)] = []
        for id in ids where !id.isDirectory {
            if let status = try cache.loose.status(of: id) { rows.append((cache.loose.path(of: id), status)) }
        }
        try? index.trust(rows)  // failing to remember costs time later, nothing else
    }
}
