import CairnCore

// The search itself: whatever bytes it would need and does not have, it asks for.
extension SparseSegment {
    func search(
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

    func rows<Row>(
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
