import CairnCore
import CairnSystem

/// Which records of a packed store are needed, and in which pack each of them is kept.
///
/// Of a record that lies in several packs one copy counts; the others are as good as gone.
struct PackUsage {
    /// What is needed of a pack.
    struct Pack {
        let info: PackInfo
        /// The records that are kept here.
        var live: [PackEntry] = []
        /// The bytes of the pack that these take, at most.
        var liveSize: Int64 = 0
    }

    /// All packs that are there with the size that the index tells.
    private(set) var packs: [Pack] = []
    /// Records of which another pack has a copy as well, each with the number of the pack where it is kept.
    private(set) var doubled: [(entry: PackEntry, pack: Int)] = []
    /// Objects that nobody needs, sorted, and the number of those that stay.
    private(set) var unneeded: [ObjectID] = []
    private(set) var keptCount = 0
    /// All directories, needed or not.
    private(set) var directories: Set<ObjectID> = []
    /// Chunks that are kept because a file consists of nothing else and has no other record.
    private(set) var wholeChunks: Set<Digest> = []

    private let store: PackedStore
    private let index: PackIndex
    private var numbers: [Digest: Int] = [:]
    private var marks: RecordMarks

    /// Finds out what is needed.
    ///
    /// - Parameter isNeeded: asked for every object, and for the digest of every chunk, which may be a file as well.
    /// - Throws: `StoreError` with `.missing`, `.missingPart` or `.damaged` if a needed object is not complete, as far as that is seen
    ///   without a look at the bytes of files.
    init(of store: PackedStore, isNeeded: (ObjectID) -> Bool) throws(StoreError) {
        self.store = store
        let index = try store.refresh()
        self.index = index
        marks = RecordMarks(on: index)
        guard let folder = store.folder else { return }
        for info in index.packs {
            let isThere = try system { () throws(SystemError) in try folder.has(info) }
            guard isThere else { continue }
            numbers[info.name] = packs.count
            packs.append(Pack(info: info))
        }
        for id in try store.allObjects() {
            try system { () throws(SystemError) in try Interruption.check() }
            if id.isDirectory { directories.insert(id) }
            guard isNeeded(id) else {
                unneeded.append(id)
                continue
            }
            keptCount += 1
            try keep(id)
        }
        var files: [Digest] = []
        index.forEachEntry { key, _ in
            if key.kind == .chunk, isNeeded(ObjectID(.blake3, key.digest)) { files.append(key.digest) }
        }
        for file in files where index.key(of: ObjectID(.blake3, file))?.kind == .chunk {
            wholeChunks.insert(file)
            try keep(RecordKey(.chunk, file), of: ObjectID(.blake3, file))
        }
        marks = RecordMarks(on: PackIndex([]))
        for number in packs.indices { try measure(number, folder) }
    }

    /// Keeps the records that an object consists of. The members of a directory are objects of their own.
    private mutating func keep(_ id: ObjectID) throws(StoreError) {
        guard let key = index.key(of: id), try keep(key, of: id) else { return }
        for part in try Self.parts(of: key, id, in: store) { try keep(part, of: id) }
    }

    /// Keeps a record.
    ///
    /// - Returns: false if it was kept before.
    @discardableResult
    private mutating func keep(_ key: RecordKey, of id: ObjectID) throws(StoreError) -> Bool {
        guard marks.mark(key) || !index.contains(key) else { return false }
        var first: (entry: PackEntry, pack: Int)?
        for location in index.locations(of: key) {
            guard let number = numbers[location.pack.name] else { continue }
            guard let first else {
                first = (PackEntry(key, location.place), number)
                continue
            }
            doubled.append(first)
            break
        }
        guard let first else { throw StoreError(.missingPart(key, of: id), store.root) }
        packs[first.pack].live.append(first.entry)
        return true
    }

    /// The records that a needed one refers to; each of them is there.
    static func parts(
        of key: RecordKey, _ id: ObjectID, in store: PackedStore
    ) throws(StoreError) -> [RecordKey] {
        func damage() -> StoreError { StoreError(.damaged(id), store.root) }
        switch key.kind {
        case .directory:
            let directory = try store.object(id) { () throws(StoreError) in try store.directory(id) }
            return directory.pages.map { RecordKey(.page, $0.key) }
        case .recipe:
            let bytes = try store.object(id) { () throws(StoreError) in try store.record(key) }
            guard let recipe = try? Recipe(parsing: bytes.span, of: key.digest) else { throw damage() }
            guard recipe.isIndirect else { return recipe.parts.map { RecordKey(.chunk, $0.id) } }
            var keys: [RecordKey] = []
            for part in recipe.parts {
                let key = RecordKey(.span, part.id)
                let bytes = try store.object(id) { () throws(StoreError) in try store.record(key) }
                guard let span = try? RecipeSpan(parsing: bytes.span, of: part.id) else { throw damage() }
                keys.append(key)
                keys += span.chunks.map { RecordKey(.chunk, $0.id) }
            }
            return keys
        case .chunk, .blob, .span, .page, .directoryDelta, .alias: return []
        }
    }

    /// Estimates how much of a pack its live records take: of a frame with several as large a part as there are live ones.
    private mutating func measure(_ number: Int, _ folder: Folder) throws(StoreError) {
        let pack = packs[number]
        guard !pack.live.isEmpty, pack.live.count < pack.info.recordCount else {
            packs[number].liveSize = pack.live.isEmpty ? 0 : pack.info.size
            return
        }
        let all: [PackEntry]
        do throws(StoreError) {
            all = try store.reader(of: pack.info).trailer().entries
        } catch {
            if error.reason == .io(.interrupted) { throw error }
            // A pack that is damaged there is written anew, so far as it is needed and sound.
            return
        }
        var frames: [UInt32: (all: Int64, live: Int64, size: Int64)] = [:]
        for entry in all {
            frames[entry.place.frameOffset, default: (0, 0, Int64(entry.place.frameLength))].all += 1
        }
        for entry in pack.live { frames[entry.place.frameOffset]?.live += 1 }
        packs[number].liveSize = frames.values.reduce(0) { $0 + $1.size * $1.live / max(1, $1.all) }
    }
}

extension Folder {
    /// True if a pack is there with the size that an index tells.
    func has(_ pack: PackInfo) throws(SystemError) -> Bool {
        let status = try status(of: Array(PackedLayout.path(ofPack: pack.name).utf8))
        return status?.kind == .regular && status?.size == pack.size
    }
}
