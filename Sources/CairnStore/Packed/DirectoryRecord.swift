import CairnCore

/// A directory as a list of pages: docs/formats/directory-listing.md.
///
/// A value that was parsed agrees with itself: its counts fit its size, and the pages make up the whole.
struct DirectoryRecord: Hashable, Sendable {
    /// Some entries of the stored form of a listing, one behind the other.
    struct Page: Hashable, Sendable {
        /// The BLAKE3 of the page's bytes.
        let key: Digest
        /// How many entries it has.
        let entryCount: Int
        /// How many bytes.
        let byteCount: Int
        /// The path of its first entry.
        let firstPath: [UInt8]
    }

    /// The bytes before the list of pages.
    private static let fixedSize = 48
    /// The bytes of a page's row without the path.
    private static let rowSize = 42

    /// The pages in order.
    let pages: [Page]
    /// The bytes of all files; the largest number there is if they have more.
    let totalSize: UInt64

    /// How many entries the directory has.
    var entryCount: Int { pages.reduce(0) { $0 + $1.entryCount } }
    /// The bytes of the stored form of the listing.
    var streamLength: Int { pages.reduce(DirListing.nativeMark.count) { $0 + $1.byteCount } }

    /// Puts a record together.
    init(pages: [Page], totalSize: UInt64) {
        self.pages = pages
        self.totalSize = totalSize
    }

    /// Reads a record. Hints are checked for their size and passed over.
    ///
    /// - Throws: `FormatError`.
    init(parsing bytes: UnsafeRawBufferPointer) throws(FormatError) {
        func fail(_ problem: FormatError.Problem, _ offset: Int) -> FormatError {
            FormatError(.directory, problem, at: Int64(offset))
        }
        func need(_ count: Int, at offset: Int) throws(FormatError) {
            guard count <= bytes.count - offset else {
                throw fail(.truncated(needed: Int64(count), found: Int64(bytes.count - offset)), offset)
            }
        }
        try need(Self.fixedSize, at: 0)
        guard bytes.hasText("CDRF", at: 0) else { throw fail(.notThisFormat, 0) }
        let version: UInt16 = bytes.integer(at: 4)
        guard version == 1 else { throw fail(.unknownVersion(Int(version)), 4) }
        let flags: UInt16 = bytes.integer(at: 6)
        guard flags <= 1 else { throw fail(.unknownFeatures(["flags \(flags)"]), 6) }
        let pageCount = Int(bytes.integer(at: 32, as: UInt32.self))
        let packCount = Int(bytes.integer(at: 36, as: UInt32.self))
        let termCount = Int(bytes.integer(at: 40, as: UInt32.self))
        guard bytes.integer(at: 44, as: UInt32.self) == 0 else { throw fail(.badValue("zero"), 44) }
        guard flags == 1 || (packCount == 0 && termCount == 0) else { throw fail(.badValue("hints"), 36) }
        // Three counts of 32 bits: nothing overflows.
        let smallest = Self.rowSize * pageCount + 32 * packCount + 20 * termCount
        try need(smallest, at: Self.fixedSize)
        var pages: [Page] = []
        pages.reserveCapacity(pageCount)
        var offset = Self.fixedSize
        for _ in 0..<pageCount {
            try need(Self.rowSize, at: offset)
            let entries = Int(bytes.integer(at: offset + 32, as: UInt32.self))
            let length = Int(bytes.integer(at: offset + 36, as: UInt32.self))
            let path = Int(bytes.integer(at: offset + 40, as: UInt16.self))
            guard length <= PackLimits.recordSize else {
                throw fail(.badValue("size of a page"), offset + 36)
            }
            guard entries > 0, entries <= length / DirListing.smallestEntry else {
                throw fail(.badValue("entries of a page"), offset + 32)
            }
            let start = offset + Self.rowSize
            try need(path, at: start)
            pages.append(
                Page(
                    key: Digest(bytes: bytes, at: offset), entryCount: entries, byteCount: length,
                    firstPath: Array(bytes[start..<(start + path)])))
            offset = start + path
        }
        guard bytes.count - offset == 32 * packCount + 20 * termCount else {
            throw fail(
                .truncated(
                    needed: Int64(32 * packCount + 20 * termCount), found: Int64(bytes.count - offset)),
                offset)
        }
        self.init(pages: pages, totalSize: bytes.integer(at: 24))
        guard bytes.integer(at: 8, as: UInt64.self) == UInt64(entryCount) else {
            throw fail(.badValue("number of entries"), 8)
        }
        guard bytes.integer(at: 16, as: UInt64.self) == UInt64(streamLength) else {
            throw fail(.badValue("length of the listing"), 16)
        }
    }

    /// The bytes of the record.
    var serialized: [UInt8] {
        var output: [UInt8] = []
        output.append(text: "CDRF")
        output.append(integer: UInt16(1))
        output.append(integer: UInt16(0))
        output.append(integer: UInt64(entryCount))
        output.append(integer: UInt64(streamLength))
        output.append(integer: totalSize)
        output.append(integer: UInt32(pages.count))
        output.append(zeros: 12)
        for page in pages {
            output.append(page.key)
            output.append(integer: UInt32(page.entryCount))
            output.append(integer: UInt32(page.byteCount))
            output.append(integer: UInt16(page.firstPath.count))
            output += page.firstPath
        }
        return output
    }
}
