import CairnCore
import CairnSystem
import CairnTestSupport
import Testing

@testable import CairnStore

@Suite struct IndexSegmentTests {
    @Test(
        "a segment gives back what was put in, for any number of entries",
        arguments: [0, 1, 2, 255, 256, 257, 600, 5000])
    func roundTrip(_ count: Int) throws {
        var random = SeededRandom(seed: UInt64(count))
        var builder = IndexSegmentBuilder()
        var model: [RecordKey: [Digest: PackPlace]] = [:]
        for packClass in [PackClass.data, .meta] {
            let (info, entries) = random.pack(packClass, records: count)
            builder.add(info, entries)
            for entry in entries { model[entry.key, default: [:]][info.name] = entry.place }
        }
        let dead = [DeadPack(name: random.digest(), time: 5), DeadPack(name: random.digest(), time: 6)]
        for pack in dead { builder.add(pack) }
        let push = random.push()
        builder.add(push)
        builder.add(push)
        #expect(builder.count == 2 * count)
        let made = builder.build()
        #expect(made.name == BLAKE3.digest(of: made.bytes))
        let segment = try IndexSegment(parsing: made.bytes, name: made.name)
        #expect(segment.name == made.name)
        #expect(segment.count == 2 * count)
        #expect(segment.deadPacks == dead)
        #expect(segment.pushes == [push])
        #expect(segment.packs.count == 2)
        for (key, places) in model {
            var found: [Digest: PackPlace] = [:]
            segment.forEachPlace(of: key) { pack, place in found[segment.packs[pack].name] = place }
            #expect(found == places)
        }
        for _ in 0..<50 {
            let absent = RecordKey(.blob, random.digest())
            segment.forEachPlace(of: absent) { _, _ in Issue.record("an entry for \(absent)") }
        }
        var seen = 0
        segment.forEachEntry { key, pack, place in
            seen += 1
            #expect(model[key]?[segment.packs[pack].name] == place)
        }
        #expect(seen == 2 * count)
    }

    @Test("the same digest may name records of several kinds, and one record may lie in several packs")
    func sharedDigests() throws {
        var random = SeededRandom(seed: 1)
        let digest = random.digest()
        var builder = IndexSegmentBuilder()
        let place = PackPlace(frameOffset: 64, frameLength: 100, record: 0)
        for kind in RecordKind.allCases {
            for _ in 0..<3 {
                let (info, _) = random.pack(kind.packClass, records: 0)
                // Twice in one pack: the first copy is kept.
                let second = PackPlace(frameOffset: 500, frameLength: 100, record: 0)
                builder.add(
                    info,
                    [PackEntry(RecordKey(kind, digest), second), PackEntry(RecordKey(kind, digest), place)])
            }
        }
        let segment = try IndexSegment(parsing: builder.build().bytes)
        #expect(segment.count == 3 * RecordKind.allCases.count)
        for kind in RecordKind.allCases {
            var found: [Int] = []
            segment.forEachPlace(of: RecordKey(kind, digest)) { pack, found1 in
                found.append(pack)
                #expect(found1 == place)
            }
            #expect(found.count == 3)
        }
    }

    @Test("segments can be joined, and the new one says which are in it")
    func joining() throws {
        var random = SeededRandom(seed: 2)
        let packs = (0..<4).map { _ in random.pack(.data, records: 50) }
        let segments = try packs.map { pack in
            var builder = IndexSegmentBuilder()
            builder.add(pack.info, pack.entries)
            return try IndexSegment(parsing: builder.build().bytes)
        }
        var builder = IndexSegmentBuilder()
        for segment in segments { builder.add(contentsOf: segment, without: [packs[1].info.name]) }
        let joined = try IndexSegment(parsing: builder.build().bytes)
        #expect(joined.replaced == segments.map(\.name))
        #expect(joined.packs.map(\.name) == [packs[0], packs[2], packs[3]].map(\.info.name))
        #expect(joined.count == 150)
    }

    @Test("a push that is known to be complete is so in every segment that is made of its rows")
    func acknowledged() throws {
        var random = SeededRandom(seed: 12)
        let rows = (0..<3).map { _ in random.push() }
        func row(_ row: PushRow, _ isAcknowledged: Bool, time: Int64 = 5) -> PushRow {
            PushRow(
                push: row.push, repository: row.repository, store: row.store, root: row.root,
                isAcknowledged: isAcknowledged, time: time)
        }
        var builder = IndexSegmentBuilder()
        for push in rows { builder.add(row(push, false)) }
        builder.add(row(rows[0], true, time: 6))
        builder.add(row(rows[1], false, time: 6))
        builder.acknowledge([rows[2].push])
        let segment = try IndexSegment(parsing: builder.build().bytes)
        #expect(segment.pushes == [row(rows[0], true), row(rows[1], false), row(rows[2], true)])
    }

