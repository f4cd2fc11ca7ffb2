public import CairnCore
public import CairnSystem
import CairnStore

/// What is verified.
public struct VerifyOptions: Sendable {
    /// How targets are understood.
    public var targets = TargetOptions()
    /// Revisions besides the workspace.
    public var revisions = RevisionScope()
    /// Whether to read remotes instead of the cache.
    public var readsRemote = false
    /// The remote to read instead of the default one.
    public var remote: String?
    /// How many objects to read at a time.
    public var jobs: Int?

    /// The workspace's objects in the cache.
    public init() {}
}

/// What reading objects found.
public struct VerifyReport: Sendable {
    /// A damaged object.
    public struct Damage: Sendable {
        /// Which one, and what needs it.
        public let object: TransferReport.Object
        /// Why it cannot be used.
        public let error: CairnError
        /// Where it lies now; `nil` if it was left in its place.
        public internal(set) var movedTo: FilePath?
    }

    /// How many objects have the bytes that their names promise.
    public internal(set) var count = 0
    /// Their bytes.
    public internal(set) var bytes: Int64 = 0
    /// Objects that are not there.
    public internal(set) var missing: [TransferReport.Object] = []
    /// Objects with other bytes.
    public internal(set) var damaged: [Damage] = []
    /// Objects that cannot be read.
    public internal(set) var unreadable: [TransferReport.Failure] = []
    /// Revisions, or files in them, that could not be read and were passed over.
    public internal(set) var skipped: [(name: String, error: CairnError)] = []
    /// The remotes that were read; empty for the cache.
    public internal(set) var remotes: [String] = []

    /// True if every object is there and sound.
    public var isSound: Bool { missing.isEmpty && damaged.isEmpty && unreadable.isEmpty && skipped.isEmpty }
}

extension Workspace {
    /// Reads every object that the workspace's pointers name, and compares it with its id.
    ///
    /// Damaged objects of the cache are moved aside, so that they are never checked out and can be fetched again; those of a remote stay.
    /// - Throws: `CairnError` for what stops everything: a target that means nothing, a remote that is not there, a signal.
    public func verify(
        _ targets: [String] = [], _ options: VerifyOptions = VerifyOptions(),
        reporter: any Reporter = SilentReporter()
    ) throws -> VerifyReport {
        let session = try Session(self, reporter: reporter, writes: false)
        let index = try WorkspaceScan.run(session)
        var report = VerifyReport()
        var transfer = TransferOptions()
        transfer.targets = options.targets
        transfer.revisions = options.revisions
        transfer.jobs = options.jobs
        guard options.readsRemote || options.remote != nil else {
            let scope = try TransferScope(.verify, targets, transfer, index, session)
            report.skipped = scope.skipped
            var used = UsedObjects()
            for output in scope.groups.flatMap(\.used.wanted) { used.add(output) }
            let others = scope.groups.compactMap { try? $0.remote.get().open() }
            let reader = try ListingReader(session, others: others, movesDamagedAside: false)
            try verify(&used, in: session.store(), reader, workers(options, session), &report, session)
            try moveDamagedAside(&report, session)
            return report
        }
        transfer.remote = options.remote
        // Before a byte is read, the remote must be known.
        _ = try remoteStore(options.remote, for: "verify")
        let scope = try TransferScope(.push, targets, transfer, index, session)
        report.skipped = scope.skipped
        for group in scope.groups {
            let remote = try group.remote.get()
            let store = try remote.open()
            guard store.folder != nil else { throw remote.isGone }
            var used = group.used
            let reader = try ListingReader(session, others: [store], movesDamagedAside: false)
            try verify(&used, in: store, reader, remote.workers(options.jobs), &report, session)
            report.remotes.append(remote.name)
        }
        return report
    }

    private func workers(_ options: VerifyOptions, _ session: Session) -> Workers {
        options.jobs.map { Workers(count: $0) } ?? session.workers
    }

    private func verify(
        _ used: inout UsedObjects, in store: ObjectStore, _ listings: ListingReader, _ workers: Workers,
        _ report: inout VerifyReport, _ session: Session
    ) throws {
        try used.expand(listings)
        let reader = ObjectReader(of: store, workers: workers, reporter: session.reporter)
        let (found, missing) = try reader.find(used.ids)
        session.reporter.begin("verifying", items: found.count, bytes: found.reduce(0) { $0 + $1.size })
        var read = ObjectReader.Report()
        try reader.read(found, into: &read)
        report.count += read.soundCount
        report.bytes += read.soundBytes
        let users = try used.users(of: Set(missing + read.failures.map(\.id)), listings)
        func object(_ id: ObjectID) -> TransferReport.Object {
            TransferReport.Object(id: id, users: users[id] ?? [])
        }
        report.missing += missing.map(object)
        for (id, error) in read.failures.sorted(by: { $0.id < $1.id }) {
            switch error.reason {
            case .missing: report.missing.append(object(id))
            case .damaged, .missingPart:
                report.damaged.append(VerifyReport.Damage(object: object(id), error: CairnError(error)))
            default:
                report.unreadable.append(TransferReport.Failure(object: object(id), error: CairnError(error)))
            }
        }
        // Sound bytes that are no listing of ours: nothing can be checked out of them.
        for entry in used.unknown {
            guard case .unreadableListing = entry.error.reason else { continue }
            report.unreadable.append(
                TransferReport.Failure(object: object(entry.output.id), error: CairnError(entry.error)))
        }
    }

    /// Takes damaged objects out of the cache. The lock is only taken now: reading everything may take hours.
    private func moveDamagedAside(_ report: inout VerifyReport, _ session: Session) throws {
        guard !report.damaged.isEmpty else { return }
        let writing = try Session(self, reporter: session.reporter, writes: true)
        let store = try writing.store()
        for index in report.damaged.indices {
            let id = report.damaged[index].object.id
            do throws(StoreError) {
                try store.verify(id)
            } catch {
                // Somebody may have taken it away, or brought a sound one, in the meantime.
                guard error.damagedObject != nil else { continue }
                report.damaged[index].movedTo = try store.moveAside(id, into: damagedFolder)
            }
        }
    }
}
