public import CairnCore

/// Collects what a new index segment will say, in any order.
public struct IndexSegmentBuilder: Sendable {
    /// A segment as it is to be written.
    public struct Segment: Sendable {
        /// All its bytes.
        public let bytes: [UInt8]
        /// Their BLAKE3, by which the segment is named.
        public let name: Digest
    }

    private var packs: [PackInfo] = []
    private var packNumbers: [Digest: UInt32] = [:]
    private var entries: [SegmentRow] = []
    private var deadPacks: [DeadPack] = []
    private var pushes: [PushRow] = []
    private var replaced: [Digest] = []

    /// Starts with nothing.
    public init() {}

    /// How many entries there are so far.
    public var count: Int { entries.count }

    /// True if another pack might not find room: the segment is to be built, and another one begun.
    public var isFull: Bool { entries.count > PackLimits.entriesInSegment - PackLimits.recordsInPack }

    /// True if there is nothing to say.
    public var isEmpty: Bool { packs.isEmpty && deadPacks.isEmpty && pushes.isEmpty && replaced.isEmpty }

    /// Adds a pack and its records.
    public mutating func add(_ pack: PackInfo, _ entries: some Sequence<PackEntry>) {
        let number = number(of: pack)
        for entry in entries { self.entries.append(SegmentRow(entry.key, pack: number, entry.place)) }
    }

    /// Adds a pack that was just written.
    public mutating func add(_ pack: PackWriter.Pack) {
        let number = number(of: pack.info)
        for var row in pack.rows {
            row.pack = number
            entries.append(row)
        }
    }

    /// Makes room for entries that are about to come.
    mutating func reserve(_ count: Int) {
        entries.reserveCapacity(min(entries.count + count, PackLimits.entriesInSegment))
    }

    /// Adds all that another segment says, and that it is contained in the new one.
    ///
    /// - Parameter dead: packs whose entries are left out.
    public mutating func add(contentsOf segment: IndexSegment, without dead: Set<Digest> = []) {
        let numbers = addTables(of: segment, without: dead)
        segment.forEachEntry { key, pack, place in
            if let number = numbers[pack] { entries.append(SegmentRow(key, pack: number, place)) }
        }
    }

    /// Adds what another segment says, but no entries, and that it is contained in the new one.
    ///
    /// - Parameter dead: packs that are left out.
    /// - Returns: the number that each of its packs has here; `nil` for those left out.
    mutating func addTables(
        of segment: IndexSegment, without dead: Set<Digest>,
        pushRow: (PushRow, IndexSegment) -> PushRow? = { row, _ in row }
    ) -> [UInt32?] {
        deadPacks += segment.deadPacks
        pushes += segment.pushes.compactMap { pushRow($0, segment) }
        replaced += segment.replaced + [segment.name]
        return segment.packs.map { dead.contains($0.name) ? nil : number(of: $0) }
    }

    /// Says that what matters of a segment is in this one, or in others that are there already.
    public mutating func replace(_ name: Digest) { replaced.append(name) }

    /// Adds a pack that nothing may be read from any more.
    public mutating func add(_ dead: DeadPack) { deadPacks.append(dead) }

    /// Adds a root that a push brought.
    public mutating func add(_ push: PushRow) { pushes.append(push) }

    /// Says of pushes, whose rows were added before, that they are known to be complete.
    public mutating func acknowledge(_ complete: Set<ULID>) {
        for index in pushes.indices where complete.contains(pushes[index].push) {
            pushes[index].isAcknowledged = true
        }
    }

    private mutating func number(of pack: PackInfo) -> UInt32 {
        if let number = packNumbers[pack.name] { return number }
        let number = UInt32(packs.count)
        packs.append(pack)
        packNumbers[pack.name] = number
        return number
    }

