import CairnCore
import CairnStore
import CairnSystem
import CairnTransfer

/// A collection of a packed remote, beside that of the cache.
struct PackedRemoteCollecting {
    let remote: PackedRemote
    /// Where sizes are looked for: the remote, or for one that is no folder the cache.
    private let store: ObjectStore
    private let collection: RemoteCollection
    /// The log and the index, read while it is found out what is used.
    private let view: PendingWork<RemoteView?, TransferError>
    private var planning: PendingWork<RemoteCollectionPlan?, TransferError>?
    private(set) var plan: RemoteCollectionPlan?

    /// - Throws: `CairnError` if the clone has no name.
    init(_ remote: PackedRemote, _ store: ObjectStore, _ session: Session) throws {
        self.remote = remote
        self.store = store
        collection = try remote.collection(session)
        let index = remote.index
        view = remote.begin { () async throws(TransferError) in try await index.view() }
    }

    /// Begins to find out what goes.
    ///
    /// - Parameter used: what the scope of the collection keeps; what belongs to it need not be known.
    mutating func beginPlan(_ used: UsedObjects, _ reader: ListingReader) throws {
        guard let view = try remote.end(view) else { return }
        var scope = Set(used.wanted.map(\.id))
        // Of a directory that was pushed in part its files are kept one by one.
        var parts = UsedObjects()
        for output in used.wanted where output.id.isDirectory {
            if !view.knows(output.id) { parts.add(output) }
        }
        try parts.expand(reader)
        for id in parts.ids where view.knows(id) { scope.insert(id) }
        let kept = scope.sorted()
        planning = remote.begin { [collection] () async throws(TransferError) in
            try await collection.plan(keeping: kept, on: view)
        }
    }

    /// Waits until it is known what goes.
    mutating func endPlan() throws {
        guard let work = planning.take() else { return }
        plan = try remote.end(work)
    }

    /// What goes, directories first, each with its size as far as it can be read.
    func objects() -> [CollectPlan.Object] {
        (plan?.objects ?? []).map { object in
            // What goes need not be sound.
            let size = (try? store.size(of: object.id)) ?? nil
            let time = object.created.multipliedReportingOverflow(by: 1_000_000)
            return CollectPlan.Object(
                id: object.id, size: size ?? 0, modified: time.overflow ? 0 : time.partialValue,
                isPacked: true)
        }
    }

    /// Carries the plan out.
    ///
    /// - Returns: `nil` if there is no packed store yet.
    func carryOut() throws -> CollectReport.Announced? {
        guard let plan else { return nil }
        let result = try remote.wait { [collection] () async throws(TransferError) in
            try await collection.carryOut(plan)
        }
        return CollectReport.Announced(
            remote: remote.name, count: plan.objects.count, packs: result.announced.count,
            bytes: max(0, result.announced.bytes), grace: plan.grace, buried: result.buriedCount,
            deleted: result.deleted.count, deletedBytes: result.deleted.bytes)
    }
}

extension PackedRemote {
    /// A collection of this remote in the name of this clone.
    func collection(_ session: Session) throws -> RemoteCollection {
        let workspace = session.workspace
        try workspace.stateFolder.makeFolders()
        return RemoteCollection(
            of: index, as: try workspace.cloneIdentity(), in: workspace.stateFolder, jobs: jobs,
            reporter: session.reporter)
    }
}

extension Workspace {
    /// Brings back what the last collection of a packed remote announced.
    ///
    /// - Parameter name: the remote; `nil` for the default one.
    /// - Returns: how many objects can be had again, and the bytes that were written; `nil` if nothing is announced that was not given up.
    /// - Throws: `CairnError` if the remote is none with packs, or cannot be read or written.
    public func undoCollection(
        ofRemote name: String?, jobs: Int? = nil, reporter: any Reporter = SilentReporter()
    ) throws -> (objects: Int, bytes: Int64)? {
        let (remote, session) = try packedRemote(name, jobs: jobs, reporter)
        let collection = try remote.collection(session)
        let undone = try remote.wait { () async throws(TransferError) in try await collection.undo() }
        guard let undone else { return nil }
        if let lost = undone.lost.first {
            reporter.warn(
                "\(undone.lost.count) records cannot be brought back, the \(lost) among them",
                hint: "push them again from where the data is: `cairn push`")
        }
        return (undone.objectCount, undone.bytes)
    }

    /// Gives up what a repository, or one clone of it, has published as needed on a packed remote.
    ///
    /// - Parameters:
    ///   - text: the id of the repository, or that, a slash and the id of the clone.
    ///   - name: the remote; `nil` for the default one.
    ///   - confirm: asked before anything is given up, with the ids of the clones.
    /// - Returns: the ids of the clones; `nil` if `confirm` said no.
    /// - Throws: `CairnError`, of kind `notFound` if the remote has never heard of them.
    public func forgetRoots(
        of text: String, onRemote name: String?, reporter: any Reporter = SilentReporter(),
        confirm: () throws -> Bool
    ) throws -> [String]? {
        let parts = text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        let ids = parts.compactMap { UniqueID(parsing: $0) }
        guard (1...2).contains(ids.count), ids.count == parts.count else {
            throw CairnError(
                .usage, "'\(text)' is neither the id of a repository nor that of a clone",
                hint: "write it as the message did that asked for it: REPOSITORY or REPOSITORY/CLONE")
        }
        let (remote, session) = try packedRemote(name, jobs: nil, reporter)
        guard try confirm() else { return nil }
        let collection = try remote.collection(session)
        let clone = ids.count == 2 ? ids[1] : nil
        let forgotten = try remote.wait { () async throws(TransferError) in
            try await collection.forget(ids[0], clone: clone)
        }
        guard !forgotten.isEmpty else {
            throw CairnError(.notFound, "remote '\(remote.name)' knows nothing of '\(text)'")
        }
        return forgotten.map(\.text)
    }

    private func packedRemote(
        _ name: String?, jobs: Int?, _ reporter: any Reporter
    ) throws -> (PackedRemote, Session) {
        let session = try Session(self, reporter: reporter, writes: true)
        let store = try remoteStore(name, for: "gc -c")
        guard try store.isPacked(for: format) else {
            throw CairnError(
                .conflict, "remote '\(store.name)' keeps files, not packs: what is deleted there is gone")
        }
        return (PackedRemote(store, session, jobs: jobs), session)
    }
}
