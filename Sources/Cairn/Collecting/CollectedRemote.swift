import CairnCore
import CairnStore
import CairnSystem
import CairnTransfer

/// A remote that a collection deletes from, or compares the cache with.
struct CollectedRemote {
    /// What it has.
    let contents: RemoteContents
    private let remote: RemoteStore
    private let session: Session
    private let jobs: Int
    /// The time by the remote's clock before anything was looked at, in milliseconds since 1970; what came since is spared.
    private let start: Int64

    /// Opens a remote.
    ///
    /// - Throws: `CairnError` if it cannot be looked at.
    init(_ remote: RemoteStore, _ session: Session, _ options: CollectOptions) throws {
        self.remote = remote
        self.session = session
        jobs = remote.jobs(options.jobs)
        contents = try RemoteContents(of: remote, session, jobs: options.jobs)
        let looks = contents.store == nil && options.includesRemote && !options.isDry
        let collection = LooseCollection(of: LooseRemote(remote.contract, jobs: jobs))
        start =
            looks
            ? try remote.wait(jobs: jobs) { () async throws(TransferError) in try await collection.time() }
            : .max
    }

    /// Its name.
    var name: String { remote.name }
    /// The store in its folder; `nil` for a remote that is none.
    var store: ObjectStore? { contents.store }
    /// The place, for messages.
    var shownFolder: FilePath { remote.shownFolder }

    /// The place, for messages.
    var shown: [UInt8] { Array(remote.contract.place.utf8) }

    /// The objects that are files and that nobody uses.
    func plan(keeping used: UsedObjects) throws -> LooseCollection.Plan {
        let collection = LooseCollection(of: LooseRemote(remote.contract, jobs: jobs))
        return try remote.wait(jobs: jobs) { () async throws(TransferError) in
            try await collection.plan { used.contains($0) }
        }
    }

    /// Deletes objects that are files, but for those that came since the collection began.
    func delete(_ objects: [CollectPlan.Object], _ report: inout CollectReport) throws {
        let reporter = session.reporter
        reporter.begin("deleting", items: objects.count, bytes: nil)
        let old = objects.filter { $0.modified / 1_000_000 < start }
        report.spared += objects.filter { $0.modified / 1_000_000 >= start }.map(\.id)
        let sizes = Dictionary(old.map { ($0.id, $0.size) }) { first, _ in first }
        let collection = LooseCollection(of: LooseRemote(remote.contract, jobs: jobs))
        let gone = Guarded<(count: Int, bytes: Int64)>((0, 0))
        defer {
            report.count += gone.value.count
            report.bytes += gone.value.bytes
        }
        let ids = old.map(\.id)
        try remote.wait(jobs: jobs) { () async throws(TransferError) in
            try await collection.delete(ids) { part in
                let bytes = part.reduce(0) { $0 + (sizes[$1] ?? 0) }
                gone.update { $0 = ($0.count + part.count, $0.bytes + bytes) }
                reporter.advance(items: part.count, bytes: 0)
            }
        }
    }
}

extension CollectPlan.Place {
    /// A remote of which nothing goes that is a file.
    init(remote: CollectedRemote) {
        self.init(
            remote: remote.name, folder: remote.shownFolder, shown: remote.shown, objects: [], keptCount: 0,
            packedBytes: 0)
    }
}
