import CairnCore

/// How the stored form of a listing is cut into pages: docs/formats/directory-listing.md.
struct ListingPages {
    /// A page ends after this many entries at the earliest.
    static let fewestEntries = 64
    /// A page has at most this many entries.
    static let mostEntries = 8192
    /// A page ends after an entry if the first two bytes of its path's BLAKE3, as a number, are a multiple of this.
    static let meanEntries: UInt64 = 1024

    /// The record that lists the pages.
    let record: DirectoryRecord
    /// Where each page lies in the listing.
    let ranges: [Range<Int>]

    /// Cuts a listing.
    ///
    /// - Parameter bytes: its stored form.
    /// - Throws: `FormatError` if the bytes are not the stored form of a listing. That paths are in order is not looked at.
    init(of bytes: UnsafeRawBufferPointer) throws(FormatError) {
        let entries = try Self.entries(of: bytes)
        let digests = BLAKE3.digests(
            of: entries.map { UnsafeRawBufferPointer(rebasing: bytes[$0.path]) })
        var ranges: [Range<Int>] = []
        var counts: [Int] = []
        var firsts: [Int] = []
        var first = 0
        for (index, digest) in digests.enumerated() {
            let count = index + 1 - first
            // The first two bytes, little-endian.
            let word = (digest.leadingWord >> 48).byteSwapped >> 48
            let isEnd =
                index == entries.count - 1 || count == Self.mostEntries
                || (count >= Self.fewestEntries && word % Self.meanEntries == 0)
            guard isEnd else { continue }
            ranges.append(entries[first].start..<entries[index].end)
            counts.append(count)
            firsts.append(first)
            first = index + 1
        }
        let keys = BLAKE3.digests(of: ranges.map { UnsafeRawBufferPointer(rebasing: bytes[$0]) })
        let pages = ranges.indices.map { page in
            DirectoryRecord.Page(
                key: keys[page], entryCount: counts[page], byteCount: ranges[page].count,
                firstPath: Array(bytes[entries[firsts[page]].path]))
        }
        var total: UInt64 = 0
        for entry in entries {
            let (sum, isOverflow) = total.addingReportingOverflow(entry.size)
            total = isOverflow ? .max : sum
        }
        self.ranges = ranges
        record = DirectoryRecord(pages: pages, totalSize: total)
    }

    private struct Entry {
        let start: Int
        let path: Range<Int>
        let size: UInt64
        var end: Int { path.upperBound + 41 }
    }

    private static func entries(of bytes: UnsafeRawBufferPointer) throws(FormatError) -> [Entry] {
        guard bytes.hasText("CAIRNDR1", at: 0) else { throw FormatError(.directory, .notThisFormat, at: 0) }
        var entries: [Entry] = []
        entries.reserveCapacity(bytes.count / 80)
        var offset = DirListing.nativeMark.count
        while offset < bytes.count {
            let left = bytes.count - offset
            let needed = left < 2 ? 2 : 43 + Int(bytes.integer(at: offset, as: UInt16.self))
            guard needed <= left else {
                throw FormatError(
                    .directory, .truncated(needed: Int64(needed), found: Int64(left)), at: Int64(offset))
            }
            let path = (offset + 2)..<(offset + needed - 41)
            guard !path.isEmpty else { throw FormatError(.directory, .badValue("path"), at: Int64(offset)) }
            entries.append(
                Entry(start: offset, path: path, size: bytes.integer(at: path.upperBound + 1)))
            offset += needed
        }
        return entries
    }
}
