import CairnCore
public import CairnStore
import CairnSystem

/// What is verified.
public struct VerifyOptions: Sendable {
    /// How targets are understood.
    public var targets = TargetOptions()
    /// Revisions besides the workspace.
    public var revisions = RevisionScope()
    /// How closely is looked.
    public var depth = CheckDepth.full
    /// After this time nothing more is begun, in nanoseconds; what was checked longest ago comes first.
    public var budget: Int64?
    /// Whether to read remotes instead of the cache.
    public var readsRemote = false
    /// The remote to read instead of the default one.
    public var remote: String?
    /// Whether to read no data at all: pointers, locks and what remotes have by name have to do.
    public var allowsMissing = false
    /// How many objects to read at a time.
    public var jobs: Int?
    /// The clock, in nanoseconds since 1970.
    var now: @Sendable () -> Int64 = { Surroundings.now }

    /// The workspace's objects in the cache, every byte.
    public init() {}
}

extension Workspace {
    /// Looks at every object that the workspace's pointers name: whether it is there, whether it is put together well, and, if every byte
    /// is read, whether it is what its id says.
    ///
    /// What is damaged in the cache is moved aside, so that it is never checked out and can be brought anew; what is sound in a damaged
    /// pack is kept. What is damaged on a remote stays there.
    /// - Throws: `CairnError` for what stops everything: a target that means nothing, a remote that is not there, a signal.
    public func verify(
        _ targets: [String] = [], _ options: VerifyOptions = VerifyOptions(),
        reporter: any Reporter = SilentReporter()
    ) throws -> VerifyReport {
        let start = options.now()
        let session = try Session(self, reporter: reporter, writes: false)
        let index = try WorkspaceScan.run(session, keepsGoing: true)
        var report = VerifyReport(options.allowsMissing ? .present : options.depth)
        report.pointers = index.problems.map(\.error)
        try verifyRange(options, session, &report)
        let deadline = options.budget.map { start.addingReportingOverflow($0) }
            .map { $0.overflow ? .max : $0.partialValue }
        func look(_ workers: Workers) -> StoreLook {
            StoreLook(
                depth: options.depth, deadline: deadline, now: options.now, workers: workers,
                session: session)
        }
        var transfer = TransferOptions()
        transfer.targets = options.targets
        transfer.revisions = options.revisions
        transfer.jobs = options.jobs
        if options.allowsMissing {
            transfer.remote = options.remote
            connections.want(jobs: options.jobs)
            let scope = try TransferScope(.push, targets, transfer, index, session)
            report.skipped += scope.skipped
            try verifyPresence(scope, jobs: options.jobs, session, &report)
            return report
        }
        guard options.readsRemote || options.remote != nil else {
            let scope = try TransferScope(.verify, targets, transfer, index, session)
            report.skipped += scope.skipped
            let workers = options.jobs.map { Workers(count: $0) } ?? session.workers
            try verifyCache(scope, look(workers), &report)
            return report
        }
        transfer.remote = options.remote
        connections.want(jobs: options.jobs)
        // Before a byte is read, the remote must be known.
        _ = try remoteStore(options.remote, for: "verify")
        let scope = try TransferScope(.push, targets, transfer, index, session)
        report.skipped += scope.skipped
        for group in scope.groups {
            let remote = try group.remote.get()
            var shown = remote
            let (found, users) = try remote.naming {
                var used = group.used
                if let mirrored = try MirroredRemote(remote, session, jobs: options.jobs) {
                    shown = mirrored.store
                    return try mirrored.reading {
                        let store = try mirrored.mirror.store()
                        let reader = try ListingReader(session, others: [store], movesDamagedAside: false)
                        return try look(remote.workers(options.jobs)).run(
                            &used, in: store, reader, logged: remote.shownFolder)
                    }
                }
                let contents = try RemoteContents(of: remote, session, jobs: options.jobs)
                let reader = try ListingReader(session, others: [contents], movesDamagedAside: false)
                let look = look(remote.workers(options.jobs))
                guard let store = contents.store else {
                    return try look.run(&used, on: remote, jobs: remote.jobs(options.jobs), reader)
                }
                guard store.folder != nil else { throw remote.isGone }
                return try look.run(&used, in: store, reader)
            }
            report.add(found, users, wording: shown.error)
            report.remotes.append(remote.name)
        }
        return report
    }

