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
    private let index: PackIndex
    private let claims = KeyClaims()
    private let lanes = PackLanes(.standard)
    private let data: PackStream
    private let meta: PackStream
    private let scratch: LazyBatch
    private let state = Mutex(State())

    private struct State {
        /// The first failure: what others relied on may be missing.
        var failure: StoreError?
        var isCommitted = false
        /// Whether a pack of the index is there as the index says, as far as somebody asked.
        var soundPacks: [Digest: Bool] = [:]
    }

    /// How long a session waits for a collector, in milliseconds.
    private static let patience = 60_000
    /// Begins a session, and waits for a collector to end if there is one.
    ///
    /// - Throws: `StoreError` if the store has not been made, cannot be locked or written to, or its index cannot be read; with `.busy` if
    ///   somebody keeps it for himself.
    public convenience init(into store: PackedStore) throws(StoreError) {
        try self.init(into: store, patience: Self.patience)
    }

    /// - Parameter patience: how long to wait for a collector, in milliseconds.
    init(into store: PackedStore, patience: Int) throws(StoreError) {
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
        index = try store.refresh()
        data = PackStream(.data, push) { () throws(StoreError) in try scratch.batch() }
        meta = PackStream(.meta, push) { () throws(StoreError) in try scratch.batch() }
    }

    /// True if the store had the record when the session began, or it was added since.
    ///
    /// A record does not count if its pack is gone or cut short, or if a collector means to delete it.
    public func contains(_ key: RecordKey) -> Bool {
        isStored(key) || claims.contains(key)
    }

    private func isStored(_ key: RecordKey) -> Bool {
        guard let location = index.location(of: key), !location.isCondemned else { return false }
        if isSound(location.pack) { return true }
        return index.locations(of: key).contains { !$0.isCondemned && isSound($0.pack) }
    }

    /// Looks at a pack's file, once.
    private func isSound(_ pack: PackInfo) -> Bool {
        if let known = state.withLock({ $0.soundPacks[pack.name] }) { return known }
        let path = Array(PackedLayout.path(ofPack: pack.name).utf8)
        let status = (try? folder.status(of: path)) ?? nil  // what cannot be looked at cannot be relied on
        let isSound = status?.kind == .regular && status?.size == pack.size
        state.withLock { $0.soundPacks[pack.name] = isSound }
        return isSound
    }

    /// From now on, what these packs have does not count as stored.
    func distrust(_ packs: [PackInfo]) {
        state.withLock { state in
            for pack in packs { state.soundPacks[pack.name] = false }
        }
    }

    /// Looks at the files of packs again: some may have been taken out of the store.
    public func forgetPacks() { state.withLock { $0.soundPacks.removeAll() } }

    /// Takes it upon the caller to add a record with `add(claimed:)`, or to see that the store has it: it counts as added from now on.
    ///
    /// - Returns: false if somebody has done so, or the record was added.
    public func claim(_ key: RecordKey) -> Bool { claims.claim(key) }

    /// Adds records that are not there yet. They are compressed on the caller's thread; nothing keeps their memory.
    ///
    /// After a failure the session is of no use any more: others may have relied on what was not stored.
    /// - Throws: `StoreError` if a record is larger than 64 MiB, or cannot be written; with EINTR when the user asked to stop.
    public func add(_ records: [(key: RecordKey, bytes: UnsafeRawBufferPointer)]) throws(StoreError) {
        try add(records) { claims.claim($0) }
    }

    /// As `add(_:)`, for records that the caller has claimed.
    public func add(claimed records: [(key: RecordKey, bytes: UnsafeRawBufferPointer)]) throws(StoreError) {
        try add(records) { _ in true }
    }

    private func add(
        _ records: [(key: RecordKey, bytes: UnsafeRawBufferPointer)], where isOurs: (RecordKey) -> Bool
    ) throws(StoreError) {
        do throws(StoreError) {
            try system { () throws(SystemError) in try Interruption.check() }
            let lane = lanes.take()
            defer { lanes.giveBack(lane) }
            for (key, bytes) in records where !isStored(key) && isOurs(key) {
                let frame = try format(store.root) { () throws(FormatError) in try lane.add(key, bytes) }
                if let frame { try append(frame, key.kind.packClass) }
            }
        } catch {
            state.withLock { if $0.failure == nil { $0.failure = error } }
            throw error
        }
    }

    /// Packs that few are synced one by one: nobody waits for what others have written to the file system.
    static func syncing(_ count: Int) -> DurableBatch.Syncing { count <= 4 ? .eachFile : .fileSystem }

    private func append(_ frame: EncodedFrame, _ packClass: PackClass) throws(StoreError) {
        switch packClass {
        case .data: try data.append(frame)
        case .meta: try meta.append(frame)
        }
    }

    /// Makes all that was added durable and part of the store. What was added at the same time by others may be there twice.
    ///
    /// - Throws: `StoreError` if something cannot be written, or could not be written before. The store is what it was then, or has
    ///   packs that no index tells about.
    /// - Precondition: it is called once, when no thread adds any more.
    public func commit() throws(StoreError) { try commit(without: []) }

    /// As `commit`, and calls packs dead, whose records are in the new ones as far as they are sound.
    func commit(without dead: [PackInfo]) throws(StoreError) {
        let failure = state.withLock { state in
            precondition(!state.isCommitted, "a session is committed once")
            state.isCommitted = true
            return state.failure
        }
        if let failure { throw failure }
        for lane in lanes.takeAll() {
            for (packClass, frame) in lane.finish() { try append(frame, packClass) }
        }
        // Nothing is added any more. With a million records, this and what is written here take most of the memory.
        claims.removeAll()
        var packs = try data.finish() + meta.finish()
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
        try withExtendedLifetime(lock) { () throws(StoreError) in try writer.mergeIfNeeded() }
        store.forgetIndex()
    }
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
