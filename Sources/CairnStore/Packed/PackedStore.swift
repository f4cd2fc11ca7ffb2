public import CairnCore
public import CairnSystem
import Synchronization

/// A store that keeps files as chunks, and listings as pages, in packs with an index: docs/formats/packed-store.md.
///
/// Reading takes no lock and goes on beside writers, merges of the index, and a collector. Objects are files and directories of native
/// repositories; of an object with an MD5 id it has an alias at most, which leads to the file with its bytes. `PackBatch` writes.
public final class PackedStore: Sendable {
    // A class: it owns the descriptors of its folder and of the packs that are read, and what was read of the index.

    /// The folder of the store.
    public let root: FilePath
    /// What the store says of itself; `nil` if it has not been made, and is empty.
    public let marker: StoreMarker?
    /// The bits that new folders of the store get; `nil` leaves it to the umask.
    let folderPermissions: UInt32?
    /// The open folder; `nil` if it is not there.
    let folder: Folder?
    let readers: PackReaders
    /// Who brings packs that are opened; `nil` where they lie in the folder.
    private let source: (any PackSource)?
    /// Aliases that were read, with the files that they lead to.
    let aliases = Mutex<[RecordKey: Digest]>([:])
    private let state = Mutex(IndexState())

    private struct IndexState {
        /// The segments that the index was made of.
        var segments: [SegmentName: IndexSegment] = [:]
        var index: PackIndex?
        /// Damaged segments that are passed over, and what stands in for them.
        var ignored: Set<SegmentName> = []
        var replacements: [IndexSegment] = []
    }

    /// Opens a store.
    ///
    /// - Parameters:
    ///   - creating: whether to make the folder and the marker if they are missing; without it a missing store is an empty one.
    ///   - isGroupShared: whether everybody in the folder's group may add objects.
    ///   - source: who brings packs that are opened, where they do not lie in the folder.
    /// - Throws: `StoreError` if the folder cannot be opened or made, or the store needs a newer program.
    public init(
        at root: FilePath, creating: Bool = false, isGroupShared: Bool = false,
        source: (any PackSource)? = nil
    ) throws(StoreError) {
        self.root = root
        self.source = source
        readers = PackReaders(source)
        folderPermissions = isGroupShared ? 0o2775 : nil
        folder = try system { () throws(SystemError) in
            if creating { try root.makeFolders() }
            do throws(SystemError) {
                return try Folder(root)
            } catch {
                guard error.errno == .noSuchFileOrDirectory, !creating else { throw error }
                return nil
            }
        }
        var marker = try folder.flatMap { (folder) throws(StoreError) in try Self.readMarker(in: folder) }
        if marker == nil, creating, let folder {
            try Self.writeMarker(in: folder, folderPermissions: folderPermissions)
            marker = try Self.readMarker(in: folder)
        }
        self.marker = marker
    }

    static func readMarker(in folder: Folder) throws(StoreError) -> StoreMarker? {
        let bytes: [UInt8]
        do throws(SystemError) {
            let file = try OpenFile(
                reading: PackedLayout.marker.utf8, in: folder, followingLinks: false)
            bytes = try file.readAll(limit: StoreMarker.largestSize)
        } catch {
            guard error.errno == .noSuchFileOrDirectory else { throw StoreError(error) }
            return nil
        }
        return try format(folder.path(of: PackedLayout.marker.utf8)) { () throws(FormatError) in
            try StoreMarker(parsing: bytes)
        }
    }

    /// Writes the marker of a new store. If somebody else makes the store at the same time, one of both markers stays.
    private static func writeMarker(in folder: Folder, folderPermissions: UInt32?) throws(StoreError) {
        var random = SystemRandomNumberGenerator()
        let marker = StoreMarker(id: UniqueID(using: &random))
        try system { () throws(SystemError) in
            let batch = try DurableBatch(in: folder, folderPermissions: folderPermissions)
            let temporary = batch.newTemporary()
            try batch.write(marker.bytes, as: temporary)
            try batch.commit(count: 1, syncing: .eachFile) { _ in
                (temporary, ([], Array(PackedLayout.marker.utf8)))
            }
        }
    }

    /// Opens a pack for reading.
    ///
    /// - Throws: `StoreError`, with ENOENT if it is not there.
    func open(_ pack: Digest, in folder: Folder) throws(StoreError) -> OpenFile {
        try folder.open(pack, from: source)
    }

    /// Where all records lie, as of the first call or the last `refresh()`.
    ///
    /// The first call reads the index segments: about 60 ms for a million records.
    /// - Throws: `StoreError` if a segment cannot be read, or is damaged.
    public func index() throws(StoreError) -> PackIndex {
        try state.withLock { (state) throws(StoreError) in
            if let index = state.index { return index }
            return try Self.load(&state, folder)
        }
    }

