/// Where the parts of an index segment stand: docs/formats/index-segment.md.
struct SegmentLayout: Hashable, Sendable {
    /// The bytes of the header.
    static let headerSize = 128
    /// The bytes behind everything else.
    static let tailSize = 48
    /// The bytes of an entry.
    static let entrySize = 48
    /// The most bits of a key that a fanout table goes by.
    static let largestFanoutBits = 24

    /// A sorted run of entries with the table that leads into it.
    struct Section: Hashable, Sendable {
        /// Where the fanout table begins; the entries follow it.
        let offset: Int
        /// How many entries there are.
        let count: Int
        /// How many bits of a key the table goes by.
        let bits: Int

        /// Where the entries begin.
        var entries: Int { offset + 4 * ((1 << bits) + 1) }
        /// Where they end.
        var end: Int { entries + entrySize * count }
    }

    let packCount: Int
    let deadCount: Int
    let pushCount: Int
    let replacedCount: Int
    let objects: Section
    let chunks: Section
    let hookCount: Int

    var packs: Int { Self.headerSize }
    var dead: Int { packs + PackInfo.rowSize * packCount }
    var pushes: Int { dead + DeadPack.rowSize * deadCount }
    var replaced: Int { pushes + PushRow.rowSize * pushCount }
    var hooks: Int { chunks.end }
    var tail: Int { hooks + Self.entrySize * hookCount }
    /// The bytes of the whole segment.
    var size: Int { tail + Self.tailSize }

    /// The eight offsets of the header, in its order.
    var offsets: [Int] { [packs, dead, pushes, replaced, objects.offset, chunks.offset, hooks, tail] }

    /// Lays out a segment with these counts, none of which is negative or above 2^32.
    init(
        packs: Int, dead: Int, pushes: Int, replaced: Int, objects: (count: Int, bits: Int),
        chunks: (count: Int, bits: Int), hooks: Int
    ) {
        packCount = packs
        deadCount = dead
        pushCount = pushes
        replacedCount = replaced
        hookCount = hooks
        let start =
            Self.headerSize + PackInfo.rowSize * packs + DeadPack.rowSize * dead + PushRow.rowSize * pushes
            + 32 * replaced
        let section = Section(offset: start, count: objects.count, bits: objects.bits)
        self.objects = section
        self.chunks = Section(offset: section.end, count: chunks.count, bits: chunks.bits)
    }

    /// How many bits a fanout table goes by for so many entries: about 256 entries for each of its rows.
    static func fanoutBits(for count: Int) -> Int {
        var bits = 0
        while bits < largestFanoutBits, count > 256 << bits { bits += 1 }
        return bits
    }

    /// Reads the header of a whole segment, and checks that its end is there.
    ///
    /// - Throws: `FormatError`.
    init(parsing bytes: UnsafeRawBufferPointer) throws(FormatError) {
        try self.init(header: bytes, size: Int64(bytes.count))
        guard bytes.hasText("CAIRNSGT", at: tail + 40) else {
            throw FormatError(.segment, .notThisFormat, at: Int64(tail + 40))
        }
    }

    /// Reads the header of a segment and checks that its counts and offsets agree with one another and with the size.
    ///
    /// - Parameters:
    ///   - bytes: the first 128 bytes, or more.
    ///   - fileSize: the bytes of the whole segment.
    /// - Throws: `FormatError`.
    init(header bytes: UnsafeRawBufferPointer, size fileSize: Int64) throws(FormatError) {
        func fail(_ problem: FormatError.Problem, _ offset: Int64) -> FormatError {
            FormatError(.segment, problem, at: offset)
        }
        let smallest = Int64(Self.headerSize + 16 + Self.tailSize)
        guard fileSize >= smallest, bytes.count >= Self.headerSize else {
            throw fail(.truncated(needed: smallest, found: min(fileSize, Int64(bytes.count))), 0)
        }
        guard bytes.hasText("CAIRNSG1", at: 0) else { throw fail(.notThisFormat, 0) }
        let version: UInt16 = bytes.integer(at: 8)
        guard version == 1 else { throw fail(.unknownVersion(Int(version)), 8) }
        let features: UInt32 = bytes.integer(at: 12)
        guard features == 0 else { throw fail(.unknownFeatures(PackHeader.names(of: features)), 12) }
        let counts = (0..<4).map { Int(bytes.integer(at: 16 + 4 * $0, as: UInt32.self)) }
        let entries = (0..<3).map { bytes.integer(at: 32 + 8 * $0, as: UInt64.self) }
        for (index, count) in entries.enumerated() where count > UInt64(PackLimits.entriesInSegment) {
            throw fail(.badValue("number of entries"), Int64(32 + 8 * index))
        }
        guard entries[0] + entries[1] <= UInt64(PackLimits.entriesInSegment) else {
            throw fail(.badValue("number of entries"), 32)
        }
        for place in 56...57 where Int(bytes[place]) > Self.largestFanoutBits {
            throw fail(.badValue("fanout bits"), Int64(place))
        }
        self.init(
            packs: counts[0], dead: counts[1], pushes: counts[2], replaced: counts[3],
            objects: (Int(entries[0]), Int(bytes[56])), chunks: (Int(entries[1]), Int(bytes[57])),
            hooks: Int(entries[2]))
        for (index, offset) in offsets.enumerated() {
            let place = 64 + 8 * index
            guard bytes.integer(at: place, as: UInt64.self) == UInt64(offset) else {
                throw fail(.badValue("offset of a part"), Int64(place))
            }
        }
        guard fileSize == Int64(size) else {
            throw fail(.truncated(needed: Int64(size), found: fileSize), fileSize)
        }
    }

    /// Appends the header.
    func append(to output: inout [UInt8]) {
        output.append(text: "CAIRNSG1")
        output.append(integer: UInt16(1))
        output.append(zeros: 6)
        for count in [packCount, deadCount, pushCount, replacedCount] {
            output.append(integer: UInt32(count))
        }
        for count in [objects.count, chunks.count, hookCount] { output.append(integer: UInt64(count)) }
        output.append(UInt8(objects.bits))
        output.append(UInt8(chunks.bits))
        output.append(zeros: 6)
        for offset in offsets { output.append(integer: UInt64(offset)) }
    }
}
