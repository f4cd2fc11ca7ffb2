import CairnCore
import CairnSystem
import CairnTestSupport
import Testing

@testable import CairnStore

@Suite("Reading files by their recipes")
struct RecipeReaderTests {
    private static let mib = 1 << 20

    /// A file that is stored, its bytes, and where.
    private struct Stored {
        let fixture: CutFixture
        let records: MemoryRecords
        let bytes: [UInt8]
        let file: Digest
        var id: ObjectID { ObjectID(.blake3, file) }

        init(_ size: Int, seed: UInt64 = 1, by rule: ChunkingRule = .cdc64, isChecking: Bool = true) throws {
            var random = SeededRandom(seed: seed)
            fixture = try CutFixture()
            records = MemoryRecords(isChecking: isChecking)
            bytes = random.randomBytes(size)
            file = try fixture.store(bytes, in: records, by: rule)
        }

        func reader() throws(StoreError) -> RecipeReader<MemoryRecords> {
            try RecipeReader(file, in: records, of: MemoryRecords.place)
        }

        /// What a reader gives of a range before it ends or fails.
        func read(_ range: Range<Int64>) throws -> (bytes: [UInt8], error: StoreError?) {
            let reader = try reader()
            var result: [UInt8] = []
            do throws(StoreError) {
                try reader.read(range) { result += $0 }
                return (result, nil)
            } catch {
                return (result, error)
            }
        }

        /// Replaces the recipe by one that was not made by our writer.
        func rewrite(parts: [RecipePart], groups: [Digest]) throws {
            let recipe = try Recipe(
                file: file, length: UInt64(bytes.count), chunker: 1, parts: parts, isIndirect: false,
                groups: groups)
            records[RecordKey(.recipe, file)] = recipe.serialized
        }

        func damage(_ chunk: Int) throws {
            let key = RecordKey(.chunk, try records.chunks(file)[chunk].id)
            records[key]?[7] ^= 1
        }
    }

    @Test(
        "a file comes back as it was, on any number of threads",
        arguments: [196_609, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 8 << 20, (8 << 20) + 1, (21 << 20) + 99])
    func copies(_ size: Int) throws {
        let stored = try Stored(size)
        for workers in [1, 2, 4] {
            let target = try stored.fixture.target()
            var done: Int64 = 0
            try stored.reader().copy(to: target, workers: Workers(count: workers)) { done += $0 }
            #expect(isSame(try Files.read(stored.fixture.scratch("target")), stored.bytes))
            #expect(done == Int64(size))
        }
    }

    @Test(
        "a range is the slice of the file, and reads just the chunks that it lies in",
        arguments: [UInt64(1), 2, 3, 4])
    func ranges(_ seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let size = Int.random(in: 200_000...6 * Self.mib, using: &random)
        let rule = try #require(ChunkingRule.all.randomElement(using: &random))
        let stored = try Stored(size, seed: seed, by: rule)
        guard stored.records[RecordKey(.recipe, stored.file)] != nil else { return }
        let hasGroups = Bool.random(using: &random)
        if !hasGroups { try stored.rewrite(parts: stored.records.chunks(stored.file), groups: []) }
        let chunks = try stored.records.chunks(stored.file)
        for round in 0..<25 {
            let edges = [0, Self.mib, 2 * Self.mib, size - 1, size, Int.random(in: 0...size, using: &random)]
            func edge() -> Int {
                let near = edges.randomElement(using: &random) ?? 0
                let place = Bool.random(using: &random) ? near : near + Int.random(in: -2...2, using: &random)
                return min(max(place, 0), size)
            }
            let (first, second) = (edge(), edge())
            let range = round == 0 ? 0..<size : min(first, second)..<max(first, second)
            stored.records.forgetWhatWasAsked()
            let result = try stored.read(Int64(range.lowerBound)..<Int64(range.upperBound))
            #expect(result.error == nil)
            #expect(isSame(result.bytes, stored.bytes[range]))
            var covering: [RecordKey] = []
            var place = 0
            for chunk in chunks {
                let end = place + Int(chunk.length)
                if place < range.upperBound && end > range.lowerBound && !range.isEmpty {
                    covering.append(RecordKey(.chunk, chunk.id))
                }
                place = end
            }
            #expect(stored.records.asked == [RecordKey(.recipe, stored.file)] + covering)
        }
    }

