public import CairnCore

/// Makes one segment of several, whose entries are sorted already: it takes the memory of the new segment and little more.
public enum SegmentMerge {
    /// Merges segments.
    ///
    /// - Parameters:
    ///   - dead: packs whose entries are left out.
    ///   - complete: pushes that are known to be complete.
    ///   - pushRow: what becomes of a root that a push brought; `nil` if it is left out.
    /// - Precondition: together they have no more entries than a segment may have.
    public static func merge(
        _ segments: [IndexSegment], without dead: Set<Digest>, acknowledging complete: Set<ULID> = [],
        pushRow: (PushRow, IndexSegment) -> PushRow? = { row, _ in row }
    ) -> IndexSegmentBuilder.Segment {
        var builder = IndexSegmentBuilder()
        // The packs' numbers come in the order of the packs in the segments; a pack that several tell about has one.
        let numbers = segments.map { builder.addTables(of: $0, without: dead, pushRow: pushRow) }
        let sources = zip(segments, numbers).map { Source(segment: $0, numbers: $1) }
        builder.acknowledge(complete)
        let objects = merge(sources, \.objectEntries)
        let chunks = merge(sources, \.chunkEntries)
        return builder.build(objects: objects, chunks: chunks)
    }

    private struct Source {
        let segment: IndexSegment
        /// The new number of each pack; `nil` for one that is dead.
        let numbers: [UInt32?]
    }

    /// The entries of one section of all segments, in order and each once.
    private static func merge(
        _ sources: [Source], _ section: KeyPath<IndexSegment, Range<Int>>
    ) -> SortedEntries {
        var cursors = sources.map { Cursor($0.segment, $0.numbers, $0.segment[keyPath: section]) }
        var output = SortedEntries()
        output.reserve(sources.reduce(0) { $0 + $1.segment[keyPath: section].count })
        cursors.removeAll { $0.entry == nil }
        while true {
            // There are seldom more than a dozen: a heap would not be quicker.
            var least: (index: Int, entry: SegmentEntry)?
            for index in cursors.indices {
                guard let entry = cursors[index].entry else { continue }
                if let best = least, !SegmentEntry.precedes(entry, best.entry) { continue }
                least = (index, entry)
            }
            guard let (index, entry) = least else { return output }
            output.append(entry)
            cursors[index].advance()
        }
    }

    /// Where the merge stands in one segment.
    ///
    /// Entries of one key stand in the order of their old packs' numbers. The few of them are put into the order of the new ones here.
    private struct Cursor {
        private let segment: IndexSegment
        private let numbers: [UInt32?]
        private var rest: Range<Int>
        /// Entries of one key, the next one last.
        private var pending: [SegmentEntry] = []
        private var next: SegmentEntry?

        init(_ segment: IndexSegment, _ numbers: [UInt32?], _ range: Range<Int>) {
            self.segment = segment
            self.numbers = numbers
            rest = range
            next = read()
            advance()
        }

        /// The entry that comes next; `nil` at the end.
        private(set) var entry: SegmentEntry?

        mutating func advance() {
            if pending.isEmpty, let first = next {
                var same = [first]
                next = read()
                while let another = next, another.key == first.key {
                    same.append(another)
                    next = read()
                }
                pending = same.count == 1 ? same : same.sorted { SegmentEntry.precedes($1, $0) }
            }
            entry = pending.popLast()
        }

        private mutating func read() -> SegmentEntry? {
            while let index = rest.first {
                rest = rest.dropFirst()
                let entry = segment.entry(at: index)
                if let number = numbers[Int(entry.pack)] {
                    return SegmentEntry(entry.key, pack: number, entry.place)
                }
            }
            return nil
        }
    }
}

/// Entries of a section in the order in which they will stand in a segment.
struct SortedEntries {
    private(set) var rows: ArraySlice<SegmentRow> = []

    init() {}

    /// Takes rows of a section that are in order and of which no two are of one record in one pack.
    init(_ rows: ArraySlice<SegmentRow>) { self.rows = rows }

    /// How many there are.
    var count: Int { rows.count }

    /// Makes room.
    mutating func reserve(_ count: Int) { rows.reserveCapacity(count) }

    /// Appends an entry that stands behind all others, unless its record and pack are those of the last one.
    mutating func append(_ entry: SegmentEntry) {
        let row = SegmentRow(entry.key, pack: entry.pack, entry.place)
        if let last = rows.last, last.hasSamePlace(as: row) { return }
        rows.append(row)
    }
}
