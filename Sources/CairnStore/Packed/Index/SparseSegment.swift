public import CairnCore

/// A segment of an index of which only what concerns some keys is read, range by range.
///
/// It is fed with bytes from wherever they come, and says which it needs next. The digest of the segment cannot be checked in this way, so that
/// what is found are hints: a record is compared with its key when it is read. Who misses a record has to read the segment whole before it
/// may be called missing.
public struct SparseSegment: Sendable {
    /// What is to be done next.
    public enum Step: Hashable, Sendable {
        /// Read these ranges of the segment and hand them over; they are ascending.
        case read([Range<Int64>])
        /// Read the segment whole, as an `IndexSegment`: the ranges would be most of it.
        case readWhole
        /// Everything is there.
        case done
    }

    /// A place of a record.
    public struct Location: Hashable, Sendable {
        /// The pack.
        public let pack: PackInfo
        /// The place in it.
        public let place: PackPlace
    }

    /// The bytes of the header, with which everything begins.
    public static let headerSize = SegmentLayout.headerSize
    /// Ranges with at most so many bytes between them are read as one.
    public static let gap: Int64 = 16 << 10
    /// What is reckoned for a key: its bucket has about half of it, and a request costs something as well.
    static let costOfKey = 16 << 10
    /// A table of packs of up to so many bytes is read at once.
    static let smallTable = 64 << 10
    /// No honest bucket has as many entries.
    static let largestBucket = 1 << 14

    let layout: SegmentLayout
    private(set) var fetched: FetchedRanges

    /// Begins with the first bytes of a segment.
    ///
    /// - Parameters:
    ///   - bytes: 128 bytes, or as many more as were read.
    ///   - size: the bytes of the whole segment, as the storage tells.
    /// - Throws: `FormatError` if they are no header, or that of a segment of another size.
    public init(header bytes: [UInt8], size: Int64) throws(FormatError) {
        layout = try bytes.withBytes { (bytes) throws(FormatError) in
            try SegmentLayout(header: bytes, size: size)
        }
        fetched = FetchedRanges(size: size)
        try add(bytes, at: 0)
    }

    /// Takes bytes that were read.
    ///
    /// - Parameter offset: where in the segment they begin.
    /// - Throws: `FormatError` if they do not lie in it.
    public mutating func add(_ bytes: [UInt8], at offset: Int64) throws(FormatError) {
        guard fetched.add(bytes, at: offset) else {
            throw FormatError(
                .segment, .truncated(needed: offset + Int64(bytes.count), found: fetched.size), at: offset)
        }
    }

    /// Says what is needed to look up some keys. Three rounds of reading are enough.
    ///
    /// - Throws: `FormatError` if what was read is not what a segment has there.
    public func step(for keys: some Collection<RecordKey>) throws(FormatError) -> Step {
        let needed = try search(keys).needed
        if needed.isEmpty { return .done }
        let ranges = ByteRanges.joined(needed, gap: Self.gap)
        let sum = ranges.reduce(0) { $0 + Int64($1.count) }
        return 4 * sum > 3 * fetched.size ? .readWhole : .read(ranges)
    }

    /// The places of some keys, those in dead packs too.
    ///
    /// - Throws: `FormatError` as `step(for:)`.
    /// - Precondition: `step(for:)` says that everything is there.
    public func locations(of keys: some Collection<RecordKey>) throws(FormatError) -> [RecordKey: [Location]]
    {
        let (needed, found) = try search(keys)
        precondition(needed.isEmpty, "everything was read")
        return found
    }

    /// The packs that nothing may be read from any more, in this segment or any other.
    ///
    /// - Throws: `FormatError` if the rows are none.
    /// - Precondition: `step(for:)` was done for some keys, or none.
    public func deadPacks() throws(FormatError) -> [DeadPack] {
        try rows(layout.dead, layout.deadCount, DeadPack.rowSize) { (bytes, offset) throws(FormatError) in
            try DeadPack(parsing: bytes, at: offset)
        }
    }

    /// Segments whose whole content is in this one: they need not be read.
    ///
    /// - Precondition: as of `deadPacks()`.
    public func replaced() throws(FormatError) -> [Digest] {
        try rows(layout.replaced, layout.replacedCount, 32) { Digest(bytes: $0, at: $1) }
    }

    /// A small segment with what was found of these keys, and all dead packs: it can be joined with others in a `PackIndex`.
    ///
    /// It does not say which segments are replaced, because it has not what they have.
    /// - Throws: `FormatError` as `step(for:)`.
    /// - Precondition: `step(for:)` says that everything is there.
    public func condensed(for keys: some Collection<RecordKey>) throws(FormatError) -> IndexSegment {
        var builder = IndexSegmentBuilder()
        for (key, locations) in try self.locations(of: keys).sorted(by: { $0.key < $1.key }) {
            for location in locations { builder.add(location.pack, [PackEntry(key, location.place)]) }
        }
        for pack in try deadPacks() { builder.add(pack) }
        return try IndexSegment(parsing: builder.build().bytes)
    }
}
