import CairnCore
import CairnStore
import CairnSystem
import CairnTransfer

/// Objects on their way from a remote in loose layout that is no folder into a cache.
struct LooseArrival {
    private let remote: RemoteStore
    private let fetch: LooseFetch
    private let jobs: Int

    /// - Throws: `CairnError` if the cache cannot be looked at.
    init(from remote: RemoteStore, into cache: ObjectStore, _ session: Session, jobs: Int?) throws {
        self.remote = remote
        self.jobs = remote.jobs(jobs)
        fetch = LooseFetch(
            from: LooseRemote(remote.contract, jobs: self.jobs), to: cache,
            packs: try session.packsObjects(of: .blake3, in: cache),
            in: session.workspace.stateFolder.appending("fetched"), workers: session.workers,
            reporter: session.reporter)
    }

    /// The objects that the cache lacks.
    func lacking(_ ids: [ObjectID]) throws -> [ObjectID] { try fetch.lacking(ids) }

    /// Finds out what a fetch would bring.
    func plan(_ ids: [ObjectID]) throws -> LooseFetch.Plan {
        try remote.wait(jobs: jobs) { [fetch] () async throws(TransferError) in try await fetch.plan(ids) }
    }

    /// Brings objects that the cache lacks.
    ///
    /// - Parameter sizes: the bytes of objects, as far as somebody knows.
    /// - Returns: what came, and the objects that neither side has.
    func fetch(
        _ ids: [ObjectID], sizes: [ObjectID: Int64] = [:], phase: String
    ) throws -> (moved: MovedObjects, missing: [ObjectID]) {
        try remote.wait(jobs: jobs) { [fetch] () async throws(TransferError) in
            try await fetch.run(ids, sizes: sizes, phase: phase)
        }
    }
}
