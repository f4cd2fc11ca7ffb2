public import CairnCore
import CairnSystem

/// What a collection of a packed store would do, decided before anything is done: docs/formats/packed-store.md.
///
/// Making the plan takes no lock and changes nothing. `carryOut` looks again, under the lock, and deletes nothing that the plan does not name.
public struct PackedCollection {
    /// An object that goes.
    public struct Object: Sendable {
        /// Its name.
        public let id: ObjectID
        /// The bytes of the file, or of the stored form of the listing.
        public let size: Int64
        /// When the pack in which it lies was begun, in nanoseconds since 1970.
        public let created: Int64
    }

    /// The objects that go, directories first.
    public let objects: [Object]
    /// How many objects stay.
    public let keptCount: Int
    /// The packs of which nothing is needed.
    public let removed: [PackInfo]
    /// The packs of which what is needed is written anew: too little of them is, or they are small and many.
    public let rewritten: [PackInfo]
    /// The bytes that the store has less afterwards, about; less than zero where small packs are joined and little is gained.
    public let freed: Int64

    let store: PackedStore
    /// Packs that no segment mentions, with their sizes.
    let strays: [Digest: Int64]
    let usage: PackUsage

    /// Below this part of its bytes in use a pack is written anew, in percent.
    static let leastUse: Int64 = 60
    /// A pack below this size is small.
    static let smallSize: Int64 = 8 << 20
    /// So many small packs of a class are joined.
    static let mostSmall = 8

    /// Makes a plan.
    ///
    /// - Parameter isNeeded: whether a file or a directory has to stay. What it consists of stays then; the members of a directory are asked
    ///   for by themselves.
    /// - Throws: `StoreError` if the index cannot be read, or with `.missingPart` or `.damaged` if a needed object is not whole, as far as that
    ///   is seen without reading the bytes of files.
    public init(of store: PackedStore, isNeeded: (ObjectID) -> Bool) throws(StoreError) {
        let usage = try PackUsage(of: store, isNeeded: isNeeded)
        try self.init(store, usage, describesObjects: true, now: Surroundings.now)
    }

    /// - Parameter now: the time by which packs are old, in nanoseconds since 1970.
    init(
        _ store: PackedStore, _ usage: PackUsage, describesObjects: Bool, now: Int64
    ) throws(StoreError) {
        self.store = store
        self.usage = usage
        keptCount = usage.keptCount
        objects = describesObjects ? try Self.describe(usage.unneeded, store) : []
        removed = usage.packs.filter(\.live.isEmpty).map(\.info)
        let used = usage.packs.filter { !$0.live.isEmpty }
        var rewritten = used.filter { $0.liveSize * 100 < $0.info.size * Self.leastUse }
        let rest = used.filter { $0.liveSize * 100 >= $0.info.size * Self.leastUse }
        for packClass in [PackClass.data, .meta] {
            let small = rest.filter { $0.info.packClass == packClass && $0.info.size < Self.smallSize }
            if small.count >= Self.mostSmall { rewritten += small }
        }
        self.rewritten = rewritten.map(\.info)
        strays = try Self.strays(of: store, now: now)
        freed =
            removed.reduce(0) { $0 + $1.size } + rewritten.reduce(0) { $0 + $1.info.size - $1.liveSize }
            + strays.values.reduce(0, +)
    }

    /// True if nothing goes, neither objects nor packs. Trash may still be old enough to be emptied.
    public var isEmpty: Bool { usage.unneeded.isEmpty && !movesPacks }

    /// True if some packs go.
    var movesPacks: Bool { !removed.isEmpty || !rewritten.isEmpty || !strays.isEmpty }

    private static func describe(_ ids: [ObjectID], _ store: PackedStore) throws(StoreError) -> [Object] {
        let index = try store.index()
        var objects: [Object] = []
        objects.reserveCapacity(ids.count)
        for id in ids.filter(\.isDirectory) + ids.filter({ !$0.isDirectory }) {
            try system { () throws(SystemError) in try Interruption.check() }
            var size: Int64 = 0
            do throws(StoreError) {
                size = try store.size(of: id) ?? 0
            } catch {
                // What goes need not be sound.
                if error.reason == .io(.interrupted) { throw error }
            }
            let created = index.key(of: id).flatMap { index.location(of: $0) }?.pack.created ?? 0
            let time = created.multipliedReportingOverflow(by: 1_000_000)
            objects.append(Object(id: id, size: size, created: time.overflow ? 0 : time.partialValue))
        }
        return objects
    }

    /// Packs that the index does not tell about: those that a collection left behind which was killed, and those that are older than
    /// `orphan`. Younger ones may become part of the index yet.
    private static func strays(of store: PackedStore, now: Int64) throws(StoreError) -> [Digest: Int64] {
        guard let folder = store.folder, let marker = store.marker else { return [:] }
        let current = try store.currentSegments()
        let index = try store.index()
        let known = Set(index.packs.map(\.name)).union(index.deadPacks)
        var given: Set<Digest> = []
        let segments = SegmentFolder(root: folder)
        for name in try segments.names() where current[name] == nil {
            given.formUnion(try segments.readIfSound(name)?.packs.map(\.name) ?? [])
        }
        for item in try PackTrash(of: folder).items() {
            for segment in try item.segments() { given.formUnion(segment.packs.map(\.name)) }
        }
        let oldest = now - marker.collection.orphan * 1_000_000_000
        var strays: [Digest: Int64] = [:]
        for (name, status) in try folder.packs() where !known.contains(name) {
            if given.contains(name) || max(status.mtime, status.ctime) < oldest { strays[name] = status.size }
        }
        return strays
    }
}

extension Folder {
    /// All packs below the folder of a store, or of an item of its trash.
    func packs() throws(StoreError) -> [Digest: FileStatus] {
        var found: [Digest: FileStatus] = [:]
        for name in try names(in: PackedLayout.packs.components) {
            guard name.count == 2,
                let folder = try folderIfThere(PackedLayout.packs.components + [name[...]])
            else { continue }
            for file in try system({ () throws(SystemError) in try folder.names() }) {
                guard let pack = PackedLayout.pack(named: file), file.starts(with: name),
                    let status = try system({ () throws(SystemError) in try folder.status(of: file) }),
                    status.kind == .regular
                else { continue }
                found[pack] = status
            }
        }
        return found
    }

    /// The folder below this one; `nil` if there is none, or something else has its name.
    func folderIfThere(_ components: [ArraySlice<UInt8>]) throws(StoreError) -> Folder? {
        do throws(SystemError) {
            return try folder(components)
        } catch {
            switch error.errno {
            case .noSuchFileOrDirectory, .notDirectory, .tooManySymbolicLinkLevels: return nil
            default: throw StoreError(error)
            }
        }
    }

    /// The names in a folder below this one; none if it is not there.
    func names(in components: [ArraySlice<UInt8>]) throws(StoreError) -> [[UInt8]] {
        guard let folder = try folderIfThere(components) else { return [] }
        return try system { () throws(SystemError) in try folder.names() }
    }

    /// The time by the clock of the file system.
    ///
    /// - Parameter permissions: the bits that folders of the store get.
    func clock(permissions: UInt32?) throws(StoreError) -> Int64 {
        try system { () throws(SystemError) in
            let scratch = try ScratchFolder(
                in: self, DurableBatch.folderName, permissions: permissions)
            return try scratch.folder.status("")?.ctime ?? 0
        }
    }
}
