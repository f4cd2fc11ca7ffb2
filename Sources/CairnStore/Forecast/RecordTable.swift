import CairnCore

/// Which records were seen: 16 bytes for each, and when there are more than it may hold, a sample of them.
///
/// Which records are in the sample depends on their digests alone, and a smaller sample is a part of each larger one. So whether a record of
/// the sample was seen before is always known, and each stands for as many as the sample has one of.
struct RecordTable {
    /// What came of putting a record in.
    enum Answer: Equatable {
        /// It was not seen before, and stands for that many.
        case new(weight: Int64)
        case known
        /// It is not in the sample.
        case passedOver
    }

    /// Digests are taken to be equal if their first 128 bits are. No slot of a digest is all zero.
    private typealias Slot = (first: UInt64, second: UInt64)
    static let slotSize = MemoryLayout<UInt64>.size * 2
    private static let smallestSize = 1 << 12

    private var slots: [Slot]
    private var count = 0
    private let largestSize: Int
    /// One record of two to this power is in the sample.
    private(set) var sampleShift = 0

    /// Makes an empty table.
    ///
    /// - Parameter memory: the bytes that it may take; there is a floor of 64 KiB.
    init(memory: Int) {
        let most = max(memory / Self.slotSize, Self.smallestSize)
        largestSize = 1 << (Int.bitWidth - 1 - most.leadingZeroBitCount)
        slots = Array(repeating: (0, 0), count: Self.smallestSize)
    }

    /// Puts a record in.
    mutating func insert(_ key: RecordKey) -> Answer {
        let slot = Self.slot(of: key)
        guard isSampled(slot) else { return .passedOver }
        let place = place(of: slot)
        guard slots[place] == (0, 0) else { return .known }
        slots[place] = slot
        count += 1
        let weight = Int64(1) << sampleShift
        if count > slots.count / 4 * 3 { makeRoom() }
        return .new(weight: weight)
    }

    /// True if the record was seen, or need not be looked at, as it is not in the sample.
    func needsNothing(of key: RecordKey) -> Bool {
        let slot = Self.slot(of: key)
        return !isSampled(slot) || slots[place(of: slot)] != (0, 0)
    }

    private static func slot(of key: RecordKey) -> Slot {
        // The same digest may name records of several kinds. The last bit keeps zero for free slots.
        (key.digest.leadingWord, (key.digest.secondWord &+ UInt64(key.kind.rawValue) << 32) | 1)
    }

    /// By other bits than those that pick the place.
    private func isSampled(_ slot: Slot) -> Bool { slot.first & ((1 << sampleShift) - 1) == 0 }

    /// Where the slot is, or the free place where it belongs.
    private func place(of slot: Slot) -> Int {
        let mask = slots.count - 1
        var place = Int(truncatingIfNeeded: slot.second >> 20) & mask
        while slots[place] != (0, 0), slots[place] != slot { place = (place + 1) & mask }
        return place
    }

    private mutating func makeRoom() {
        let old = slots
        if slots.count < largestSize {
            slots = Array(repeating: (0, 0), count: old.count * 2)
        } else {
            sampleShift += 1
            slots = Array(repeating: (0, 0), count: old.count)
        }
        count = 0
        for slot in old where slot != (0, 0) && isSampled(slot) {
            slots[place(of: slot)] = slot
            count += 1
        }
    }
}
