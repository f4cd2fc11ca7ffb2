/// A file as a list of chunks: what a store keeps of a file that is more than one chunk.
///
/// A long file's recipe lists spans, each of which lists chunks (`RecipeSpan`), so that a new version stores only the spans that differ. A
/// value is always valid: lengths add up, hints cover the parts, and the groups' chaining values give the file's id.
///
/// The bytes are those of docs/formats/recipe.md.
public struct Recipe: Hashable, Sendable {
    private var body: RecipeBody

    /// Puts a recipe together.
    ///
    /// - Parameters:
    ///   - file: The BLAKE3 of the file.
    ///   - length: The file's length in bytes.
    ///   - chunker: The number of the rule by which the file was cut; readers do not need it.
    ///   - parts: The chunks (two or more), or the spans.
    ///   - isIndirect: Whether the parts are spans.
    ///   - hints: Where the parts lie.
    ///   - groups: The chaining values of the file's groups, or none. A file of one group has none.
    ///   - groupExponent: The size of a group is 2 to the power of this.
    /// - Throws: `RecipeError` if these do not fit together.
    public init(
        file: Digest, length: UInt64, chunker: UInt8, parts: [RecipePart], isIndirect: Bool,
        hints: RecipeHints = .none, groups: [Digest] = [], groupExponent: Int = 20
    ) throws(RecipeError) {
        precondition(file.count == BLAKE3.byteCount, "files are named by BLAKE3")
        precondition(groups.allSatisfy { $0.count == BLAKE3.byteCount }, "a chaining value has 32 bytes")
        body = RecipeBody(
            chunker: chunker, isIndirect: isIndirect, length: length, file: file, parts: parts, hints: hints,
            groups: groups, groupExponent: groupExponent)
        try body.validate(.recipe)
    }

    /// Reads a recipe.
    ///
    /// - Parameters:
    ///   - bytes: All of its bytes. They may come from anywhere.
    ///   - file: The id of the file of which it has to be the recipe.
    /// - Throws: `RecipeError` if the bytes are not a recipe in every detail, or that of another file.
    public init(parsing bytes: UnsafeRawBufferPointer, of file: Digest) throws(RecipeError) {
        body = try RecipeBody(parsing: bytes, as: .recipe)
        guard body.file == file else { throw RecipeError(.wrongID, at: 16) }
    }

    /// Reads a recipe; as `init(parsing:of:)` for raw memory.
    public init(parsing bytes: Span<UInt8>, of file: Digest) throws(RecipeError) {
        self = try bytes.withUnsafeBytes { (bytes) throws(RecipeError) in try Recipe(parsing: bytes, of: file)
        }
    }

    /// The id of the file.
    public var file: Digest { body.file }
    /// The file's length in bytes.
    public var length: UInt64 { body.length }
    /// The number of the rule by which the file was cut. It may be one that this program does not know.
    public var chunker: UInt8 { body.chunker }
    /// Whether the parts are spans.
    public var isIndirect: Bool { body.isIndirect }
    /// The chunks in their order, or the spans.
    public var parts: [RecipePart] { body.parts }
    /// Where the parts lay.
    public var hints: RecipeHints { body.hints }
    /// The chaining values of the file's groups; none if it has only one, or the writer kept none.
    public var groups: [Digest] { body.groups }
    /// The size of a group is 2 to the power of this.
    public var groupExponent: Int { body.groupExponent }

    /// The bytes of the recipe.
    public var serialized: [UInt8] { body.serialized }

    /// Returns the recipe with other hints.
    ///
    /// - Throws: `RecipeError` if the hints do not cover the parts.
    public func with(hints: RecipeHints) throws(RecipeError) -> Recipe {
        var copy = self
        copy.body.hints = hints
        try copy.body.validate(.recipe)
        return copy
    }

    /// Returns the chunks of the file, in their order.
    ///
    /// - Parameter spans: The spans that an indirect recipe names, in their order; none for a direct one.
    /// - Throws: `RecipeError` if they are not those spans.
    public func chunks(in spans: [RecipeSpan] = []) throws(RecipeError) -> [RecipePart] {
        guard isIndirect else {
            guard spans.isEmpty else { throw RecipeError(.wrongSpanCount) }
            return parts
        }
        guard spans.count == parts.count else { throw RecipeError(.wrongSpanCount) }
        var chunks: [RecipePart] = []
        chunks.reserveCapacity(spans.reduce(0) { $0 + $1.chunks.count })
        for (span, part) in zip(spans, parts) {
            guard span.key == part.id else { throw RecipeError(.wrongID) }
            guard span.length == part.length else { throw RecipeError(.wrongSum) }
            chunks += span.chunks
        }
        return chunks
    }
}

extension Recipe {
    /// From this many chunks on a recipe lists spans.
    public static let spanThreshold = 4_096
    /// A recipe keeps no more chaining values than this; larger files have larger groups.
    public static let groupLimit = 65_536

    /// Returns the recipe of a file, and the spans that have to be stored before it if it is a long one.
    ///
    /// - Parameters:
    ///   - file: The BLAKE3 of the file.
    ///   - length: The file's length in bytes.
    ///   - rule: The rule by which it was cut.
    ///   - chunks: The chunks, two or more.
    ///   - groups: The chaining value of each group of 1 MiB, if the file is longer than that; or none.
    /// - Throws: `RecipeError` if these do not fit together.
    public static func make(
        file: Digest, length: UInt64, rule: ChunkingRule, chunks: [RecipePart], groups: [Digest]
    ) throws(RecipeError) -> (recipe: Recipe, spans: [RecipeSpan]) {
        var groups = groups
        var exponent = RecipeBody.smallestGroup
        while groups.count > groupLimit {
            groups = BLAKE3.paired(groups)
            exponent += 1
        }
        var spans: [RecipeSpan] = []
        var parts = chunks
        if chunks.count >= spanThreshold {
            for range in RecipeSpan.ranges(of: chunks) {
                spans.append(try RecipeSpan(chunks: Array(chunks[range]), chunker: rule.id))
            }
            parts = spans.map { RecipePart(id: $0.key, length: $0.length) }
        }
        let recipe = try Recipe(
            file: file, length: length, chunker: rule.id, parts: parts, isIndirect: !spans.isEmpty,
            groups: groups, groupExponent: exponent)
        return (recipe, spans)
    }
}
