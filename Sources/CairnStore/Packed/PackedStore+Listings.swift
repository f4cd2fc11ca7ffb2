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
        let directory = try directory(id)
        var bytes = DirListing.nativeMark
        for page in directory.pages {
            try system { () throws(SystemError) in try Interruption.check() }
            // Not reserved before: a record may promise more than its pages have.
            let part = try record(RecordKey(.page, page.key)) { (part) throws(FormatError) in
                guard part.count == page.byteCount else {
                    throw FormatError(.record, .badValue("size of a page"), at: 0)
                }
                return part
            }
            bytes.append(contentsOf: part)
        }
        guard BLAKE3.digest(of: bytes) == id.digest else { throw StoreError(.damaged(id), root) }
        return bytes
    }
}
