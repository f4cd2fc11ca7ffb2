import CairnCore

/// The last 96 bytes of a pack: where its tables stand, and what they must hash to.
public struct PackTail: Hashable, Sendable {
    /// The bytes of a tail.
    public static let byteCount = 96

    /// How many frames the pack has.
    let frameCount: Int
    /// How many records they hold.
    let recordCount: Int
    /// Where the tables begin: behind the last frame.
    let tablesOffset: Int64
    /// The bytes of all records before compression.
    let rawSize: UInt64
    /// The BLAKE3 of the tables and of the first 32 bytes of the tail.
    let digest: Digest

    /// The bytes of the tables, which end where the tail begins.
    var tablesSize: Int { PackTrailer.frameRow * frameCount + PackTrailer.recordRow * recordCount }

    /// What must be read of the pack for its trailer: the tables and the tail.
    public var trailerRange: Range<Int64> {
        tablesOffset..<(tablesOffset + Int64(tablesSize + Self.byteCount))
    }

    init(frameCount: Int, recordCount: Int, tablesOffset: Int64, rawSize: UInt64, digest: Digest) {
        self.frameCount = frameCount
        self.recordCount = recordCount
        self.tablesOffset = tablesOffset
        self.rawSize = rawSize
        self.digest = digest
    }

    /// Reads a tail and checks that its numbers fit the size of the pack.
    ///
    /// - Parameters:
    ///   - bytes: the last 96 bytes of the pack.
    ///   - packSize: the bytes of the whole pack.
    /// - Throws: `FormatError`, also for a pack that was not written to its end.
    public init(parsing bytes: UnsafeRawBufferPointer, packSize: Int64) throws(FormatError) {
        func fail(_ problem: FormatError.Problem, _ field: Int64) -> FormatError {
            FormatError(.packTrailer, problem, at: packSize - Int64(Self.byteCount) + field)
        }
        guard bytes.count == Self.byteCount, packSize >= PackTrailer.smallestPack else {
            let found = min(Int64(bytes.count), packSize)
            throw FormatError(
                .packTrailer, .truncated(needed: PackTrailer.smallestPack, found: found), at: 0)
        }
        guard bytes.hasText("CAIRNPKT", at: 88) else { throw fail(.notThisFormat, 88) }
        guard packSize <= PackLimits.packSize else { throw fail(.badValue("size of the pack"), 0) }
        let frames = Int(bytes.integer(at: 0, as: UInt32.self))
        let records = Int(bytes.integer(at: 4, as: UInt32.self))
        guard records <= PackLimits.recordsInPack else { throw fail(.badValue("number of records"), 4) }
        guard frames <= records else { throw fail(.badValue("number of frames"), 0) }
        self.init(
            frameCount: frames, recordCount: records,
            tablesOffset: Int64(truncatingIfNeeded: bytes.integer(at: 8, as: UInt64.self)),
            rawSize: bytes.integer(at: 24), digest: Digest(bytes: bytes, at: 32))
        // Both counts are small now: nothing below overflows.
        let tables = packSize - Int64(Self.byteCount + tablesSize)
        guard tablesOffset == tables, tables >= PackHeader.byteCount else {
            throw fail(.badValue("place of the frame table"), 8)
        }
        guard bytes.integer(at: 16, as: UInt64.self) == UInt64(tables) + UInt64(PackTrailer.frameRow * frames)
        else { throw fail(.badValue("place of the record table"), 16) }
    }

    /// The first 32 bytes, which the digest covers.
    var fields: [UInt8] {
        var output: [UInt8] = []
        output.append(integer: UInt32(frameCount))
        output.append(integer: UInt32(recordCount))
        output.append(integer: UInt64(tablesOffset))
        output.append(integer: UInt64(tablesOffset) + UInt64(PackTrailer.frameRow * frameCount))
        output.append(integer: rawSize)
        return output
    }

    /// The 96 bytes.
    var bytes: [UInt8] {
        var output = fields
        output.append(digest)
        output.append(zeros: 24)
        output.append(text: "CAIRNPKT")
        return output
    }
}

/// What a pack says of itself at its end: its frames, and the records in them.
public struct PackTrailer: Sendable {
    /// The bytes of a row of the frame table.
    static let frameRow = 16
    /// The bytes of a row of the record table.
    static let recordRow = 36
    /// The bytes of a pack without frames.
    static let smallestPack = Int64(PackHeader.byteCount + PackTail.byteCount)

