public import CairnCore
public import CairnStore
public import CairnSystem
import Synchronization

/// Brings objects of a cache to a packed remote, in the order that makes a crash at any moment harmless: packs, then a segment that tells of
/// them, then the clone's roots, then the mark that the push came to its end. docs/formats/packed-store.md says why that is enough beside
/// other pushers and collectors.
public struct PackedPush: Sendable {
    /// Who pushes.
    public struct Clone: Sendable {
        /// The repository.
        public var repository: UniqueID
        /// This copy of it.
        public var id: UniqueID
        /// What people call it.
        public var label: String

        /// Puts it together.
        public init(repository: UniqueID, id: UniqueID, label: String) {
            self.repository = repository
            self.id = id
            self.label = label
        }
    }

    /// So many bytes are gathered before they are sent.
    static let roundBytes: Int64 = 256 << 20
    /// If more time went by since the log was read, it is read again before a segment is written.
    static let patience = Duration.seconds(15 * 60)
    /// How often a push starts anew because collectors gave up what it relied on.
    static let attempts = 20

    /// Objects that nobody needs from the remote, because who reads it has them: neither they nor records that they consist of are sent.
    public var assumed: Set<ObjectID> = []

    private let cache: ObjectStore
    private let index: RemoteIndex
    private let clone: Clone
    private let folder: FilePath
    private let jobs: Int
    private let workers: Workers
    private let reporter: any Reporter

    /// Describes a push.
    ///
    /// - Parameters:
    ///   - folder: an existing folder of this machine for packs that wait to be sent, and for the notes of what was.
    ///   - jobs: how many packs are sent at a time.
    public init(
        from cache: ObjectStore, to index: RemoteIndex, as clone: Clone, in folder: FilePath, jobs: Int,
        workers: Workers, reporter: any Reporter
    ) {
        self.cache = cache
        self.index = index
        self.clone = clone
        self.folder = folder
        self.jobs = jobs
        self.workers = workers
        self.reporter = reporter
    }

    /// Finds out what would be sent. Nothing is changed.
    ///
    /// - Throws: `TransferError`.
    public static func plan(
        _ objects: [ObjectID], from cache: ObjectStore, on view: RemoteView, workers: Workers
    ) throws(TransferError) -> PushPlan {
        try locally { () throws(StoreError) in
            try PushQuery(cache: cache, view: view, isSent: { _ in false }, workers: workers).plan(objects)
        }
    }

    /// Sends what the remote lacks.
    ///
    /// - Parameters:
    ///   - objects: all that is wanted there, no id twice; a directory is held back unless its files are there by then. What `view` calls
    ///     complete may be left out, with all that belongs to it.
    ///   - roots: what outputs name of all that: what collectors have to keep, with all that it refers to.
    ///   - view: the log as it was read to find out what is wanted.
    /// - Returns: what the remote has now that it did not have before, with the bytes of the packs that were sent; and what neither side has.
    /// - Throws: `TransferError` for what stops everything; packs sent until then are not sent again by the next push. With `.overtaken` if
    ///   collectors gave up something that was left out: it has to be done again with a new view.
    public func run(
        _ objects: [ObjectID], roots: [ObjectID], on view: RemoteView
    ) async throws(TransferError) -> (moved: MovedObjects, missing: [ObjectID]) {
        var session = PushSession(
            cache: cache, index: index, clone: clone, folder: folder, jobs: jobs, workers: workers,
            reporter: reporter, view: view)
        session.assumedObjects = assumed
        session.assumedRecords = try assumedRecords()
        return try await session.run(objects, roots: roots)
    }

    /// The records of the cache's packs that objects consist of which are not sent; of what is damaged, nothing is known.
    private func assumedRecords() throws(TransferError) -> Set<RecordKey> {
        guard !assumed.isEmpty, let packed = cache.packed else { return [] }
        return try locally { () throws(StoreError) in
            let index = try packed.refresh()
            var records: Set<RecordKey> = []
            for id in assumed {
                guard let key = index.firstKey(of: id) else { continue }
                records.insert(key)
                if let parts = try? packed.parts(of: key, id) { records.formUnion(parts) }
            }
            return records
        }
    }
}
