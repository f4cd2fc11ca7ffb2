import CairnCore
import CairnTestSupport
import Testing

@testable import CairnStore

@Suite struct PackIndexTests {
    @Test("an index answers as a dictionary of all packs would", arguments: 0..<12)
    func model(_ seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        // Few digests, so that records lie in many packs.
        let digests = (0..<60).map { _ in random.digest() }
        var packs: [(info: PackInfo, entries: [PackEntry])] = []
        for _ in 0..<12 {
            let packClass: PackClass = Bool.random(using: &random) ? .data : .meta
            let kinds = RecordKind.allCases.filter { $0.packClass == packClass }
            var pack = random.pack(packClass, records: 20, created: Int64.random(in: 0...5, using: &random))
            var keys: Set<RecordKey> = []
            pack.entries = pack.entries.compactMap { entry in
                let key = RecordKey(
                    kinds[Int.random(in: 0..<kinds.count, using: &random)],
                    digests[Int.random(in: 0..<60, using: &random)])
                return keys.insert(key).inserted ? PackEntry(key, entry.place) : nil
            }
            packs.append(pack)
        }
        let dead = Set(packs.filter { _ in Int.random(in: 0..<5, using: &random) == 0 }.map(\.info.name))
        let condemned = Set(packs.filter { _ in Int.random(in: 0..<4, using: &random) == 0 }.map(\.info.name))
        var segments: [IndexSegment] = []
        for start in stride(from: 0, to: packs.count, by: 3) {
            var builder = IndexSegmentBuilder()
            // A pack may be in several segments.
            for pack in packs[start..<min(start + 4, packs.count)] { builder.add(pack.info, pack.entries) }
            for name in dead where Bool.random(using: &random) { builder.add(DeadPack(name: name, time: 1)) }
            segments.append(try IndexSegment(parsing: builder.build().bytes))
        }
        var last = IndexSegmentBuilder()
        for name in dead { last.add(DeadPack(name: name, time: 1)) }
        // Some segments are joined; the old ones are still there.
        for segment in segments.prefix(Int.random(in: 0...2, using: &random)) {
            last.add(contentsOf: segment)
        }
        segments.append(try IndexSegment(parsing: last.build().bytes))
        segments.shuffle(using: &random)

        let index = PackIndex(segments, condemned: condemned)
        #expect(index.deadPacks == dead)
        func rank(_ name: Digest, _ created: Int64) -> (Int, Int64, Digest) {
            (condemned.contains(name) ? 1 : 0, -created, name)
        }
        for digest in digests {
            for kind in RecordKind.allCases {
                let key = RecordKey(kind, digest)
                let expected = packs.filter { !dead.contains($0.info.name) }.flatMap { pack in
                    pack.entries.filter { $0.key == key }.map { (pack.info, $0.place) }
                }.sorted { rank($0.0.name, $0.0.created) < rank($1.0.name, $1.0.created) }
                let found = index.locations(of: key)
                #expect(found.map(\.pack) == expected.map(\.0))
                #expect(found.map(\.place) == expected.map(\.1))
                #expect(found.map(\.isCondemned) == expected.map { condemned.contains($0.0.name) })
                #expect(index.location(of: key) == found.first)
                #expect(index.contains(key) == !expected.isEmpty)
            }
        }
        var keys: Set<RecordKey> = []
        index.forEachEntry { key, location in
            keys.insert(key)
            #expect(!dead.contains(location.pack.name))
        }
        #expect(keys == Set(packs.filter { !dead.contains($0.info.name) }.flatMap { $0.entries.map(\.key) }))
    }

    @Test("an index of nothing has nothing")
    func empty() {
        let index = PackIndex([])
        #expect(index.packs == [])
        #expect(!index.contains(RecordKey(.blob, BLAKE3.digest(of: []))))
    }
}
