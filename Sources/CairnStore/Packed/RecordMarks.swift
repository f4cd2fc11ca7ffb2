public import CairnCore

/// Marks on the records that an index knows: one bit for each entry, and nothing else.
public struct RecordMarks: Sendable {
    /// What is marked of a pack.
    public struct PackUse: Hashable, Sendable {
        /// The pack.
        public let pack: PackInfo
        /// How many of its records are marked.
        public fileprivate(set) var marked = 0
        /// How many of these are not in a pack that is to be preferred.
        public fileprivate(set) var needed = 0
    }

    /// The index.
    public let index: PackIndex
    /// For each segment a bit for each entry.
    private var bits: [[UInt64]]
    /// For each pack the segment that is asked about it: several may know a pack, and then each knows all of it.
    private let homes: [Int]
    /// The entries of one record, for each segment.
    private var found: [Range<Int>] = []

    /// Nothing is marked.
    public init(on index: PackIndex) {
        self.index = index
        bits = index.segments.map { Array(repeating: 0, count: ($0.count + 63) / 64) }
        var homes = Array(repeating: 0, count: index.packs.count)
        for (segment, numbers) in index.numbers.enumerated().reversed() {
            for number in numbers where number != PackIndex.none { homes[Int(number)] = segment }
        }
        self.homes = homes
    }

    /// Marks a record.
    ///
    /// - Returns: false if it was marked before, or the index does not know it.
    public mutating func mark(_ key: RecordKey) -> Bool {
        var isNew = false
        for (number, segment) in index.segments.enumerated() {
            for entry in segment.entries(of: key) {
                let bit = UInt64(1) << UInt64(entry & 63)
                if bits[number][entry >> 6] & bit != 0 { return false }
                bits[number][entry >> 6] |= bit
                isNew = true
            }
        }
        return isNew
    }

    /// Marks a record that lies in a pack which nobody means to delete, with one look into each segment.
    ///
    /// - Returns: whether it was not marked before; `nil`, and nothing is marked, if no such pack has it.
    public mutating func markSound(_ key: RecordKey) -> Bool? {
        found.removeAll(keepingCapacity: true)
        var isSound = false
        for (number, segment) in index.segments.enumerated() {
            let entries = segment.entries(of: key)
            found.append(entries)
            let packs = index.numbers[number]
            // A pack without a number has the greatest one.
            isSound = isSound || entries.contains { packs[segment.pack(at: $0)] < index.soundCount }
        }
        guard isSound else { return nil }
        var isNew = true
        for (number, entries) in found.enumerated() {
            for entry in entries {
                if has(entry, number) { isNew = false }
                bits[number][entry >> 6] |= 1 << UInt64(entry & 63)
            }
        }
        return isNew
    }

    /// True if a record is marked.
    public func contains(_ key: RecordKey) -> Bool {
        for (number, segment) in index.segments.enumerated() {
            if let entry = segment.entries(of: key).first { return has(entry, number) }
        }
        return false
    }

    private func has(_ entry: Int, _ segment: Int) -> Bool {
        bits[segment][entry >> 6] & (1 << UInt64(entry & 63)) != 0
    }

    /// Calls `body` once with every record of the index, marked or not, but for those that lie in dead packs only.
    public func forEachRecord(_ body: (_ key: RecordKey, _ isMarked: Bool) -> Void) {
        for number in index.segments.indices {
            let segment = index.segments[number]
            var last: RecordKey?
            for index in 0..<segment.count {
                let entry = segment.entry(at: index)
                guard entry.key != last, self.index.numbers[number][Int(entry.pack)] != PackIndex.none,
                    !isKnown(entry.key, before: number)
                else { continue }
                last = entry.key
                body(entry.key, has(index, number))
            }
        }
    }

    /// Calls `body` once with every marked record that has a place in a pack that may be read.
    ///
    /// - Parameter packs: packs whose records need not come.
    public func forEachMarked(outside packs: Set<Digest> = [], _ body: (_ key: RecordKey) -> Void) {
        let isLeftOut = index.packs.map { packs.contains($0.name) }
        for number in index.segments.indices {
            let segment = index.segments[number]
            let numbers = index.numbers[number]
            var last: RecordKey?
            for (place, word) in bits[number].enumerated() {
                var rest = word
                while rest != 0 {
                    let entry = segment.entry(at: place << 6 | rest.trailingZeroBitCount)
                    rest &= rest - 1
                    let pack = numbers[Int(entry.pack)]
                    guard pack != PackIndex.none, !isLeftOut[Int(pack)], entry.key != last,
                        !isKnown(entry.key, before: number)
                    else { continue }
                    last = entry.key
                    body(entry.key)
                }
            }
        }
    }

    /// True if one of the first segments tells of a place of the record that may be read.
    private func isKnown(_ key: RecordKey, before count: Int) -> Bool {
        for number in 0..<count {
            let segment = index.segments[number]
            for entry in segment.entries(of: key)
            where index.numbers[number][Int(segment.entry(at: entry).pack)] != PackIndex.none {
                return true
            }
        }
        return false
    }

    /// Calls `body` with every record of some packs.
    public func forEachRecord(
        of packs: Set<Digest>,
        _ body: (_ key: RecordKey, _ pack: PackInfo, PackPlace, _ isMarked: Bool) -> Void
    ) {
        for (number, segment) in index.segments.enumerated() {
            let isWanted = index.numbers[number].map { pack in
                pack != PackIndex.none && homes[Int(pack)] == number
                    && packs.contains(index.packs[Int(pack)].name)
            }
            guard isWanted.contains(true) else { continue }
            for place in 0..<segment.count {
                let entry = segment.entry(at: place)
                guard isWanted[Int(entry.pack)] else { continue }
                let pack = index.packs[Int(index.numbers[number][Int(entry.pack)])]
                body(entry.key, pack, entry.place, has(place, number))
            }
        }
    }

    /// What is marked of each pack, in the order of the packs of the index.
    public func usage() -> [PackUse] {
        var uses = index.packs.map { PackUse(pack: $0) }
        for (number, segment) in index.segments.enumerated() {
            let packs = index.numbers[number]
            for place in 0..<segment.count where has(place, number) {
                let entry = segment.entry(at: place)
                let pack = packs[Int(entry.pack)]
                guard pack != PackIndex.none, homes[Int(pack)] == number else { continue }
                uses[Int(pack)].marked += 1
                if isPreferred(pack, for: entry.key, of: number, at: place) { uses[Int(pack)].needed += 1 }
            }
        }
        return uses
    }

    /// True if no place of a record is to be preferred to that in a pack which an entry of a segment tells of.
    private func isPreferred(_ pack: UInt32, for key: RecordKey, of home: Int, at entry: Int) -> Bool {
        for (number, segment) in index.segments.enumerated() {
            // Entries of one record stand beside each other.
            if number == home, !segment.hasTwin(at: entry) { continue }
            for other in segment.entries(of: key) where index.numbers[number][segment.pack(at: other)] < pack
            {
                return false
            }
        }
        return true
    }
}
