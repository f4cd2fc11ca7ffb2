import CairnCore

/// Puts the recipe of a file together while its chunks come in, in their order.
///
/// Spans that are complete are given away at once, so that it holds some thousand chunks, however long the file is, and one part for each
/// span.
struct RecipeBuilder {
    private let rule: ChunkingRule
    /// The chunks that are not in a span yet.
    private var chunks: [RecipePart] = []
    private var spans: [RecipePart] = []

    /// So many chunks hold at least one complete span, and are more than a recipe without spans may have.
    private static let limit = 2 * max(RecipeSpan.maximum, Recipe.spanThreshold)

    /// Starts with no chunks of a file that is cut by this rule.
    init(_ rule: ChunkingRule) { self.rule = rule }

    /// Takes the next chunks.
    ///
    /// - Returns: the spans that are complete.
    /// - Throws: `RecipeError` if a length is out of range.
    mutating func append(_ parts: [RecipePart]) throws(RecipeError) -> [RecipeSpan] {
        chunks += parts
        guard chunks.count >= Self.limit else { return [] }
        // Where the last one ends depends on the chunks to come.
        return try close(RecipeSpan.ranges(of: chunks).dropLast())
    }

    /// Ends the file.
    ///
    /// - Parameters:
    ///   - file: its BLAKE3.
    ///   - length: its bytes.
    ///   - groups: the chaining value of each group of 1 MiB; none for a file of only one.
    /// - Returns: the recipe, and the spans that were not given away yet.
    /// - Throws: `RecipeError` if these do not fit together.
    mutating func finish(
        file: Digest, length: UInt64, groups: [Digest]
    ) throws(RecipeError) -> (recipe: Recipe, spans: [RecipeSpan]) {
        if spans.isEmpty {
            return try Recipe.make(file: file, length: length, rule: rule, chunks: chunks, groups: groups)
        }
        let last = try close(RecipeSpan.ranges(of: chunks)[...])
        var (groups, exponent) = (groups, 20)
        while groups.count > Recipe.groupLimit {
            groups = BLAKE3.paired(groups)
            exponent += 1
        }
        let recipe = try Recipe(
            file: file, length: length, chunker: rule.id, parts: spans, isIndirect: true, groups: groups,
            groupExponent: exponent)
        return (recipe, last)
    }

    /// Makes spans of ranges of the chunks from the first one on.
    private mutating func close(_ ranges: ArraySlice<Range<Int>>) throws(RecipeError) -> [RecipeSpan] {
        var closed: [RecipeSpan] = []
        for range in ranges {
            let span = try RecipeSpan(chunks: Array(chunks[range]), chunker: rule.id)
            spans.append(RecipePart(id: span.key, length: span.length))
            closed.append(span)
        }
        chunks.removeFirst(ranges.last?.upperBound ?? 0)
        return closed
    }
}
