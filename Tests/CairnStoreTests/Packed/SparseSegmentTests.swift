import CairnCore
import CairnTestSupport
import Testing

@testable import CairnStore

@Suite struct SparseSegmentTests {
    /// What a lookup by ranges read, and found; `nil` for the locations if the segment is to be read whole.
    struct Lookup {
        var segment: SparseSegment
        var rounds = 0
        var bytesRead: Int64 = 0
        var locations: [RecordKey: [SparseSegment.Location]]?

        init(_ keys: [RecordKey], in bytes: [UInt8], first: Int = SparseSegment.headerSize) throws {
            segment = try SparseSegment(header: Array(bytes.prefix(first)), size: Int64(bytes.count))
            while true {
                switch try segment.step(for: keys) {
                case .readWhole: return
                case .done:
                    locations = try segment.locations(of: keys)
                    return
                case .read(let ranges):
                    rounds += 1
                    guard rounds <= 3 else { return }
                    for (left, right) in zip(ranges, ranges.dropFirst()) {
                        #expect(left.upperBound + SparseSegment.gap < right.lowerBound)
                    }
                    for range in ranges {
                        bytesRead += Int64(range.count)
                        try segment.add(
                            Array(bytes[Int(range.lowerBound)..<Int(range.upperBound)]), at: range.lowerBound)
                    }
                }
            }
        }
    }

    static func keys(_ segment: IndexSegment) -> [RecordKey] {
        var keys: [RecordKey] = []
        segment.forEachEntry { key, _, _ in keys.append(key) }
        return keys
    }

