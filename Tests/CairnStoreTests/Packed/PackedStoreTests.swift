import CairnCore
import CairnSystem
import CairnTestSupport
import Testing

@testable import CairnStore

@Suite struct PackedStoreTests {
    @Test("what a session adds is there for every store that is opened later, byte for byte")
    func roundTrip() throws {
        let fixture = try PackedStoreFixture()
        var random = SeededRandom(seed: 1)
        var files = [[], [0], bytes("hello\n")].map { $0 as [UInt8] }
        for size in [100, 4096, 65_535, 65_536, 196_608, 1_000_000] {
            files.append(random.sample(size))
            files.append(random.noise(size))
        }
        let ids = try fixture.add(files)
        let store = try fixture.open()
        let target = try CopyTarget(fixture.scratch)
        for (id, file) in zip(ids, files) {
            #expect(try store.contains(id))
            #expect(try store.size(of: id) == Int64(file.count))
            #expect(try store.isSmall(id) == (file.count <= 196_608))
            #expect(try store.read(id) == file)
            #expect(try target.copy(id, of: store) == file)
            for range in [0..<0, 0..<10, 50..<200_000, 999_999..<2_000_000] as [Range<Int64>] {
                var part: [UInt8] = []
                try store.read(id, range: range) { part += $0 }
                #expect(part == Array(file.dropFirst(Int(range.lowerBound)).prefix(range.count)))
            }
        }
        #expect(try store.allObjects() == Set(ids).sorted())
        fixture.expectClean()
    }

    @Test("a store that has not been made is empty, and is not made by looking")
    func missing() throws {
        let scratch = try ScratchDirectory()
        let store = try PackedStore(at: FilePath(scratch("none")))
        let id = ObjectID(.blake3, BLAKE3.digest(of: [1]))
        #expect(store.marker == nil)
        #expect(try !store.contains(id))
        #expect(try store.size(of: id) == nil)
        #expect(try store.allObjects() == [])
        #expect(try store.fingerprint() == nil)
        #expect(throws: StoreError(.missing(id), store.root)) { try store.read(id) }
        #expect(throws: StoreError.self) { _ = try PackBatch(into: store) }
        #expect(!Files.exists(scratch("none")))
    }

    @Test("a store keeps its marker, whoever opens it to write")
    func marker() throws {
        let fixture = try PackedStoreFixture()
        let first = try fixture.open().marker
        #expect(first != nil)
        #expect(try PackedStore(at: fixture.root, creating: true).marker == first)
        try Files.write(bytes("{}"), to: fixture.scratch("store/cairn.json"))
        #expect(throws: StoreError.self) { try fixture.open() }
        let foreign = """
            {"format": "cairn-store", "version": 1, "id": "22222222-2222-4222-8222-222222222222", "chunker": 1,
            "ro_compat": ["news"]}
            """
        try Files.write(bytes(foreign), to: fixture.scratch("store/cairn.json"))
        let store = try fixture.open()
        #expect(throws: StoreError(.readOnly(missing: ["news"]), fixture.root)) {
            _ = try PackBatch(into: store)
        }
    }

    @Test("a session that is not committed, or adds nothing new, leaves nothing")
    func nothing() throws {
        let fixture = try PackedStoreFixture()
        let ids = try fixture.add([[1], [2]])
        let before = Files.paths(below: fixture.root.string).sorted()
        do {
            let batch = try PackBatch(into: fixture.open())
            _ = try batch.add(blob: [3])
            _ = try batch.add(blob: [UInt8](repeating: 7, count: 1 << 20))
        }
        #expect(Files.paths(below: fixture.root.string).sorted() == before)
        try fixture.add([[2], [1]])
        #expect(Files.paths(below: fixture.root.string).sorted() == before)
        #expect(try fixture.open().allObjects() == ids.sorted())
    }

    @Test("the store that a session wrote to knows what it brought")
    func sameStore() throws {
        let fixture = try PackedStoreFixture()
        let store = try fixture.open()
        #expect(try store.allObjects() == [])
        let print = try #require(try store.fingerprint())
        let batch = try PackBatch(into: store)
        let id = try batch.add(blob: [1, 2, 3])
        #expect(batch.contains(RecordKey(.blob, id.digest)))
        #expect(!batch.contains(RecordKey(.chunk, id.digest)))
        #expect(try !store.contains(id))
        try batch.commit()
        #expect(try store.contains(id))
        let changed = try #require(try store.fingerprint())
        #expect(changed.digest != print.digest)
        #expect(try store.fingerprint()?.digest == changed.digest)
        #expect(changed.lastChange >= print.lastChange)
    }

    @Test("records come in one piece from many threads, each once")
    func threads() throws {
        let fixture = try PackedStoreFixture()
        var random = SeededRandom(seed: 2)
        let files = (0..<3000).map { _ in random.bytes(Int.random(in: 0...300, using: &random)) }
        let batch = try PackBatch(into: fixture.open())
        try Workers(count: 4).run { _ in
            // All threads bring everything.
            for file in files { _ = try batch.add(blob: file) }
        }
        try batch.commit()
        let store = try fixture.open()
        #expect(try store.index().count == Set(files).count)
        var seen: Set<Int> = []
        try store.readMany(files.map { ObjectID(.blake3, BLAKE3.digest(of: $0)) }) { position, result in
            seen.insert(position)
            let isRight = (try? result.get())?.elementsEqual(files[position])
            #expect(isRight == true)
        }
        #expect(seen.count == files.count)
    }

    @Test("packs close at their size, and all of them are found")
    func manyPacks() throws {
        let fixture = try PackedStoreFixture()
        var random = SeededRandom(seed: 3)
        let files = (0..<150).map { _ in random.noise(1 << 20) }
        let ids = try fixture.add(files.map { $0 })
        #expect(fixture.paths(".cpk").count == 3)
        let store = try fixture.open()
        for (id, file) in zip(ids, files) { #expect(try store.read(id) == file) }
    }

    @Test("a session stores again what lies in a pack that is gone or cut short")
    func lostPack() throws {
        let fixture = try PackedStoreFixture()
        let files = [bytes("one"), bytes("two")]
        let ids = try fixture.add(files)
        let pack = try #require(fixture.paths(".cpk").first)
        Files.delete(fixture.root.string + "/" + pack)
        #expect(throws: StoreError(.missing(ids[0]), fixture.root)) { try fixture.open().read(ids[0]) }
        try fixture.add(files)
        let store = try fixture.open()
        for (id, file) in zip(ids, files) { #expect(try store.read(id) == file) }
    }
}
