import CairnCore

/// One entry of an index segment: where in which pack a record lies.
struct SegmentEntry: Hashable, Sendable {
    let key: RecordKey
    /// The pack's row in the segment's table of packs.
    let pack: UInt32
    let place: PackPlace

    init(_ key: RecordKey, pack: UInt32, _ place: PackPlace) {
        self.key = key
        self.pack = pack
        self.place = place
    }

    /// Reads the entry at `offset`.
    ///
    /// - Returns: `nil` if its kind is unknown.
    /// - Precondition: it lies within `bytes`.
    init?(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
        guard let kind = RecordKind(rawValue: bytes[offset + 46]) else { return nil }
        key = RecordKey(kind, Digest(bytes: bytes, at: offset))
        pack = bytes.integer(at: offset + 32)
        place = PackPlace(
            frameOffset: bytes.integer(at: offset + 36), frameLength: bytes.integer(at: offset + 40),
            record: bytes.integer(at: offset + 44))
    }

    /// The first eight bytes of the digest of an entry among several, as a number whose order is that of the bytes.
    ///
    /// - Precondition: the entry lies within `entries`.
    static func leadingWord(_ entries: UnsafeRawBufferPointer, _ index: Int) -> UInt64 {
        entries.integer(at: SegmentLayout.entrySize * index, as: UInt64.self).byteSwapped
    }

    /// True if an entry stands before another one in its section; two entries of one record in one pack have no order.
    static func precedes(_ left: SegmentEntry, _ right: SegmentEntry) -> Bool {
        left.key != right.key ? left.key < right.key : left.pack < right.pack
    }
}
