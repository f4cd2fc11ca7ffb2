public import CairnCore
public import CairnSystem

/// Puts objects into a store whose bytes were found somewhere else; each is compared with its id, and nothing is there before `commit`.
public final class ObjectMending {
    // A class: it owns batches that are made when they are first needed.

    private let store: ObjectStore
    private let packs: Bool
    private var packBatch: PackBatch?
    private var fileBatch: DurableBatch?
    private var files: [(id: ObjectID, file: DurableBatch.Temporary)] = []

    /// Prepares to store objects.
    ///
    /// - Parameter packs: whether native objects are packed; the store has to be a packed one then.
    public init(into store: ObjectStore, packs: Bool) {
        self.store = store
        self.packs = packs && store.packed != nil
    }

    /// Takes an object in that is the content of a file.
    ///
    /// - Returns: false if the file has other bytes.
    /// - Throws: `StoreError` if the file cannot be read, or the store cannot be written to.
    public func add(_ file: borrowing OpenFile, as id: ObjectID) throws(StoreError) -> Bool {
        guard !id.isDirectory else { return false }
        // Before anything is stored: what is another file's has no business here.
        guard try digest(of: file, id.contentAlgorithm) == id.digest else { return false }
        if packs, id.algorithm == .blake3 {
            return try batch().add(file, workers: .perProcessor).digest == id.digest
        }
        return try write(id) { (copy) throws(SystemError) in
            try file.rewind()
            return try file.digest(id.contentAlgorithm, copyingTo: copy) { _ in }
        }
    }

    /// Takes an object in whose bytes are known: a listing, or what a symbolic link says.
    ///
    /// - Returns: false if they are not those of the object.
    /// - Throws: `StoreError` if the store cannot be written to.
    public func add(_ bytes: [UInt8], as id: ObjectID) throws(StoreError) -> Bool {
        var hasher = ContentHasher(id.contentAlgorithm)
        bytes.withUnsafeBytes { hasher.update($0) }
        let digest = hasher.finish()
        guard digest == id.digest else { return false }
        if packs, id.algorithm == .blake3 {
            if id.isDirectory {
                try batch().add(listing: bytes, id: id)
            } else {
                try bytes.withBytes { (bytes) throws(StoreError) in
                    try batch().add([(RecordKey(.blob, id.digest), bytes)])
                }
            }
            return true
        }
        return try write(id) { (copy) throws(SystemError) in
            try bytes.withBytes { (bytes) throws(SystemError) in try copy.write(bytes) }
            return digest
        }
    }

    /// Makes all objects durable and part of the store, listings last.
    ///
    /// - Throws: `StoreError` if something cannot be written.
    public func commit() throws(StoreError) {
        files.sort { !$0.id.isDirectory && $1.id.isDirectory }
        if let fileBatch {
            try system { () throws(SystemError) in
                let listings = files.firstIndex { $0.id.isDirectory }
                try fileBatch.commit(count: files.count, last: listings) { [files] index in
                    (files[index].file, LooseStore.place(of: files[index].id))
                }
            }
        }
        try packBatch?.commit()
        (files, fileBatch, packBatch) = ([], nil, nil)
    }

    private func digest(
        of file: borrowing OpenFile, _ algorithm: HashAlgorithm
    ) throws(StoreError) -> Digest {
        do throws(SystemError) {
            try file.rewind()
            return try file.digest(algorithm) { _ in }
        } catch {
            throw StoreError(error)
        }
    }

    private func batch() throws(StoreError) -> PackBatch {
        if let packBatch { return packBatch }
        guard let packed = store.packed else { preconditionFailure("only a packed store packs objects") }
        let batch = try PackBatch(into: packed)
        packBatch = batch
        return batch
    }

    /// - Parameter body: writes the object and returns the digest of what it has written.
    private func write(
        _ id: ObjectID, _ body: (borrowing OpenFile) throws(SystemError) -> Digest
    ) throws(StoreError) -> Bool {
        guard let folder = store.folder else { throw StoreError(.io(.noSuchFileOrDirectory), store.root) }
        return try system { () throws(SystemError) in
            let batch: DurableBatch
            if let fileBatch {
                batch = fileBatch
            } else {
                batch = try DurableBatch(in: folder, folderPermissions: store.loose.folderPermissions)
                fileBatch = batch
            }
            let temporary = batch.newTemporary()
            let copy = try batch.create(temporary, permissions: 0o444)
            guard try body(copy) == id.digest else {
                try batch.discard(temporary)
                return false
            }
            files.append((id, temporary))
            return true
        }
    }
}