    private func verifyCache(
        _ scope: TransferScope, _ look: StoreLook, _ report: inout VerifyReport
    ) throws {
        let session = look.session
        let survey = try session.readPastDamagedIndex()
        report.segments = (survey?.damaged ?? []).map {
            VerifyReport.DamagedPart(path: $0.path, error: CairnError($0.reason))
        }
        var used = scope.used
        let others = scope.groups.compactMap { try? RemoteContents(of: $0.remote.get(), session) }
        let reader = try ListingReader(session, others: others, movesDamagedAside: false)
        let store = try session.store()
        // Once more if a listing was in the way: what it names could not be looked at before it was saved.
        for _ in 0..<2 {
            let (found, users) = try look.run(&used, in: store, reader)
            report.resetAmounts()
            report.add(found, users)
            forgetHealed(found, used, session)
            guard !found.failures.isEmpty || !found.packs.isEmpty else { return }
            // The lock is only taken now: reading everything may take hours.
            let writing = try Session(self, reporter: session.reporter, writes: true)
            var aside = try DamageRemoval(writing)
            try aside.remove(found, keepsPacks: survey != nil)
            report.take(aside)
            store.packed?.forgetEverything()
            if aside.hasLost { try noteLost(&report, used, store, reader) }
            guard look.deadline == nil, !used.unknown.isEmpty, !aside.sound.isEmpty else { return }
        }
    }

    /// Notes objects that turned out to be lost when damaged packs were taken out: not every depth looks at their records.
    private func noteLost(
        _ report: inout VerifyReport, _ used: UsedObjects, _ store: ObjectStore, _ listings: ListingReader
    ) throws {
        let known = Set(report.missing.map(\.id) + report.damaged.map(\.object.id))
        let lost = try used.ids.filter { try !known.contains($0) && !store.contains($0) }
        let users = try used.users(of: Set(lost), listings)
        report.missing += lost.map { TransferReport.Object(id: $0, users: users[$0] ?? []) }
        report.count -= lost.count
    }

    /// What was found damaged earlier and is whole by now is nothing for `repair` any more.
    private func forgetHealed(_ found: StoreInspection.Report, _ used: UsedObjects, _ session: Session) {
        let bad = Set(found.missing + found.failures.map(\.id))
        guard let log = session.checks else { return }
        let healed = ((try? log.findings(of: cacheFolder)) ?? []).filter {
            guard case .object(let id) = $0 else { return false }
            return used.contains(id) && !bad.contains(id)
        }
        try? log.forget(healed, of: cacheFolder)  // a memory, nothing depends on it
    }
}

extension TransferScope {
    /// What the outputs of all remotes need.
    var used: UsedObjects {
        var used = UsedObjects()
        for output in groups.flatMap(\.used.wanted) { used.add(output) }
        return used
    }
}

extension VerifyReport {
    /// Takes in what was found in a store.
    ///
    /// - Parameter wording: puts what is wrong into words.
    mutating func add(
        _ found: StoreInspection.Report, _ users: [ObjectID: [ObjectUser]],
        wording: (StoreError) -> CairnError = { CairnError($0) }
    ) {
        func object(_ id: ObjectID) -> TransferReport.Object {
            TransferReport.Object(id: id, users: users[id] ?? [])
        }
        add(found)
        let known = Set(damaged.map(\.object.id))
        missing += found.missing.filter { !known.contains($0) }.sorted().map(object)
        for (id, error) in found.failures.sorted(by: { $0.id < $1.id }) where !known.contains(id) {
            switch error.reason {
            case .missing: missing.append(object(id))
            case .damaged, .missingPart: damaged.append(Damage(object: object(id), error: wording(error)))
            default: unreadable.append(TransferReport.Failure(object: object(id), error: wording(error)))
            }
        }
        packs += found.packs.map { DamagedPart(path: $0.reason.path, error: wording($0.reason)) }
    }

    /// Takes in where damaged things lie now.
    mutating func take(_ removal: DamageRemoval) {
        for index in damaged.indices {
            let id = damaged[index].object.id
            damaged[index].movedTo = removal.objects[id] ?? damaged[index].movedTo
            damaged[index].hasOtherCopy = damaged[index].hasOtherCopy || removal.sound.contains(id)
        }
        for index in packs.indices {
            packs[index].movedTo = removal.packs[packs[index].path] ?? packs[index].movedTo
        }
    }
}
