import CairnCore
import CairnSystem

extension PackedCollection {
    /// What was done.
    public struct Result: Sendable {
        /// How many objects went.
        public let count: Int
        /// The bytes by which the packs of the store are fewer; they take room in the trash as long as it is kept.
        public let freed: Int64
        /// The bytes that were deleted from the trash.
        public let emptied: Int64
    }

    /// A moment at which a collection may be stopped.
    enum Step: Hashable, CaseIterable, Sendable {
        case locked, copied, packsNamed, segmentNamed, segmentMoved, segmentsMoved, packMoved, packsMoved
    }

    /// How long a collection waits for those who write, in milliseconds.
    static let patience = 10_000

    /// Carries the plan out, alone: sessions that write wait.
    ///
    /// What was added since the plan was made stays, and what it needs. Stopped at any moment, the store has all that is needed.
    /// - Parameter progress: called with bytes of records that were copied.
    /// - Throws: `StoreError` with `.busy` if somebody writes to the store, `.damaged` or `.missingPart` if something needed cannot be copied,
    ///   before anything was moved; or why a file cannot be written or moved.
    public func carryOut(progress: (Int64) -> Void = { _ in }) throws(StoreError) -> Result {
        try carryOut(patience: Self.patience, now: nil, progress: progress) { _ throws(StoreError) in }
    }

    func carryOut(
        patience: Int, now: Int64?, progress: (Int64) -> Void = { _ in },
        step: (Step) throws(StoreError) -> Void
    ) throws(StoreError) -> Result {
        let nothing = Result(count: 0, freed: 0, emptied: 0)
        guard let folder = store.folder, let marker = store.marker else { return nothing }
        let hasTrash = try !PackTrash(of: folder).items().isEmpty
        // The plan had its strays from another clock.
        guard !isEmpty || hasTrash || now != nil else { return nothing }
        let lock = try store.lockAlone(in: folder, patience: patience)
        defer { withExtendedLifetime(lock) {} }
        try step(.locked)
        if isEmpty, now == nil {
            let clock = try folder.clock(permissions: store.folderPermissions)
            let emptied = try PackTrash(of: folder).empty(grace: marker.collection.grace, now: clock)
            return Result(count: 0, freed: 0, emptied: emptied)
        }
        let going = Set(usage.unneeded).subtracting(try membersOfNewDirectories())
        let chunks = usage.wholeChunks
        let clock = if let now { now } else { try folder.clock(permissions: store.folderPermissions) }
        let usage = try PackUsage(of: store) { id in
            !going.contains(id) && (store.isObject(id) || chunks.contains(id.digest))
        }
        let fresh = try PackedCollection(store, usage, describesObjects: false, now: clock)
        // First, because what comes next takes room.
        let emptied = try PackTrash(of: folder).empty(grace: marker.collection.grace, now: clock)
        guard !fresh.isEmpty else { return Result(count: 0, freed: 0, emptied: emptied) }
        let freed = try PackedCollectionRun(of: fresh, in: folder).run(progress: progress, step: step)
        store.forgetEverything()
        return Result(count: usage.unneeded.count, freed: freed, emptied: emptied)
    }
}

extension PackedCollection {
    /// The files of directories that were added since the plan was made: who added them may have found some of the files stored already.
    private func membersOfNewDirectories() throws(StoreError) -> Set<ObjectID> {
        _ = try store.refresh()
        var members: Set<ObjectID> = []
        for id in try store.allObjects() where id.isDirectory && !usage.directories.contains(id) {
            let bytes = try store.read(id)
            let listing: DirListing
            do {
                listing = try DirListing(parsing: bytes, as: .native)
            } catch {
                throw StoreError(.unreadableListing(id, "\(error)"), store.root)
            }
            for index in 0..<listing.count {
                members.insert(ObjectID(.blake3, listing.digest(at: index)))
            }
        }
        return members
    }
}

/// A collection while it is carried out, under the lock.
private struct PackedCollectionRun {
    private let plan: PackedCollection
    private let store: PackedStore
    private let folder: Folder
    private let batch: DurableBatch
    private let push: ULID

    init(of plan: PackedCollection, in folder: Folder) throws(StoreError) {
        self.plan = plan
        self.folder = folder
        store = plan.store
        let permissions = plan.store.folderPermissions
        batch = try system { () throws(SystemError) in
            try DurableBatch(in: folder, folderPermissions: permissions)
        }
        push = .now()
    }

    /// - Returns: the bytes that became free.
    func run(
        progress: (Int64) -> Void, step: (PackedCollection.Step) throws(StoreError) -> Void
    ) throws(StoreError) -> Int64 {
        let gone = Set((plan.removed + plan.rewritten).map(\.name))
        let unsound = try unsoundCopies(gone)
        let packs = try copy(gone, unsound, progress)
        try step(.copied)
        if !packs.isEmpty {
            try system { () throws(SystemError) in
                try batch.commit(count: packs.count) { number in
                    let name = packs[number].pack.info.name
                    return (packs[number].file, PackedLayout.place(PackedLayout.path(ofPack: name)))
                }
            }
        }
        try step(.packsNamed)
        let old = try SegmentFolder(root: folder).names()
        let writer = SegmentWriter(store: store, folder: folder, batch: batch, push: push)
        var content = plan.usage.packs.filter { !gone.contains($0.info.name) }
            .map { pack in
                (pack.info, pack.live.filter { !unsound.contains(RecordPlace($0, in: pack.info)) })
            }
        content += packs.map { ($0.pack.info, $0.pack.entries) }
        // Before anything is given up: who undoes a collection that was killed learns from it that this one was the last.
        let item = try PackTrash(of: folder).makeItem(push, permissions: store.folderPermissions)
        try writer.replace(old, by: content)
        try step(.segmentNamed)
        try putAside(old, gone, into: item, step)
        return plan.removed.reduce(0) { $0 + $1.size } + plan.rewritten.reduce(0) { $0 + $1.size }
            + plan.strays.values.reduce(0, +) - packs.reduce(0) { $0 + $1.pack.info.size }
    }

