import CairnCore
import CairnStore
import CairnSystem

/// Stores the data of outputs: several outputs become durable together, before any pointer names them.
final class OutputRecorder {
    /// What was found out about an output while it was stored.
    struct Recorded {
        /// The id of the file or of the directory's listing.
        let id: ObjectID
        /// Bytes of all files.
        let size: Int64
        /// How many files a directory has; `nil` for a file.
        let fileCount: Int?
        /// True for a single file that its owner may execute.
        let isExecutable: Bool
        /// The files with their digests.
        let tree: DataTree
        /// The listing of a directory.
        let listing: DirListing?
    }

    /// What the ids of new data are made with.
    let algorithm: HashAlgorithm
    private let session: Session
    private let store: ObjectStore
    private let inventory: ObjectInventory
    /// Where new objects become files; `nil` to find ids only.
    private let batch: DurableBatch?
    /// Where new native objects are packed; `nil` where they become files too.
    private let packs: PackBatch?
    private let types: [LinkType]
    private let time: Int64
    private var pending = Intake.Report()
    private var pendingListings: Set<ObjectID> = []
    private var isCommitted = false

    /// Prepares to store about `expected` files.
    ///
    /// - Parameter stores: false to find ids only, without a byte written.
    init(_ session: Session, expecting expected: Int, stores: Bool) throws {
        self.session = session
        algorithm = session.workspace.algorithm
        let store = try session.store(creating: stores)
        self.store = store
        inventory = try ObjectInventory(of: store, expecting: expected)
        types = try session.workspace.linkTypes()
        time = session.fileSystemTime()
        batch =
            try stores
            ? store.folder.map { folder throws(SystemError) in
                try DurableBatch(
                    in: folder, expecting: expected, folderPermissions: store.loose.folderPermissions)
            } : nil
        packs =
            try stores && session.packsObjects(of: algorithm, in: store)
            ? store.packed.map { packed throws(StoreError) in try PackBatch(into: packed) } : nil
    }

    private func packs(for algorithm: HashAlgorithm) -> PackBatch? { algorithm == .blake3 ? packs : nil }

    /// Reads an output and stores what the cache lacks; nothing has its name in the cache before `commit`.
    ///
    /// - Throws: `CairnError` that names the files that could not be read.
    func record(_ source: DataTree, _ algorithm: HashAlgorithm) throws -> Recorded {
        let tree = try recordFiles(of: source, algorithm)
        let size = tree.snapshot.size
        guard tree.isFolder else {
            guard let digest = tree.digests[0] else {
                preconditionFailure("a file that was read has a digest")
            }
            return Recorded(
                id: ObjectID(algorithm, digest), size: size, fileCount: nil,
                isExecutable: tree.snapshot.files[0].isExecutable, tree: tree, listing: nil)
        }
        let listing = try tree.listing()
        let id = try record(listing, algorithm)
        return Recorded(
            id: id, size: size, fileCount: listing.fileCount, isExecutable: false, tree: tree,
            listing: listing)
    }

    /// As `record`, but stores no listing of the files.
    ///
    /// - Returns: the files with every digest.
    func recordFiles(of source: DataTree, _ algorithm: HashAlgorithm) throws -> DataTree {
        var tree = source
        tree.recall(algorithm, from: session.index)
        var positions: [Int] = []
        for index in tree.digests.indices {
            if let digest = tree.digests[index], try batch == nil || isStored(ObjectID(algorithm, digest)) {
                continue
            }
            positions.append(index)
        }
        if !positions.isEmpty {
            let bytes = positions.reduce(Int64(0)) { $0 + tree.snapshot.files[$1].size }
            try checkSpace(bytes)
            session.reporter.begin(batch == nil ? "hashing" : "adding", items: positions.count, bytes: bytes)
            let intake = Intake(
                algorithm, into: destination(for: tree, algorithm), workers: session.workers,
                reporter: session.reporter)
            let report = try intake.read(tree.snapshot, at: positions, in: tree.openBase(session))
            if pending.stored.isEmpty {
                pending.stored = report.stored
            } else {
                pending.stored += report.stored
            }
            pending.linked += report.linked
            pending.packedCount += report.packedCount
            try tree.take(report, algorithm, time, session)
        }
        return tree
    }

