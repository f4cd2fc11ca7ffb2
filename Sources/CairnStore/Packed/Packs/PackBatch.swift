import CairnCore
import CairnSystem
import Synchronization

/// One session that writes to a packed store; several threads may add records at the same time.
///
/// Records go into packs without names. `commit` makes these durable, names them, and then adds a segment to the index: what the session
/// brought is there as a whole, or not at all. Sessions of several processes do not hinder each other; a collector waits for all of them.
/// A session that is dropped without a commit, or whose process dies, leaves nothing but a folder that the next one clears away.
public final class PackBatch: ChunkSink {
    /// The store that is written to.
    public let store: PackedStore
    /// The name of the session.
    let push: ULID
    let folder: Folder
    private let lock: FileLock
    private let stored: StoredRecords
    private let assembly: PackAssembly
    private let scratch: LazyBatch
    private let isCommitted = Mutex(false)

    /// How long a session waits for a collector, in milliseconds.
    private static let patience = 60_000
    /// Begins a session, and waits for a collector to end if there is one.
    ///
    /// - Parameter packsAtATime: how many packs with data are written at a time where whole frames come in.
    /// - Throws: `StoreError` if the store has not been made, cannot be locked or written to, or its index cannot be read; with `.busy` if
    ///   somebody keeps it for himself.
    public convenience init(into store: PackedStore, packsAtATime: Int = 1) throws(StoreError) {
        try self.init(into: store, packsAtATime: packsAtATime, patience: Self.patience)
    }

    /// - Parameter patience: how long to wait for a collector, in milliseconds.
    init(into store: PackedStore, packsAtATime: Int = 1, patience: Int) throws(StoreError) {
        guard let marker = store.marker, let folder = store.folder else {
            throw StoreError(.io(.noSuchFileOrDirectory), store.root.appending(PackedLayout.marker))
        }
        if case .readOnly(let missing) = marker.access {
            throw StoreError(.readOnly(missing: missing), store.root)
        }
        let lock = try store.lock(.shared, in: folder, patience: patience)
        var random = SystemRandomNumberGenerator()
        let push = ULID(milliseconds: UInt64(Surroundings.now / 1_000_000), using: &random)
        let scratch = LazyBatch(in: folder, folderPermissions: store.folderPermissions)
        self.store = store
        self.folder = folder
        self.lock = lock
        self.push = push
        self.scratch = scratch
        // Read under the lock: what a collector gave up before is not relied on.
        let stored = StoredRecords(index: try store.refresh(), folder: folder)
        self.stored = stored
        func streams(_ packClass: PackClass, _ count: Int) -> PackStreams {
            PackStreams(
                (0..<count).map { _ in
                    PackStream(packClass, push) { () throws(StoreError) in try scratch.batch() }
                })
        }
        assembly = PackAssembly(
            streams(.data, max(1, packsAtATime)), streams(.meta, 1), at: store.root,
            isStored: stored.contains)
    }

    /// True if the store had the record when the session began, or it was added since.
    ///
    /// A record does not count if its pack is gone or cut short, or if a collector means to delete it.
    public func contains(_ key: RecordKey) -> Bool { assembly.contains(key) }

    /// From now on, what these packs have does not count as stored.
    func distrust(_ packs: [PackInfo]) { stored.distrust(packs) }

    /// Looks at the files of packs again: some may have been taken out of the store.
    public func forgetPacks() { stored.forgetPacks() }

    /// Takes it upon the caller to add a record with `add(claimed:)`, or to see that the store has it: it counts as added from now on.
    ///
    /// - Returns: false if somebody has done so, or the record was added.
    public func claim(_ key: RecordKey) -> Bool { assembly.claim(key) }

    /// Adds records that are not there yet. They are compressed on the caller's thread; nothing keeps their memory.
    ///
    /// After a failure the session is of no use any more: others may have relied on what was not stored.
    /// - Throws: `StoreError` if a record is larger than 64 MiB, or cannot be written; with EINTR when the user asked to stop.
    public func add(_ records: [(key: RecordKey, bytes: UnsafeRawBufferPointer)]) throws(StoreError) {
        try assembly.add(records)
    }

    /// As `add(_:)`, for records that the caller has claimed.
    public func add(claimed records: [(key: RecordKey, bytes: UnsafeRawBufferPointer)]) throws(StoreError) {
        try assembly.add(claimed: records)
    }

