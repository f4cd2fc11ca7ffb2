import CairnCore
import CairnStore
import CairnSystem
import CairnTransfer

/// Brings objects of a store that is not the cache to a remote, of any kind and in either layout.
struct DirectPush {
    private let store: ObjectStore
    private let ids: [ObjectID]
    private let root: ObjectID
    private let jobs: Int?
    private let session: Session

    /// How often a push begins anew because what was there at first was given up by a collector.
    private static let attempts = 5

    /// - Parameters:
    ///   - ids: all that has to be there.
    ///   - root: what the clone needs from now on.
    init(_ store: ObjectStore, _ ids: [ObjectID], _ root: ObjectID, jobs: Int?, _ session: Session) {
        self.store = store
        self.ids = ids
        self.root = root
        self.jobs = jobs
        self.session = session
    }

    /// Sends what the remote lacks.
    ///
    /// - Throws: `CairnError` for what stops everything.
    func run(to remote: RemoteStore) throws -> MovedObjects {
        if try remote.isPacked(for: session.workspace.format, reporter: session.reporter) {
            return try pack(PackedRemote(remote, session, jobs: jobs))
        }
        guard let folder = try remote.naming({ try remote.open(creating: true) }) else {
            return try send(to: remote)
        }
        let transfer = LooseTransfer(
            from: store, to: folder, workers: remote.workers(jobs), reporter: session.reporter)
        return try remote.naming { try transfer.run(transfer.plan(ids), phase: "pushing") }
    }

    private func send(to remote: RemoteStore) throws -> MovedObjects {
        let jobs = remote.jobs(jobs)
        let push = LoosePush(
            from: store, to: LooseRemote(remote.contract, jobs: jobs), by: try session.scratch(),
            quarantine: nil, workers: session.workers, reporter: session.reporter)
        let ids = ids
        return try remote.wait(jobs: jobs) { () async throws(TransferError) in
            try await push.run(try await push.plan(ids), phase: "pushing")
        }
    }

    private func pack(_ remote: PackedRemote) throws -> MovedObjects {
        let workspace = session.workspace
        try workspace.stateFolder.makeFolders()
        let index = remote.index
        let push = PackedPush(
            from: store, to: index, as: try workspace.cloneIdentity(), in: workspace.stateFolder,
            jobs: remote.jobs, workers: session.workers, reporter: session.reporter)
        let (ids, root) = (ids, root)
        return try remote.wait { () async throws(TransferError) in
            var left = Self.attempts
            while true {
                do throws(TransferError) {
                    return try await push.run(ids, roots: [root], on: try await index.viewForPushing()).moved
                } catch {
                    left -= 1
                    guard error.reason == .overtaken, left > 0 else { throw error }
                }
            }
        }
    }
}
