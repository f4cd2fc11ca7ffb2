public import CairnCore

/// A directory as a list of pages: docs/formats/directory-listing.md.
///
/// A value that was parsed agrees with itself: its counts fit its size, the pages make up the whole, and hints cover it.
public struct DirectoryRecord: Hashable, Sendable {
    /// Some entries of the stored form of a listing, one behind the other.
    public struct Page: Hashable, Sendable {
        /// The BLAKE3 of the page's bytes.
        public let key: Digest
        /// How many entries it has.
        public let entryCount: Int
        /// How many bytes.
        public let byteCount: Int
        /// The path of its first entry.
        public let firstPath: [UInt8]

        /// Puts a row together.
        public init(key: Digest, entryCount: Int, byteCount: Int, firstPath: [UInt8]) {
            self.key = key
            self.entryCount = entryCount
            self.byteCount = byteCount
            self.firstPath = firstPath
        }
    }

    /// The bytes before the list of pages.
    private static let fixedSize = 48
    /// The bytes of a page's row without the path.
    private static let rowSize = 42

    /// The pages in order.
    public let pages: [Page]
    /// The bytes of all files; the largest number there is if they have more.
    public let totalSize: UInt64
    /// Where the pages and the members lay.
    public private(set) var hints = DirectoryHints.none

    /// How many entries the directory has.
    public var entryCount: Int { pages.reduce(0) { $0 + $1.entryCount } }
    /// The bytes of the stored form of the listing.
    public var streamLength: Int { pages.reduce(DirListing.nativeMark.count) { $0 + $1.byteCount } }

    /// Puts a record together.
    public init(pages: [Page], totalSize: UInt64) {
        self.pages = pages
        self.totalSize = totalSize
    }

    /// Reads a record.
    ///
    /// - Throws: `FormatError`.
    public init(parsing bytes: UnsafeRawBufferPointer) throws(FormatError) {
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
        guard flags <= 3 else { throw fail(.unknownFeatures(["flags \(flags)"]), 6) }
        let pageCount = Int(bytes.integer(at: 32, as: UInt32.self))
        let packCount = Int(bytes.integer(at: 36, as: UInt32.self))
        let termCount = Int(bytes.integer(at: 40, as: UInt32.self))
        guard bytes.integer(at: 44, as: UInt32.self) == 0 else { throw fail(.badValue("zero"), 44) }
        // Three counts of 32 bits: nothing overflows.
        let hintSize = 32 * packCount + DirectoryHints.termSize * termCount
        try need(Self.rowSize * pageCount + hintSize, at: Self.fixedSize)
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
        guard bytes.count - offset == hintSize else {
            throw fail(.truncated(needed: Int64(hintSize), found: Int64(bytes.count - offset)), offset)
        }
        self.init(pages: pages, totalSize: bytes.integer(at: 24))
        hints = try DirectoryHints(
            parsing: bytes, at: offset, flags: flags, packs: packCount, terms: termCount, of: pages)
        guard bytes.integer(at: 8, as: UInt64.self) == UInt64(entryCount) else {
            throw fail(.badValue("number of entries"), 8)
        }
        guard bytes.integer(at: 16, as: UInt64.self) == UInt64(streamLength) else {
            throw fail(.badValue("length of the listing"), 16)
        }
    }

    /// Returns the record with other hints.
    ///
    /// - Throws: `FormatError` if they do not cover the directory, or make the record larger than one may be.
    public func with(hints: DirectoryHints) throws(FormatError) -> DirectoryRecord {
        var copy = self
        copy.hints = hints
        let size = copy.size
        guard size <= PackLimits.recordSize else {
            throw FormatError(.directory, .badValue("size"), at: Int64(size))
        }
        try hints.check(of: pages, at: size - hints.size)
        return copy
    }

    /// The bytes that the record takes.
    private var size: Int {
        pages.reduce(Self.fixedSize + hints.size) { $0 + Self.rowSize + $1.firstPath.count }
    }

    /// The bytes of the record.
    public var serialized: [UInt8] {
        var output: [UInt8] = []
        output.append(text: "CDRF")
        output.append(integer: UInt16(1))
        output.append(integer: hints.flags)
        output.append(integer: UInt64(entryCount))
        output.append(integer: UInt64(streamLength))
        output.append(integer: totalSize)
        output.append(integer: UInt32(pages.count))
        output.append(integer: UInt32(hints.packs.count))
        output.append(integer: UInt32(hints.pageTerms.count + hints.entryTerms.count))
        output.append(zeros: 4)
        for page in pages {
            output.append(page.key)
            output.append(integer: UInt32(page.entryCount))
            output.append(integer: UInt32(page.byteCount))
            output.append(integer: UInt16(page.firstPath.count))
            output += page.firstPath
        }
        hints.append(to: &output)
        return output
    }
}
