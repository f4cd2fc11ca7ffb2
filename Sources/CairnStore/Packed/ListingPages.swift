import CairnCore

/// How the stored form of a listing is cut into pages: docs/formats/directory-listing.md.
struct ListingPages {
    /// A page ends after this many entries at the earliest.
    static let fewestEntries = 64
    /// A page has at most this many entries.
    static let mostEntries = 8192
    /// A page ends after an entry if the first two bytes of its path's BLAKE3, as a number, are a multiple of this.
    static let meanEntries: UInt64 = 1024

    /// The pages that came to their end.
    private(set) var pages: [DirectoryRecord.Page] = []
    private var totalSize: UInt64 = 0
    /// Entries of the page that is begun, and the path of the first one.
    private var open: (count: Int, firstPath: [UInt8])?

    /// So many entries are looked at together, because their hashes are made together.
    private static let roundCount = 4096

    /// The record that lists the pages.
    var record: DirectoryRecord { DirectoryRecord(pages: pages, totalSize: totalSize) }

    /// Goes on with the entries of a listing.
    ///
    /// - Parameters:
    ///   - bytes: entries of its stored form, as far as they are known; the page that is begun stands in front.
    ///   - start: where that page begins.
    ///   - scanned: how far the bytes were gone through before.
    ///   - isLast: whether nothing comes behind them.
    /// - Returns: where the pages lie that ended, which are the last of `pages`; and how far the bytes were gone through.
    /// - Throws: `FormatError` if the bytes are not entries of a listing. That paths are in order is not looked at.
    mutating func cut(
        _ bytes: UnsafeRawBufferPointer, from start: Int, scanned: Int, isLast: Bool
    ) throws(FormatError) -> (ranges: [Range<Int>], scanned: Int) {
        var ranges: [Range<Int>] = []
        var (start, offset) = (start, scanned)
        func endPage() {
            guard let (count, firstPath) = open else { return }
            ranges.append(start..<offset)
            pages.append(
                DirectoryRecord.Page(
                    key: BLAKE3.digest(of: UnsafeRawBufferPointer(rebasing: bytes[start..<offset])),
                    entryCount: count, byteCount: offset - start, firstPath: firstPath))
            (start, open) = (offset, nil)
        }
        while true {
            let entries = try Self.entries(of: bytes, from: offset, isLast: isLast)
            if entries.isEmpty { break }
            let digests = BLAKE3.digests(of: entries.map { UnsafeRawBufferPointer(rebasing: bytes[$0.path]) })
            for (entry, digest) in zip(entries, digests) {
                let (sum, isOverflow) = totalSize.addingReportingOverflow(entry.size)
                totalSize = isOverflow ? .max : sum
                offset = entry.end
                let (before, firstPath) = open ?? (0, Array(bytes[entry.path]))
                open = (before + 1, firstPath)
                // The first two bytes, little-endian.
                let word = (digest.leadingWord >> 48).byteSwapped >> 48
                if before + 1 == Self.mostEntries
                    || (before + 1 >= Self.fewestEntries && word % Self.meanEntries == 0)
                {
                    endPage()
                }
            }
        }
        if isLast { endPage() }
        return (ranges, offset)
    }

    private struct Entry {
        let start: Int
        let path: Range<Int>
        let size: UInt64
        var end: Int { path.upperBound + 41 }
    }

    /// The next entries, as far as they are whole, which the last ones have to be.
    private static func entries(
        of bytes: UnsafeRawBufferPointer, from start: Int, isLast: Bool
    ) throws(FormatError) -> [Entry] {
        var entries: [Entry] = []
        entries.reserveCapacity(roundCount)
        var offset = start
        while offset < bytes.count, entries.count < roundCount {
            let left = bytes.count - offset
            let needed = left < 2 ? 2 : 43 + Int(bytes.integer(at: offset, as: UInt16.self))
            guard needed <= left else {
                if !isLast { break }
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

extension ListingPages {
    /// Cuts a listing.
    ///
    /// - Parameter bytes: its whole stored form.
    /// - Returns: the pages, and where each lies in the listing.
    /// - Throws: `FormatError` if the bytes are not the stored form of a listing. That paths are in order is not looked at.
    static func cut(_ bytes: UnsafeRawBufferPointer) throws(FormatError) -> (
        pages: ListingPages, ranges: [Range<Int>]
    ) {
        guard bytes.hasText("CAIRNDR1", at: 0) else { throw FormatError(.directory, .notThisFormat, at: 0) }
        var pages = ListingPages()
        let start = DirListing.nativeMark.count
        let (ranges, _) = try pages.cut(bytes, from: start, scanned: start, isLast: true)
        return (pages, ranges)
    }
}