    /// Adds records of frames that came from another store, each checked. Frames of which all records are wanted stay as they are.
    ///
    /// - Parameter frames: which records are wanted, none of which the session has, and the bytes of the whole frame.
    /// - Returns: the frames that are damaged; nothing was taken of them.
    /// - Throws: `StoreError` as `add(_:)`.
    public func add(
        _ frames: [(selection: FrameSelection, bytes: [UInt8])]
    ) throws(StoreError) -> [(selection: FrameSelection, error: FormatError)] {
        try assembly.add(frames)
    }

    /// Packs that few are synced one by one: nobody waits for what others have written to the file system.
    static func syncing(_ count: Int) -> DurableBatch.Syncing { count <= 4 ? .eachFile : .fileSystem }

    /// Makes all that was added durable and part of the store. What was added at the same time by others may be there twice.
    ///
    /// - Throws: `StoreError` if something cannot be written, or could not be written before. The store is what it was then, or has
    ///   packs that no index tells about.
    /// - Precondition: it is called once, when no thread adds any more.
    public func commit() throws(StoreError) { try commit(without: []) }

    /// As `commit`, and calls packs dead, whose records are in the new ones as far as they are sound.
    ///
    /// - Parameter merges: whether the index may be merged where it has many segments.
    func commit(without dead: [PackInfo], merges: Bool = true) throws(StoreError) {
        isCommitted.withLock { isCommitted in
            precondition(!isCommitted, "a session is committed once")
            isCommitted = true
        }
        var packs = try assembly.finish(.data) + assembly.finish(.meta)
        // Nothing is added any more. With a million records, this and what is written here take most of the memory.
        assembly.forgetClaims()
        guard !packs.isEmpty || !dead.isEmpty else { return }
        let batch = try scratch.batch()
        try system { () throws(SystemError) in
            try batch.commit(count: packs.count, syncing: Self.syncing(packs.count)) { [packs] number in
                (
                    packs[number].file,
                    PackedLayout.place(PackedLayout.path(ofPack: packs[number].pack.info.name))
                )
            }
        }
        let writer = SegmentWriter(store: store, folder: folder, batch: batch, push: push)
        let named = packs.map(\.pack)
        packs = []
        try writer.add(named, dead: dead)
        try withExtendedLifetime(lock) { () throws(StoreError) in
            if merges { try writer.mergeIfNeeded() }
        }
        store.forgetIndex()
    }
}

/// What a session finds in the store, and may rely on.
private final class StoredRecords: Sendable {
    private let index: PackIndex
    private let folder: Folder
    /// Whether a pack of the index is there as the index says, as far as somebody asked.
    private let soundPacks = Mutex<[Digest: Bool]>([:])

    init(index: PackIndex, folder: Folder) {
        self.index = index
        self.folder = folder
    }

    func contains(_ key: RecordKey) -> Bool {
        guard let location = index.location(of: key), !location.isCondemned else { return false }
        if isSound(location.pack) { return true }
        return index.locations(of: key).contains { !$0.isCondemned && isSound($0.pack) }
    }

    /// Looks at a pack's file, once.
    private func isSound(_ pack: PackInfo) -> Bool {
        if let known = soundPacks.withLock({ $0[pack.name] }) { return known }
        let path = Array(PackedLayout.path(ofPack: pack.name).utf8)
        let status = (try? folder.status(of: path)) ?? nil  // what cannot be looked at cannot be relied on
        let isSound = status?.kind == .regular && status?.size == pack.size
        soundPacks.withLock { $0[pack.name] = isSound }
        return isSound
    }

    func distrust(_ packs: [PackInfo]) {
        soundPacks.withLock { known in
            for pack in packs { known[pack.name] = false }
        }
    }

    func forgetPacks() { soundPacks.withLock { $0.removeAll() } }
}

/// A batch that is made when its first file is.
private final class LazyBatch: Sendable {
    private let folder: Folder
    private let folderPermissions: UInt32?
    private let made = Mutex<DurableBatch?>(nil)

    init(in folder: Folder, folderPermissions: UInt32?) {
        self.folder = folder
        self.folderPermissions = folderPermissions
    }

    func batch() throws(StoreError) -> DurableBatch {
        try made.withLock { (made) throws(StoreError) in
            if let made { return made }
            let batch = try system { () throws(SystemError) in
                try DurableBatch(in: folder, folderPermissions: folderPermissions)
            }
            made = batch
            return batch
        }
    }
}

extension PackedLayout {
    /// A path below the store as batches of files take it.
    static func place(_ path: String) -> DurableBatch.Place {
        let components = path.components
        return (Array(components.dropLast()), components.last.map(Array.init) ?? [])
    }
}
