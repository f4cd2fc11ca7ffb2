import CairnCore
import CairnSystem
import CairnTestSupport
import Testing

@testable import CairnStore

@Suite("Long files in packs")
struct PackBatchFileTests {
    @Test("files that are added come back from the packs", arguments: [1, 2, 4])
    func roundTrip(_ workers: Int) throws {
        var random = SeededRandom(seed: UInt64(workers))
        let fixture = try CutFixture()
        let store = try PackedStore(at: FilePath(fixture.scratch("store")), creating: true)
        let batch = try PackBatch(into: store)
        let text = (0..<20_000).flatMap { Array("line \($0 * $0) of a table\n".utf8) }
        let files = [random.randomBytes(9_000_001), text, random.randomBytes(196_608), []]
        var digests: [Digest] = []
        for bytes in files {
            let result = try batch.add(fixture.file(bytes), workers: Workers(count: workers))
            #expect(result.digest == BLAKE3.digest(of: bytes))
            #expect(result.size == Int64(bytes.count))
            digests.append(result.digest)
        }
        try batch.commit()

        let reopened = try PackedStore(at: store.root)
        for (digest, bytes) in zip(digests, files) {
            if bytes.count <= ChunkingRule.wholeFileLimit {
                #expect(isSame(try reopened.record(RecordKey(.blob, digest)), bytes))
                continue
            }
            let target = try fixture.target()
            try RecipeReader(digest, in: reopened, of: store.root)
                .copy(to: target, workers: Workers(count: workers))
            #expect(isSame(try Files.read(fixture.scratch("target")), bytes))
        }
        // Nothing is new the second time.
        let again = try PackBatch(into: store)
        _ = try again.add(fixture.file(files[0]), workers: Workers(count: workers))
        try again.commit()
        let before = try reopened.index().packs.count
        #expect(try reopened.refresh().packs.count == before)
    }

    @Test("a store that asks for an unknown rule is not written to")
    func unknownRule() throws {
        let fixture = try CutFixture()
        var random = SeededRandom(seed: 1)
        let marker = StoreMarker(id: UniqueID(using: &random), chunker: 9)
        try Files.write(marker.bytes, to: fixture.scratch("store/cairn.json"))
        let store = try PackedStore(at: FilePath(fixture.scratch("store")))
        let batch = try PackBatch(into: store)
        #expect(throws: StoreError(.readOnly(missing: ["chunker 9"]), store.root)) {
            try batch.add(fixture.file([1]), workers: Workers(count: 1))
        }
    }
}
