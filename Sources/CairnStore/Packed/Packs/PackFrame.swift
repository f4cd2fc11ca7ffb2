import CairnCore

/// The fixed part at the start of a frame: docs/formats/pack.md.
struct FrameHeader: Hashable, Sendable {
    /// The bytes of the fixed part; four for each record follow.
    static let fixedSize = 20

    let codec: Codec
    let recordCount: Int
    let storedLength: Int
    let rawLength: Int
    /// The CRC-32C of the stored bytes.
    let checksum: UInt32

    /// The bytes before the stored ones.
    var headerLength: Int { Self.fixedSize + 4 * recordCount }
    /// The bytes of the whole frame.
    var totalLength: Int { headerLength + storedLength }

    init(codec: Codec, recordCount: Int, storedLength: Int, rawLength: Int, checksum: UInt32) {
        self.codec = codec
        self.recordCount = recordCount
        self.storedLength = storedLength
        self.rawLength = rawLength
        self.checksum = checksum
    }

    /// Reads the fixed part, and checks that its numbers can go together.
    ///
    /// - Parameter offset: where the frame lies in its pack, for messages.
    /// - Throws: `FormatError`.
    init(parsing bytes: UnsafeRawBufferPointer, at offset: Int64) throws(FormatError) {
        func fail(_ problem: FormatError.Problem, _ field: Int64) -> FormatError {
            FormatError(.frame, problem, at: offset + field)
        }
        guard bytes.count >= Self.fixedSize else {
            throw fail(.truncated(needed: Int64(Self.fixedSize), found: Int64(bytes.count)), 0)
        }
        guard bytes.hasText("FRM1", at: 0) else { throw fail(.notThisFormat, 0) }
        guard let codec = Codec(rawValue: bytes[4]) else {
            throw fail(.unknownFeatures(["codec \(bytes[4])"]), 4)
        }
        let records = Int(bytes.integer(at: 6, as: UInt16.self))
        guard records > 0 else { throw fail(.badValue("number of records"), 6) }
        let stored = Int(bytes.integer(at: 8, as: UInt32.self))
        let raw = Int(bytes.integer(at: 12, as: UInt32.self))
        guard raw <= PackLimits.recordSize else { throw fail(.badValue("raw length"), 12) }
        guard codec == .raw ? stored == raw : stored < raw else {
            throw fail(.badValue("stored length"), 8)
        }
        self.init(
            codec: codec, recordCount: records, storedLength: stored, rawLength: raw,
            checksum: bytes.integer(at: 16))
    }

    /// The 20 bytes.
    func append(to output: inout [UInt8]) {
        output.append(text: "FRM1")
        output.append(codec.rawValue)
        output.append(0)
        output.append(integer: UInt16(recordCount))
        output.append(integer: UInt32(storedLength))
        output.append(integer: UInt32(rawLength))
        output.append(integer: checksum)
    }
}

/// A frame of a pack, decompressed: some records, one behind the other.
public struct PackFrame: Sendable {
    /// Where the frame lies in its pack, for messages.
    private let offset: Int64
    /// The records' bytes from `starts[0]` on; of a frame that is not compressed it is the whole frame.
    private let content: [UInt8]
    /// Where each record begins in `content`, and where the last one ends.
    private let starts: [Int]

    /// How many records the frame holds.
    public var count: Int { starts.count - 1 }
    /// The bytes of memory that the frame takes.
    var memory: Int { content.count + 8 * starts.count }

    /// Reads a whole frame, checks it against its checksum and decompresses it.
    ///
    /// - Parameters:
    ///   - bytes: the frame's bytes and no others.
    ///   - offset: where it lies in its pack, for messages.
    /// - Throws: `FormatError`.
    public init(parsing bytes: [UInt8], at offset: Int64) throws(FormatError) {
        let decoded = try bytes.withBytes { (bytes) throws(FormatError) in
            try Self.decode(bytes, at: offset)
        }
        self.offset = offset
        content = decoded.content ?? bytes
        starts = decoded.starts
    }

