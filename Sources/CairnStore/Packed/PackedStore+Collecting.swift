import CairnCore
import CairnSystem

extension PackedStore {
    /// What `undoCollection` brought back.
    public struct Undone: Sendable {
        /// How many objects can be read that could not before.
        public let objects: Int
        /// The bytes of the packs that came back.
        public let bytes: Int64
    }

    /// Brings back what the last collection put aside, as far as the trash still has it.
    ///
    /// Records that the collection had copied are there twice then, until the next one.
    /// - Returns: `nil` if the trash is empty.
    /// - Throws: `StoreError` with `.busy` if somebody writes to the store, or why a file cannot be read, written or moved. The same call goes
    ///   on where it stopped then.
    public func undoCollection() throws(StoreError) -> Undone? {
        try undoCollection(patience: PackedCollection.patience)
    }

    func undoCollection(patience: Int) throws(StoreError) -> Undone? {
        guard let folder, marker != nil else { return nil }
        let lock = try lockAlone(in: folder, patience: patience)
        defer { withExtendedLifetime(lock) {} }
        let trash = PackTrash(of: folder)
        let wasStopped = try hasUnfinishedCollection(folder)
        let last = wasStopped ? try trash.items().last : try trash.lastItemInUse()
        guard wasStopped || last != nil else { return nil }
        let before = Set(try allObjects())
        var bytes: Int64 = 0
        if let last {
            for (name, status) in try last.packs() {
                let path = PackedLayout.path(ofPack: name)
                let isMoved = try PackTrash.move(
                    path, from: last.folder, to: folder, permissions: folderPermissions)
                if isMoved { bytes += status.size }
            }
        }
        try restoreIndex(from: last, folder)
        // What its segments say is in the index now.
        if let last { try trash.removeSegments(of: last) }
        forgetEverything()
        let after = try allObjects()
        return Undone(objects: after.count { !before.contains($0) }, bytes: bytes)
    }

    /// True if a collection was killed when it had replaced the index and had not put aside all that was replaced: only then do segments
    /// lie in their place that say more than those by which they are replaced.
    private func hasUnfinishedCollection(_ folder: Folder) throws(StoreError) -> Bool {
        let current = try currentSegments()
        let index = try index()
        for name in try SegmentFolder(root: folder).names() where current[name] == nil {
            guard let segment = try SegmentFolder(root: folder).readIfSound(name) else { continue }
            var isThere: [Bool] = []
            for pack in segment.packs {
                let isFound = try system { () throws(SystemError) in try folder.has(pack) }
                isThere.append(isFound && !index.deadPacks.contains(pack.name))
            }
            var saysMore = false
            segment.forEachEntry { key, pack, _ in
                if isThere[pack], !index.contains(key) { saysMore = true }
            }
            if saysMore { return true }
        }
        return false
    }

    /// Writes an index of all packs that are there, from all segments that there are: those of an item of the trash, and those that a
    /// collection which was killed has only just replaced.
    private func restoreIndex(from item: PackTrash.Item?, _ folder: Folder) throws(StoreError) {
        let names = try SegmentFolder(root: folder).names()
        var segments = try item?.segments() ?? []
        for name in names {
            if let segment = try SegmentFolder(root: folder).readIfSound(name) { segments.append(segment) }
        }
        var content: [(PackInfo, [PackEntry])] = []
        var isThere: [Digest: Bool] = [:]
        for segment in segments {
            var entries = [[PackEntry]](repeating: [], count: segment.packs.count)
            segment.forEachEntry { key, pack, place in entries[pack].append(PackEntry(key, place)) }
            for (info, entries) in zip(segment.packs, entries) {
                if isThere[info.name] == nil {
                    isThere[info.name] = try system { () throws(SystemError) in try folder.has(info) }
                }
                if isThere[info.name] == true { content.append((info, entries)) }
            }
        }
        let batch = try system { () throws(SystemError) in
            try folder.syncFileSystem()
            return try DurableBatch(in: folder, folderPermissions: folderPermissions)
        }
        let writer = SegmentWriter(store: self, folder: folder, batch: batch, push: .now())
        try writer.replace(names, by: content, and: try item?.segmentNames() ?? [])
    }

    /// True if the index names the object as a file or a directory, and not only as a chunk.
    func isObject(_ id: ObjectID) -> Bool {
        do throws(StoreError) {
            guard let key = try index().key(of: id) else { return false }
            return key.kind != .chunk
        } catch {
            // What is not known to be of no use is kept.
            return true
        }
    }

    /// Forgets what was read of the index and of packs: another value of the store may have changed it.
    public func forgetEverything() {
        forgetIndex()
        readers.removeAll()
    }
}

extension ULID {
    /// A new name.
    static func now() -> ULID {
        var random = SystemRandomNumberGenerator()
        return ULID(milliseconds: UInt64(Surroundings.now / 1_000_000), using: &random)
    }
}

extension SegmentWriter {
    /// Writes an index that replaces every other one.
    ///
    /// - Parameters:
    ///   - old: all segments that are there, each contained in the new ones or given up.
    ///   - content: the packs and the records in them.
    ///   - others: further segments that are contained in the new ones.
    func replace(
        _ old: Set<SegmentName>, by content: [(PackInfo, [PackEntry])], and others: Set<SegmentName> = []
    ) throws(StoreError) {
        var segments: [IndexSegmentBuilder.Segment] = []
        var builder = IndexSegmentBuilder()
        for (pack, entries) in content where !entries.isEmpty {
            if builder.isFull {
                segments.append(builder.build())
                builder = IndexSegmentBuilder()
            }
            builder.add(pack, entries)
        }
        // Only the last one, which gets its name when all others have theirs, says what is replaced.
        for name in old {
            guard let segment = try SegmentFolder(root: folder).readIfSound(name) else {
                builder.replace(name.digest)
                continue
            }
            builder.add(contentsOf: segment, without: Set(segment.packs.map(\.name)))
        }
        for name in others { builder.replace(name.digest) }
        segments.append(builder.build())
        let level = min(9, (old.map(\.level).max() ?? 0) + 1)
        try write(segments.map { (level, $0) }, lastIsLater: true)
    }
}