    /// All records, in the order in which they lie in the pack.
    public let entries: [PackEntry]
    /// How many frames the pack has.
    public let frameCount: Int
    /// The bytes of all records before compression.
    public let rawSize: UInt64

    init(entries: [PackEntry], frameCount: Int, rawSize: UInt64) {
        self.entries = entries
        self.frameCount = frameCount
        self.rawSize = rawSize
    }

    /// Reads the tables of a pack.
    ///
    /// - Parameters:
    ///   - bytes: the bytes of `tail.trailerRange`.
    ///   - tail: the pack's tail, read before.
    ///   - packClass: what the pack's header says that it is for.
    /// - Throws: `FormatError` if the tables are not those that the tail's digest names, or contradict themselves or the class.
    public init(
        parsing bytes: UnsafeRawBufferPointer, tail: PackTail, packClass: PackClass
    ) throws(FormatError) {
        let needed = tail.tablesSize + PackTail.byteCount
        guard bytes.count == needed else {
            throw FormatError(
                .packTrailer, .truncated(needed: Int64(needed), found: Int64(bytes.count)),
                at: tail.tablesOffset)
        }
        let covered = UnsafeRawBufferPointer(rebasing: bytes[..<(tail.tablesSize + 32)])
        guard BLAKE3.digest(of: covered) == tail.digest else {
            throw FormatError(.packTrailer, .mismatch, at: tail.tablesOffset)
        }
        var tables = TrailerTables(bytes: bytes, tail: tail, packClass: packClass)
        try tables.read()
        self.init(entries: tables.entries, frameCount: tail.frameCount, rawSize: tail.rawSize)
    }
}

/// The walk over both tables, side by side.
private struct TrailerTables {
    let bytes: UnsafeRawBufferPointer
    let tail: PackTail
    let packClass: PackClass
    var entries: [PackEntry] = []

    func fail(_ field: String, _ offset: Int) -> FormatError {
        FormatError(.packTrailer, .badValue(field), at: tail.tablesOffset + Int64(offset))
    }

    mutating func read() throws(FormatError) {
        entries.reserveCapacity(tail.recordCount)
        // Frames stand one behind the other, so where one begins follows from those before it.
        var next = Int64(PackHeader.byteCount)
        var raw: UInt64 = 0
        for row in 0..<tail.frameCount {
            let offset = PackTrailer.frameRow * row
            let stored = Int64(bytes.integer(at: offset + 4, as: UInt32.self))
            let rawLength = UInt64(bytes.integer(at: offset + 8, as: UInt32.self))
            let records = Int(bytes.integer(at: offset + 12, as: UInt16.self))
            guard Int64(bytes.integer(at: offset, as: UInt32.self)) == next else {
                throw fail("place of a frame", offset)
            }
            guard Codec(rawValue: bytes[offset + 14]) != nil else { throw fail("codec", offset + 14) }
            guard records > 0, records <= tail.recordCount - entries.count else {
                throw fail("number of records", offset + 12)
            }
            let length = Int64(FrameHeader.fixedSize + 4 * records) + stored
            guard length <= tail.tablesOffset - next else { throw fail("length of a frame", offset + 4) }
            // In bounds: a pack ends before 1 GiB.
            try readRecords(records, frame: UInt32(next), length: UInt32(length), rawLength: rawLength)
            next += length
            raw += rawLength
        }
        let end = PackTrailer.frameRow * tail.frameCount
        guard next == tail.tablesOffset else { throw fail("place of the frame table", end) }
        guard entries.count == tail.recordCount else { throw fail("number of records", end) }
        guard raw == tail.rawSize else { throw fail("raw size", end) }
    }

    private mutating func readRecords(
        _ count: Int, frame: UInt32, length: UInt32, rawLength: UInt64
    ) throws(FormatError) {
        var sum: UInt64 = 0
        for record in 0..<count {
            let row = PackTrailer.frameRow * tail.frameCount + PackTrailer.recordRow * entries.count
            let word: UInt32 = bytes.integer(at: row + 32)
            guard let kind = RecordKind(rawValue: UInt8(word >> 28)), kind.packClass == packClass else {
                throw fail("kind of a record", row + 32)
            }
            sum += UInt64(word & 0x0FFF_FFFF)
            // A frame has at most 65 535 records.
            let place = PackPlace(frameOffset: frame, frameLength: length, record: UInt16(record))
            entries.append(PackEntry(RecordKey(kind, Digest(bytes: bytes, at: row)), place))
        }
        guard sum == rawLength else { throw fail("raw length of a frame", 0) }
    }
}