    /// Looks again for index segments, and reads those that are new.
    ///
    /// - Throws: `StoreError` as `index()`.
    @discardableResult
    public func refresh() throws(StoreError) -> PackIndex {
        try state.withLock { (state) throws(StoreError) in try Self.load(&state, folder) }
    }

    /// The segments of which the index consists now.
    func currentSegments() throws(StoreError) -> [SegmentName: IndexSegment] {
        try state.withLock { (state) throws(StoreError) in
            _ = try Self.load(&state, folder)
            return state.segments
        }
    }

    /// Has the next question look for new segments; what was read is kept.
    func forgetIndex() { state.withLock { $0.index = nil } }

    /// Passes over damaged segments from now on, as far as this value is concerned, and reads others in their place.
    func readPast(_ damaged: Set<SegmentName>, with replacements: [IndexSegment]) {
        state.withLock { state in
            state.index = nil
            state.ignored = damaged
            state.replacements = replacements
        }
    }

    private static func load(_ state: inout IndexState, _ folder: Folder?) throws(StoreError) -> PackIndex {
        let segments =
            try folder.map { (folder) throws(StoreError) in
                try SegmentFolder(root: folder).segments(known: state.segments, ignoring: state.ignored)
            } ?? [:]
        if let index = state.index, segments.keys == state.segments.keys { return index }
        let index = PackIndex(
            segments.sorted { $0.key.push < $1.key.push }.map(\.value) + state.replacements)
        state.segments = segments
        state.index = index
        return index
    }

    /// True if the store has the object, as far as the index tells: a file in one piece or as a recipe, or a directory.
    ///
    /// - Throws: `StoreError` if the index cannot be read.
    public func contains(_ id: ObjectID) throws(StoreError) -> Bool {
        try index().key(of: id) != nil
    }

    /// All files and directories that the index names, each once, sorted. Targets of symbolic links are among the files.
    ///
    /// - Throws: `StoreError` if the index cannot be read.
    public func allObjects() throws(StoreError) -> [ObjectID] {
        var objects: [ObjectID] = []
        try index().forEachEntry { key, _ in
            switch key.kind {
            case .blob, .recipe: objects.append(ObjectID(.blake3, key.digest))
            case .directory: objects.append(ObjectID(.blake3, key.digest, isDirectory: true))
            case .chunk, .span, .page, .directoryDelta, .alias: break
            }
        }
        objects.sort()
        var unique: [ObjectID] = []
        unique.reserveCapacity(objects.count)
        for object in objects where object != unique.last { unique.append(object) }
        return unique
    }

    /// What the folders of the index and of the packs look like, and when one of them last changed: as long as it stays the same, no
    /// object came or went.
    ///
    /// - Returns: `nil` if the store is not there.
    /// - Throws: `StoreError` if a folder cannot be looked at.
    public func fingerprint() throws(StoreError) -> (digest: Digest, lastChange: Int64, device: UInt64)? {
        guard let folder, marker != nil else { return nil }
        var names = try SegmentFolder(root: folder).names().map(\.text)
        names.sort()
        return try system { () throws(SystemError) in
            guard let root = try folder.status("") else { return nil }
            var words: [Int64] = []
            var lastChange: Int64 = 0
            func add(_ path: [UInt8]) throws(SystemError) {
                let status = try folder.status(of: path)
                words += [status?.ctime ?? 0, Int64(bitPattern: status?.inode ?? 0)]
                lastChange = max(lastChange, status?.ctime ?? 0)
            }
            try add(Array(PackedLayout.segments.utf8))
            try add(Array(PackedLayout.packs.utf8))
            let packs = Array("\(PackedLayout.packs)/".utf8)
            for byte in UInt8.min...UInt8.max { try add(packs + LooseStore.hexDigits(of: byte)) }
            var hash = BLAKE3()
            words.withUnsafeBytes { hash.update($0) }
            for name in names { Array(name.utf8).withUnsafeBytes { hash.update($0) } }
            return (hash.finish(), lastChange, root.device)
        }
    }
}

extension PackIndex {
    /// The record that an object begins with: the file itself, its recipe, or the directory.
    ///
    /// - Returns: `nil` if no pack has it.
    func key(of id: ObjectID) -> RecordKey? {
        guard id.algorithm == .blake3 else { return nil }
        let kinds: [RecordKind] = id.isDirectory ? [.directory] : [.blob, .recipe, .chunk]
        return kinds.lazy.map { RecordKey($0, id.digest) }.first { contains($0) }
    }
}
