import CairnCore
import CairnSystem
import CairnTestSupport
import Testing

@testable import CairnStore

/// Files of several chunks.
@Suite struct PackedStoreFilesTests {
    private static func add(_ content: [UInt8], _ fixture: PackedStoreFixture) throws -> ObjectID {
        let path = fixture.scratch("file")
        try Files.write(content, to: path)
        let batch = try PackBatch(into: fixture.open())
        let (digest, size) = try batch.add(OpenFile(reading: FilePath(path)), workers: Workers(count: 2))
        #expect(size == Int64(content.count))
        try batch.commit()
        return ObjectID(.blake3, digest)
    }

    @Test("long files come back whole and in parts", arguments: [196_609, 1 << 20, 5_000_001])
    func roundTrip(size: Int) throws {
        let fixture = try PackedStoreFixture()
        var random = SeededRandom(seed: UInt64(size))
        let content = random.noise(size)
        let id = try Self.add(content, fixture)
        #expect(id.digest == BLAKE3.digest(of: content))
        let store = try fixture.open()
        #expect(try store.contains(id))
        #expect(try store.size(of: id) == Int64(size))
        #expect(try !store.isSmall(id))
        #expect(try store.read(id) == content)
        #expect(try CopyTarget(fixture.scratch).copy(id, of: store) == content)
        for _ in 0..<20 {
            let start = Int.random(in: 0..<size, using: &random)
            let end = Int.random(in: start...(size + 10), using: &random)
            var part: [UInt8] = []
            try store.read(id, range: Int64(start)..<Int64(end)) { part += $0 }
            #expect(part == Array(content[start..<min(end, size)]))
        }
        try store.readMany([id]) { _, result in #expect((try? result.get()).map(Array.init) == content) }
        #expect(try store.allObjects() == [id])
        #expect(try PackCrashTests.problem(in: store) == nil)
    }

    @Test("a chunk of a file can be read as a file, and is no object of its own")
    func chunkAsFile() throws {
        let fixture = try PackedStoreFixture()
        var random = SeededRandom(seed: 8)
        let content = random.noise(1 << 20)
        _ = try Self.add(content, fixture)
        let store = try fixture.open()
        var chunks: [Digest] = []
        try store.index().forEachEntry { key, _ in if key.kind == .chunk { chunks.append(key.digest) } }
        let id = ObjectID(.blake3, try #require(chunks.first))
        #expect(try store.contains(id))
        #expect(try BLAKE3.digest(of: store.read(id)) == id.digest)
        #expect(try store.allObjects().count == 1)
        try store.readMany([id]) { _, result in #expect((try? result.get()) != nil) }
    }

    @Test("a file of which a chunk is damaged or lost is told by its id")
    func damaged() throws {
        let fixture = try PackedStoreFixture()
        var random = SeededRandom(seed: 9)
        let id = try Self.add(random.noise(1 << 20), fixture)
        let store = try fixture.open()
        var location: PackIndex.Location?
        try store.index().forEachEntry { key, place in if key.kind == .chunk { location = place } }
        let chunk = try #require(location)
        let path = "\(fixture.root.string)/\(PackedLayout.path(ofPack: chunk.pack.name))"
        let sound = try Files.read(path)
        var bytes = sound
        bytes[Int(chunk.place.frameOffset) + 100] ^= 1
        Files.delete(path)
        try Files.write(bytes, to: path)
        func reason(_ body: () throws -> Void) -> StoreError.Reason? {
            do { try body() } catch { return (error as? StoreError)?.reason }
            return nil
        }
        #expect(reason { _ = try fixture.open().read(id) } == .damaged(id))
        #expect(reason { _ = try CopyTarget(fixture.scratch).copy(id, of: fixture.open()) } == .damaged(id))
        #expect(reason { try fixture.open().read(id, range: 0..<(1 << 20)) { _ in } } == .damaged(id))
        Files.delete(path)
        guard case .missingPart(let key, of: id)? = reason({ _ = try fixture.open().read(id) }) else {
            Issue.record("a chunk is missing")
            return
        }
        #expect(key.kind == .chunk)
    }
}
