public import CairnCore
import CairnSystem

extension PackBatch {
    /// Adds a directory: its pages that are not there yet, and the record that lists them.
    ///
    /// - Parameters:
    ///   - bytes: the stored form of the listing.
    ///   - id: the id of the directory.
    /// - Throws: `StoreError` with `.damaged` if the bytes are not what the id says, `.malformed` if they are no listing; and as `add(_:)`.
    public func add(listing bytes: [UInt8], id: ObjectID) throws(StoreError) {
        guard id.algorithm == .blake3, BLAKE3.digest(of: bytes) == id.digest else {
            throw StoreError(.damaged(id), store.root)
        }
        try add(listing: bytes, id: id, at: store.root)
    }
}

extension ChunkSink {
    /// Adds the pages of a directory, and the record that lists them.
    ///
    /// - Parameter root: the place of the store, for errors.
    /// - Precondition: the bytes are what the id says.
    func add(listing bytes: [UInt8], id: ObjectID, at root: FilePath) throws(StoreError) {
        try bytes.withBytes { (bytes) throws(StoreError) in
            let pages = try format(root) { () throws(FormatError) in try ListingPages(of: bytes) }
            // Pages come first, and each is looked for: that the directory's record is there does not say that they are.
            try add(
                zip(pages.record.pages, pages.ranges).map { page, range in
                    (RecordKey(.page, page.key), UnsafeRawBufferPointer(rebasing: bytes[range]))
                })
            let record = pages.record.serialized
            try record.withBytes { (record) throws(StoreError) in
                try add([(RecordKey(.directory, id.digest), record)])
            }
        }
    }
}