    @Test("a segment that ends too soon, or under another name, is refused")
    func truncated() throws {
        var random = SeededRandom(seed: 3)
        let made = random.segment(packs: 2, records: 10)
        for length in 0..<made.bytes.count {
            #expect(problem { _ = try IndexSegment(parsing: Array(made.bytes[..<length])) } != nil)
        }
        #expect(problem { _ = try IndexSegment(parsing: made.bytes + [0]) } != nil)
        let other = problem { _ = try IndexSegment(parsing: made.bytes, name: random.digest()) }
        #expect(other == FormatError(.segment, .mismatch, at: 0))
        for byte in made.bytes.indices {
            var damaged = made.bytes
            damaged[byte] ^= 1 << UInt8(byte % 8)
            #expect(
                problem { _ = try IndexSegment(parsing: damaged, name: made.name) } != nil, "byte \(byte)")
        }
    }

    @Test("damaged segments with a digest that is right again are refused, or can be searched")
    func fuzz() throws {
        var random = SeededRandom(seed: 4)
        let samples =
            (0..<4).map { random.segment(packs: $0, records: 3 * $0 * $0).bytes } + [
                random.segment(packs: 3, records: 400).bytes
            ]
        let found = Fuzzing.firstProblem(rounds: 3000) { random in
            let sample = samples[Int.random(in: 0..<samples.count, using: &random)]
            var damaged = random.damaged(sample, others: samples)
            guard damaged.count >= SegmentLayout.tailSize else { return nil }
            if damaged.count == sample.count || Bool.random(using: &random) {
                let digest = BLAKE3.digest(of: damaged.dropLast(SegmentLayout.tailSize)).bytes
                let tail = damaged.count - SegmentLayout.tailSize
                damaged.replaceSubrange(tail..<(tail + 32), with: digest)
            }
            guard let segment = try? IndexSegment(parsing: damaged) else { return nil }
            var problem: String?
            segment.forEachEntry { key, pack, place in
                var isFound = false
                segment.forEachPlace(of: key) { isFound = isFound || ($0 == pack && $1 == place) }
                let end = Int64(place.frameOffset) + Int64(place.frameLength)
                if !isFound || end > segment.packs[pack].size { problem = "a lost entry \(key)" }
            }
            return problem
        }
        #expect(found == nil)
    }

    @Test(
        "rules that only a malicious writer breaks are checked one by one",
        arguments: [
            (16, .max as UInt32, "offset of a part"), (32, 1 << 25, "number of entries"),
            (56, 25, "fanout bits"),
            (64, 0, "offset of a part"), (128 + 32, .max, "size of a pack"), (128 + 48, 9, "class"),
        ])
    func rules(_ place: Int, _ value: UInt32, _ field: String) throws {
        var random = SeededRandom(seed: 5)
        var bytes = random.segment(packs: 1, records: 3).bytes
        if place == 56 {
            bytes[56] = UInt8(value)
        } else if place == 128 + 48 {
            bytes[place] = UInt8(value)
        } else {
            bytes.set(integer: value, at: place)
        }
        let tail = bytes.count - SegmentLayout.tailSize
        bytes.replaceSubrange(tail..<(tail + 32), with: BLAKE3.digest(of: bytes[..<tail]).bytes)
        #expect(problem { _ = try IndexSegment(parsing: bytes) }?.problem == .badValue(field))
    }

    @Test(
        "fanout tables have about 256 entries in a row",
        arguments: [
            (0, 0), (256, 0), (257, 1), (512, 1), (513, 2), (1 << 24, 16),
        ])
    func fanout(_ count: Int, _ bits: Int) { #expect(SegmentLayout.fanoutBits(for: count) == bits) }

    @Test("a segment is read from a file, and a missing or foreign one is an error")
    func files() throws {
        let fixture = try PackFixture()
        var random = SeededRandom(seed: 6)
        let made = random.segment(packs: 1, records: 5)
        try Files.write(made.bytes, to: fixture.scratch("s"))
        let file = try OpenFile(reading: FilePath(fixture.scratch("s")))
        #expect(try IndexSegment(reading: file, name: made.name).count == 5)
        let other = random.digest()
        #expect(
            throws: StoreError(
                .malformed(FormatError(.segment, .mismatch, at: 0)), FilePath(fixture.scratch("s")))
        ) {
            _ = try IndexSegment(reading: OpenFile(reading: FilePath(fixture.scratch("s"))), name: other)
        }
    }
}

extension SeededRandom {
    mutating func digest() -> Digest { Digest(bytes: bytes(32)) ?? BLAKE3.digest(of: []) }

    /// A pack that is only on paper.
    mutating func pack(_ packClass: PackClass, records: Int, created: Int64? = nil) -> (
        info: PackInfo, entries: [PackEntry]
    ) {
        let kinds = RecordKind.allCases.filter { $0.packClass == packClass }
        let entries = (0..<records).map { number in
            let place = PackPlace(
                frameOffset: UInt32(64 + 1000 * number),
                frameLength: UInt32.random(in: 25...1000, using: &self),
                record: UInt16.random(in: 0...9, using: &self))
            return PackEntry(RecordKey(kinds[Int.random(in: 0..<kinds.count, using: &self)], digest()), place)
        }
        let info = PackInfo(
            name: digest(), size: Int64(1000 * records + 2000), recordCount: records, frameCount: records,
            packClass: packClass, created: created ?? Int64.random(in: 0...1000, using: &self))
        return (info, entries)
    }

    mutating func push() -> PushRow {
        PushRow(
            push: ULID(milliseconds: 1_758_000_000_000, using: &self), repository: UniqueID(using: &self),
            store: UniqueID(using: &self), root: RecordKey(.directory, digest()),
            isAcknowledged: Bool.random(using: &self),
            time: 1_758_000_000_001)
    }

    mutating func segment(packs: Int, records: Int) -> IndexSegmentBuilder.Segment {
        var builder = IndexSegmentBuilder()
        for number in 0..<packs {
            let (info, entries) = pack(number % 2 == 0 ? .data : .meta, records: records)
            builder.add(info, entries)
        }
        builder.add(DeadPack(name: digest(), time: 7))
        builder.add(push())
        return builder.build()
    }
}
