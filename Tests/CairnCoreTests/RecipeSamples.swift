import CairnTestSupport

@testable import CairnCore

/// Recipes and spans that tests start from; the first three are the golden files of fixtures/native.
enum RecipeSamples {
    /// A file of 1.5 MiB, cut by cdc256, with hints and chaining values: the example of docs/formats/recipe.md.
    static func direct() throws -> Recipe {
        let bytes = CheckInput.bytes(3 << 19)
        let (recipe, _) = try recipe(of: bytes, by: .cdc256)
        let packs = [BLAKE3.digest(of: "pack 1".utf8), BLAKE3.digest(of: "pack 2".utf8)]
        let terms = [
            RecipeHints.Term(pack: 0, offset: 64, byteCount: 0x4_0000, firstRecord: 0, count: 1),
            RecipeHints.Term(
                pack: 1, offset: 0x12_3456, byteCount: 0x15_0000, firstRecord: 3,
                count: UInt32(recipe.parts.count) - 1),
        ]
        return try recipe.with(hints: RecipeHints(packs: packs, terms: terms))
    }

    /// A span of three chunks.
    static func span() throws -> RecipeSpan {
        try RecipeSpan(chunks: chunks(3, seed: 1), chunker: 1)
    }

    /// The recipe of a file of two spans.
    static func indirect() throws -> Recipe {
        let first = try span()
        let second = try RecipeSpan(chunks: chunks(2, seed: 2), chunker: 1)
        return try Recipe(
            file: BLAKE3.digest(of: "a long file".utf8), length: first.length + second.length, chunker: 1,
            parts: [first, second].map { RecipePart(id: $0.key, length: $0.length) }, isIndirect: true)
    }

    /// The recipe of real bytes.
    static func recipe(
        of bytes: [UInt8], by rule: ChunkingRule
    ) throws -> (recipe: Recipe, spans: [RecipeSpan]) {
        try bytes.withUnsafeBytes { bytes in
            func slices(_ ends: [Int]) -> [UnsafeRawBufferPointer] {
                zip([0] + ends, ends).map { UnsafeRawBufferPointer(rebasing: bytes[$0..<$1]) }
            }
            let pieces = slices(Chunker.cuts(of: bytes, by: rule).map(Int.init))
            let chunks = zip(BLAKE3.digests(of: pieces), pieces).map {
                RecipePart(id: $0, length: UInt64($1.count))
            }
            var groups: [Digest] = []
            if bytes.count > BLAKE3.groupByteCount {
                let ends = Array(
                    stride(from: BLAKE3.groupByteCount, to: bytes.count, by: BLAKE3.groupByteCount))
                groups = slices(ends + [bytes.count]).enumerated().map {
                    BLAKE3.chainingValue(of: $0.element, at: UInt64($0.offset * BLAKE3.groupByteCount))
                }
            }
            return try Recipe.make(
                file: BLAKE3.digest(of: bytes), length: UInt64(bytes.count), rule: rule, chunks: chunks,
                groups: groups)
        }
    }

    /// Made-up chunks of 24 to 196 KiB.
    static func chunks(_ count: Int, seed: UInt64) -> [RecipePart] {
        var random = SeededRandom(seed: seed)
        return (0..<count).map { _ in
            let words = (random.next(), random.next(), random.next(), random.next())
            return RecipePart(
                id: Digest(words: words, count: 32),
                length: UInt64.random(in: 24_576...196_608, using: &random))
        }
    }
}
