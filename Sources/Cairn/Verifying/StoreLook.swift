import CairnCore
import CairnStore
import CairnSystem
import CairnTransfer

/// A look at the objects of a store that outputs need, for `verify` and `repair`: what is wrong, and what is concerned by it.
struct StoreLook {
    let depth: CheckDepth
    let deadline: Int64?
    let now: @Sendable () -> Int64
    let workers: Workers
    let session: Session

    /// Looks.
    ///
    /// - Parameters:
    ///   - used: is expanded, so that it names every object.
    ///   - listings: reads listings from this store, or from others.
    ///   - logged: under which name the times of checks are kept; `nil` for the folder of the store.
    /// - Returns: what was found, with the paths that need each object.
    /// - Throws: `StoreError` if the store cannot be looked at.
    func run(
        _ used: inout UsedObjects, in store: ObjectStore, _ listings: ListingReader,
        logged: FilePath? = nil
    ) throws -> (found: StoreInspection.Report, users: [ObjectID: [ObjectUser]]) {
        let inspection = StoreInspection(
            of: store, depth, deadline: deadline, now: now, log: session.checks, logged: logged,
            workers: workers, reporter: session.reporter)
        return try run(&used, listings) { try inspection.run($0) }
    }

    /// Looks at the objects of a remote that is no folder.
    ///
    /// - Throws: `CairnError` if the remote cannot be looked at.
    func run(
        _ used: inout UsedObjects, on remote: RemoteStore, jobs: Int, _ listings: ListingReader
    ) throws -> (found: StoreInspection.Report, users: [ObjectID: [ObjectUser]]) {
        let inspection = LooseRemoteInspection(
            of: LooseRemote(remote.contract, jobs: jobs), depth, deadline: deadline, now: now,
            log: session.checks, reporter: session.reporter)
        return try run(&used, listings) { ids in
            try remote.wait(jobs: jobs) { () async throws(TransferError) in try await inspection.run(ids) }
        }
    }

    private func run(
        _ used: inout UsedObjects, _ listings: ListingReader,
        _ inspect: ([ObjectID]) throws -> StoreInspection.Report
    ) throws -> (found: StoreInspection.Report, users: [ObjectID: [ObjectUser]]) {
        try used.expand(listings)
        var found = try inspect(used.ids)
        // Listings are read here before all else, to learn what there is: what was wrong with one is known, and not missing.
        let known = Set(found.missing + found.failures.map(\.id))
        var seen: Set<ObjectID> = []
        for entry in used.unknown where !known.contains(entry.output.id) {
            if seen.insert(entry.output.id).inserted { found.note(entry.output.id, entry.error) }
        }
        let concerned = Set(found.missing + found.failures.map(\.id))
        return (found, try used.users(of: concerned, listings))
    }
}

extension Session {
    /// Passes over damaged segments of the cache's index, and reads what they said from the packs.
    ///
    /// - Returns: what is wrong with the index; `nil` if nothing keeps it from being read.
    func readPastDamagedIndex() throws -> IndexSurvey? {
        guard let packed = try store().packed else { return nil }
        do throws(StoreError) {
            _ = try packed.index()
            return nil
        } catch {
            guard case .malformed = error.reason else { throw error }
            let survey = try packed.surveyIndex()
            packed.readPast(survey)
            return survey
        }
    }
}
