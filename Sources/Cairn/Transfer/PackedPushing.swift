import CairnCore
import CairnStore
import CairnTransfer

extension Workspace {
    /// How often a push begins anew because what was there at first was given up by a collector.
    private static let pushAttempts = 5

    /// Brings what outputs need to a packed remote.
    ///
    /// - Parameter store: the same remote, for what is said of it.
    func push(
        _ wanted: UsedObjects, to remote: PackedRemote, _ store: RemoteStore,
        _ report: inout TransferReport, _ session: Session
    ) throws {
        warnOfPackedRemote(store.name, session.reporter)
        var attempts = Self.pushAttempts
        while try !pushOnce(wanted, to: remote, store, &report, session, isLast: attempts == 1) {
            attempts -= 1
        }
    }

    /// - Returns: false if collectors gave up something that was there at first.
    private func pushOnce(
        _ wanted: UsedObjects, to remote: PackedRemote, _ store: RemoteStore,
        _ report: inout TransferReport, _ session: Session, isLast: Bool
    ) throws -> Bool {
        let cache = try session.store()
        let index = remote.index
        let view = try remote.wait { () async throws(TransferError) in try await index.viewForPushing() }
        // Of what is complete there, not even the listing is looked at.
        let complete = Set(wanted.wanted.filter { $0.part == nil && view.isComplete($0.id) }.map(\.id))
        var used = UsedObjects()
        for output in wanted.wanted where !complete.contains(output.id) { used.add(output) }
        let reader = try ListingReader(session, movesDamagedAside: true)
        try used.expand(reader)
        let roots = Set(wanted.wanted.filter { $0.part == nil }.map(\.id))
            .union(try partlyWanted(wanted, reader)).sorted()
        try stateFolder.makeFolders()
        let push = PackedPush(
            from: cache, to: index, as: try cloneIdentity(), in: stateFolder, jobs: remote.jobs,
            workers: session.workers, reporter: session.reporter)
        let ids = used.ids
        let outcome = try remote.wait { () async throws(TransferError) in
            do throws(TransferError) {
                return Optional(try await push.run(ids, roots: roots, on: view))
            } catch {
                guard error.reason == .overtaken, !isLast else { throw error }
                return nil
            }
        }
        guard let moved = outcome else { return false }
        for (id, error) in moved.moved.failures where error.damagedObject != nil {
            guard let place = try cache.moveAside(id, into: damagedFolder) else { continue }
            session.reporter.warn(
                "object \(id.short) is damaged and was moved to '\(place.bytes.printable)'", hint: nil)
        }
        try report.add(moved.moved, missing: moved.missing, used, reader, of: store)
        return true
    }

    /// Finds out what a push to a packed remote would send. Nothing is written, here or there.
    func planPush(
        _ wanted: UsedObjects, to remote: PackedRemote, _ store: RemoteStore,
        _ report: inout TransferReport, _ session: Session
    ) throws {
        let cache = try session.store()
        let index = remote.index
        let view = try remote.wait { () async throws(TransferError) in try await index.viewForPlanning() }
        var used = UsedObjects()
        for output in wanted.wanted where output.part != nil || !view.isComplete(output.id) {
            used.add(output)
        }
        let reader = try ListingReader(session, movesDamagedAside: false)
        try used.expand(reader)
        let (ids, workers) = (used.ids, session.workers)
        let plan = try remote.wait { () async throws(TransferError) in
            try PackedPush.plan(ids, from: cache, on: view, workers: workers)
        }
        try report.add(
            planned: plan.lacking, bytes: plan.bytes, requests: plan.requests, missing: plan.missing,
            failures: plan.failures, used, reader, of: store)
    }

    /// The files of parts of directories: each has to be kept for itself, because the directory as a whole need not be there.
    private func partlyWanted(_ wanted: UsedObjects, _ reader: ListingReader) throws -> [ObjectID] {
        var parts = UsedObjects()
        for output in wanted.wanted where output.part != nil { parts.add(output) }
        try parts.expand(reader)
        return parts.ids.filter { !$0.isDirectory }
    }
}
