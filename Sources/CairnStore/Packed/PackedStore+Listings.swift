import CairnCore
import CairnSystem

extension PackedStore {
    /// The record of a directory.
    ///
    /// - Throws: `StoreError` as `record(_:)`.
    func directory(_ id: ObjectID) throws(StoreError) -> DirectoryRecord {
        try record(RecordKey(.directory, id.digest)) { (bytes) throws(FormatError) in
            try bytes.withBytes { (bytes) throws(FormatError) in try DirectoryRecord(parsing: bytes) }
        }
    }

    /// The stored form of a listing, put together from its pages and checked against the id.
    ///
    /// - Throws: `StoreError` as `record(_:)`.
    func readListing(_ id: ObjectID) throws(StoreError) -> [UInt8] {
        // Not reserved before: a record may promise more than its pages have.
        var bytes: [UInt8] = []
        try readListing(id) { bytes.append(contentsOf: $0) }
        return bytes
    }

    /// Reads the stored form of a listing and checks it against the id, with one page in memory at a time.
    ///
    /// - Throws: `StoreError` as `record(_:)`.
    func verifyListing(_ id: ObjectID) throws(StoreError) {
        _ = try key(of: id)
        try object(id) { () throws(StoreError) in try readListing(id) { _ in } }
    }

    /// Hands on the stored form of a listing piece by piece; that it is what the id says is known at the end.
    private func readListing(_ id: ObjectID, _ body: (UnsafeRawBufferPointer) -> Void) throws(StoreError) {
        let directory = try directory(id)
        let size = Int64(clamping: directory.streamLength)
        guard size <= DirListing.largestSize else { throw StoreError(tooLarge: id, size, root) }
        var hash = BLAKE3()
        func take(_ bytes: UnsafeRawBufferPointer) {
            hash.update(bytes)
            body(bytes)
        }
        DirListing.nativeMark.withUnsafeBytes { take($0) }
        for page in directory.pages {
            try system { () throws(SystemError) in try Interruption.check() }
            let part = try record(RecordKey(.page, page.key)) { (part) throws(FormatError) in
                guard part.count == page.byteCount else {
                    throw FormatError(.record, .badValue("size of a page"), at: 0)
                }
                return part
            }
            part.withBytes { take($0) }
        }
        guard hash.finish() == id.digest else { throw StoreError(.damaged(id), root) }
    }
}
