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

    /// As `add(listing:id:)`, without the stored form being in memory as a whole.
    public func add(_ listing: DirListing, id: ObjectID) throws(StoreError) {
        let root = store.root
        var pages = ListingPages()
        var hash = BLAKE3()
        // What no page has that ended.
        var (bytes, scanned): ([UInt8], Int) = ([], 0)
        func cut(isLast: Bool) throws(StoreError) {
            let (ranges, end) = try bytes.withBytes { (bytes) throws(StoreError) in
                let (ranges, end) = try format(root) { () throws(FormatError) in
                    try pages.cut(bytes, from: 0, scanned: scanned, isLast: isLast)
                }
                try add(pages.pages.suffix(ranges.count), at: ranges, of: bytes)
                return (ranges, end)
            }
            let done = ranges.last?.upperBound ?? 0
            bytes.removeFirst(done)
            scanned = end - done
        }
        var mark = DirListing.nativeMark.count
        try listing.forEachPiece { (piece) throws(StoreError) in
            hash.update(piece)
            // Every piece is of whole entries, and the first one begins with the mark.
            bytes += piece.dropFirst(mark)
            mark = 0
            if bytes.count >= 1 << 20 { try cut(isLast: false) }
        }
        guard id.algorithm == .blake3, hash.finish() == id.digest else {
            throw StoreError(.damaged(id), root)
        }
        try cut(isLast: true)
        try add(pages.record, id)
    }
}

extension ChunkSink {
    /// Adds the pages of a directory, and the record that lists them.
    ///
    /// - Parameter root: the place of the store, for errors.
    /// - Precondition: the bytes are what the id says.
    func add(listing bytes: [UInt8], id: ObjectID, at root: FilePath) throws(StoreError) {
        let pages = try bytes.withBytes { (bytes) throws(StoreError) in
            let (pages, ranges) = try format(root) { () throws(FormatError) in try ListingPages.cut(bytes) }
            try add(pages.pages[...], at: ranges, of: bytes)
            return pages
        }
        try add(pages.record, id)
    }

    /// Pages come before the directory, and each is looked for: that the directory's record is there does not say that they are.
    fileprivate func add(
        _ pages: ArraySlice<DirectoryRecord.Page>, at ranges: [Range<Int>], of bytes: UnsafeRawBufferPointer
    ) throws(StoreError) {
        guard !ranges.isEmpty else { return }
        try add(
            zip(pages, ranges).map { page, range in
                (RecordKey(.page, page.key), UnsafeRawBufferPointer(rebasing: bytes[range]))
            })
    }

    fileprivate func add(_ record: DirectoryRecord, _ id: ObjectID) throws(StoreError) {
        try record.serialized.withBytes { (record) throws(StoreError) in
            try add([(RecordKey(.directory, id.digest), record)])
        }
    }
}
