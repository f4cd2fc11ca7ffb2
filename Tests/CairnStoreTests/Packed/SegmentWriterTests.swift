import CairnCore
import CairnSystem
import CairnTestSupport
import Glibc
import Synchronization
import Testing

@testable import CairnStore

@Suite struct SegmentWriterTests {
    /// Makes all segments look as if they had been there for two days.
    private static func age(_ fixture: PackedStoreFixture) {
        for path in fixture.paths(".seg") {
            var times = [timespec(tv_sec: time(nil) - 2 * 86_400, tv_nsec: 0), timespec()]
            times[1] = times[0]
            utimensat(AT_FDCWD, fixture.root.string + "/" + path, times, 0)
        }
    }

    @Test("segments are merged when there are many, and go when they have been replaced for a day")
    func merging() throws {
        let fixture = try PackedStoreFixture()
        var ids: [ObjectID] = []
        for number in 0..<16 { ids += try fixture.add([bytes("\(number)")]) }
        #expect(fixture.paths(".seg").count == 16)
        ids += try fixture.add([bytes("16")])
        #expect(fixture.paths(".seg").count == 18)
        #expect(try fixture.open().currentSegments().count == 1)
        #expect(try fixture.open().currentSegments().keys.first?.level == 1)
        #expect(try fixture.open().allObjects() == ids.sorted())
        // Young ones stay for those who are about to read them.
        ids += try fixture.add([bytes("17")])
        #expect(fixture.paths(".seg").count == 19)
        Self.age(fixture)
        ids += try fixture.add([bytes("18")])
        #expect(fixture.paths(".seg").count == 3)
        #expect(try fixture.open().allObjects() == ids.sorted())
        #expect(try PackCrashTests.problem(in: fixture.open()) == nil)
        for number in 19..<70 { ids += try fixture.add([bytes("\(number)")]) }
        #expect(try fixture.open().currentSegments().count <= 16)
        #expect(try fixture.open().allObjects() == ids.sorted())
        fixture.expectClean()
    }

    @Test("a merged segment has the entries of all, each once, without those of dead packs")
    func merge() throws {
        var random = SeededRandom(seed: 5)
        var segments: [IndexSegment] = []
        var expected: Set<PackEntryOfPack> = []
        let dead = BLAKE3.digest(of: [99])
        for number in 0..<5 {
            var builder = IndexSegmentBuilder()
            for pack in 0..<3 {
                let name = pack == 2 ? dead : BLAKE3.digest(of: [UInt8(pack), UInt8(number / 2)])
                let info = PackInfo(
                    name: name, size: 1 << 20, recordCount: 500, frameCount: 500, packClass: .data, created: 0
                )
                let entries = (0..<500).map { index in
                    var seeded = SeededRandom(
                        seed: UInt64(pack) << 32 | UInt64(number / 2) << 16 | UInt64(index))
                    let kind = RecordKind.allCases[index % 2]
                    let key = RecordKey(kind, BLAKE3.digest(of: seeded.bytes(8)))
                    return PackEntry(
                        key, PackPlace(frameOffset: 64 + UInt32(index), frameLength: 100, record: 0))
                }
                builder.add(info, entries.shuffled(using: &random))
                if pack < 2 { for entry in entries { expected.insert(.init(entry: entry, pack: name)) } }
            }
            if number == 3 { builder.add(DeadPack(name: dead, time: 5)) }
            segments.append(try IndexSegment(parsing: builder.build().bytes))
        }
        let merged = SegmentMerge.merge(segments, without: [dead])
        let parsed = try IndexSegment(parsing: merged.bytes, name: merged.name)
        var found: Set<PackEntryOfPack> = []
        parsed.forEachEntry { key, pack, place in
            found.insert(.init(entry: PackEntry(key, place), pack: parsed.packs[pack].name))
        }
        #expect(found == expected)
        #expect(parsed.count == expected.count)
        #expect(parsed.deadPacks == [DeadPack(name: dead, time: 5)])
        #expect(Set(parsed.replaced) == Set(segments.map(\.name)))
        #expect(!parsed.packs.contains { $0.name == dead })
    }

    private struct PackEntryOfPack: Hashable {
        let entry: PackEntry
        let pack: Digest
    }

    @Test("reading goes on beside sessions that merge and remove segments")
    func readers() throws {
        let fixture = try PackedStoreFixture()
        let first = try fixture.add([bytes("first")])
        let known = Mutex<[ObjectID]>(first)
        let isDone = Atomic<Bool>(false)
        let old = try fixture.open()
        try Workers(count: 3).run { thread in
            if thread == 0 {
                defer { isDone.store(true, ordering: .relaxed) }
                for number in 0..<120 {
                    let added = try fixture.add([bytes("number \(number)")])
                    known.withLock { $0 += added }
                    Self.age(fixture)
                }
            } else {
                while !isDone.load(ordering: .relaxed) {
                    let ids = known.withLock { $0 }
                    let store = try thread == 1 ? fixture.open() : old
                    for id in ids.suffix(30) { _ = try store.read(id) }
                }
            }
        }
        #expect(try fixture.open().allObjects().count == 121)
        #expect(fixture.paths(".seg").count <= 20)
    }

    @Test("small segments are merged before large ones")
    func choice() throws {
        func segment(_ entries: Int, _ seed: UInt64) throws -> (SegmentName, IndexSegment) {
            var random = SeededRandom(seed: seed)
            var builder = IndexSegmentBuilder()
            let info = PackInfo(
                name: BLAKE3.digest(of: random.bytes(8)), size: 1 << 20, recordCount: entries,
                frameCount: entries, packClass: .data, created: 0)
            builder.add(
                info,
                (0..<entries).map { _ in
                    PackEntry(
                        RecordKey(.blob, BLAKE3.digest(of: random.bytes(8))),
                        PackPlace(frameOffset: 64, frameLength: 100, record: 0))
                })
            let built = builder.build()
            let name = SegmentName(
                level: 0, push: ULID(milliseconds: seed, using: &random), digest: built.name)
            return (name, try IndexSegment(parsing: built.bytes))
        }
        var segments: [SegmentName: IndexSegment] = [:]
        for number in 0..<16 {
            let (name, segment) = try segment(10, UInt64(number))
            segments[name] = segment
        }
        let (large, segment) = try segment(5000, 99)
        segments[large] = segment
        let chosen = SegmentWriter.choice(of: segments)
        #expect(chosen.count == 16)
        #expect(!chosen.contains { $0.name == large })
    }
}
