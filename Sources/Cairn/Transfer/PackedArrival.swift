import CairnCore
import CairnStore
import CairnSystem
import CairnTransfer

/// Objects on their way from a packed remote into a cache, whose objects may be files.
struct PackedArrival {
    private let remote: PackedRemote
    private let store: RemoteStore
    private let cache: ObjectStore
    private let session: Session
    private let log: RemoteLog?
    private let packs: Bool

    /// Reads the log of the remote.
    init(
        from remote: PackedRemote, _ store: RemoteStore, into cache: ObjectStore, _ session: Session
    ) throws {
        let index = remote.index
        self.remote = remote
        self.store = store
        self.cache = cache
        self.session = session
        log = try remote.wait { () async throws(TransferError) in try await index.log() }
        packs = try session.packsObjects(of: .blake3, in: cache)
    }

    /// Fetches those of some objects that the cache lacks.
    ///
    /// - Parameter directories: directories to which some of them belong.
    /// - Throws: `CairnError`.
    func fetch(
        _ ids: [ObjectID], in directories: [ObjectID] = []
    ) throws -> (moved: MovedObjects, missing: [ObjectID]) {
        let lacking = try lacking(ids)
        guard !lacking.isEmpty else { return (MovedObjects(), []) }
        guard let log else {
            if try store.isMissing() { throw store.isGone }
            return (MovedObjects(), lacking)
        }
        // An object with an MD5 id is a file of the cache always.
        let native = lacking.filter { $0.algorithm == .blake3 }
        let aliased = lacking.filter { $0.algorithm != .blake3 }
        var result = (moved: MovedObjects(), missing: [ObjectID]())
        func add(_ part: (moved: MovedObjects, missing: [ObjectID])) {
            result.moved.add(part.moved)
            result.missing += part.missing
        }
        if !native.isEmpty {
            if packs, let packed = cache.packed {
                add(try fetch(native, in: directories, log, into: packed))
            } else {
                add(try fetchAsFiles(native, in: directories, log))
            }
        }
        if !aliased.isEmpty { add(try fetchAsFiles(aliased, in: [], log)) }
        return result
    }

    /// Finds out what a fetch would read; nothing comes into the cache.
    ///
    /// - Parameter beside: a packed store that stands for a cache that has none.
    /// - Throws: `CairnError`.
    func plan(
        _ ids: [ObjectID], in directories: [ObjectID], beside: ObjectStore
    ) throws -> (ids: [ObjectID], bytes: Int64, requests: Int, missing: [ObjectID]) {
        let lacking = try lacking(ids)
        guard !lacking.isEmpty else { return ([], 0, 0, []) }
        guard let log else {
            if try store.isMissing() { throw store.isGone }
            return ([], 0, 0, lacking)
        }
        guard let packed = (packs ? cache.packed : nil) ?? beside.packed else {
            throw StoreError(.io(.noSuchFileOrDirectory), beside.root)
        }
        let fetch = PackedFetch(from: remote.index, to: packed, jobs: remote.jobs, reporter: session.reporter)
        let native = lacking.filter { $0.algorithm == .blake3 }
        let aliased = lacking.filter { $0.algorithm != .blake3 }
        let (files, others) = try remote.wait { () async throws(TransferError) in
            (
                try await fetch.plan(native, in: directories, on: log),
                try await fetch.plan(aliased: aliased, on: log)
            )
        }
        let missing = files.missing + others.missing
        let gone = Set(missing)
        return (
            lacking.filter { !gone.contains($0) }, files.bytes + others.plan.bytes,
            files.requests + others.plan.requests, missing
        )
    }

    private func lacking(_ ids: [ObjectID]) throws -> [ObjectID] {
        let inventory = try ObjectInventory(of: cache, expecting: ids.count, workers: session.workers)
        return try ids.filter { try !inventory.contains($0) }
    }

    private func fetch(
        _ ids: [ObjectID], in directories: [ObjectID], _ log: RemoteLog, into packed: PackedStore
    ) throws -> (moved: MovedObjects, missing: [ObjectID]) {
        let fetch = PackedFetch(
            from: remote.index, to: packed, jobs: remote.jobs, reporter: session.reporter)
        let isAliased = ids.contains { $0.algorithm != .blake3 }
        return try remote.wait { () async throws(TransferError) in
            isAliased
                ? try await fetch.run(aliased: ids, on: log)
                : try await fetch.run(ids, in: directories, on: log)
        }
    }

    /// Fetches into a packed store beside the cache, and makes files of the cache from it.
    private func fetchAsFiles(
        _ ids: [ObjectID], in directories: [ObjectID], _ log: RemoteLog
    ) throws -> (moved: MovedObjects, missing: [ObjectID]) {
        // It stays where it is if the work stops: what came is not fetched again.
        let place = session.workspace.stateFolder.appending("fetched").appending(log.marker.id.text)
        let beside = try ObjectStore(at: place, creating: true, isPacked: true)
        guard let packed = beside.packed else { throw StoreError(.io(.noSuchFileOrDirectory), place) }
        var rest: [ObjectID] = []
        for id in ids where try !beside.contains(id) { rest.append(id) }
        let came = try fetch(rest, in: directories, log, into: packed)
        let transfer = LooseTransfer(
            from: beside, to: cache, workers: session.workers, reporter: session.reporter)
        let gone = Set(came.missing).union(came.moved.failures.map(\.id))
        var moved = try transfer.run(
            transfer.plan(ids.filter { !gone.contains($0) }), listings: .ahead, phase: "storing")
        moved.failures += came.moved.failures
        if came.moved.failures.isEmpty, moved.failures.isEmpty {
            // It is of no use any more, and does no harm.
            try? Folder(place.removingLastComponent()).removeTree(Array(log.marker.id.text.utf8))
        }
        return (moved, came.missing)
    }
}
