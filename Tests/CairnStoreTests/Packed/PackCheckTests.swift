import CairnCore
import CairnSystem
import CairnTestSupport
import Testing

@testable import CairnStore

/// Looking at packs and at the index, and what is saved of damaged ones.
@Suite struct PackCheckTests {
    /// A way to damage a pack, and the depths at which that is seen.
    struct Damage: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let change: @Sendable (inout [UInt8]) -> Void
        let depths: Set<CheckDepth>
        /// Whether all records can be saved.
        let savesAll: Bool
    }

    static let damages = [
        Damage(
            testDescription: "another magic", change: { $0[0] ^= 1 }, depths: [.structure, .full],
            savesAll: true),
        Damage(
            testDescription: "another version", change: { $0[8] = 9 }, depths: [.structure, .full],
            savesAll: true),
        Damage(
            testDescription: "a byte that nobody reads", change: { $0[60] ^= 1 }, depths: [.full],
            savesAll: true),
        Damage(
            testDescription: "a record", change: { $0[200] ^= 1 }, depths: [.full], savesAll: false),
        Damage(
            testDescription: "the trailer", change: { $0[$0.count - 150] ^= 1 }, depths: [.structure, .full],
            savesAll: true),
        Damage(
            testDescription: "an end that comes too soon", change: { $0.removeLast(40) },
            depths: [.present, .structure, .full], savesAll: true),
        Damage(
            testDescription: "an end that comes too late", change: { $0.append(0) },
            depths: [.present, .structure, .full], savesAll: true),
        Damage(
            testDescription: "nothing left", change: { $0 = [] }, depths: [.present, .structure, .full],
            savesAll: false),
    ]

    private static func replace(_ path: String, _ change: (inout [UInt8]) -> Void) throws {
        var bytes = try Files.read(path)
        change(&bytes)
        Files.delete(path)
        try Files.write(bytes, to: path, mode: 0o444)
    }

    @Test(
        "damage of a pack shows at the depths that look there, and its sound records are saved",
        arguments: damages)
    func pack(_ damage: Damage) throws {
        let fixture = try PackedStoreFixture()
        var random = SeededRandom(seed: 5)
        let files = (0..<3).map { _ in random.noise(70_000) }
        let ids = try fixture.add(files).sorted()
        let path = fixture.root.string + "/" + (try #require(fixture.paths(".cpk").first))
        try Self.replace(path, damage.change)
        let store = try ObjectStore(at: fixture.root)
        for depth in CheckDepth.allCases {
            let found = try StoreInspection(
                of: store, depth, workers: Workers(count: 2), reporter: SilentReporter()
            ).run(ids)
            #expect(found.packs.isEmpty != damage.depths.contains(depth), "\(depth)")
            #expect(found.missing.isEmpty)
        }
        let packed = try #require(store.packed)
        let quarantine = FilePath(fixture.scratch("damaged"))
        let aside = try packed.setAside(packed.index().packs, into: quarantine)
        #expect(aside.places.count == 1 && !Files.exists(path))
        #expect((aside.savedCount == 3) == damage.savesAll)
        for file in files {
            let id = ObjectID(.blake3, BLAKE3.digest(of: file))
            if try packed.contains(id) { #expect(try packed.read(id) == file) }
        }
        #expect(try ids.allSatisfy { try packed.contains($0) } == damage.savesAll)
    }

    @Test("what a pack needs a newer program for is no damage, and is not set aside")
    func newer() throws {
        let fixture = try PackedStoreFixture()
        try fixture.add([[1, 2, 3]])
        let path = fixture.root.string + "/" + (try #require(fixture.paths(".seg").first))
        var bytes = try Files.read(path)
        bytes[8] = 7
        Files.delete(path)
        let name = SegmentName(level: 0, push: .now(), digest: BLAKE3.digest(of: bytes))
        try Files.write(bytes, to: fixture.root.string + "/" + name.path)
        let store = try fixture.open()
        #expect(throws: StoreError.self) { try store.surveyIndex() }
        #expect(throws: StoreError.self) {
            try store.rebuildIndex(into: FilePath(fixture.scratch("damaged")))
        }
        #expect(fixture.paths(".seg") == [name.path])
    }

    /// What can happen to the index, and to what packs say of themselves.
    enum IndexDamage: CaseIterable, Sendable {
        case damagedSegment, lostSegments, lostSegmentsAndTrailer, emptySegment
    }

    @Test("an index is rebuilt from packs, twice is as good as once", arguments: IndexDamage.allCases)
    func index(_ damage: IndexDamage) throws {
        let fixture = try PackedStoreFixture()
        var random = SeededRandom(seed: 8)
        let files = (0..<4).map { _ in random.noise(3000) }
        var ids: [ObjectID] = []
        for file in files { ids += try fixture.add([file]) }
        let segments = fixture.paths(".seg").map { fixture.root.string + "/" + $0 }
        switch damage {
        case .damagedSegment: try Self.replace(segments[1]) { $0[150] ^= 1 }
        case .emptySegment: try Self.replace(segments[2]) { $0 = [] }
        case .lostSegments: for path in segments { Files.delete(path) }
        case .lostSegmentsAndTrailer:
            for path in segments { Files.delete(path) }
            for path in fixture.paths(".cpk") {
                try Self.replace(fixture.root.string + "/" + path) { $0[$0.count - 100] ^= 1 }
            }
        }
        let quarantine = FilePath(fixture.scratch("damaged"))
        let store = try fixture.open()
        let survey = try store.surveyIndex()
        #expect(!survey.isSound)
        // Seen before it is written.
        store.readPast(survey)
        if damage != .lostSegmentsAndTrailer {
            for (id, file) in zip(ids, files) { #expect(try store.read(id) == file) }
        }
        let again = try fixture.open()
        _ = try again.rebuildIndex(into: quarantine)
        #expect(try again.surveyIndex().isSound)
        let before = fixture.paths(".seg")
        _ = try again.rebuildIndex(into: quarantine)
        #expect(fixture.paths(".seg") == before)
        let lost = try ids.filter { try !again.contains($0) }
        #expect(lost.isEmpty == (damage != .lostSegmentsAndTrailer))
        #expect(try again.recoverable(lost, from: quarantine) == lost)
        #expect(try again.recover(lost, from: quarantine) == lost)
        for (id, file) in zip(ids, files) { #expect(try fixture.open().read(id) == file) }
    }

    @Test("objects that lose a part go, and come back when the part does")
    func parts() throws {
        let fixture = try PackedStoreFixture()
        var random = SeededRandom(seed: 21)
        let start = random.noise(1_500_000)
        let versions = [start + random.noise(300_000), start + random.noise(200_000)]
        func add(_ bytes: [UInt8]) throws -> ObjectID {
            let path = fixture.scratch("file")
            try Files.write(bytes, to: path)
            let batch = try PackBatch(into: fixture.open())
            let digest = try batch.add(OpenFile(reading: FilePath(path)), workers: Workers(count: 1)).digest
            try batch.commit()
            return ObjectID(.blake3, digest)
        }
        let ids = try versions.map(add)
        let pack = try #require(
            try fixture.open().index().packs.filter { $0.packClass == .data }.max { $0.size < $1.size })
        try Self.replace(fixture.root.string + "/" + PackedLayout.path(ofPack: pack.name)) { $0[5000] ^= 1 }
        let store = try fixture.open()
        let quarantine = FilePath(fixture.scratch("damaged"))
        let aside = try store.setAside([pack], into: quarantine)
        #expect(aside.lost.count == 1)
        #expect(try ids.allSatisfy { try !store.contains($0) })
        // The second version brings the chunk that both lack.
        #expect(try add(versions[1]) == ids[1])
        store.forgetEverything()
        #expect(try store.recover([ids[0]], from: quarantine) == [ids[0]])
        #expect(try store.read(ids[0]) == versions[0])
    }
}