    @Test("what lies behind the end is left out")
    func behind() throws {
        let stored = try Stored(300_000)
        #expect(try stored.read(299_990..<400_000).bytes == Array(stored.bytes[299_990...]))
        #expect(try stored.read(300_000..<300_001).bytes == [])
        #expect(try stored.read(-5..<3).bytes == Array(stored.bytes[..<3]))
    }

    @Test("a long file is read through its spans")
    func spans() throws {
        // Zero bytes are cut at the maximum.
        let size = 4_200 * 49_152 + 1_000
        let bytes = [UInt8](repeating: 0, count: size)
        let fixture = try CutFixture()
        let records = MemoryRecords()
        let file = try fixture.store(bytes, in: records, by: .cdc16)
        #expect(try records.recipe(file).isIndirect)
        let reader = try RecipeReader(file, in: records, of: MemoryRecords.place)
        let target = try fixture.target()
        try reader.copy(to: target, workers: Workers(count: 2))
        let copy = try OpenFile(reading: target.path).blake3(on: Workers(count: 2))
        #expect(copy.digest == file && copy.size == Int64(size))
        var count = 0
        try reader.read(Int64(size) - 3_000_000..<Int64(size) - 5) { count += $0.count }
        #expect(count == 2_999_995)

        let span = try #require(records.added.first { $0.kind == .span })
        let sound = records[span]
        records[span]?[80] ^= 1
        let damaged = StoreError(.damaged(ObjectID(.blake3, file)), MemoryRecords.place)
        #expect(throws: damaged) {
            try RecipeReader(file, in: records, of: MemoryRecords.place).read(0..<10) { _ in }
        }
        records[span] = sound
        records[span] = nil
        let missing = StoreError(.missingPart(span, of: ObjectID(.blake3, file)), MemoryRecords.place)
        #expect(throws: missing) {
            try RecipeReader(file, in: records, of: MemoryRecords.place).read(0..<10) { _ in }
        }
    }

    @Test(
        "a damaged chunk is the file's damage, whether or not the source sees it", arguments: [true, false],
        [true, false])
    func damagedChunk(_ isChecking: Bool, _ hasGroups: Bool) throws {
        let stored = try Stored(3 * Self.mib + 5, isChecking: isChecking)
        if !hasGroups { try stored.rewrite(parts: stored.records.chunks(stored.file), groups: []) }
        let size = Int64(stored.bytes.count)
        let chunks = try stored.records.chunks(stored.file)
        for number in [0, chunks.count / 2, chunks.count - 1] {
            let start = Int64(chunks[..<number].reduce(0) { $0 + $1.length })
            let end = start + Int64(chunks[number].length)
            try stored.damage(number)
            for range in [
                0..<size, start..<end, (start + 9)..<(start + 10), max(0, start - 100)..<min(size, end + 100),
            ] {
                let result = try stored.read(range)
                #expect(result.error == StoreError(.damaged(stored.id), MemoryRecords.place))
                // What was given before is right.
                let given = Int(range.lowerBound)..<Int(range.lowerBound) + result.bytes.count
                #expect(isSame(result.bytes, stored.bytes[given]))
            }
            for workers in [1, 2] {
                let target = try stored.fixture.target()
                #expect(throws: StoreError(.damaged(stored.id), MemoryRecords.place)) {
                    try stored.reader().copy(to: target, workers: Workers(count: workers))
                }
            }
            // Other ranges are not touched by it.
            if start > 0 { #expect(try stored.read(0..<1).bytes == [stored.bytes[0]]) }
            try stored.damage(number)
        }
        #expect(isSame(try stored.read(0..<size).bytes, stored.bytes))
    }

    @Test("a missing chunk is a missing part, a missing recipe a missing file")
    func missing() throws {
        let stored = try Stored(3 * Self.mib)
        let chunk = try stored.records.chunks(stored.file)[3]
        let key = RecordKey(.chunk, chunk.id)
        stored.records[key] = nil
        let missing = StoreError(.missingPart(key, of: stored.id), MemoryRecords.place)
        #expect(try stored.read(0..<Int64(3 * Self.mib)).error == missing)
        stored.records[RecordKey(.recipe, stored.file)] = nil
        #expect(throws: StoreError(.missing(stored.id), MemoryRecords.place)) { try stored.reader() }
    }

    @Test("a recipe of other chunks than the file's is found out", arguments: [true, false])
    func swapped(_ hasGroups: Bool) throws {
        let stored = try Stored(2 * Self.mib + 700_000)
        let recipe = try stored.records.recipe(stored.file)
        try stored.rewrite(parts: recipe.parts.reversed(), groups: hasGroups ? recipe.groups : [])
        let result = try stored.read(0..<Int64(stored.bytes.count))
        #expect(result.error == StoreError(.damaged(stored.id), MemoryRecords.place))
        #expect(result.bytes.isEmpty == hasGroups)
        if hasGroups {
            let last = try stored.read(Int64(Self.mib)..<Int64(stored.bytes.count))
            #expect(last.error == StoreError(.damaged(stored.id), MemoryRecords.place))
            #expect(last.bytes == [])
        }
        // A chunk of another length than the recipe says.
        var parts = recipe.parts
        try #require(parts[0].length != parts[1].length)
        parts[1] = RecipePart(id: parts[0].id, length: parts[1].length)
        try stored.rewrite(parts: parts, groups: [])
        let shorter = try stored.read(0..<Int64(stored.bytes.count))
        #expect(shorter.error == StoreError(.damaged(stored.id), MemoryRecords.place))
    }

    @Test("a recipe that was changed anywhere, or names other chunks, gives an error or the right bytes")
    func fuzz() throws {
        let samples = try [UInt64(1), 2].map { try Stored(1_400_000, seed: $0, isChecking: false) }
        let recipes = try samples.map { try #require($0.records[RecordKey(.recipe, $0.file)]) }
        let found = Fuzzing.firstProblem(rounds: 600) { random in
            let number = Int.random(in: 0..<2, using: &random)
            let stored = samples[number]
            stored.records[RecordKey(.recipe, stored.file)] = random.damaged(recipes[number], others: recipes)
            do {
                let result = try stored.read(0..<Int64(stored.bytes.count))
                guard let error = result.error else {
                    return isSame(result.bytes, stored.bytes) ? nil : "other bytes"
                }
                switch error.reason {
                case .damaged(stored.id), .missingPart(_, of: stored.id): return nil
                default: return "\(error)"
                }
            } catch let error as StoreError {
                return error.reason == .damaged(stored.id) ? nil : "\(error)"
            }
        }
        #expect(found == nil)
    }

    @Test("a recipe that names the file itself, as a chunk or as a span, is an error")
    func cycles() throws {
        let stored = try Stored(1_400_000, isChecking: false)
        let length = Int64(stored.bytes.count)
        for isIndirect in [false, true] {
            for kind in [RecordKind.recipe, .chunk, .span] {
                let records = MemoryRecords(isChecking: false)
                let parts = try stored.records.chunks(stored.file).map {
                    RecipePart(id: stored.file, length: $0.length)
                }
                let recipe = try Recipe(
                    file: stored.file, length: UInt64(length), chunker: 1, parts: parts,
                    isIndirect: isIndirect, groups: [])
                records[RecordKey(.recipe, stored.file)] = recipe.serialized
                // The record that it leads to is the recipe again.
                records[RecordKey(kind, stored.file)] = recipe.serialized
                #expect(throws: StoreError.self) {
                    try RecipeReader(stored.file, in: records, of: MemoryRecords.place).read(0..<length) {
                        _ in
                    }
                }
            }
        }
    }

    @Test("a target that cannot be written says so", arguments: [1, 2])
    func unwritable(_ workers: Int) throws {
        let stored = try Stored(9 * Self.mib)
        let target = try OpenFile(reading: FilePath(stored.fixture.scratch("file")))
        #expect(throws: StoreError(.io(.badFileDescriptor), target.path)) {
            try stored.reader().copy(to: target, workers: Workers(count: workers))
        }
    }
}
