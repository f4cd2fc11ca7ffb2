import CairnCore
import CairnSystem
import CairnTestSupport
import Testing

@testable import CairnStore

@Suite("Conversion of objects")
struct ConversionTests {
    let fixture: StoreFixture

    init() throws { fixture = try StoreFixture() }

    /// Contents around every limit between what is held in memory, cut, and read as a stream.
    private static let contents: [[UInt8]] = {
        var random = SeededRandom(seed: 3)
        let sizes = [
            0, 1, 4096, ChunkingRule.wholeFileLimit, ChunkingRule.wholeFileLimit + 1, 262_144, 262_145,
        ]
        return sizes.map { random.bytes($0) } + [random.bytes(3_000_000)]
            + (0..<150).map { Array("small \($0)".utf8) }
    }()

    private func convert(
        _ ids: [ObjectID], to algorithm: HashAlgorithm, _ store: ObjectStore, packed: Bool
    ) throws -> ObjectConversion.Report {
        let folder = try #require(store.folder)
        let batch = try DurableBatch(in: folder)
        let packs =
            try packed ? store.packed.map { store throws(StoreError) in try PackBatch(into: store) } : nil
        let destination = Intake.Destination(
            store: store, packs: packs, inventory: try ObjectInventory(of: store, expecting: 0),
            batch: batch, types: [.copy], quarantine: fixture.quarantine)
        let workers = Workers(count: 3)
        let reader = ObjectReader(of: store, workers: workers, reporter: SilentReporter())
        let report = try ObjectConversion(
            to: algorithm, in: destination, workers: workers, reporter: SilentReporter()
        ).run(reader.find(ids).found)
        var intake = Intake.Report()
        intake.stored = report.stored
        try intake.commit(batch)
        try packs?.commit()
        return report
    }

    @Test(
        "files of any size get new ids in packs or as files, and the old ones back", arguments: [true, false])
    func thereAndBack(packed: Bool) throws {
        let old = try Self.contents.map { try fixture.put($0) }
        let store = try ObjectStore(at: FilePath(fixture("store")), creating: true, isPacked: packed)
        let there = try convert(old, to: .blake3, store, packed: packed)
        #expect(there.failures.isEmpty)
        let new = Self.contents.map { fixture.id($0, .blake3) }
        #expect(old.map { there.objects[$0]?.id } == new)
        #expect(old.map { there.objects[$0]?.size } == Self.contents.map { Int64($0.count) })
        for (id, content) in zip(new, Self.contents) {
            #expect(try store.isPacked(id) == packed)
            #expect(try store.read(id) == content)
        }
        // A second time nothing is stored.
        let again = try convert(old, to: .blake3, store, packed: packed)
        #expect(again.objects.count == old.count && again.stored.isEmpty)

        Files.delete(fixture("store/files/md5"))
        let back = try convert(new, to: .md5, store, packed: false)
        #expect(back.failures.isEmpty && new.map { back.objects[$0]?.id } == old)
        for (id, content) in zip(old, Self.contents) { #expect(try store.read(id) == content) }
    }

    @Test("an object with wrong bytes gets no new id", arguments: [true, false])
    func damaged(packed: Bool) throws {
        var old: [ObjectID] = []
        for (index, content) in Self.contents.enumerated() {
            let isDamaged = index % 2 == 0 && !content.isEmpty
            old.append(try fixture.put(content, as: isDamaged ? content.reversed() + [1] : content))
        }
        let store = try ObjectStore(at: FilePath(fixture("store")), creating: true, isPacked: packed)
        let report = try convert(old, to: .blake3, store, packed: packed)
        let damaged = Set(old.indices.filter { $0 % 2 == 0 && !Self.contents[$0].isEmpty }.map { old[$0] })
        #expect(Set(report.failures.map(\.id)) == damaged)
        #expect(report.failures.allSatisfy { $0.error.damagedObject == $0.id })
        for (id, content) in zip(old, Self.contents) {
            #expect((report.objects[id] == nil) == damaged.contains(id))
            let new = fixture.id(content.reversed() + [1], .blake3)
            #expect(try !store.contains(new))
        }
    }
}
