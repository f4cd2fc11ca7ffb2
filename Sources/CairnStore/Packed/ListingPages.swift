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

    /// So many entries are looked at together, because their hashes are made together.
    private static let roundCount = 4096

    /// Cuts a listing.
    ///
    /// - Parameter bytes: its stored form.
    /// - Throws: `FormatError` if the bytes are not the stored form of a listing. That paths are in order is not looked at.
    init(of bytes: UnsafeRawBufferPointer) throws(FormatError) {
        guard bytes.hasText("CAIRNDR1", at: 0) else { throw FormatError(.directory, .notThisFormat, at: 0) }
        var (ranges, counts, firstPaths): ([Range<Int>], [Int], [[UInt8]]) = ([], [], [])
        var page: (start: Int, count: Int, firstPath: Range<Int>)?
        var total: UInt64 = 0
        var offset = DirListing.nativeMark.count
        while offset < bytes.count {
            let entries = try Self.entries(of: bytes, from: offset)
            let digests = BLAKE3.digests(of: entries.map { UnsafeRawBufferPointer(rebasing: bytes[$0.path]) })
            for (entry, digest) in zip(entries, digests) {
                let (sum, isOverflow) = total.addingReportingOverflow(entry.size)
                total = isOverflow ? .max : sum
                offset = entry.end
                let (start, before, firstPath) = page ?? (entry.start, 0, entry.path)
                let count = before + 1
                // The first two bytes, little-endian.
                let word = (digest.leadingWord >> 48).byteSwapped >> 48
                let isEnd =
                    offset == bytes.count || count == Self.mostEntries
                    || (count >= Self.fewestEntries && word % Self.meanEntries == 0)
                page = isEnd ? nil : (start, count, firstPath)
                guard isEnd else { continue }
                ranges.append(start..<offset)
                counts.append(count)
                firstPaths.append(Array(bytes[firstPath]))
            }
        }
        let keys = BLAKE3.digests(of: ranges.map { UnsafeRawBufferPointer(rebasing: bytes[$0]) })
        let pages = ranges.indices.map { page in
            DirectoryRecord.Page(
                key: keys[page], entryCount: counts[page], byteCount: ranges[page].count,
                firstPath: firstPaths[page])
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

    /// The next entries.
    private static func entries(of bytes: UnsafeRawBufferPointer, from start: Int) throws(FormatError)
        -> [Entry]
    {
        var entries: [Entry] = []
        entries.reserveCapacity(roundCount)
        var offset = start
        while offset < bytes.count, entries.count < roundCount {
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
