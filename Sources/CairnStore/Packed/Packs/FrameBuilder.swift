import CairnCore

/// A frame as it stands in a pack, ready to be written.
public struct EncodedFrame: Sendable {
    /// A record of the frame.
    public struct Record: Hashable, Sendable {
        /// Its name.
        public let key: RecordKey
        /// Its bytes before compression.
        public let rawLength: Int
    }

    /// The whole frame.
    public let bytes: [UInt8]
    /// The records in it, in order.
    public let records: [Record]
    /// What stands in the fixed part.
    let header: FrameHeader
}

/// Puts records into frames: small ones together, large ones alone, those that cannot be compressed apart from the others.
///
/// Compression happens on the thread that adds records. Several threads have a builder each and share one `PackWriter`.
public struct FrameBuilder: ~Copyable {
    private let packClass: PackClass
    private let compressor: Compressor
    private var compressible = FrameGroup()
    private var incompressible = FrameGroup()

    /// Starts with no records.
    ///
    /// - Parameter packClass: what the packs are for; only records of the kinds that belong there are added.
    public init(for packClass: PackClass, _ compression: Compression = .standard) {
        self.packClass = packClass
        compressor = Compressor(compression)
    }

    /// Takes a record in.
    ///
    /// - Returns: a frame that became complete by it, which need not hold this record.
    /// - Throws: `FormatError` for a record that is too large; it was not taken in.
    /// - Precondition: the record's kind belongs into packs of the builder's class.
    public mutating func add(
        _ key: RecordKey, _ content: UnsafeRawBufferPointer
    ) throws(FormatError) -> EncodedFrame? {
        precondition(key.kind.packClass == packClass, "data and meta records lie in packs of their own")
        guard content.count <= PackLimits.recordSize else {
            throw FormatError(.record, .badValue("size"), at: 0)
        }
        let record = EncodedFrame.Record(key: key, rawLength: content.count)
        let isCompressible = !EntropyProbe.looksIncompressible(content)
        if content.count >= PackLimits.ownFrameSize {
            return EncodedFrame([record], content, isCompressible ? compressor : nil)
        }
        if isCompressible {
            compressible.append(record, content)
            return compressible.isFull ? compressible.flush(compressor) : nil
        }
        incompressible.append(record, content)
        return incompressible.isFull ? incompressible.flush(nil) : nil
    }

    /// Gives the frames of all records that were added and not yet given, two at most; the builder is empty then.
    public mutating func finish() -> [EncodedFrame] {
        [compressible.flush(compressor), incompressible.flush(nil)].compactMap { $0 }
    }
}

/// Small records that will share a frame.
private struct FrameGroup {
    private var content: [UInt8] = []
    private var records: [EncodedFrame.Record] = []

    /// True if no further record may join.
    var isFull: Bool {
        content.count >= PackLimits.groupSize || records.count == PackLimits.recordsInFrame
    }

    mutating func append(_ record: EncodedFrame.Record, _ bytes: UnsafeRawBufferPointer) {
        content.append(contentsOf: bytes)
        records.append(record)
    }

    /// Makes a frame of the records, compressed if there is a compressor and it helps; `nil` if there are none.
    mutating func flush(_ compressor: Compressor?) -> EncodedFrame? {
        guard !records.isEmpty else { return nil }
        let frame = content.withUnsafeBytes { EncodedFrame(records, $0, compressor) }
        content.removeAll(keepingCapacity: true)
        records.removeAll()
        return frame
    }
}

extension EncodedFrame {
    /// Encodes records whose bytes lie one behind the other.
    fileprivate init(_ records: [Record], _ content: UnsafeRawBufferPointer, _ compressor: Compressor?) {
        var bytes: [UInt8] = []
        let headerLength = FrameHeader.fixedSize + 4 * records.count
        bytes.reserveCapacity(headerLength + content.count)
        bytes.append(zeros: FrameHeader.fixedSize)
        for record in records { bytes.append(integer: UInt32(record.rawLength)) }
        var codec = Codec.raw
        if let compressor {
            codec = compressor.compress(content, appendingTo: &bytes)
        } else {
            bytes.append(contentsOf: content)
        }
        let checksum = bytes.withUnsafeBytes {
            CRC32C.checksum(of: UnsafeRawBufferPointer(rebasing: $0[headerLength...]))
        }
        header = FrameHeader(
            codec: codec, recordCount: records.count, storedLength: bytes.count - headerLength,
            rawLength: content.count, checksum: checksum)
        var fixed: [UInt8] = []
        header.append(to: &fixed)
        bytes.replaceSubrange(..<FrameHeader.fixedSize, with: fixed)
        self.bytes = bytes
        self.records = records
    }
}
