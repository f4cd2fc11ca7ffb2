import CairnCore
public import CairnSystem

extension PackedStore {
    /// What became of damaged packs.
    public struct SetAside: Sendable {
        /// Where each pack lies now; none for a pack that was gone.
        public internal(set) var places: [(pack: PackInfo, place: FilePath)] = []
        /// How many of their records are in new packs.
        public internal(set) var savedCount = 0
        /// Records that no pack has any more.
        public internal(set) var lost: [RecordKey] = []
    }

    /// Takes the packs in which records of an object are damaged out of the store, so that it can be stored or fetched anew. The store
    /// does not have the object any more if no pack has one of its records as it should be.
    ///
    /// - Parameter quarantine: a folder, best on the file system of the store; from another one the packs stay where they are, dead.
    /// - Returns: where a pack lies now; `nil` if every record is sound.
    /// - Throws: `StoreError` if the store cannot be written to.
    public func setAsideDamage(of id: ObjectID, into quarantine: FilePath) throws(StoreError) -> FilePath? {
        let (suspects, lost) = try damage(of: id)
        guard !suspects.isEmpty else { return nil }
        return try setAside(suspects, without: lost.map { [$0] } ?? [], into: quarantine).places.last?.place
            ?? root
    }

    /// Takes damaged packs out of the store. Objects that cannot be put together without what they had are not in it any more.
    ///
    /// Their sound records are copied into a new pack before, each checked; the damaged packs are kept in the quarantine: they may have the
    /// only copy of something. The order is: new pack, a segment that tells of it and calls the old ones dead, and only then the move.
    /// - Parameters:
    ///   - quarantine: a folder, best on the file system of the store; from another one the packs stay where they are, dead.
    ///   - isShared: true for a remote, where segments of pushes that have not come to their end must not be merged.
    /// - Throws: `StoreError` if the store cannot be written to.
    @discardableResult
    public func setAside(
        _ packs: [PackInfo], into quarantine: FilePath, isShared: Bool = false
    ) throws(StoreError) -> SetAside {
        try setAside(packs, without: [], into: quarantine, isShared: isShared)
    }

    /// - Parameter dropped: records that are not copied, even if they are sound.
    private func setAside(
        _ packs: [PackInfo], without dropped: Set<RecordKey>, into quarantine: FilePath,
        isShared: Bool = false
    ) throws(StoreError) -> SetAside {
        guard let folder, !packs.isEmpty else { return SetAside() }
        _ = try refresh()
        var wreck = try PackWreck(of: self, packs)
        wreck.drop(dropped)
        try wreck.dropIncompleteObjects()
        let batch = try PackBatch(into: self)
        batch.distrust(wreck.packs)
        var result = SetAside()
        try wreck.forEachSoundRecord { (key, bytes) throws(StoreError) in
            try bytes.withBytes { (bytes) throws(StoreError) in try batch.add([(key, bytes)]) }
            result.savedCount += 1
        }
        try batch.commit(without: wreck.packs, merges: !isShared)
        result.lost = wreck.lost.sorted()
        for pack in wreck.packs {
            if let place = move(pack, from: folder, into: quarantine) { result.places.append((pack, place)) }
        }
        forgetEverything()
        return result
    }

    /// Moves a pack away that no index tells about any more.
    private func move(_ pack: PackInfo, from folder: Folder, into quarantine: FilePath) -> FilePath? {
        let path = Array(PackedLayout.path(ofPack: pack.name).utf8)
        do throws(SystemError) {
            try quarantine.makeFolders()
            let target = try Folder(quarantine)
            let name = Array("\(pack.name.hex).cpk".utf8)
            try folder.renameExclusively(path, to: target, name)
            return target.path(of: name)
        } catch {
            // It is dead where it lies; a collector clears it away.
            let status = (try? folder.status(of: path)) ?? nil
            return status == nil ? nil : folder.path(of: path)
        }
    }

    /// The packs in which a record that an object needs is not what it should be.
    ///
    /// - Returns: these packs; and if the object cannot be put together any more, the record that it begins with, whose packs are among
    ///   them then.
    private func damage(of id: ObjectID) throws(StoreError) -> (packs: [PackInfo], lost: RecordKey?) {
        let index = try refresh()
        guard let first = index.key(of: id) else { return ([], nil) }
        let keys = [first] + readableParts(of: first)
        var found: [Digest: PackInfo] = [:]
        var isLost = false
        for key in keys {
            try system { () throws(SystemError) in try Interruption.check() }
            var isSound = false
            for location in index.locations(of: key) {
                if try soundRecord(key, at: location) != nil {
                    isSound = true
                } else {
                    found[location.pack.name] = location.pack
                }
            }
            if !isSound { isLost = true }
        }
        if isLost {
            for location in index.locations(of: first) { found[location.pack.name] = location.pack }
        }
        return (found.values.sorted { $0.name < $1.name }, isLost ? first : nil)
    }

    /// The records that an object consists of besides the first, as far as they can be learned: whatever cannot be read has no parts.
    func readableParts(of first: RecordKey) -> [RecordKey] {
        Self.parts(of: first) { key in try? record(key) }
    }

    /// - Parameter read: gives a record; `nil` for one that cannot be read.
    static func parts(of first: RecordKey, read: (RecordKey) -> ArraySlice<UInt8>?) -> [RecordKey] {
        guard first.kind == .directory || first.kind == .recipe, let bytes = read(first) else { return [] }
        if first.kind == .directory {
            let directory = try? bytes.withBytes { try DirectoryRecord(parsing: $0) }
            return directory?.pages.map { RecordKey(.page, $0.key) } ?? []
        }
        guard let recipe = try? Recipe(parsing: bytes.span, of: first.digest) else { return [] }
        guard recipe.isIndirect else { return recipe.parts.map { RecordKey(.chunk, $0.id) } }
        return recipe.parts.flatMap { part -> [RecordKey] in
            let key = RecordKey(.span, part.id)
            guard let bytes = read(key), let span = try? RecipeSpan(parsing: bytes.span, of: part.id) else {
                return [key]
            }
            return [key] + span.chunks.map { RecordKey(.chunk, $0.id) }
        }
    }

    /// Reads a record from one pack; `nil` if it is not there or not sound.
    func soundRecord(
        _ key: RecordKey, at location: PackIndex.Location
    ) throws(StoreError) -> ArraySlice<UInt8>? {
        do throws(StoreError) {
            let bytes = try reader(of: location.pack).record(key, at: location.place)
            return Self.isSound(bytes, key) ? bytes : nil
        } catch {
            if error.reason == .io(.interrupted) { throw error }
            return nil
        }
    }
}