    /// The content is `nil` if it stands in the frame as it is.
    private static func decode(
        _ bytes: UnsafeRawBufferPointer, at offset: Int64
    ) throws(FormatError) -> (content: [UInt8]?, starts: [Int]) {
        let header = try FrameHeader(parsing: bytes, at: offset)
        guard bytes.count == header.totalLength else {
            throw FormatError(
                .frame, .truncated(needed: Int64(header.totalLength), found: Int64(bytes.count)), at: offset)
        }
        let stored = UnsafeRawBufferPointer(rebasing: bytes[header.headerLength...])
        guard CRC32C.checksum(of: stored) == header.checksum else {
            throw FormatError(.frame, .mismatch, at: offset)
        }
        // Neither the lengths nor their sum can overflow: they are at most 65 535 numbers of 32 bits.
        var starts: [Int] = []
        starts.reserveCapacity(header.recordCount + 1)
        var next = header.codec == .raw ? header.headerLength : 0
        let end = next + header.rawLength
        for record in 0..<header.recordCount {
            starts.append(next)
            next += Int(bytes.integer(at: FrameHeader.fixedSize + 4 * record, as: UInt32.self))
        }
        guard next == end else {
            let place = offset + Int64(FrameHeader.fixedSize)
            throw FormatError(.frame, .badValue("lengths of records"), at: place)
        }
        starts.append(next)
        if header.codec == .raw { return (nil, starts) }
        guard let content = Decompressor.decompress(header.codec, stored, rawLength: header.rawLength) else {
            throw FormatError(.frame, .notDecompressible, at: offset + Int64(header.headerLength))
        }
        return (content, starts)
    }

    /// The bytes of one record, unchecked; `nil` if there is no such record.
    ///
    /// The slice shares the frame's memory.
    public subscript(record: Int) -> ArraySlice<UInt8>? {
        guard record >= 0, record < count else { return nil }
        return content[starts[record]..<starts[record + 1]]
    }

    /// The bytes of one record, checked against its key if that is the hash of the bytes.
    ///
    /// Records of other kinds (recipes, spans, directories) are for the caller to check.
    /// - Throws: `FormatError` if there is no such record, or its bytes are not those that the key names.
    public func record(_ number: Int, checkedAgainst key: RecordKey) throws(FormatError) -> ArraySlice<UInt8>
    {
        guard let bytes = self[number] else {
            throw FormatError(.record, .badValue("number of a record"), at: offset)
        }
        if key.kind.isNamedByContent {
            guard bytes.withUnsafeBytes({ BLAKE3.digest(of: $0) }) == key.digest else {
                throw FormatError(.record, .mismatch, at: offset)
            }
        }
        return bytes
    }

    /// The bytes of several records, checked as `record(_:checkedAgainst:)` does, but hashed together: for many small ones that is several
    /// times as fast.
    ///
    /// - Throws: `FormatError` for the first that is not there or not what its key names.
    public func records(_ wanted: [(number: Int, key: RecordKey)]) throws(FormatError) -> [ArraySlice<UInt8>]
    {
        var records: [ArraySlice<UInt8>] = []
        records.reserveCapacity(wanted.count)
        for (number, _) in wanted {
            guard let bytes = self[number] else {
                throw FormatError(.record, .badValue("number of a record"), at: offset)
            }
            records.append(bytes)
        }
        let digests = content.withUnsafeBytes { content in
            BLAKE3.digests(
                of: records.map { UnsafeRawBufferPointer(rebasing: content[$0.startIndex..<$0.endIndex]) })
        }
        for (item, digest) in zip(wanted, digests) where item.key.kind.isNamedByContent {
            guard digest == item.key.digest else { throw FormatError(.record, .mismatch, at: offset) }
        }
        return records
    }
}