    /// Records that stay where they are, are damaged there, and have another copy.
    private func unsoundCopies(_ gone: Set<Digest>) throws(StoreError) -> Set<RecordPlace> {
        var unsound: Set<RecordPlace> = []
        for (entry, number) in plan.usage.doubled {
            let info = plan.usage.packs[number].info
            guard !gone.contains(info.name) else { continue }
            do throws(StoreError) {
                _ = try store.reader(of: info).record(entry.key, at: entry.place)
            } catch {
                if error.reason == .io(.interrupted) { throw error }
                unsound.insert(RecordPlace(entry, in: info))
            }
        }
        return unsound
    }

    /// Writes what is needed of packs that go into new ones, each record compared with its key.
    private func copy(
        _ gone: Set<Digest>, _ unsound: Set<RecordPlace>, _ progress: (Int64) -> Void
    ) throws(StoreError) -> [PackStream.Finished] {
        let (batch, push) = (batch, push)
        let data = PackStream(.data, push) { () throws(StoreError) in batch }
        let meta = PackStream(.meta, push) { () throws(StoreError) in batch }
        func append(_ frame: EncodedFrame, _ packClass: PackClass) throws(StoreError) {
            try (packClass == .data ? data : meta).append(frame)
        }
        let lane = PackLane(.standard)
        // The oldest packs first, each from its front: as it was written, so it is read.
        for pack in plan.usage.packs.reversed() {
            let isGone = gone.contains(pack.info.name)
            let entries = pack.live.filter { isGone || unsound.contains(RecordPlace($0, in: pack.info)) }
            for entry in entries.sorted(by: PackEntry.liesBefore) {
                try system { () throws(SystemError) in try Interruption.check() }
                let bytes = try record(entry.key)
                let frame = try bytes.withBytes { (bytes) throws(StoreError) in
                    try format(store.root) { () throws(FormatError) in try lane.add(entry.key, bytes) }
                }
                if let frame { try append(frame, entry.key.kind.packClass) }
                progress(Int64(bytes.count))
            }
        }
        for (packClass, frame) in lane.finish() { try append(frame, packClass) }
        return try data.finish() + meta.finish()
    }

    /// Reads a record; where that fails the error says which object needs it.
    private func record(_ key: RecordKey) throws(StoreError) -> ArraySlice<UInt8> {
        do throws(StoreError) {
            guard key.kind == .directory else { return try store.record(key) }
            return try store.record(key) { (bytes) throws(FormatError) in
                _ = try bytes.withBytes { (bytes) throws(FormatError) in try DirectoryRecord(parsing: bytes) }
                return bytes
            }
        } catch {
            switch error.reason {
            case .missingPart, .malformed: throw error.blaming(try owner(of: key))
            default: throw error
            }
        }
    }

    /// A needed object that the record is a part of.
    private func owner(of key: RecordKey) throws(StoreError) -> ObjectID {
        let going = Set(plan.usage.unneeded)
        for id in try store.allObjects() where !going.contains(id) {
            guard let first = try store.index().key(of: id) else { continue }
            // Another object that cannot be read is not the one.
            let parts = (try? PackUsage.parts(of: first, id, in: store)) ?? []
            if first == key || parts.contains(key) { return id }
        }
        return ObjectID(.blake3, key.digest, isDirectory: key.kind == .directory)
    }

    private func putAside(
        _ segments: Set<SegmentName>, _ packs: Set<Digest>, into item: PackTrash.Item,
        _ step: (PackedCollection.Step) throws(StoreError) -> Void
    ) throws(StoreError) {
        let permissions = store.folderPermissions
        for name in segments {
            try PackTrash.move(name.path, from: folder, to: item.folder, permissions: permissions)
            try step(.segmentMoved)
        }
        try step(.segmentsMoved)
        for name in packs.union(plan.strays.keys) {
            let path = PackedLayout.path(ofPack: name)
            try PackTrash.move(path, from: folder, to: item.folder, permissions: permissions)
            try step(.packMoved)
        }
        try system { () throws(SystemError) in try folder.syncFileSystem() }
        try step(.packsMoved)
    }
}

/// One copy of a record.
private struct RecordPlace: Hashable {
    let entry: PackEntry
    let pack: Digest

    init(_ entry: PackEntry, in pack: PackInfo) {
        self.entry = entry
        self.pack = pack.name
    }
}

extension PackEntry {
    fileprivate static func liesBefore(_ left: PackEntry, _ right: PackEntry) -> Bool {
        (left.place.frameOffset, left.place.record) < (right.place.frameOffset, right.place.record)
    }
}
