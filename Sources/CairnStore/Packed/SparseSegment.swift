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
    private static let largestBucket = 1 << 14

    let layout: SegmentLayout
    private var fetched: FetchedRanges

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

// The search itself: whatever bytes it would need and does not have, it asks for.
extension SparseSegment {
    private func search(
        _ keys: some Collection<RecordKey>
    ) throws(FormatError) -> (needed: [Range<Int64>], found: [RecordKey: [Location]]) {
        var needed: [Range<Int64>] = []
        func need(_ start: Int, _ end: Int) {
            let range = Int64(start)..<Int64(end)
            if !fetched.has(range) { needed.append(range) }
        }
        need(layout.dead, layout.pushes)
        need(layout.replaced, layout.objects.offset)
        if PackInfo.rowSize * layout.packCount <= Self.smallTable { need(layout.packs, layout.dead) }
        var found: [RecordKey: [Location]] = [:]
        for (section, isChunk) in [(layout.objects, false), (layout.chunks, true)] {
            let keys = Set(keys.filter { ($0.kind == .chunk) == isChunk })
            guard !keys.isEmpty, section.count > 0 else { continue }
            if Self.costOfKey * keys.count >= section.end - section.offset {
                need(section.offset, section.end)
            }
            for key in keys {
                let fanout = section.offset + 4 * section.bucket(of: key)
                need(fanout, fanout + 8)
                guard let bucket = try bucket(at: fanout, in: section) else { continue }
                let start = section.entries + SegmentLayout.entrySize * bucket.lowerBound
                need(start, section.entries + SegmentLayout.entrySize * bucket.upperBound)
                for entry in try entries(of: key, at: start, count: bucket.count) {
                    let row = layout.packs + PackInfo.rowSize * Int(entry.pack)
                    need(row, row + PackInfo.rowSize)
                    if let location = try location(entry, row: row) {
                        found[key, default: []].append(location)
                    }
                }
            }
        }
        return (needed, found)
    }

    /// The entries of a bucket; `nil` if the fanout table is not there yet.
    private func bucket(
        at offset: Int, in section: SegmentLayout.Section
    ) throws(FormatError) -> Range<Int>? {
        try read(offset, offset + 8) { (bytes) throws(FormatError) in
            let start = Int(bytes.integer(at: 0, as: UInt32.self))
            let end = Int(bytes.integer(at: 4, as: UInt32.self))
            guard start <= end, end <= section.count, end - start <= Self.largestBucket else {
                throw FormatError(.segment, .badValue("fanout"), at: 0)
            }
            return start..<end
        }
    }

    /// The entries of a key among those of its bucket; none if they are not there yet.
    private func entries(
        of key: RecordKey, at offset: Int, count: Int
    ) throws(FormatError) -> [SegmentEntry] {
        let size = SegmentLayout.entrySize
        return try read(offset, offset + size * count) { (bytes) throws(FormatError) in
            var found: [SegmentEntry] = []
            for number in 0..<count
            where SegmentEntry.leadingWord(bytes, number) == key.digest.leadingWord {
                let place = Int64(size * number)
                guard let entry = SegmentEntry(bytes, at: size * number) else {
                    throw FormatError(.segment, .badValue("kind of an entry"), at: place + 46)
                }
                guard entry.key == key else { continue }
                guard entry.pack < layout.packCount else {
                    throw FormatError(.segment, .badValue("pack of an entry"), at: place + 32)
                }
                found.append(entry)
            }
            return found
        } ?? []
    }

    private func location(_ entry: SegmentEntry, row: Int) throws(FormatError) -> Location? {
        try read(row, row + PackInfo.rowSize) { (bytes) throws(FormatError) in
            let pack = try PackInfo(parsing: bytes, at: 0)
            guard pack.packClass == entry.key.kind.packClass, entry.place.isPossible(in: pack) else {
                throw FormatError(.segment, .badValue("place of an entry"), at: 0)
            }
            return Location(pack: pack, place: entry.place)
        }
    }

    private func rows<Row>(
        _ offset: Int, _ count: Int, _ size: Int,
        _ row: (UnsafeRawBufferPointer, Int) throws(FormatError) -> Row
    ) throws(FormatError) -> [Row] {
        let rows = try read(offset, offset + size * count) { (bytes) throws(FormatError) in
            var rows: [Row] = []
            rows.reserveCapacity(count)
            for number in 0..<count { rows.append(try row(bytes, size * number)) }
            return rows
        }
        guard let rows else { preconditionFailure("the tables were read") }
        return rows
    }

    /// Lends a part of the segment to `body`, whose errors tell places in that part.
    ///
    /// - Returns: `nil` if the part is not there.
    private func read<Result>(
        _ start: Int, _ end: Int, _ body: (UnsafeRawBufferPointer) throws(FormatError) -> Result
    ) throws(FormatError) -> Result? {
        do throws(FormatError) {
            return try fetched.withBytes(Int64(start)..<Int64(end), body)
        } catch {
            throw FormatError(error.part, error.problem, at: error.offset + Int64(start))
        }
    }
}

extension SegmentLayout.Section {
    /// The row of the fanout table for a key.
    func bucket(of key: RecordKey) -> Int {
        bits == 0 ? 0 : Int(key.digest.leadingWord >> UInt64(64 - bits))
    }
}

extension PackPlace {
    /// True if a pack may have such a place.
    func isPossible(in pack: PackInfo) -> Bool {
        frameOffset >= PackHeader.byteCount && frameLength > FrameHeader.fixedSize
            && Int64(frameOffset) + Int64(frameLength) <= pack.size
    }
}