    @Test("some keys are found by few ranges, as they are in the whole", arguments: 0..<4)
    func lookup(_ seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let made = random.segment(packs: 4, records: 12_000)
        let whole = try IndexSegment(parsing: made.bytes)
        let all = Self.keys(whole)
        let count = Int.random(in: 1...6, using: &random)
        let keys =
            (0..<count).compactMap { _ in all.randomElement(using: &random) }
            + [RecordKey(.blob, random.digest()), RecordKey(.chunk, random.digest())]
        let lookup = try Lookup(keys, in: made.bytes, first: seed % 2 == 0 ? 128 : 20_000)
        let found = try #require(lookup.locations)
        for key in keys {
            var expected: [SparseSegment.Location] = []
            whole.forEachPlace(of: key) { pack, place in
                expected.append(.init(pack: whole.packs[pack], place: place))
            }
            #expect(Set(found[key] ?? []) == Set(expected))
        }
        #expect(lookup.rounds <= 3)
        #expect(lookup.bytesRead < Int64(count + 2) * 16_384 + 70_000)
        #expect(try lookup.segment.deadPacks() == whole.deadPacks)
        #expect(try lookup.segment.replaced() == whole.replaced)
        // Joined with another segment, it answers as the whole does.
        let condensed = try lookup.segment.condensed(for: keys)
        let (small, large) = (PackIndex([condensed]), PackIndex([whole]))
        for key in keys { #expect(small.locations(of: key) == large.locations(of: key)) }
    }

    @Test("a large table of packs is not read, but the rows of the packs that are found")
    func manyPacks() throws {
        var random = SeededRandom(seed: 30)
        var builder = IndexSegmentBuilder()
        for _ in 0..<2000 {
            let (info, entries) = random.pack(.data, records: 20)
            builder.add(info, entries)
        }
        // The tables lie far apart.
        for _ in 0..<10 { builder.add(DeadPack(name: random.digest(), time: 7)) }
        for _ in 0..<300 { builder.add(random.push()) }
        for _ in 0..<10 { builder.replace(random.digest()) }
        let made = builder.build()
        let whole = try IndexSegment(parsing: made.bytes)
        let key = try #require(Self.keys(whole).randomElement(using: &random))
        let lookup = try Lookup([key], in: made.bytes)
        #expect(lookup.rounds == 3)
        #expect(lookup.bytesRead < 40_000)
        #expect(lookup.locations?[key]?.count == 1)
        #expect(try lookup.segment.deadPacks() == whole.deadPacks)
        #expect(try lookup.segment.replaced() == whole.replaced)
    }

    @Test("where the ranges would be most of it, the segment is read whole; a section too")
    func whole() throws {
        var random = SeededRandom(seed: 31)
        let small = random.segment(packs: 2, records: 100)
        let keys = Self.keys(try IndexSegment(parsing: small.bytes))
        #expect(try Lookup(keys, in: small.bytes).locations == nil)
        // Nothing but the tables is needed for no key.
        #expect(try Lookup([], in: random.segment(packs: 9, records: 1000).bytes).locations == [:])
        var builder = IndexSegmentBuilder()
        for (packClass, count) in [(PackClass.data, 30_000), (.meta, 200)] {
            let (info, entries) = random.pack(packClass, records: count)
            builder.add(info, entries.filter { packClass == .meta || $0.key.kind == .chunk })
        }
        let mixed = builder.build().bytes
        let objects = Self.keys(try IndexSegment(parsing: mixed)).filter { $0.kind != .chunk }
        let lookup = try Lookup(objects, in: mixed)
        #expect(lookup.rounds == 1)
        #expect(lookup.locations?.count == 200)
    }

    @Test("a header of another segment, or bytes beyond it, are refused")
    func refused() throws {
        var random = SeededRandom(seed: 32)
        let made = random.segment(packs: 2, records: 10)
        for size in [0, 127, Int64(made.bytes.count) - 1, Int64(made.bytes.count) + 1] {
            #expect(throws: FormatError.self) {
                try SparseSegment(header: Array(made.bytes.prefix(128)), size: size)
            }
        }
        #expect(throws: FormatError.self) {
            try SparseSegment(header: Array(made.bytes.prefix(127)), size: Int64(made.bytes.count))
        }
        var segment = try SparseSegment(header: made.bytes, size: Int64(made.bytes.count))
        #expect(problem { try segment.add([1, 2], at: Int64(made.bytes.count) - 1) } != nil)
        #expect(try segment.step(for: [RecordKey(.blob, random.digest())]) == .done)
    }

    @Test("damaged segments are refused, or give places that their packs may have")
    func fuzz() throws {
        var random = SeededRandom(seed: 33)
        let samples = [(3, 0), (2, 40), (3, 400), (2, 3000)].map { random.segment(packs: $0, records: $1) }
        let keys = try samples.map { Self.keys(try IndexSegment(parsing: $0.bytes)) }
        let found = Fuzzing.firstProblem(rounds: 3000) { random in
            let number = Int.random(in: 0..<samples.count, using: &random)
            var bytes = samples[number].bytes
            // Of a long segment few bytes matter: the front, and what lies at the key.
            let front = Array(bytes.prefix(Bool.random(using: &random) ? 128 : bytes.count))
            bytes.replaceSubrange(..<front.count, with: random.damaged(front))
            var wanted = [RecordKey(.chunk, random.digest())]
            for _ in 0..<3 { wanted += keys[number].randomElement(using: &random).map { [$0] } ?? [] }
            guard let lookup = try? Lookup(wanted, in: bytes) else { return nil }
            if lookup.rounds > 3 { return "there is no end" }
            for location in (lookup.locations ?? [:]).values.joined() {
                let place = location.place
                if Int64(place.frameOffset) + Int64(place.frameLength) > location.pack.size {
                    return "a place behind the end of its pack"
                }
            }
            if lookup.locations != nil { _ = try? lookup.segment.condensed(for: wanted) }
            return nil
        }
        #expect(found == nil)
    }

    @Test("what was read is found again, in one piece or in several that overlap", arguments: 0..<20)
    func fetched(_ seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let bytes = random.bytes(200)
        var fetched = FetchedRanges(size: 200)
        var ranges: [Range<Int64>] = []
        for _ in 0..<12 {
            let start = Int64.random(in: 0...200, using: &random)
            let range = start..<Int64.random(in: start...200, using: &random)
            ranges.append(range)
            let isTaken = fetched.add(
                Array(bytes[Int(range.lowerBound)..<Int(range.upperBound)]), at: start)
            #expect(isTaken)
        }
        for _ in 0..<100 {
            let start = Int64.random(in: 0...200, using: &random)
            let range = start..<Int64.random(in: start...200, using: &random)
            let isThere = range.isEmpty || ranges.contains { $0.clamped(to: range) == range }
            #expect(fetched.has(range) == isThere)
            let found = fetched.withBytes(range) { Array($0) }
            #expect(found == (isThere ? Array(bytes[Int(range.lowerBound)..<Int(range.upperBound)]) : nil))
        }
        for offset: Int64 in [-1, 200] {
            let isTaken = fetched.add([1], at: offset)
            #expect(!isTaken)
        }
    }
}
