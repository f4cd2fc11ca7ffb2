import CairnCore
import CairnSystem
import CairnTestSupport
import Glibc
import Synchronization
import Testing

@testable import CairnStore

@Suite("Cutting files")
struct FileChunkingTests {
    private static let mib = 1 << 20
    private static let sizes: [Int] = [
        0, 1, 63, 64, 24_575, 24_576, 24_577, 49_152, 196_607, 196_608, 196_609, 200_000, 393_217,
        mib - 1, mib, mib + 1, 2 * mib - 1, 2 * mib, 2 * mib + 1, 2 * mib + 64, 3 * mib + 24_576,
        4 * mib, 9 * mib + 12_345,
    ]

    @Test(
        "a file of any size gets the id of its bytes and the chunks of its rule, on any number of threads",
        arguments: sizes)
    func anySize(_ size: Int) throws {
        var random = SeededRandom(seed: UInt64(size))
        let bytes = random.randomBytes(size)
        let fixture = try CutFixture()
        let file = try fixture.file(bytes)
        let digest = BLAKE3.digest(of: bytes)
        for rule in ChunkingRule.all {
            var recipes: Set<[UInt8]> = []
            for (workers, windowSize) in [(1, 1), (2, 1), (4, 1), (3, 2)] {
                let records = MemoryRecords()
                let chunking = FileChunking(
                    into: records, by: rule, workers: Workers(count: workers),
                    windowSize: windowSize * Self.mib)
                var done: Int64 = 0
                let result = try chunking.add(file) { done += $0 }
                #expect(result.digest == digest)
                #expect(result.size == Int64(size))
                #expect(done == Int64(size))
                try expect(records, hold: bytes, digest, by: rule)
                recipes.insert(records[RecordKey(.recipe, digest)] ?? [])
            }
            #expect(recipes.count == 1)
        }
    }

    /// The records are those that docs/formats/chunking.md asks for, and no others.
    private func expect(
        _ records: MemoryRecords, hold bytes: [UInt8], _ digest: Digest, by rule: ChunkingRule
    ) throws {
        let cuts = bytes.withUnsafeBytes { Chunker.cuts(of: $0, by: rule) }.map { Int($0) }
        guard bytes.count > ChunkingRule.wholeFileLimit, cuts.count > 1 else {
            #expect(records.added == [RecordKey(.blob, digest)])
            #expect(isSame(records[RecordKey(.blob, digest)] ?? [], bytes))
            return
        }
        #expect(records.added.last == RecordKey(.recipe, digest))
        let chunks = zip([0] + cuts, cuts).map { Array(bytes[$0..<$1]) }
        let parts = chunks.map { RecipePart(id: BLAKE3.digest(of: $0), length: UInt64($0.count)) }
        #expect(try records.chunks(digest) == parts)
        for (part, chunk) in zip(parts, chunks) {
            #expect(isSame(records[RecordKey(.chunk, part.id)] ?? [], chunk))
        }
        let groups = try records.recipe(digest).groups
        #expect(groups.count == (bytes.count > Self.mib ? (bytes.count - 1) / Self.mib + 1 : 0))
        #expect(Set(records.added).count == Set(parts).count + 1)
    }