    /// Makes the segment. What was added twice is in it once. The entries are taken out of the builder.
    ///
    /// - Precondition: there are not more entries than a segment may have.
    public mutating func build() -> Segment {
        var rows = entries
        entries = []
        rows.sortBySections()
        var kept = 0
        for index in rows.indices where kept == 0 || !rows[kept - 1].hasSamePlace(as: rows[index]) {
            rows[kept] = rows[index]
            kept += 1
        }
        rows.removeSubrange(kept...)
        let chunks = rows.partitioningIndex(where: \.isChunk)
        return build(objects: SortedEntries(rows[..<chunks]), chunks: SortedEntries(rows[chunks...]))
    }

    /// Makes the segment of entries that are sorted already, beside those that were added.
    ///
    /// - Precondition: there are not more entries than a segment may have.
    func build(objects: SortedEntries, chunks: SortedEntries) -> Segment {
        precondition(
            objects.count + chunks.count <= PackLimits.entriesInSegment,
            "a segment is built before it is too large")
        let dead = Self.unique(deadPacks, by: \.name)
        let pushes = Self.joined(self.pushes)
        let replaced = Self.unique(self.replaced, by: \.self)
        let layout = SegmentLayout(
            packs: packs.count, dead: dead.count, pushes: pushes.count, replaced: replaced.count,
            objects: (objects.count, SegmentLayout.fanoutBits(for: objects.count)),
            chunks: (chunks.count, SegmentLayout.fanoutBits(for: chunks.count)), hooks: 0)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(layout.size)
        layout.append(to: &bytes)
        for pack in packs { pack.append(to: &bytes) }
        for pack in dead { pack.append(to: &bytes) }
        for push in pushes { push.append(to: &bytes) }
        for name in replaced { bytes.append(name) }
        for (entries, section) in [(objects, layout.objects), (chunks, layout.chunks)] {
            Self.appendFanout(of: entries, bits: section.bits, to: &bytes)
            for row in entries.rows { row.append(to: &bytes) }
        }
        var hash = BLAKE3()
        bytes.withUnsafeBytes { hash.update($0) }
        // Room for it was made: the bytes are not copied.
        let end = bytes.count
        bytes.append(hash.finish())
        bytes.append(zeros: 8)
        bytes.append(text: "CAIRNSGT")
        bytes.withUnsafeBytes { hash.update(UnsafeRawBufferPointer(rebasing: $0[end...])) }
        return Segment(bytes: bytes, name: hash.finish())
    }

    private static func appendFanout(of entries: SortedEntries, bits: Int, to bytes: inout [UInt8]) {
        var index = entries.rows.startIndex
        let start = index
        for bucket in 0..<(1 << bits) {
            while index < entries.rows.endIndex, bits > 0,
                Int(entries.rows[index].leadingWord >> UInt64(64 - bits)) < bucket
            {
                index += 1
            }
            bytes.append(integer: UInt32(index - start))
        }
        bytes.append(integer: UInt32(entries.count))
    }

    /// Each root of a push once: complete if one row says so, with the time of the first.
    private static func joined(_ rows: [PushRow]) -> [PushRow] {
        struct Key: Hashable {
            let push: ULID
            let repository: UniqueID
            let store: UniqueID
            let root: RecordKey
        }
        var places: [Key: Int] = [:]
        var joined: [PushRow] = []
        for row in rows {
            let key = Key(push: row.push, repository: row.repository, store: row.store, root: row.root)
            if let place = places[key] {
                if row.isAcknowledged { joined[place].isAcknowledged = true }
            } else {
                places[key] = joined.count
                joined.append(row)
            }
        }
        return joined
    }

    private static func unique<Row, Key: Hashable>(_ rows: [Row], by key: (Row) -> Key) -> [Row] {
        var seen: Set<Key> = []
        return rows.filter { seen.insert(key($0)).inserted }
    }
}

extension [SegmentRow] {
    /// The position of the first row of which something holds that holds of all behind it; the end if there is none.
    fileprivate func partitioningIndex(where isBehind: (SegmentRow) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if isBehind(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
