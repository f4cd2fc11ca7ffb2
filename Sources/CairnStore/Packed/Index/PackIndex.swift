public import CairnCore

/// All that the segments of a store say together: where every record lies.
///
/// Besides the segments it keeps one row for each pack, and nothing for an entry.
public struct PackIndex: Sendable {
    /// A place where a record lies.
    public struct Location: Hashable, Sendable {
        /// The pack.
        public let pack: PackInfo
        /// The place in it.
        public let place: PackPlace
        /// True if a collector means to delete the pack.
        public let isCondemned: Bool
    }

    /// The packs that may be read, those first that are to be preferred: not condemned, then young.
    public let packs: [PackInfo]
    /// Packs that nothing may be read from.
    public let deadPacks: Set<Digest>

    let segments: [IndexSegment]
    /// For each segment and each of its packs the number in `packs`; a dead pack has none.
    let numbers: [[UInt32]]
    /// How many packs are not condemned; they stand first.
    let soundCount: Int

    static let none = UInt32.max

    /// Joins segments. One that another one replaces is passed over if both are there.
    ///
    /// - Parameter condemned: the names of packs that a collector means to delete.
    public init(_ segments: [IndexSegment], condemned: Set<Digest> = []) {
        let replaced = Set(segments.flatMap(\.replaced))
        self.segments = segments.filter { !replaced.contains($0.name) }
        let dead = Set(segments.flatMap { $0.deadPacks.map(\.name) })
        var infos: [Digest: PackInfo] = [:]
        for segment in self.segments {
            for pack in segment.packs where !dead.contains(pack.name) { infos[pack.name] = pack }
        }
        let packs = infos.values.sorted { left, right in
            let (isLeft, isRight) = (condemned.contains(left.name), condemned.contains(right.name))
            if isLeft != isRight { return isRight }
            if left.created != right.created { return left.created > right.created }
            return left.name < right.name
        }
        var numbers: [Digest: UInt32] = [:]
        for (number, pack) in packs.enumerated() { numbers[pack.name] = UInt32(number) }
        self.numbers = self.segments.map { $0.packs.map { numbers[$0.name] ?? Self.none } }
        self.packs = packs
        deadPacks = dead
        soundCount = packs.count { !condemned.contains($0.name) }
    }

    /// True if a collector means to delete some of the packs.
    public var hasCondemnedPacks: Bool { soundCount < packs.count }

    /// The packs that nobody means to delete.
    public var soundPacks: ArraySlice<PackInfo> { packs.prefix(soundCount) }

    /// How many entries the segments have, records that lie in several packs counted for each.
    public var count: Int { segments.reduce(0) { $0 + $1.count } }

    /// True if some pack has the record.
    public func contains(_ key: RecordKey) -> Bool { number(of: key) != nil }

    /// Whether all packs that have the record are to be deleted by a collector; `nil` if none has it.
    public func isCondemned(_ key: RecordKey) -> Bool? { number(of: key).map { $0 >= soundCount } }

    /// Where a record lies; of several places the one in the pack that is to be preferred.
    public func location(of key: RecordKey) -> Location? {
        var best: (number: UInt32, place: PackPlace)?
        forEachPlace(of: key) { number, place in
            if best.map({ number < $0.number }) ?? true { best = (number, place) }
        }
        return best.map { location(number: $0.number, $0.place) }
    }

    /// The number of the pack that is to be preferred for a record.
    func number(of key: RecordKey) -> UInt32? {
        var best: UInt32?
        forEachPlace(of: key) { number, _ in best = min(best ?? number, number) }
        return best
    }

    /// All places where a record lies, the preferred one first.
    public func locations(of key: RecordKey) -> [Location] {
        var places: [(number: UInt32, place: PackPlace)] = []
        forEachPlace(of: key) { number, place in
            if !places.contains(where: { $0.number == number }) { places.append((number, place)) }
        }
        if places.count > 1 { places.sort { $0.number < $1.number } }
        return places.map { location(number: $0.number, $0.place) }
    }

    /// Calls `body` with every record of every pack that may be read, segment by segment; a record may come more than once.
    public func forEachEntry(_ body: (RecordKey, Location) -> Void) {
        for (segment, numbers) in zip(segments, numbers) {
            segment.forEachEntry { key, pack, place in
                if numbers[pack] != Self.none { body(key, location(number: numbers[pack], place)) }
            }
        }
    }

    private func location(number: UInt32, _ place: PackPlace) -> Location {
        Location(
            pack: packs[Int(number)], place: place, isCondemned: number >= soundCount)
    }

    private func forEachPlace(of key: RecordKey, _ body: (UInt32, PackPlace) -> Void) {
        for index in segments.indices {
            segments[index].forEachPlace(of: key) { pack, place in
                let number = numbers[index][pack]
                if number != Self.none { body(number, place) }
            }
        }
    }
}
