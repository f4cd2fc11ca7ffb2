public import CairnCore
public import CairnSystem

extension PackedStore {
    /// The largest file that is kept in one piece by the rules for writers, in bytes.
    public static let largestSmallSize = 196_608

    /// The bytes of a file, or of the stored form of a listing; `nil` if the store does not have it.
    ///
    /// Nothing but heads of records is read, and the bytes are not looked at.
    /// - Throws: `StoreError` if what the store says about the object cannot be read.
    public func size(of id: ObjectID) throws(StoreError) -> Int64? {
        guard let key = try index().key(of: id) else { return nil }
        return try object(id) { () throws(StoreError) in
            switch key.kind {
            case .directory: try Int64(clamping: directory(id).streamLength)
            case .recipe: try RecipeReader(id.digest, in: self, of: root).size
            default: try Int64(recordLength(key))
            }
        }
    }

    /// True if the object is a file that is stored in one piece of at most 196 608 bytes.
    ///
    /// - Throws: `StoreError` if the index, or the head of the record, cannot be read.
    public func isSmall(_ id: ObjectID) throws(StoreError) -> Bool {
        guard let key = try index().key(of: id), key.kind == .blob || key.kind == .chunk else { return false }
        return try object(id) { () throws(StoreError) in try recordLength(key) <= Self.largestSmallSize }
    }

    /// Reads an object whole: a file, or the stored form of a listing. Its bytes are what its id says.
    ///
    /// Meant for small files and for listings: the object is held in memory.
    /// - Throws: `StoreError` with `.missing`, `.damaged`, or `.missingPart`.
    public func read(_ id: ObjectID) throws(StoreError) -> [UInt8] {
        let key = try key(of: id)
        return try object(id) { () throws(StoreError) in
            switch key.kind {
            case .directory: return try readListing(id)
            case .recipe:
                var bytes: [UInt8] = []
                let file = try RecipeReader(id.digest, in: self, of: root)
                // Not reserved before: a recipe may promise more than its chunks have.
                try file.read(0..<file.size) { (part) throws(StoreError) in bytes.append(contentsOf: part) }
                return bytes
            default: return Array(try record(key))
            }
        }
    }

    /// Writes a file's bytes to another file; each of them was checked against the id.
    ///
    /// - Parameters:
    ///   - file: where they are written: on one thread at its current position, on several from its start.
    ///   - workers: how many threads read and write a long file.
    ///   - progress: called on the caller's thread with the number of bytes just written.
    /// - Throws: `StoreError` with `.missing`, `.damaged`, or `.missingPart`; the target may have some bytes then.
    public func copy(
        _ id: ObjectID, to file: borrowing OpenFile, workers: Workers = Workers(count: 1),
        progress: (Int64) -> Void = { _ in }
    ) throws(StoreError) {
        let key = try key(of: id)
        if key.kind == .recipe {
            do throws(StoreError) {
                let reader = try RecipeReader(id.digest, in: self, of: root)
                try reader.copy(to: file, workers: workers, progress: progress)
            } catch {
                throw error.blaming(id)
            }
            return
        }
        let bytes = try whole(id, key)
        try system { () throws(SystemError) in
            try bytes.withBytes { (bytes) throws(SystemError) in try file.write(bytes) }
        }
        progress(Int64(bytes.count))
    }

    /// Lends a part of a file, piece by piece in order; only the chunks that cover it are read, and each is checked against its id.
    ///
    /// - Parameter range: the bytes that are wanted; what lies behind the end of the file is left out.
    /// - Throws: what `body` throws; `StoreError` with `.missing`, `.damaged`, or `.missingPart`.
    public func read(
        _ id: ObjectID, range: Range<Int64>, _ body: (UnsafeRawBufferPointer) throws(StoreError) -> Void
    ) throws(StoreError) {
        let key = try key(of: id)
        if key.kind == .recipe {
            let file = try object(id) { () throws(StoreError) in
                try RecipeReader(id.digest, in: self, of: root)
            }
            // What `body` throws goes through as it is.
            do throws(StoreError) { try file.read(range, body) } catch { throw error.blaming(id) }
            return
        }
        let bytes = try whole(id, key)
        let wanted = range.clamped(to: 0..<Int64(bytes.count))
        guard !wanted.isEmpty else { return }
        let start = bytes.startIndex
        let part = bytes[(start + Int(wanted.lowerBound))..<(start + Int(wanted.upperBound))]
        try part.withBytes { (part) throws(StoreError) in try body(part) }
    }

    /// The record that an object begins with.
    ///
    /// - Throws: `StoreError` with `.missing`.
    func key(of id: ObjectID) throws(StoreError) -> RecordKey {
        if let key = try index().key(of: id) { return key }
        guard let key = try refresh().key(of: id) else { throw StoreError(.missing(id), root) }
        return key
    }

    /// The bytes of an object that is not in several chunks.
    private func whole(_ id: ObjectID, _ key: RecordKey) throws(StoreError) -> ArraySlice<UInt8> {
        try object(id) { () throws(StoreError) in
            key.kind == .directory ? try readListing(id)[...] : try record(key)
        }
    }

    /// Calls `body`, and says of which object a record is missing or damaged.
    func object<Result>(
        _ id: ObjectID, _ body: () throws(StoreError) -> Result
    ) throws(StoreError) -> Result {
        do throws(StoreError) { return try body() } catch { throw error.blaming(id) }
    }
}

extension StoreError {
    /// The absence or the damage of a record as that of the object that cannot be had without it; other errors as they are.
    func blaming(_ id: ObjectID) -> StoreError {
        switch reason {
        case .missingPart(let key, of: nil):
            // The index names the object, and its packs are gone.
            let isWhole = key.digest == id.digest && key.kind != .chunk
            return StoreError(isWhole ? .missing(id) : .missingPart(key, of: id), path)
        case .malformed(let fault):
            switch fault.problem {
            case .unknownVersion, .unknownFeatures: return self
            default: return StoreError(.damaged(id), path)
            }
        default: return self
        }
    }
}

extension ArraySlice<UInt8> {
    /// Lends the bytes to `body`; unlike `withUnsafeBytes` it keeps the type of what `body` throws.
    func withBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try withUnsafeBufferPointer { (bytes) throws(Failure) in try body(UnsafeRawBufferPointer(bytes)) }
    }
}
