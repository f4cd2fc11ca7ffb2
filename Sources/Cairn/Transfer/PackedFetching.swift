import CairnCore
import CairnStore
import CairnSystem
import CairnTransfer

extension Workspace {
    /// Brings what outputs need from a packed remote into the cache.
    ///
    /// - Parameter store: the same remote, for what is said of it.
    func fetch(
        _ wanted: UsedObjects, from remote: PackedRemote, _ store: RemoteStore,
        _ report: inout TransferReport,
        _ session: Session
    ) throws {
        var used = wanted
        let cache = try session.store(creating: true)
        let reader = try ListingReader(session, movesDamagedAside: true)
        try used.expand(reader)
        let arrival = try PackedArrival(from: remote, store, into: cache, session)
        var moved = MovedObjects()
        if !used.unknown.isEmpty {
            // Listings first: they tell which files there are.
            let listings = try arrival.fetch(Set(used.unknown.map(\.output.id)).sorted())
            moved.add(listings.moved)
            try used.expand(reader)
        }
        let unreadable = Set(moved.failures.map(\.id))
        let files = try arrival.fetch(
            used.ids.filter { !unreadable.contains($0) }, in: used.listings)
        moved.add(files.moved)
        try report.add(moved, missing: files.missing, used, reader, of: store)
    }

    /// Finds out what a fetch from a packed remote would bring. Listings that are not here are fetched into a folder that goes away again.
    func planFetch(
        _ wanted: UsedObjects, from remote: PackedRemote, _ store: RemoteStore,
        _ report: inout TransferReport, _ session: Session
    ) throws {
        var used = wanted
        let scratch = try session.scratch()
        let beside = try ObjectStore(
            at: scratch.folder.path(of: scratch.newName()), creating: true, isPacked: true)
        let reader = try ListingReader(session, others: [beside], movesDamagedAside: false)
        try used.expand(reader)
        let listings = try PackedArrival(from: remote, store, into: beside, session)
        if !used.unknown.isEmpty {
            _ = try listings.fetch(Set(used.unknown.map(\.output.id)).sorted())
            try used.expand(reader)
        }
        let arrival = try PackedArrival(from: remote, store, into: session.store(), session)
        let plan = try arrival.plan(used.ids, in: used.listings, beside: beside)
        try report.add(
            planned: plan.ids, bytes: plan.bytes, requests: plan.requests, missing: plan.missing, used,
            reader,
            of: store)
    }
}
