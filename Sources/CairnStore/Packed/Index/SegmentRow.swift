import CairnCore

/// An entry of an index segment in the 48 bytes that it will have there: a session keeps millions.
struct SegmentRow: Sendable {
    /// The digest of the record's key, as words whose order is that of the bytes.
    private let words: (UInt64, UInt64, UInt64, UInt64)
    /// The pack's row in the segment's table of packs.
    var pack: UInt32
    private let frameOffset: UInt32
    private let frameLength: UInt32
    private let record: UInt16
    private let kind: RecordKind

    init(_ key: RecordKey, pack: UInt32 = 0, _ place: PackPlace) {
        words = key.digest.quarters
        self.pack = pack
        frameOffset = place.frameOffset
        frameLength = place.frameLength
        record = place.record
        kind = key.kind
    }

    /// The record that the entry is of.
    var key: RecordKey { RecordKey(kind, Digest(quarters: words)) }
    /// Where it lies.
    var place: PackPlace { PackPlace(frameOffset: frameOffset, frameLength: frameLength, record: record) }
    /// The first eight bytes of the digest.
    var leadingWord: UInt64 { words.0 }
    /// True for an entry of the section of chunks, which stands behind that of objects.
    var isChunk: Bool { kind == .chunk }

    /// True if both are of one record in one pack.
    func hasSamePlace(as other: SegmentRow) -> Bool {
        words == other.words && kind == other.kind && pack == other.pack
    }

    /// The order of a section. Of entries of one record in one pack, the one that stands first in the pack comes first.
    static func precedes(_ left: SegmentRow, _ right: SegmentRow) -> Bool {
        if left.words != right.words { return left.words < right.words }
        if left.kind != right.kind { return left.kind.rawValue < right.kind.rawValue }
        return (left.pack, left.frameOffset, left.record) < (right.pack, right.frameOffset, right.record)
    }

    /// The 48 bytes.
    func append(to output: inout [UInt8]) {
        let numbers = (
            words.0.bigEndian, words.1.bigEndian, words.2.bigEndian, words.3.bigEndian, pack.littleEndian,
            frameOffset.littleEndian, frameLength.littleEndian, record.littleEndian, kind.rawValue, UInt8(0)
        )
        withUnsafeBytes(of: numbers) { output.append(contentsOf: $0) }
    }
}

extension [SegmentRow] {
    /// Sorts by sections, and in each as `SegmentRow.precedes` says, without memory of its own worth mentioning.
    ///
    /// Digests are spread evenly: after they are dealt out by their first bits, the hands are short. Were they not, it would take longer.
    mutating func sortBySections() {
        guard count > 1 else { return }
        let bits = Swift.max(1, Int.bitWidth - (count >> 7).leadingZeroBitCount)
        func bucket(_ row: SegmentRow) -> Int {
            (row.isChunk ? 1 << bits : 0) | Int(row.leadingWord >> UInt64(64 - bits))
        }
        var ends = [Int](repeating: 0, count: 2 << bits)
        for row in self { ends[bucket(row)] += 1 }
        var sum = 0
        for index in ends.indices {
            sum += ends[index]
            ends[index] = sum
        }
        // Each bucket is filled from its start; what stands there goes where it belongs, until one comes that belongs there.
        var next = [0] + ends.dropLast()
        withUnsafeMutableBufferPointer { rows in
            for current in ends.indices {
                let start = current == 0 ? 0 : ends[current - 1]
                while next[current] < ends[current] {
                    let home = bucket(rows[next[current]])
                    if home != current { rows.swapAt(next[current], next[home]) }
                    next[home] += 1
                }
                var hand = UnsafeMutableBufferPointer(rebasing: rows[start..<ends[current]])
                hand.sort(by: SegmentRow.precedes)
            }
        }
    }
}
