import CairnCore
public import CairnSystem

extension PackedStore {
    /// Takes the packs in which records of an object are damaged out of the store, so that it can be stored or fetched anew. The store
    /// does not have the object any more if no pack has one of its records as it should be.
    ///
    /// Their other records are copied into a new pack before, each checked; the damaged packs are kept in the quarantine: they may have the
    /// only copy of something. The order is: new pack, a segment that tells of it and calls the old ones dead, and only then the move.
    /// - Parameter quarantine: a folder, best on the file system of the store; from another one the packs stay where they are, dead.
    /// - Returns: where a pack lies now; `nil` if every record is sound.
    /// - Throws: `StoreError` if the store cannot be written to.
    public func setAsideDamage(of id: ObjectID, into quarantine: FilePath) throws(StoreError) -> FilePath? {
        let (suspects, lost) = try damage(of: id)
        guard !suspects.isEmpty, let folder else { return nil }
        let batch = try PackBatch(into: self)
        batch.distrust(suspects)
        let names = Set(suspects.map(\.name))
        var entries: [(key: RecordKey, location: PackIndex.Location)] = []
        try index().forEachEntry { key, location in
            if names.contains(location.pack.name) { entries.append((key, location)) }
        }
        for (key, location) in entries {
            try system { () throws(SystemError) in try Interruption.check() }
            guard key != lost, let bytes = try soundRecord(key, at: location) else { continue }
            try bytes.withBytes { (bytes) throws(StoreError) in try batch.add([(key, bytes)]) }
        }
        try batch.commit(without: suspects)
        var place: FilePath?
        for pack in suspects {
            let path = Array(PackedLayout.path(ofPack: pack.name).utf8)
            do throws(SystemError) {
                try quarantine.makeFolders()
                let target = try Folder(quarantine)
                let name = Array("\(pack.name.hex).cpk".utf8)
                try folder.renameExclusively(path, to: target, name)
                place = target.path(of: name)
            } catch {
                // It is dead where it lies; a collector clears it away.
                place = place ?? folder.path(of: path)
            }
        }
        return place
    }

    /// The packs in which a record that an object needs is not what it should be.
    ///
    /// - Returns: these packs; and if the object cannot be put together any more, the record that it begins with, whose packs are among
    ///   them then.
    private func damage(of id: ObjectID) throws(StoreError) -> (packs: [PackInfo], lost: RecordKey?) {
        let index = try refresh()
        guard let first = index.key(of: id) else { return ([], nil) }
        var keys = [first]
        // Whatever cannot be read has no parts to be looked at.
        if first.kind == .directory, let directory = try? directory(id) {
            keys += directory.pages.map { RecordKey(.page, $0.key) }
        } else if first.kind == .recipe, let bytes = try? record(first),
            let recipe = try? Recipe(parsing: bytes.span, of: id.digest)
        {
            keys += recipe.parts.map { RecordKey(recipe.isIndirect ? .span : .chunk, $0.id) }
            for part in recipe.parts where recipe.isIndirect {
                guard let bytes = try? record(RecordKey(.span, part.id)),
                    let span = try? RecipeSpan(parsing: bytes.span, of: part.id)
                else { continue }
                keys += span.chunks.map { RecordKey(.chunk, $0.id) }
            }
        }
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

    /// Reads a record from one pack; `nil` if it is not there or not sound.
    private func soundRecord(
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
