import CairnCore
import CairnSystem

/// Objects of a packed store, and the packs in which their records lie.
struct PackedScope: Sendable {
    /// The objects that begin in a pack.
    struct Home: Sendable {
        var ids: [ObjectID] = []
        var bytes: Int64 = 0
    }

    /// The packs that have something of the objects.
    private(set) var packs: [PackInfo] = []
    /// For each of them what begins there.
    private(set) var homes: [Home] = []
    /// The records that the index looks for in each.
    let entries: [Digest: [PackEntry]]
    /// Objects that the index does not know.
    private(set) var missing: [ObjectID] = []
    /// Objects that cannot be put together, as far as the index and their first records tell.
    private(set) var failures: [(id: ObjectID, error: StoreError)] = []

    private let store: PackedStore
    private let index: PackIndex
    private let depth: CheckDepth
    private var numbers: [Digest: Int] = [:]

    /// Finds the records of objects.
    ///
    /// - Throws: `StoreError` if the index cannot be read, or with EINTR when the user asked to stop.
    init(_ ids: [ObjectID], in store: PackedStore, _ depth: CheckDepth) throws(StoreError) {
        self.store = store
        self.depth = depth
        index = try store.refresh()
        let index = index
        var packs: [PackInfo] = []
        var numbers: [Digest: Int] = [:]
        var homes: [Home] = []
        func note(_ key: RecordKey) -> Int? {
            var first: Int?
            for location in index.locations(of: key) {
                let number = numbers[location.pack.name] ?? packs.count
                if number == packs.count {
                    numbers[location.pack.name] = number
                    packs.append(location.pack)
                    homes.append(Home())
                }
                first = first ?? number
            }
            return first
        }
        for id in ids {
            try system { () throws(SystemError) in try Interruption.check() }
            guard let key = Self.firstKey(of: id, index), let home = note(key) else {
                missing.append(id)
                continue
            }
            do throws(StoreError) {
                for part in try Self.parts(of: key, id, store, depth) where note(part) == nil {
                    throw StoreError(.missingPart(part, of: id), store.root)
                }
                homes[home].ids.append(id)
                homes[home].bytes += try Self.size(of: id, store)
            } catch {
                if error.reason == .io(.interrupted) { throw error }
                failures.append((id, error))
            }
        }
        self.packs = packs
        self.numbers = numbers
        self.homes = homes
        entries = index.entries(of: Set(packs.map(\.name)))
    }

    /// The bytes of an object; none if its pack is too damaged to tell, which checking the pack finds.
    private static func size(of id: ObjectID, _ store: PackedStore) throws(StoreError) -> Int64 {
        do throws(StoreError) {
            return try store.size(of: id) ?? 0
        } catch {
            if error.reason == .io(.interrupted) { throw error }
            return 0
        }
    }

    private static func parts(
        of key: RecordKey, _ id: ObjectID, _ store: PackedStore, _ depth: CheckDepth
    ) throws(StoreError) -> [RecordKey] {
        guard depth > .present else { return [] }
        guard key.kind == .alias else { return try PackUsage.parts(of: key, id, in: store) }
        let file = try store.file(aliased: id)
        guard let first = try store.index().key(of: file) else {
            throw StoreError(.missingPart(RecordKey(.blob, file.digest), of: id), store.root)
        }
        return try [first] + PackUsage.parts(of: first, file, in: store)
    }

    /// The record that an object begins with; of one with an MD5 id the alias.
    private static func firstKey(of id: ObjectID, _ index: PackIndex) -> RecordKey? {
        if id.algorithm == .blake3 { return index.key(of: id) }
        let alias = RecordKey.alias(of: id)
        return index.contains(alias) ? alias : nil
    }

    /// The other records of an object, as far as they can be learned.
    private func readableParts(of first: RecordKey, _ id: ObjectID) -> [RecordKey] {
        guard first.kind == .alias else { return store.readableParts(of: first) }
        guard let file = try? store.file(aliased: id), let key = index.key(of: file) else { return [] }
        return [key] + store.readableParts(of: key)
    }

    /// The objects that cannot be put together from what is sound, each with the reason.
    ///
    /// - Parameter damage: what is wrong with packs.
    func objects(brokenBy damage: [PackDamage]) -> [(id: ObjectID, error: StoreError)] {
        var bad: [Digest: (keys: Set<RecordKey>, error: StoreError)] = [:]
        for pack in damage { bad[pack.pack.name] = (Set(pack.badRecords), pack.reason) }
        guard bad.values.contains(where: { !$0.keys.isEmpty }) else { return [] }
        /// Why no pack gives a record; `nil` if one does.
        func loss(of key: RecordKey) -> StoreError? {
            var reason: StoreError?
            for location in index.locations(of: key) {
                guard let pack = bad[location.pack.name], pack.keys.contains(key) else { return nil }
                reason = reason ?? pack.error
            }
            return reason
        }
        var broken: [(id: ObjectID, error: StoreError)] = []
        for id in homes.flatMap(\.ids) {
            guard let first = Self.firstKey(of: id, index) else { continue }
            let parts = loss(of: first) == nil && depth > .present ? readableParts(of: first, id) : []
            guard let reason = ([first] + parts).lazy.compactMap(loss).first else { continue }
            let isForNewer = damage.contains { $0.isForNewerProgram && $0.reason == reason }
            broken.append((id, isForNewer ? reason : StoreError(.damaged(id), reason.path)))
        }
        return broken
    }
}
