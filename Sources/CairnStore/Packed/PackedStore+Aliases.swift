import CairnCore
import Synchronization

/// Objects with MD5 ids: an alias leads from each to the file that has its bytes.
extension PackedStore {
    /// Tells whether there is an alias of an object. Whether it leads to the right bytes is seen only by reading them.
    ///
    /// - Throws: `StoreError` if the index cannot be read.
    func containsAlias(of id: ObjectID) throws(StoreError) -> Bool {
        try index().contains(.alias(of: id))
    }

    /// The file that has the bytes of an object.
    ///
    /// - Throws: `StoreError` with `.missing` if there is no alias, or what is wrong with it.
    func file(aliased id: ObjectID) throws(StoreError) -> ObjectID {
        let key = RecordKey.alias(of: id)
        if let known = aliases.withLock({ $0[key] }) { return ObjectID(.blake3, known) }
        let bytes: ArraySlice<UInt8>
        do throws(StoreError) {
            bytes = try record(key)
        } catch {
            if case .missingPart = error.reason { throw StoreError(.missing(id), root) }
            throw error.blaming(id)
        }
        let alias = try format(root) { () throws(FormatError) in try Alias(parsing: bytes) }
        learnNeighbours(of: key)
        return ObjectID(.blake3, alias.file)
    }

    /// Reads the other aliases of a frame: who asks for one asks for many.
    private func learnNeighbours(of key: RecordKey) {
        guard let location = try? index().location(of: key), let reader = try? reader(of: location.pack),
            let trailer = try? reader.trailer()
        else { return }
        let entries = trailer.entries.filter {
            $0.key.kind == .alias && $0.place.frameOffset == location.place.frameOffset
        }
        // Without them each is read when it is asked for.
        guard let records = try? reader.records(entries) else { return }
        aliases.withLock { aliases in
            for (entry, bytes) in zip(entries, records) {
                if let alias = try? Alias(parsing: bytes) { aliases[entry.key] = alias.file }
            }
        }
    }

    /// How many bytes an object has.
    ///
    /// - Throws: `StoreError` with `.missing`, or `.missingPart` if the file is not there to which the alias leads.
    func size(aliased id: ObjectID) throws(StoreError) -> Int64 {
        let file = try file(aliased: id)
        guard let size = try size(of: file) else {
            throw StoreError(.missingPart(RecordKey(.blob, file.digest), of: id), root)
        }
        return size
    }

    /// Lends an object's bytes, piece by piece in order. Whether they are the right ones is seen at their end.
    ///
    /// - Throws: what `body` throws; `StoreError` with `.missing`, `.missingPart`, or `.damaged` if the bytes do not have the MD5.
    func read(
        aliased id: ObjectID, _ body: (UnsafeRawBufferPointer) throws(StoreError) -> Void
    ) throws(StoreError) {
        let file = try file(aliased: id)
        var hash = ContentHasher(id.contentAlgorithm)
        do throws(StoreError) {
            try read(file, range: 0..<Int64.max) { (part) throws(StoreError) in
                hash.update(part)
                try body(part)
            }
        } catch {
            switch error.reason {
            case .missing(file): throw StoreError(.missingPart(RecordKey(.blob, file.digest), of: id), root)
            case .damaged(file): throw StoreError(.damaged(id), error.path)
            case .missingPart(let key, of: file): throw StoreError(.missingPart(key, of: id), error.path)
            default: throw error
            }
        }
        guard hash.finish() == id.digest else { throw StoreError(.damaged(id), root) }
    }
}

extension ObjectStore {
    /// The bytes of an object that an alias leads to, compared with its id.
    func readAliased(_ id: ObjectID, in packed: PackedStore) throws(StoreError) -> [UInt8] {
        var bytes: [UInt8] = []
        try packed.read(aliased: id) { (part) throws(StoreError) in bytes.append(contentsOf: part) }
        return bytes
    }
}
