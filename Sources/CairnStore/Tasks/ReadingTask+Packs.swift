import CairnCore
import CairnSystem

/// Objects that are read from packs, or copied into them.
extension ReadingTask {
    func isPacked(_ id: ObjectID) throws(StoreError) -> Bool {
        guard let packed = reader.store.packed else { return false }
        if id.algorithm != .blake3, try !packed.containsAlias(of: id) { return false }
        return try reader.store.loose.status(of: id) == nil
    }

    /// Reads an object that is in packs, and copies it.
    mutating func unpack(_ index: Int) throws(Stop) {
        guard let packed = reader.store.packed else {
            preconditionFailure("a packed object has a packed store")
        }
        let (id, size) = (objects[index].id, objects[index].size)
        if id.isDirectory || size <= Int64(ChunkingRule.wholeFileLimit) {
            let bytes: [UInt8]
            do throws(StoreError) { bytes = try reader.store.read(id) } catch { throw .object(error) }
            try bytes.withUnsafeBufferPointer { (bytes) throws(Stop) in
                try copy(UnsafeRawBufferPointer(bytes), as: id)
            }
        } else {
            do throws(StoreError) { try unpackLarge(id, packed) } catch { throw .object(error) }
        }
        report.soundCount += 1
        report.soundBytes += size
        reader.reporter.advance(items: 1, bytes: 0)
    }

    /// Reads a file of several chunks and copies it as a file, or only checks it.
    private mutating func unpackLarge(_ id: ObjectID, _ packed: PackedStore) throws(StoreError) {
        let reporter = reader.reporter
        guard case .files(let batch) = sink else { return try reader.store.verify(id, reporter: reporter) }
        let temporary = batch.newTemporary(for: LooseStore.place(of: id))
        let file = try system { () throws(SystemError) in try batch.create(temporary, permissions: 0o444) }
        do throws(StoreError) {
            if id.algorithm == .blake3 {
                try packed.copy(id, to: file) { reporter.advance(items: 0, bytes: $0) }
            } else {
                try packed.read(aliased: id) { (part) throws(StoreError) in
                    try system { () throws(SystemError) in try file.write(part) }
                    reporter.advance(items: 0, bytes: Int64(part.count))
                }
            }
        } catch {
            try? batch.discard(temporary)  // the first failure is the one to report
            throw error
        }
        report.copies.append((id, temporary.withoutName))
    }

    /// Packs a small object whose bytes are known to be right.
    mutating func pack(_ bytes: UnsafeRawBufferPointer, as id: ObjectID) throws(Stop) {
        guard case .packs(let packs) = sink else { return }
        let isListing = id.isDirectory && id.algorithm == .blake3
        if !isListing, bytes.count > ChunkingRule.wholeFileLimit {
            // Between the two limits of "small" a file is cut; it is read again for that.
            let file: OpenFile
            do throws(StoreError) { file = try reader.store.loose.open(id) } catch { throw .object(error) }
            return try pack(file, id, packs, counts: false)
        }
        do throws(StoreError) {
            if isListing {
                try packs.add(listing: Array(bytes), id: id)
            } else {
                let file = id.algorithm == .blake3 ? id.digest : BLAKE3.digest(of: bytes)
                try packs.add([(RecordKey(.blob, file), bytes)])
                try addAlias(of: id, to: file, packs)
            }
        } catch {
            throw .everything(error)
        }
        report.packed.append(id)
    }

    /// Cuts a file and packs its chunks; what turns out to be another file's is left without a name.
    mutating func pack(
        _ file: consuming OpenFile, _ id: ObjectID, _ packs: any ObjectPacker, counts: Bool = true
    ) throws(Stop) {
        let found: (digest: Digest, size: Int64)
        let reporter = reader.reporter
        do throws(StoreError) {
            if id.algorithm != .blake3 {
                found = try packAliased(file, id, packs)
            } else if id.isDirectory {
                let bytes: [UInt8]
                do throws(SystemError) { bytes = try file.readAll() } catch { throw StoreError(error) }
                found = (BLAKE3.digest(of: bytes), Int64(bytes.count))
                if found.digest == id.digest { try packs.add(listing: bytes, id: id) }
            } else {
                found = try packs.add(file, workers: Workers(count: 1)) {
                    reporter.advance(items: 0, bytes: $0)
                }
            }
        } catch {
            throw error.stopsEverything ? .everything(error) : .object(error)
        }
        guard found.digest == id.digest else { throw damaged(id) }
        report.packed.append(id)
        if counts { try finish(id, found.digest, found.size) }
    }

    /// Cuts a file that is named by MD5; the alias is added only if the bytes have that MD5.
    ///
    /// - Returns: the MD5.
    private func packAliased(
        _ file: borrowing OpenFile, _ id: ObjectID, _ packs: any ObjectPacker
    ) throws(StoreError) -> (digest: Digest, size: Int64) {
        let digest: Digest
        do throws(SystemError) {
            digest = try file.digest(id.contentAlgorithm) { _ in }
        } catch {
            throw StoreError(error)
        }
        guard digest == id.digest else { return (digest, 0) }
        let reporter = reader.reporter
        // Read once more; whoever fetches it compares the MD5 again.
        let packed = try packs.add(file, workers: Workers(count: 1)) {
            reporter.advance(items: 0, bytes: $0)
        }
        try addAlias(of: id, to: packed.digest, packs)
        return (digest, packed.size)
    }

    private func addAlias(
        of id: ObjectID, to file: Digest, _ packs: any ObjectPacker
    ) throws(StoreError) {
        guard id.algorithm != .blake3 else { return }
        try Alias(to: file).serialized[...].withBytes { (bytes) throws(StoreError) in
            try packs.add([(.alias(of: id), bytes)])
        }
    }
}
