public import CairnCore
public import CairnStore
import CairnSystem

/// Brings objects from a packed remote into a packed store of this machine; every byte is checked before it is kept.
public struct PackedFetch: Sendable {
    /// So many bytes are fetched before what came is made a part of the store.
    static let roundBytes: Int64 = 8 << 30

    let index: RemoteIndex
    let destination: PackedStore
    let jobs: Int
    let reporter: any Reporter

    /// Describes a fetch.
    ///
    /// - Parameter jobs: how many parts of packs are read at a time.
    public init(from index: RemoteIndex, to destination: PackedStore, jobs: Int, reporter: any Reporter) {
        self.index = index
        self.destination = destination
        self.jobs = jobs
        self.reporter = reporter
    }

    /// Finds out what would be read for objects that are not here. Recipes are read for that, and nothing is changed.
    ///
    /// - Throws: `TransferError`.
    public func plan(
        _ ids: [ObjectID], in directories: [ObjectID] = [], on log: RemoteLog
    ) async throws(TransferError) -> FetchPlan {
        var session = FetchSession(
            index: index, destination: destination, jobs: jobs, reporter: SilentReporter(), log: log)
        return try await session.plan(ids, in: directories)
    }

    /// Fetches objects.
    ///
    /// - Parameters:
    ///   - ids: objects that are not here, none twice; the files of a directory are objects of their own.
    ///   - directories: directories that are here, to which some of the files belong: they may tell where these lie.
    /// - Returns: what is here now that was not before, with the bytes that were read; and what the remote does not have.
    /// - Throws: `TransferError` for what stops everything. What came until then is kept, and not fetched again.
    public func run(
        _ ids: [ObjectID], in directories: [ObjectID] = [], on log: RemoteLog
    ) async throws(TransferError) -> (moved: MovedObjects, missing: [ObjectID]) {
        var session = FetchSession(
            index: index, destination: destination, jobs: jobs, reporter: reporter, log: log)
        return try await session.run(ids, in: directories)
    }
}

/// What has to be read of a packed remote.
public struct FetchPlan: Sendable {
    /// Parts of packs.
    var ranges: [FetchRange] = []
    /// Records that were read already, to find out about the others.
    var records: [(key: RecordKey, bytes: ArraySlice<UInt8>)] = []
    /// Files that are one record, which is not here.
    var files: [RecordKey] = []
    /// Files of several chunks, and directories, with the records that they need and that are not here.
    var composites: [(id: ObjectID, keys: [RecordKey])] = []
    /// Objects that the remote does not have.
    public internal(set) var missing: [ObjectID] = []

    /// How many objects will be fetched.
    public var count: Int { files.count + composites.count }
    /// How many requests that takes, beyond those made to find out.
    public var requests: Int { ranges.count }
    /// The bytes that will be read.
    public var bytes: Int64 { ranges.reduce(0) { $0 + Int64($1.bytes.count) } }
}
