import CairnCore
import CairnTestSupport
import Testing

@testable import CairnStore

@Suite("Building recipes")
struct RecipeBuilderTests {
    @Test(
        "chunks that come in turn by turn give the recipe and the spans of all of them together",
        arguments: [2, 4_095, 4_096, 16_383, 16_384, 16_385, 40_000], [17, 5_000, 100_000])
    func same(_ count: Int, _ step: Int) throws {
        var random = SeededRandom(seed: UInt64(count))
        let chunks = try (0..<count).map { _ in
            RecipePart(
                id: try #require(Digest(bytes: random.randomBytes(32))),
                length: .random(in: 1...9, using: &random))
        }
        let length = chunks.reduce(0) { $0 + $1.length }
        let file = try #require(Digest(bytes: random.randomBytes(32)))
        var builder = RecipeBuilder(.cdc64)
        var spans: [RecipeSpan] = []
        for start in stride(from: 0, to: count, by: step) {
            spans += try builder.append(Array(chunks[start..<min(start + step, count)]))
        }
        let (recipe, last) = try builder.finish(file: file, length: length, groups: [])
        let expected = try Recipe.make(file: file, length: length, rule: .cdc64, chunks: chunks, groups: [])
        #expect(recipe == expected.recipe)
        #expect(spans + last == expected.spans)
    }

    @Test("a file of very many groups has larger ones", arguments: [65_536, 65_537, 131_073])
    func groups(_ count: Int) throws {
        var random = SeededRandom(seed: UInt64(count))
        let groups = try (0..<count).map { _ in try #require(Digest(bytes: random.randomBytes(32))) }
        let length = UInt64(count) << 20
        let file = BLAKE3.root(ofGroups: groups, length: length)
        // Chunks of 4 MiB, more than the builder keeps.
        let chunks = try (0..<UInt64(count) / 4).map { _ in
            RecipePart(id: try #require(Digest(bytes: random.randomBytes(32))), length: 4 << 20)
        }
        let rest = length - UInt64(chunks.count) << 22
        let all = chunks + (rest > 0 ? [RecipePart(id: file, length: rest)] : [])
        var builder = RecipeBuilder(.cdc64)
        let spans = try builder.append(all)
        let (recipe, last) = try builder.finish(file: file, length: length, groups: groups)
        let expected = try Recipe.make(file: file, length: length, rule: .cdc64, chunks: all, groups: groups)
        #expect(recipe == expected.recipe)
        #expect(spans + last == expected.spans)
        #expect(recipe.groups.count <= Recipe.groupLimit)
    }
}
