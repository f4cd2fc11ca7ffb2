import CairnCore

/// The one pass over a segment that makes sure of everything that a search relies on.
struct SegmentCheck {
    let name: Digest
    let layout: SegmentLayout
    private(set) var packs: [PackInfo] = []
    private(set) var deadPacks: [DeadPack] = []
    private(set) var pushes: [PushRow] = []
    private(set) var replaced: [Digest] = []

    /// Reads the tables of a segment and checks its entries.
    ///
    /// - Throws: `FormatError`.
    static func check(_ bytes: UnsafeRawBufferPointer, name: Digest?) throws(FormatError) -> SegmentCheck {
        let layout = try SegmentLayout(parsing: bytes)
        // One pass for both digests: the one in the tail is of everything before it, the name of everything.
        var hash = BLAKE3()
        hash.update(UnsafeRawBufferPointer(rebasing: bytes[..<layout.tail]))
        guard hash.finish() == Digest(bytes: bytes, at: layout.tail) else {
            throw FormatError(.segment, .mismatch, at: Int64(layout.tail))
        }
        hash.update(UnsafeRawBufferPointer(rebasing: bytes[layout.tail...]))
        let digest = hash.finish()
        guard name == nil || name == digest else { throw FormatError(.segment, .mismatch, at: 0) }
        var check = SegmentCheck(name: digest, layout: layout)
        try check.readTables(bytes)
        try check.checkEntries(layout.objects, bytes) { $0 != .chunk }
        try check.checkEntries(layout.chunks, bytes) { $0 == .chunk }
        try check.checkHooks(bytes)
        return check
    }

    private init(name: Digest, layout: SegmentLayout) {
        self.name = name
        self.layout = layout
    }

    private mutating func readTables(_ bytes: UnsafeRawBufferPointer) throws(FormatError) {
        packs.reserveCapacity(layout.packCount)
        for row in 0..<layout.packCount {
            packs.append(try PackInfo(parsing: bytes, at: layout.packs + PackInfo.rowSize * row))
        }
        for row in 0..<layout.deadCount {
            deadPacks.append(try DeadPack(parsing: bytes, at: layout.dead + DeadPack.rowSize * row))
        }
        for row in 0..<layout.pushCount {
            pushes.append(try PushRow(parsing: bytes, at: layout.pushes + PushRow.rowSize * row))
        }
        for row in 0..<layout.replacedCount {
            replaced.append(Digest(bytes: bytes, at: layout.replaced + 32 * row))
        }
    }

    /// Checks a fanout table, and that each entry is sound, is in the bucket that the table says, and stands behind the one before it.
    private func checkEntries(
        _ section: SegmentLayout.Section, _ bytes: UnsafeRawBufferPointer, isKind: (RecordKind) -> Bool
    ) throws(FormatError) {
        var index = 0
        var earlier: SegmentEntry?
        for bucket in 0...(1 << section.bits) {
            let place = section.offset + 4 * bucket
            let start = Int(bytes.integer(at: place, as: UInt32.self))
            let isLast = bucket == 1 << section.bits
            // The entries of the bucket before this one were counted by `index` and must end where this one starts.
            guard start <= section.count, start == index, !isLast || start == section.count else {
                throw FormatError(.segment, .badValue("fanout"), at: Int64(place))
            }
            if isLast { return }
            let end = Int(bytes.integer(at: place + 4, as: UInt32.self))
            guard end <= section.count else {
                throw FormatError(.segment, .badValue("fanout"), at: Int64(place + 4))
            }
            while index < end {
                let offset = section.entries + SegmentLayout.entrySize * index
                let entry = try entry(at: offset, bytes, isKind)
                guard section.bucket(of: entry.key) == bucket,
                    earlier.map({ SegmentEntry.precedes($0, entry) }) ?? true
                else {
                    throw FormatError(.segment, .badValue("order of entries"), at: Int64(offset))
                }
                earlier = entry
                index += 1
            }
        }
    }

    private func checkHooks(_ bytes: UnsafeRawBufferPointer) throws(FormatError) {
        var earlier: SegmentEntry?
        for index in 0..<layout.hookCount {
            let offset = layout.hooks + SegmentLayout.entrySize * index
            let entry = try entry(at: offset, bytes) { $0 == .chunk }
            guard bytes[offset] & 63 == 0, earlier.map({ SegmentEntry.precedes($0, entry) }) ?? true else {
                throw FormatError(.segment, .badValue("order of entries"), at: Int64(offset))
            }
            earlier = entry
        }
    }

    private func entry(
        at offset: Int, _ bytes: UnsafeRawBufferPointer, _ isKind: (RecordKind) -> Bool
    ) throws(FormatError) -> SegmentEntry {
        func fail(_ field: String, _ place: Int) -> FormatError {
            FormatError(.segment, .badValue(field), at: Int64(offset + place))
        }
        guard let entry = SegmentEntry(bytes, at: offset), isKind(entry.key.kind) else {
            throw fail("kind of an entry", 46)
        }
        guard entry.pack < packs.count else { throw fail("pack of an entry", 32) }
        let pack = packs[Int(entry.pack)]
        guard pack.packClass == entry.key.kind.packClass else { throw fail("kind of an entry", 46) }
        guard entry.place.isPossible(in: pack) else { throw fail("place of an entry", 36) }
        return entry
    }
}
