import CairnTestSupport
import Testing

@testable import CairnCore

@Suite("Recipes")
struct RecipeTests {
    private static let file = BLAKE3.digest(of: "file".utf8)

    @Test("have the bytes of the golden files, and are read from them")
    func golden() throws {
        let (direct, span, indirect) = try (
            RecipeSamples.direct(), RecipeSamples.span(), RecipeSamples.indirect()
        )
        for (name, bytes) in [
            ("recipe.bin", direct.serialized), ("recipe-span.bin", span.serialized),
            ("recipe-indirect.bin", indirect.serialized),
        ] {
            #expect(try GoldenFile.difference(bytes, from: "../native/\(name)") == nil, "\(name)")
        }
        let read = try Files.read(PackageRoot.fixture("native/recipe.bin"))
        #expect(try Recipe(parsing: read.span, of: direct.file) == direct)
        let readSpan = try Files.read(PackageRoot.fixture("native/recipe-span.bin"))
        #expect(try RecipeSpan(parsing: readSpan.span, of: span.key) == span)
        let readIndirect = try Files.read(PackageRoot.fixture("native/recipe-indirect.bin"))
        #expect(try Recipe(parsing: readIndirect.span, of: indirect.file) == indirect)
    }

    @Test("look as docs/formats/recipe.md shows them")
    func document() throws {
        let bytes = try Files.read(PackageRoot.fixture("native/recipe.bin"))
        let digits = Array("0123456789abcdef".utf8)
        let lines = stride(from: 0, to: bytes.count, by: 16).map { start -> String in
            let hex = bytes[start..<min(start + 16, bytes.count)].flatMap {
                [32, digits[Int($0 >> 4)], digits[Int($0 & 15)]]
            }
            let offset = [12, 8, 4, 0].map { digits[start >> $0 & 15] }
            return String(decoding: offset + [32] + hex, as: UTF8.self)
        }
        let page = try Files.text("\(PackageRoot.path)/docs/formats/recipe.md")
        #expect(
            page.contains(lines.joined(separator: "\n")), "it should be:\n\(lines.joined(separator: "\n"))")
    }

    @Test("name the chunks of real bytes, which give the file back")
    func real() throws {
        let bytes = CheckInput.bytes(2_500_000)
        let (recipe, spans) = try RecipeSamples.recipe(of: bytes, by: .cdc64)
        #expect(spans.isEmpty && !recipe.isIndirect && recipe.groups.count == 3)
        #expect(recipe.file == BLAKE3.digest(of: bytes))
        var start = 0
        for chunk in try recipe.chunks() {
            let end = start + Int(chunk.length)
            #expect(BLAKE3.digest(of: bytes[start..<end]) == chunk.id)
            start = end
        }
        #expect(start == bytes.count)
        #expect(try Recipe(parsing: recipe.serialized.span, of: recipe.file) == recipe)
    }

    @Test("of many chunks name spans", arguments: [2, 1024, 4095, 4096, 9000, 32_768])
    func spans(_ count: Int) throws {
        let chunks = RecipeSamples.chunks(count, seed: UInt64(count))
        let length = chunks.reduce(0) { $0 + $1.length }
        let (recipe, spans) = try Recipe.make(
            file: Self.file, length: length, rule: .cdc64, chunks: chunks, groups: [])
        #expect(recipe.isIndirect == (count >= 4096))
        #expect(spans.count == (count >= 4096 ? recipe.parts.count : 0))
        #expect(spans.dropLast().allSatisfy { (1024...8192).contains($0.chunks.count) })
        #expect(try recipe.chunks(in: spans) == chunks)
        #expect(try Recipe(parsing: recipe.serialized.span, of: recipe.file) == recipe)
        for span in spans {
            let read = try RecipeSpan(parsing: span.serialized.span, of: span.key)
            #expect(read == span && read.key == span.key)
        }
    }

    @Test("an edit of a file of 2 GiB changes one or two spans", arguments: UInt64(0)..<30)
    func edit(_ seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let chunks = RecipeSamples.chunks(32_768, seed: 77)
        let place = Int.random(in: 0..<chunks.count, using: &random)
        let new = RecipeSamples.chunks(Int.random(in: 0...3, using: &random), seed: seed + 1000)
        let edited =
            chunks[..<place] + new
            + chunks[min(chunks.count, place + Int.random(in: 1...2, using: &random))...]
        func keys(_ chunks: [RecipePart]) -> Set<[RecipePart]> {
            Set(RecipeSpan.ranges(of: chunks).map { Array(chunks[$0]) })
        }
        let (old, now) = (keys(chunks), keys(Array(edited)))
        #expect((12...20).contains(old.count), "\(old.count) spans")
        #expect(now.subtracting(old).count <= 3, "\(now.subtracting(old).count) new spans")
    }

    @Test("spans have 2 048 chunks on average, and 8 192 at most")
    func spanLengths() {
        let ranges = RecipeSpan.ranges(of: RecipeSamples.chunks(1_000_000, seed: 5))
        #expect((1900...2200).contains(1_000_000 / ranges.count), "\(ranges.count) spans")
        // The first two bytes of an id, and after how many chunks a span of such ends.
        let cases: [(UInt64, UInt64, Int)] = [
            (0, 0, 1024), (0, 4, 1024), (0, 0xfc, 1024), (0, 1, 8192), (0, 2, 8192), (1, 0, 8192),
            (4, 0, 8192),
            (0x80, 4, 8192),
        ]
        for (first, second, expected) in cases {
            let word = first << 56 | second << 48
            let part = RecipePart(id: Digest(words: (word, 1, 2, 3), count: 32), length: 1)
            let ranges = RecipeSpan.ranges(of: Array(repeating: part, count: 20_000))
            #expect(ranges.dropLast().allSatisfy { $0.count == expected })
            #expect(ranges.last?.upperBound == 20_000)
        }
    }

    @Test("of files with very many groups keep chaining values of larger ones")
    func largeGroups() throws {
        // 65 537 groups of 1 MiB; chunks of 1 KiB stand for them, as the tree above is the same.
        var random = SeededRandom(seed: 3)
        let count = Recipe.groupLimit + 1
        let groups = (0..<count).map { _ in
            Digest(words: (random.next(), random.next(), random.next(), random.next()), count: 32)
        }
        let length = UInt64(count) << 20
        let file = BLAKE3.root(ofGroups: groups, length: length)
        let half = length / 2
        let spans = [
            RecipePart(id: Self.file, length: half), RecipePart(id: Self.file, length: length - half),
        ]
        let chunks = (0..<2048).map { _ in RecipePart(id: Self.file, length: 33_554_944) }
        #expect(chunks.reduce(0) { $0 + $1.length } == length)
        let (recipe, _) = try Recipe.make(
            file: file, length: length, rule: .cdc64, chunks: chunks, groups: groups)
        #expect(recipe.groupExponent == 21 && recipe.groups.count == count / 2 + 1)
        #expect(try Recipe(parsing: recipe.serialized.span, of: file) == recipe)
        let byHand = try Recipe(
            file: file, length: length, chunker: 1, parts: spans, isIndirect: true, groups: groups)
        #expect(byHand.groupExponent == 20)
    }

    @Test("refuse parts that do not fit together")
    func invalid() throws {
        let chunks = RecipeSamples.chunks(3, seed: 4)
        let length = chunks.reduce(0) { $0 + $1.length }
        func reason(
            _ parts: [RecipePart], _ length: UInt64, isIndirect: Bool = false, hints: RecipeHints = .none,
            groups: [Digest] = [], exponent: Int = 20
        ) -> RecipeError.Reason? {
            do {
                _ = try Recipe(
                    file: Self.file, length: length, chunker: 1, parts: parts, isIndirect: isIndirect,
                    hints: hints,
                    groups: groups, groupExponent: exponent)
                return nil
            } catch { return error.reason }
        }
        #expect(reason(chunks, length) == nil)
        #expect(reason([], 0) == .tooFewParts)
        #expect(reason([chunks[0]], chunks[0].length) == .tooFewParts)
        #expect(reason([], 0, isIndirect: true) == .tooFewParts)
        #expect(reason([chunks[0]], chunks[0].length, isIndirect: true) == nil)
        #expect(reason(chunks, length - 1) == .wrongSum)
        #expect(reason(chunks, length + 1) == .wrongSum)
        let huge = RecipePart(id: Self.file, length: .max)
        #expect(reason([huge, huge], .max - 1, isIndirect: true) == .wrongSum)
        #expect(reason([huge, chunks[0]], .max) == .badPartLength)
        #expect(
            reason([RecipePart(id: Self.file, length: 0), chunks[0]], chunks[0].length) == .badPartLength)
        func hints(_ terms: (UInt32, UInt32, UInt32, UInt32)...) -> RecipeHints {
            RecipeHints(
                packs: [Self.file],
                terms: terms.map {
                    RecipeHints.Term(pack: $0.0, offset: $0.1, byteCount: $0.2, firstRecord: 0, count: $0.3)
                })
        }
        #expect(reason(chunks, length, hints: hints((0, 64, 100, 2), (0, 200, 1, 1))) == nil)
        #expect(reason(chunks, length, hints: hints()) == .wrongCover)
        #expect(reason(chunks, length, hints: hints((0, 64, 100, 2))) == .wrongCover)
        #expect(reason(chunks, length, hints: hints((0, 64, 100, 4))) == .wrongCover)
        #expect(reason(chunks, length, hints: hints((0, 64, 100, .max), (0, 64, 100, .max))) == .wrongCover)
        #expect(reason(chunks, length, hints: hints((0, 64, 100, 3), (0, 64, 100, 0))) == .wrongCover)
        #expect(reason(chunks, length, hints: hints((1, 64, 100, 3))) == .badPack)
        #expect(reason(chunks, length, hints: hints((0, 64, 0, 3))) == .badRange)
        #expect(reason(chunks, length, hints: hints((0, 1 << 30, 1, 3))) == .badRange)
        #expect(reason(chunks, length, hints: hints((0, .max, .max, 3))) == .badRange)
        #expect(reason(chunks, length, hints: hints((0, 0, 1 << 30, 3))) == nil)
        #expect(reason(chunks, length, groups: [Self.file]) == .wrongGroupCount)
        #expect(reason(chunks, length, exponent: 19) == .badGroupSize)
        #expect(reason(chunks, length, exponent: 41) == .badGroupSize)
        let large = [RecipePart(id: Self.file, length: 1 << 20), RecipePart(id: Self.file, length: 1)]
        #expect(reason(large, 1 << 20 + 1, groups: [Self.file, Self.file]) == .wrongGroups)
        #expect(reason(large, 1 << 20 + 1, groups: [Self.file]) == .wrongGroupCount)
        #expect(throws: RecipeError(.tooFewParts, at: 48)) { try RecipeSpan(chunks: [], chunker: 1) }
    }

    @Test("refuse spans that are not theirs")
    func wrongSpans() throws {
        let chunks = RecipeSamples.chunks(9000, seed: 8)
        let length = chunks.reduce(0) { $0 + $1.length }
        let (recipe, spans) = try Recipe.make(
            file: Self.file, length: length, rule: .cdc64, chunks: chunks, groups: [])
        #expect(throws: RecipeError(.wrongSpanCount)) { try recipe.chunks() }
        #expect(throws: RecipeError(.wrongSpanCount)) { try recipe.chunks(in: Array(spans.dropLast())) }
        #expect(throws: RecipeError(.wrongID)) { try recipe.chunks(in: spans.reversed()) }
        let direct = try RecipeSamples.direct()
        #expect(throws: RecipeError(.wrongSpanCount)) { try direct.chunks(in: [spans[0]]) }
        #expect(throws: RecipeError(.wrongID)) {
            try RecipeSpan(parsing: spans[0].serialized.span, of: Self.file)
        }
        #expect(throws: RecipeError(.wrongID, at: 16)) {
            try Recipe(parsing: recipe.serialized.span, of: spans[0].key)
        }
        // A span is not a recipe, nor a recipe a span.
        #expect(throws: RecipeError(.wrongID, at: 16)) {
            try RecipeSpan(
                parsing: try RecipeSamples.recipe(of: CheckInput.bytes(400_000), by: .cdc64).recipe.serialized
                    .span, of: Self.file)
        }
        #expect(throws: RecipeError(.badFlags(4), at: 7)) {
            try RecipeSpan(parsing: recipe.serialized.span, of: Self.file)
        }
        // Hints do not change the name of a span.
        let hinted = try spans[0].with(
            hints: RecipeHints(
                packs: [Self.file],
                terms: [
                    .init(
                        pack: 0, offset: 0, byteCount: 9, firstRecord: 1, count: UInt32(spans[0].chunks.count)
                    )
                ]))
        #expect(try RecipeSpan(parsing: hinted.serialized.span, of: spans[0].key) == hinted)
    }
}
