import CairnCore
public import CairnSystem

/// Writes one pack into an open file, front to back; several threads may append frames.
///
/// What is written has no name and is not durable: when the pack is finished the caller syncs and places the file. The memory that it takes
/// grows by 84 bytes with each record, of which there are at most 131 072.
public final class PackWriter: @unchecked Sendable {
    // Sendable: what changes is used under the lock.

    /// A pack that has been written to its end.
    public struct Pack: Sendable {
        /// What an index says about it, its name above all.
        public let info: PackInfo
        /// Its records as an index has them, in the order in which they lie in it.
        let rows: [SegmentRow]
        /// Its records, in the order in which they lie in it.
        public var entries: [PackEntry] { rows.map { PackEntry($0.key, $0.place) } }

        init(info: PackInfo, rows: [SegmentRow]) {
            self.info = info
            self.rows = rows
        }

        /// Describes a pack of which these are all records.
        public init(info: PackInfo, entries: some Sequence<PackEntry>) {
            self.init(info: info, rows: entries.map { SegmentRow($0.key, $0.place) })
        }
    }

    private let header: PackHeader
    private var state: PackFile
    /// Held while a frame is written: who waits for that long should sleep, where `Mutex` keeps a processor busy.
    private let lock = ThreadLock()

    /// Begins a pack.
    ///
    /// - Parameters:
    ///   - file: a new, empty file, which is closed when the writer goes.
    ///   - stays: false for a file that goes away again soon, which the disk need never see.
    /// - Throws: `StoreError` if the header cannot be written.
    public init(
        _ header: PackHeader, into file: consuming OpenFile, stays: Bool = true
    ) throws(StoreError) {
        self.header = header
        state = PackFile(file: file, stays: stays)
        try state.write(header.bytes)
    }

    /// Appends a frame.
    ///
    /// - Returns: false if the pack is full or finished; the frame is for the next one then. A pack without frames takes any.
    /// - Throws: `StoreError` if it cannot be written; the pack is of no use after that, and further calls fail in the same way.
    /// - Precondition: the frame's records belong into packs of this class.
    public func append(_ frame: EncodedFrame) throws(StoreError) -> Bool {
        for record in frame.records {
            precondition(
                record.key.kind.packClass == header.packClass,
                "data and meta records lie in packs of their own")
        }
        lock.lock()
        defer { lock.unlock() }
        if let failure = state.failure { throw failure }
        guard !state.isFinished, state.hasRoom(for: frame, closingSize: header.packClass.closingSize)
        else { return false }
        try state.append(frame)
        return true
    }

    /// True if the pack takes no more frames.
    public var isFull: Bool {
        lock.withLock { state.isFull(closingSize: header.packClass.closingSize) }
    }

    /// The bytes written so far.
    public var size: Int64 { lock.withLock { state.size } }

    /// How many records the pack holds so far.
    public var recordCount: Int { lock.withLock { state.rows.count } }

    /// Writes the end of the pack.
    ///
    /// - Returns: what an index needs to know of the pack.
    /// - Throws: `StoreError` if it cannot be written, or if an earlier write failed.
    /// - Precondition: the pack is not finished yet.
    public func finish() throws(StoreError) -> Pack {
        lock.lock()
        defer { lock.unlock() }
        precondition(!state.isFinished, "a pack is finished once")
        if let failure = state.failure { throw failure }
        try state.writeTrailer()
        state.isFinished = true
        let info = PackInfo(
            name: state.digest, size: state.size, recordCount: state.rows.count,
            frameCount: state.frameCount, packClass: header.packClass,
            created: header.created)
        return Pack(info: info, rows: state.rows)
    }
}

/// What of a pack is written already.
private struct PackFile: ~Copyable {
    let file: OpenFile
    private let stays: Bool
    private var hash = BLAKE3()
    private(set) var size: Int64 = 0
    /// The rows of the frame table and of the record table.
    private var frames: [UInt8] = []
    private var records: [UInt8] = []
    private(set) var rows: [SegmentRow] = []
    private var rawSize: UInt64 = 0
    /// Up to where the kernel was asked to begin bringing the file to the disk.
    private var flushedSize: Int64 = 0
    private(set) var failure: StoreError?
    var isFinished = false

    init(file: consuming OpenFile, stays: Bool) {
        self.file = file
        self.stays = stays
    }

    /// The BLAKE3 of what is written.
    var digest: Digest { hash.finish() }
    var frameCount: Int { frames.count / PackTrailer.frameRow }

    /// How much is written before the kernel is asked to begin bringing it to the disk.
    private static var writebackSize: Int64 { 8 << 20 }

    func isFull(closingSize: Int64) -> Bool {
        size >= closingSize || rows.count >= PackLimits.recordsInPack
    }

    func hasRoom(for frame: EncodedFrame, closingSize: Int64) -> Bool {
        // No frame is larger than 65 MiB and no table than 7 MiB, so that a pack stays far below its largest size.
        !isFull(closingSize: closingSize)
            && rows.count + frame.records.count <= PackLimits.recordsInPack
    }

    mutating func append(_ frame: EncodedFrame) throws(StoreError) {
        let offset = UInt32(size)
        try write(frame.bytes)
        frames.append(integer: offset)
        frames.append(integer: UInt32(frame.header.storedLength))
        frames.append(integer: UInt32(frame.header.rawLength))
        frames.append(integer: UInt16(frame.records.count))
        frames.append(frame.header.codec.rawValue)
        frames.append(0)
        for (number, record) in frame.records.enumerated() {
            records.append(record.key.digest)
            records.append(integer: UInt32(record.key.kind.rawValue) << 28 | UInt32(record.rawLength))
            let place = PackPlace(
                frameOffset: offset, frameLength: UInt32(frame.bytes.count), record: UInt16(number))
            rows.append(SegmentRow(record.key, place))
        }
        rawSize += UInt64(frame.header.rawLength)
    }

    mutating func writeTrailer() throws(StoreError) {
        let tables = frames + records
        func tail(_ digest: Digest) -> PackTail {
            PackTail(
                frameCount: frameCount, recordCount: rows.count,
                tablesOffset: size, rawSize: rawSize, digest: digest)
        }
        let unnamed = tail(BLAKE3.digest(of: []))
        let digest = BLAKE3.digest(of: tables + unnamed.fields)
        try write(tables + tail(digest).bytes)
    }

    mutating func write(_ bytes: [UInt8]) throws(StoreError) {
        do throws(SystemError) {
            try bytes.withBytes { (bytes) throws(SystemError) in
                try file.write(bytes)
                hash.update(bytes)
            }
        } catch {
            let failure = StoreError(error)
            self.failure = failure
            throw failure
        }
        size += Int64(bytes.count)
        if stays, size - flushedSize >= Self.writebackSize {
            file.startWriteback(at: flushedSize, count: size - flushedSize)
            flushedSize = size
        }
    }
}
