import CairnCore
import CairnSystem

/// What collections of a packed store put aside: `trash/<ulid>/`, with the folders that the store has.
struct PackTrash {
    /// The folder of the store.
    let root: Folder

    static let name = "trash"

    init(of root: Folder) { self.root = root }

    /// What one collection put aside.
    struct Item {
        let name: ULID
        let folder: Folder

        /// The packs in it.
        func packs() throws(StoreError) -> [Digest: FileStatus] { try folder.packs() }

        /// The segments in it.
        func segmentNames() throws(StoreError) -> Set<SegmentName> { try SegmentFolder(root: folder).names() }

        /// Those of them that can be read.
        func segments() throws(StoreError) -> [IndexSegment] {
            var segments: [IndexSegment] = []
            for name in try segmentNames() {
                if let segment = try SegmentFolder(root: folder).readIfSound(name) {
                    segments.append(segment)
                }
            }
            return segments
        }
    }

    /// What is there, the oldest first. Names that are not ours are passed over.
    func items() throws(StoreError) -> [Item] {
        var items: [Item] = []
        for name in try root.names(in: Self.name.components) {
            guard let ulid = ULID(parsing: name),
                let folder = try root.folderIfThere(Self.name.components + [name[...]])
            else { continue }
            items.append(Item(name: ulid, folder: folder))
        }
        return items.sorted { $0.name < $1.name }
    }

    /// What the last collection put aside that put anything aside.
    func lastItemInUse() throws(StoreError) -> Item? {
        for item in try items().reversed() {
            let (packs, segments) = (try item.packs(), try item.segmentNames())
            if !packs.isEmpty || !segments.isEmpty { return item }
        }
        return nil
    }

    /// Makes a place to put things aside.
    func makeItem(_ name: ULID, permissions: UInt32?) throws(StoreError) -> Item {
        let path = "\(Self.name)/\(name.text)"
        return try system { () throws(SystemError) in
            Item(name: name, folder: try root.makeFolder(path.components, permissions: permissions))
        }
    }

    /// Deletes what was put aside long enough ago.
    ///
    /// - Parameters:
    ///   - grace: for how long it is kept, in seconds.
    ///   - now: the time by the clock of the file system, in nanoseconds.
    /// - Returns: the bytes of the packs that were deleted.
    func empty(grace: Int64, now: Int64) throws(StoreError) -> Int64 {
        var size: Int64 = 0
        for item in try items() {
            // Nobody can set this time, and it is never earlier than that of the collection.
            let status = try system { () throws(SystemError) in try item.folder.status("") }
            guard let status, status.ctime < now - grace * 1_000_000_000 else { continue }
            size += try remove(item)
        }
        return size
    }

    /// Deletes packs and segments of an item, and its folders as far as they are empty then.
    func remove(_ item: Item) throws(StoreError) -> Int64 {
        var size: Int64 = 0
        for (pack, status) in try item.packs() {
            try Self.remove(PackedLayout.path(ofPack: pack), in: item.folder)
            size += status.size
        }
        try removeSegments(of: item)
        return size
    }

    /// Deletes the segments of an item, and its folders as far as they are empty then.
    func removeSegments(of item: Item) throws(StoreError) {
        for name in try item.segmentNames() { try Self.remove(name.path, in: item.folder) }
        for name in try item.folder.names(in: PackedLayout.packs.components) where name.count == 2 {
            try Self.removeFolder([PackedLayout.packs.bytes, name], in: item.folder)
        }
        for path in [PackedLayout.packs, PackedLayout.segments, "log"] {
            try Self.removeFolder(path.components.map { Array($0) }, in: item.folder)
        }
        try Self.removeFolder([Self.name.bytes, item.name.text.bytes], in: root)
        try Self.removeFolder([Self.name.bytes], in: root)
    }

    private static func remove(_ path: String, in folder: Folder) throws(StoreError) {
        let components = path.components
        guard let name = components.last,
            let parent = try folder.folderIfThere(Array(components.dropLast()))
        else { return }
        try system { () throws(SystemError) in try parent.remove(name) }
    }

    private static func removeFolder(_ path: [[UInt8]], in folder: Folder) throws(StoreError) {
        guard let name = path.last, let parent = try folder.folderIfThere(path.dropLast().map { $0[...] })
        else { return }
        do throws(SystemError) {
            _ = try parent.removeEmptyFolder(name)
        } catch {
            // Something else that has the name is not ours.
            guard error.errno == .notDirectory else { throw StoreError(error) }
        }
    }

    /// Moves a file to the same place below another folder; what is gone, or there already, stays as it is.
    ///
    /// - Returns: true if it was moved.
    @discardableResult
    static func move(
        _ path: String, from source: Folder, to target: Folder, permissions: UInt32?
    ) throws(StoreError) -> Bool {
        let components = path.components
        guard let name = components.last,
            let parent = try source.folderIfThere(Array(components.dropLast()))
        else { return false }
        return try system { () throws(SystemError) in
            let target = try target.makeFolder(Array(components.dropLast()), permissions: permissions)
            do throws(SystemError) {
                try parent.renameExclusively(name, to: target, name)
                return true
            } catch {
                // The name says what the bytes are.
                guard error.errno == .fileExists || error.errno == .noSuchFileOrDirectory else { throw error }
                return false
            }
        }
    }
}

extension String {
    fileprivate var bytes: [UInt8] { Array(utf8) }
}