    /// Stores a listing.
    ///
    /// - Returns: its id.
    /// - Throws: `CairnError` for one that is larger than a listing may be.
    func record(_ listing: DirListing, _ algorithm: HashAlgorithm) throws -> ObjectID {
        let id = listing.id(algorithm)
        guard let batch, pendingListings.insert(id).inserted, try !isSound(id) else { return id }
        try Self.check(listing.leastSize)
        if let packs = packs(for: algorithm) {
            try packs.add(listing, id: id)
            pending.packedCount += 1
            return id
        }
        let temporary = batch.newTemporary()
        let file = try batch.create(temporary, permissions: 0o444)
        var size: Int64 = 0
        try listing.forEachPiece { (bytes) throws(SystemError) in
            size += Int64(bytes.count)
            try file.write(bytes)
        }
        try Self.check(size)
        pending.stored.append((id, temporary))
        return id
    }

    /// Refuses a listing that nobody could read.
    private static func check(_ size: Int64) throws {
        guard size > DirListing.largestSize else { return }
        throw CairnError(
            .usage,
            "a directory has too many files: the list of them would take \(Words.bytes(size)), and one may take \(Words.bytes(DirListing.largestSize))",
            hint: "track the folders in it one by one")
    }

    /// Stores files of the cache once more, under ids of this recorder's algorithm.
    ///
    /// - Parameter ids: each once, none of them that of a listing.
    /// - Returns: the new ids, and the objects that could not be read or are damaged.
    func convert(_ ids: [ObjectID]) throws -> ObjectConversion.Report {
        let reader = ObjectReader(of: store, workers: session.workers, reporter: session.reporter)
        let (objects, missing) = try reader.find(ids)
        if let id = missing.first { throw StoreError(.missing(id), store.root) }
        guard !objects.isEmpty, let destination = destination(types: [.copy], algorithm) else {
            return ObjectConversion.Report()
        }
        let bytes = objects.reduce(Int64(0)) { $0 + $1.size }
        if let free = store.root.freeSpace, free < bytes, packs == nil {
            throw StoreError(.noSpace(needed: bytes, free: free), store.root)
        }
        session.reporter.begin("converting", items: objects.count, bytes: bytes)
        let conversion = ObjectConversion(
            to: algorithm, in: destination, workers: session.workers, reporter: session.reporter)
        let report = try conversion.run(objects)
        pending.stored += report.stored
        pending.packedCount += report.packedCount
        return report
    }

    /// Makes everything that was recorded durable under its name. Objects that name others come last.
    ///
    /// - Precondition: it is called once, as the last thing.
    func commit() throws {
        precondition(!isCommitted, "a recorder commits once")
        isCommitted = true
        guard let batch else { return }
        pending.stored.sort { !$0.id.isDirectory && $1.id.isDirectory }
        if pendingCount > 1000 { session.reporter.begin("syncing", items: nil, bytes: nil) }
        try pending.commit(batch)
        try packs?.commit()
        pending = Intake.Report()
    }

    /// How many new objects there are and wait for `commit`.
    var pendingCount: Int { pending.stored.count + pending.packedCount }

    private func destination(for tree: DataTree, _ algorithm: HashAlgorithm) -> Intake.Destination? {
        // Files outside of the workspace are somebody else's: they neither become objects nor read-only.
        let mayShare = tree.origin == nil && !tree.isLink
        return destination(types: mayShare ? types : types.filter { !$0.isShared } + [.copy], algorithm)
    }

    private func destination(types: [LinkType], _ algorithm: HashAlgorithm) -> Intake.Destination? {
        batch.map {
            Intake.Destination(
                store: store, packs: packs(for: algorithm), inventory: inventory, batch: $0, types: types,
                quarantine: session.workspace.damagedFolder)
        }
    }

    private func isStored(_ id: ObjectID) throws -> Bool { try inventory.contains(id) }

    /// True if the store has the listing with the right bytes; a damaged one is moved aside.
    private func isSound(_ id: ObjectID) throws -> Bool {
        guard try inventory.contains(id) else { return false }
        do throws(StoreError) {
            try store.verify(id)
            return true
        } catch {
            switch error.reason {
            case .missing: return false
            case .damaged, .missingPart:
                _ = try store.moveAside(id, into: session.workspace.damagedFolder)
                packs?.forgetPacks()
                return false
            default: throw error
            }
        }
    }

    /// Refuses early what would fill the disk: links need no space, copies all of it.
    private func checkSpace(_ bytes: Int64) throws {
        guard batch != nil, types.first == .copy || !types.contains(where: \.isShared), bytes > 64 << 20
        else { return }
        guard types.first != .reflink || !store.loose.mayReflink else { return }
        guard let free = store.root.freeSpace, free < bytes else { return }
        throw StoreError(.noSpace(needed: bytes, free: free), store.root)
    }
}
