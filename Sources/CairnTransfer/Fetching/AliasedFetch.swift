public import CairnCore
import CairnStore
import CairnSystem

/// Objects with MD5 ids, which repositories of DVC's format have: aliases lead to the files with their bytes.
extension PackedFetch {
    /// Fetches the files that aliases lead to, and the aliases. Whether the bytes have the right MD5 is for whoever reads them to check.
    ///
    /// - Parameter ids: objects with MD5 ids that are not here, none twice.
    /// - Returns: what is here now that was not before, with the bytes that were read; and what the remote does not have.
    /// - Throws: `TransferError` as `run(_:in:on:)`.
    public func run(
        aliased ids: [ObjectID], on log: RemoteLog
    ) async throws(TransferError) -> (moved: MovedObjects, missing: [ObjectID]) {
        var session = FetchSession(
            index: index, destination: destination, jobs: jobs, reporter: reporter, log: log)
        return try await session.run(aliased: ids)
    }

    /// Finds out what would be read for objects with MD5 ids. Aliases and recipes are read for that, and nothing is changed.
    ///
    /// - Returns: the plan for the files, and the objects that the remote does not have.
    /// - Throws: `TransferError`.
    public func plan(
        aliased ids: [ObjectID], on log: RemoteLog
    ) async throws(TransferError) -> (plan: FetchPlan, missing: [ObjectID]) {
        var session = FetchSession(
            index: index, destination: destination, jobs: jobs, reporter: SilentReporter(), log: log)
        let found = try await session.aliases(of: ids)
        let plan = try await session.plan(Array(Set(found.files.values)).sorted(), in: [])
        return (plan, found.missing)
    }
}

/// What aliases say.
private struct FoundAliases {
    /// The file that each object leads to.
    var files: [ObjectID: ObjectID] = [:]
    /// Objects without an alias.
    var missing: [ObjectID] = []
    /// Objects whose alias cannot be read.
    var failures: [(id: ObjectID, error: StoreError)] = []
}

extension FetchSession {
    fileprivate mutating func aliases(of ids: [ObjectID]) async throws(TransferError) -> FoundAliases {
        var keys: [ObjectID: RecordKey] = [:]
        for id in ids { keys[id] = .alias(of: id) }
        let known = try await locator.index(for: Array(keys.values))
        var found = FoundAliases()
        let there = keys.filter { known.contains($0.value) }
        let records = try await records(Array(there.values))
        for id in ids {
            guard let key = there[id] else {
                found.missing.append(id)
                continue
            }
            if let bytes = records[key], let alias = try? Alias(parsing: bytes) {
                found.files[id] = ObjectID(.blake3, alias.file)
            } else {
                let place = FilePath(index.remote.place)
                found.failures.append(
                    (id, (problems[key] ?? StoreError(.missingPart(key, of: nil), place)).blamed(on: id)))
            }
        }
        return found
    }

    fileprivate mutating func run(
        aliased ids: [ObjectID]
    ) async throws(TransferError) -> (moved: MovedObjects, missing: [ObjectID]) {
        let found = try await aliases(of: ids)
        let here = try locally { () throws(StoreError) in try destination.refresh() }
        let wanted = Set(found.files.values).filter { here.firstKey(of: $0) == nil }.sorted()
        let came = try await run(wanted, in: [])
        var lost: [ObjectID: StoreError] = [:]
        for id in came.missing {
            let key = RecordKey(.blob, id.digest)
            lost[id] = StoreError(.missingPart(key, of: nil), FilePath(index.remote.place))
        }
        for (id, error) in came.moved.failures { lost[id] = error }
        var moved = MovedObjects()
        moved.bytes = came.moved.bytes
        moved.failures = found.failures
        let batch = try locally { () throws(StoreError) in try PackBatch(into: destination) }
        for id in ids {
            guard let file = found.files[id] else { continue }
            if let error = lost[file] {
                moved.failures.append((id, error.blamed(on: id)))
                continue
            }
            moved.count += 1
            let alias = Alias(to: file.digest).serialized[...]
            try locally { () throws(StoreError) in try batch.add(.alias(of: id), alias) }
        }
        try locally { () throws(StoreError) in try batch.commit() }
        return (moved, found.missing)
    }
}
