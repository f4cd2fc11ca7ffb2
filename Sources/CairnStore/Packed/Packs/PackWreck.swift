import CairnCore
import CairnSystem

/// Packs that are to leave a store because they are damaged: what of them is sound, and what is lost with them.
struct PackWreck {
    private let store: PackedStore
    private let index: PackIndex
    /// The packs; more than were given if objects that are lost begin in sound ones.
    private(set) var packs: [PackInfo] = []
    /// Records that no pack has any more.
    private(set) var lost: Set<RecordKey> = []
    private var entries: [Digest: [PackEntry]] = [:]
    private var dropped: Set<RecordKey> = []

    /// Looks at every record of the packs.
    ///
    /// - Throws: `StoreError` if the index cannot be read, or with EINTR when the user asked to stop.
    init(of store: PackedStore, _ packs: [PackInfo]) throws(StoreError) {
        self.store = store
        index = try store.index()
        add(packs)
        var unsound: Set<RecordKey> = []
        var sound: Set<RecordKey> = []
        for pack in self.packs {
            let reader = try Self.reader(of: pack, in: store)
            for entry in entries[pack.name] ?? [] {
                try system { () throws(SystemError) in try Interruption.check() }
                if try reader?.isSound(entry) == true {
                    sound.insert(entry.key)
                } else {
                    unsound.insert(entry.key)
                }
            }
        }
        let names = Set(self.packs.map(\.name))
        next: for key in unsound.subtracting(sound) {
            for location in index.locations(of: key) where !names.contains(location.pack.name) {
                if try store.soundRecord(key, at: location) != nil { continue next }
            }
            lost.insert(key)
        }
    }

    private mutating func add(_ more: [PackInfo]) {
        let names = Set(packs.map(\.name))
        let fresh = more.filter { !names.contains($0.name) }
        guard !fresh.isEmpty else { return }
        packs += fresh
        entries.merge(index.entries(of: Set(fresh.map(\.name)))) { _, new in new }
    }

    /// Leaves records out.
    mutating func drop(_ keys: Set<RecordKey>) { dropped.formUnion(keys) }

    /// Leaves out the records with which objects begin that need what is lost: the store must not claim to have them.
    mutating func dropIncompleteObjects() throws(StoreError) {
        // A lost file in one piece is a part of nothing.
        let parts = lost.filter { [.chunk, .span, .page].contains($0.kind) }
        guard !parts.isEmpty else { return }
        var firsts: Set<RecordKey> = []
        index.forEachEntry { key, _ in
            if key.kind == .recipe || key.kind == .directory { firsts.insert(key) }
        }
        var more: [Digest: PackInfo] = [:]
        for first in firsts {
            try system { () throws(SystemError) in try Interruption.check() }
            guard PackedStore.parts(of: first, read: record).contains(where: parts.contains) else { continue }
            dropped.insert(first)
            for location in index.locations(of: first) { more[location.pack.name] = location.pack }
        }
        add(more.values.sorted { $0.name < $1.name })
    }

    /// A sound record from wherever it lies, also from a pack that nobody else reads from any more.
    private func record(_ key: RecordKey) -> ArraySlice<UInt8>? {
        if let bytes = try? store.record(key) { return bytes }
        for location in index.locations(of: key) {
            let reader = (try? Self.reader(of: location.pack, in: store)) ?? nil
            let bytes = (try? reader?.soundRecord(PackEntry(key, location.place))) ?? nil
            if let bytes { return bytes }
        }
        return nil
    }

    /// Hands every record that is kept to `body`, read from a place where it is sound.
    func forEachSoundRecord(
        _ body: (RecordKey, ArraySlice<UInt8>) throws(StoreError) -> Void
    ) throws(StoreError) {
        for pack in packs {
            guard let reader = try Self.reader(of: pack, in: store) else { continue }
            let sorted = (entries[pack.name] ?? []).sorted {
                ($0.place.frameOffset, $0.place.record) < ($1.place.frameOffset, $1.place.record)
            }
            for entry in sorted where !dropped.contains(entry.key) {
                try system { () throws(SystemError) in try Interruption.check() }
                if let bytes = try reader.soundRecord(entry) { try body(entry.key, bytes) }
            }
        }
    }

    /// A reader to which neither the head nor the size of the pack matters; `nil` if it is gone.
    static func reader(of pack: PackInfo, in store: PackedStore) throws(StoreError) -> PackReader? {
        guard let folder = store.folder else { return nil }
        do throws(StoreError) {
            let file = try store.open(pack.name, in: folder)
            return try PackReader(salvaging: file, as: pack.packClass)
        } catch {
            switch error.reason {
            case .io(.noSuchFileOrDirectory), .unsupportedFile, .io(.tooManySymbolicLinkLevels): return nil
            default: throw error
            }
        }
    }
}
