import CairnCore
import CairnRemote
import CairnStore
import CairnSystem
import CairnTestSupport

@testable import CairnTransfer

/// A cache with objects, and a bucket in memory that they go to and come from.
struct LooseRemotePair {
    let stores: StorePair
    let bucket = MemoryBucket(clock: SystemClock())

    init() throws { stores = try StorePair() }

    func remote(_ hooks: RemoteHooks = RemoteHooks()) -> LooseRemote {
        LooseRemote(MemoryRemote(bucket, hooks: hooks), jobs: 4)
    }

    /// Waits for asynchronous work.
    func wait<Success: Sendable>(
        _ body: sending @escaping () async throws(TransferError) -> Success
    ) throws -> Success {
        try runBlocking(on: TaskThreads(count: 8), body)
    }

    func push(
        _ hooks: RemoteHooks = RemoteHooks(), from cache: ObjectStore? = nil, isQuarantined: Bool = false
    )
        throws -> LoosePush
    {
        LoosePush(
            from: try cache ?? stores.source, to: remote(hooks),
            by: try ScratchFolder(in: Folder(FilePath(stores.scratch.path)), "sending"),
            quarantine: isQuarantined ? stores.quarantine : nil, workers: Workers(count: 3),
            reporter: SilentReporter())
    }

    /// Sends objects from the source.
    @discardableResult
    func send(
        _ ids: [ObjectID], _ hooks: RemoteHooks = RemoteHooks(), from cache: ObjectStore? = nil,
        isQuarantined: Bool = false
    ) throws -> MovedObjects {
        let push = try push(hooks, from: cache, isQuarantined: isQuarantined)
        return try wait { () async throws(TransferError) in
            try await push.run(try await push.plan(ids), phase: "testing")
        }
    }

    /// Brings objects into a cache: the destination, if none is named.
    @discardableResult
    func bring(
        _ ids: [ObjectID], _ hooks: RemoteHooks = RemoteHooks(), into cache: ObjectStore? = nil,
        packs: Bool = false, sizes: [ObjectID: Int64] = [:]
    ) throws -> (moved: MovedObjects, missing: [ObjectID]) {
        let fetch = LooseFetch(
            from: remote(hooks), to: try cache ?? stores.destination, packs: packs,
            in: FilePath(stores.scratch("fetched")), workers: Workers(count: 3), reporter: SilentReporter())
        return try wait { () async throws(TransferError) in
            try await fetch.run(ids, sizes: sizes, phase: "testing")
        }
    }

    /// Objects of all sizes in the source, and the listing of them.
    func fill() throws -> (files: [ObjectID], listing: ObjectID) {
        var ids = try LooseTransferTests.sizes.enumerated().map {
            try stores.store(LooseTransferTests.bytes($0.element, $0.offset))
        }
        ids += try (0..<40).map { try stores.store(LooseTransferTests.bytes(100 + $0, 50 + $0)) }
        return (ids, try stores.storeListing(ids))
    }

    /// What is wrong with the bucket: an object with wrong bytes, a listing without one of its files.
    func problems() -> [String] {
        var problems: [String] = []
        let keys = Set(bucket.keys)
        for key in keys {
            guard let id = HashAlgorithm.all.lazy.compactMap({ LooseRemote.object(ofKey: key, $0) }).first
            else {
                problems.append("\(key) is no object")
                continue
            }
            let bytes = bucket[key] ?? []
            if LooseRemote.digest(of: bytes, id) != id.digest { problems.append("\(key) has wrong bytes") }
            guard id.isDirectory,
                let listing = try? DirListing(parsing: bytes, as: DirListing.Form(of: id.algorithm))
            else { continue }
            for member in listing.objects(id.algorithm) where !keys.contains(LooseRemote.key(of: member)) {
                problems.append("\(key) names \(member), which is not there")
            }
        }
        return problems
    }
}

extension RemoteHooks {
    /// Fails with every operation from the one of a number on, before it happens or after it.
    static func failing(from number: Int, after happens: Bool, _ reason: RemoteError.Reason = .denied)
        -> RemoteHooks
    {
        let check: @Sendable (RemoteOperation) async throws(RemoteError) -> Void = {
            (operation) throws(RemoteError) in
            if operation.number >= number { throw RemoteError(reason, operation.key) }
        }
        if happens { return RemoteHooks(after: check) }
        return RemoteHooks(before: { (operation) async throws(RemoteError) in
            try await check(operation)
            return .happens
        })
    }
}