    @Test("bytes that repeat, or are all equal, are cut as by one thread", arguments: [1, 2, 4])
    func repeating(_ workers: Int) throws {
        var random = SeededRandom(seed: 7)
        let noise = random.randomBytes(70_000)
        let inputs = [
            [UInt8](repeating: 0, count: 5 * Self.mib + 77),
            random.content(5 * Self.mib + 1),
            (0..<40).flatMap { _ in noise },
        ]
        let fixture = try CutFixture()
        for bytes in inputs {
            let records = MemoryRecords()
            let digest = try fixture.store(bytes, in: records, workers: workers)
            let cuts = bytes.withUnsafeBytes { Chunker.cuts(of: $0) }
            #expect(digest == BLAKE3.digest(of: bytes))
            var end: UInt64 = 0
            #expect(
                try records.chunks(digest).map {
                    end += $0.length
                    return end
                } == cuts)
        }
    }

    @Test("a chunk may end just behind the border of two windows", arguments: [1, 5, 31, 62, 63, 64])
    func border(_ distance: Int) throws {
        // 64 bytes after which a chunk may end, wherever it begins.
        var random = SeededRandom(seed: UInt64(distance))
        let noise = random.randomBytes(2 * Self.mib)
        let ends = noise.withUnsafeBytes { Chunker.cuts(of: $0) }.map { Int($0) }
        let end = try #require(zip(ends, ends.dropFirst()).first { $1 - $0 < 49_152 }?.1)
        let mark = noise[(end - 64)..<end]
        let fixture = try CutFixture()
        var count = 0
        while count < 3 {
            var bytes = random.randomBytes(2 * Self.mib + 500)
            bytes.replaceSubrange((Self.mib + distance - 64)..<(Self.mib + distance), with: mark)
            let cuts = bytes.withUnsafeBytes { Chunker.cuts(of: $0) }
            // Not if the chunk would be too short there.
            guard cuts.contains(UInt64(Self.mib + distance)) else { continue }
            count += 1
            let records = MemoryRecords()
            let digest = try fixture.store(bytes, in: records)
            var place: UInt64 = 0
            let found = try records.chunks(digest).map { part in
                place += part.length
                return place
            }
            #expect(found == cuts)
        }
    }

    @Test("a long file that is one chunk by its rule is a blob, as whole files are")
    func singleChunk() throws {
        let records = MemoryRecords()
        let bytes = [UInt8](repeating: 0, count: 700_000)
        let digest = try CutFixture().store(bytes, in: records, by: .cdc256)
        #expect(records.added == [RecordKey(.blob, digest)])
    }

    @Test("an edit in the middle stores the chunks around it and the recipe", arguments: [UInt64(1), 2, 3])
    func edits(_ seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let bytes = random.randomBytes(8 * Self.mib)
        let fixture = try CutFixture()
        let records = MemoryRecords()
        try fixture.store(bytes, in: records)
        let place = Int.random(in: Self.mib..<7 * Self.mib, using: &random)
        var inserted = bytes
        inserted.insert(contentsOf: random.randomBytes(1_000), at: place)
        var deleted = bytes
        deleted.removeSubrange(place..<place + 5)
        var changed = bytes
        changed[place] ^= 1
        for edited in [inserted, deleted, changed] {
            let before = records.added.count
            let digest = try fixture.store(edited, in: records)
            let new = records.added[before...]
            #expect(digest == BLAKE3.digest(of: edited))
            #expect(new.last == RecordKey(.recipe, digest))
            #expect((2...5).contains(new.count))
        }
    }

    @Test("what is stored already is not stored again")
    func again() throws {
        var random = SeededRandom(seed: 5)
        let fixture = try CutFixture()
        let records = MemoryRecords()
        for bytes in [random.randomBytes(3 * Self.mib), random.randomBytes(1_000)] {
            try fixture.store(bytes, in: records)
            let count = records.added.count
            try fixture.store(bytes, in: records)
            #expect(records.added.count == count)
        }
    }

    @Test("a file of many chunks has spans, each handed over after its chunks")
    func spans() throws {
        // 49 152 zero bytes are a chunk of the finest rule; the noise makes others.
        var random = SeededRandom(seed: 11)
        let size = 17_000 * 49_152 + 5
        let fixture = try CutFixture()
        let path = fixture.scratch("long")
        try Files.write([], to: path)
        truncate(path, size)
        let descriptor = open(path, O_WRONLY)
        for _ in 0..<200 {
            let noise = random.randomBytes(20_000)
            pwrite(descriptor, noise, noise.count, Int.random(in: 0..<(size - noise.count), using: &random))
        }
        close(descriptor)
        let records = MemoryRecords()
        let chunking = FileChunking(into: records, by: .cdc16, workers: Workers(count: 4))
        let (digest, _) = try chunking.add(OpenFile(reading: FilePath(path)))
        #expect(try OpenFile(reading: FilePath(path)).blake3(on: Workers(count: 2)).digest == digest)
        let recipe = try records.recipe(digest)
        #expect(recipe.isIndirect && recipe.parts.count > 2)
        let chunks = try records.chunks(digest)
        #expect(chunks.count > 16_384)
        let (expected, spans) = try Recipe.make(
            file: digest, length: UInt64(size), rule: .cdc16, chunks: chunks, groups: recipe.groups)
        #expect(expected == recipe)
        let order = Dictionary(uniqueKeysWithValues: records.added.enumerated().map { ($1, $0) })
        for span in spans {
            let place = try #require(order[RecordKey(.span, span.key)])
            for chunk in span.chunks {
                #expect(try #require(order[RecordKey(.chunk, chunk.id)]) < place)
            }
        }
        #expect(records.added.last == RecordKey(.recipe, digest))
    }

    @Test("a file that is truncated while it is read is an error, and has no recipe", arguments: [1, 2, 4])
    func truncated(_ workers: Int) throws {
        var random = SeededRandom(seed: 3)
        let fixture = try CutFixture()
        let path = fixture.scratch("file")
        let file = try fixture.file(random.randomBytes(16 * Self.mib))
        let once = Once()
        let records = MemoryRecords { once { truncate(path, Self.mib / 2) } }
        let chunking = FileChunking(into: records, by: .cdc64, workers: Workers(count: workers))
        #expect(throws: StoreError(.changing, FilePath(path))) { try chunking.add(file) }
        #expect(!records.added.contains { $0.kind != .chunk })
    }

    @Test("a file that grows while it is read is stored as long as it was", arguments: [1, 2])
    func growing(_ workers: Int) throws {
        var random = SeededRandom(seed: 4)
        let bytes = random.randomBytes(3 * Self.mib + 5)
        let fixture = try CutFixture()
        let path = fixture.scratch("file")
        let file = try fixture.file(bytes)
        let once = Once()
        let records = MemoryRecords { once { truncate(path, 9 * Self.mib) } }
        let chunking = FileChunking(into: records, by: .cdc64, workers: Workers(count: workers))
        let result = try chunking.add(file)
        #expect(result.size == Int64(bytes.count))
        #expect(result.digest == BLAKE3.digest(of: bytes))
    }

    @Test("a file that is written to while it is read is stored as it was read", arguments: [1, 2, 4])
    func overwritten(_ workers: Int) throws {
        var random = SeededRandom(seed: 8)
        let fixture = try CutFixture()
        let path = fixture.scratch("file")
        let size = 12 * Self.mib
        let file = try fixture.file(random.randomBytes(size))
        let noise = random.randomBytes(size)
        let records = MemoryRecords {
            let descriptor = open(path, O_WRONLY)
            pwrite(descriptor, noise, noise.count, 0)
            close(descriptor)
        }
        let chunking = FileChunking(into: records, by: .cdc64, workers: Workers(count: workers))
        let result = try chunking.add(file)
        let target = try fixture.target()
        try RecipeReader(result.digest, in: records, of: MemoryRecords.place).copy(to: target)
        #expect(try BLAKE3.digest(of: Files.read(fixture.scratch("target"))) == result.digest)
    }

    @Test("what stops the sink stops the file", arguments: [1, 2, 4])
    func failing(_ workers: Int) throws {
        var random = SeededRandom(seed: 6)
        let fixture = try CutFixture()
        let failure = StoreError(.noSpace(needed: 2, free: 1), MemoryRecords.place)
        let count = Atomic<Int>(0)
        let records = MemoryRecords { () throws(StoreError) in
            if count.add(1, ordering: .relaxed).newValue > 3 { throw failure }
        }
        let chunking = FileChunking(into: records, by: .cdc64, workers: Workers(count: workers))
        let file = try fixture.file(random.randomBytes(16 * Self.mib))
        #expect(throws: failure) { try chunking.add(file) }
        #expect(!records.added.contains { $0.kind != .chunk })
    }

    @Test("what is no regular file with bytes of its own is refused")
    func unsupported() throws {
        let chunking = FileChunking(into: MemoryRecords(), by: .cdc64, workers: Workers(count: 2))
        #expect(throws: StoreError(.unsupportedFile, "/tmp")) { try chunking.add(OpenFile(reading: "/tmp")) }
        let pseudo: FilePath = "/proc/self/status"
        #expect(throws: StoreError(.changing, pseudo)) { try chunking.add(OpenFile(reading: pseudo)) }
    }

    @Test("several threads hash a file as one does", arguments: [1, 2, 4])
    func hashing(_ workers: Int) throws {
        let fixture = try CutFixture()
        for size in Self.sizes {
            var random = SeededRandom(seed: UInt64(size))
            let bytes = random.randomBytes(size)
            var done: Int64 = 0
            let result = try fixture.file(bytes).blake3(on: Workers(count: workers)) { done += $0 }
            #expect(result.digest == BLAKE3.digest(of: bytes))
            #expect(result.size == Int64(size))
            #expect(done == Int64(size))
        }
    }
}
