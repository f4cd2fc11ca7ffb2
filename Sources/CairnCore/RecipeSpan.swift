/// A run of chunks in the middle of a long file, which several versions of the file may share.
///
/// The bytes are those of docs/formats/recipe.md.
public struct RecipeSpan: Hashable, Sendable {
    private var body: RecipeBody
    /// The name of the span: the BLAKE3 of its ids and lengths. Hints are not part of it.
    public let key: Digest

    /// Puts a span together.
    ///
    /// - Throws: `RecipeError` if there is no chunk, a length is out of range, or the hints do not cover the chunks.
    public init(chunks: [RecipePart], chunker: UInt8, hints: RecipeHints = .none) throws(RecipeError) {
        var length: UInt64 = 0
        for chunk in chunks {
            let (sum, isOverflow) = length.addingReportingOverflow(chunk.length)
            guard !isOverflow else { throw RecipeError(.badPartLength) }
            length = sum
        }
        body = RecipeBody(
            chunker: chunker, isIndirect: false, length: length, file: RecipeBody.zeroID, parts: chunks,
            hints: hints, groups: [], groupExponent: RecipeBody.smallestGroup)
        try body.validate(.span)
        key = body.partsDigest
    }

    /// Reads a span.
    ///
    /// - Parameters:
    ///   - bytes: All of its bytes. They may come from anywhere.
    ///   - key: The name that it has to have.
    /// - Throws: `RecipeError` if the bytes are not a span in every detail, or another one.
    public init(parsing bytes: UnsafeRawBufferPointer, of key: Digest) throws(RecipeError) {
        body = try RecipeBody(parsing: bytes, as: .span)
        self.key = body.partsDigest
        guard self.key == key else { throw RecipeError(.wrongID) }
    }

    /// Reads a span; as `init(parsing:of:)` for raw memory.
    public init(parsing bytes: Span<UInt8>, of key: Digest) throws(RecipeError) {
        self = try bytes.withUnsafeBytes { (bytes) throws(RecipeError) in
            try RecipeSpan(parsing: bytes, of: key)
        }
    }

    /// The chunks in their order.
    public var chunks: [RecipePart] { body.parts }
    /// The bytes of the file that the span stands for.
    public var length: UInt64 { body.length }
    /// The number of the rule by which the file was cut.
    public var chunker: UInt8 { body.chunker }
    /// Where the chunks lay.
    public var hints: RecipeHints { body.hints }

    /// The bytes of the span.
    public var serialized: [UInt8] { body.serialized }

    /// Returns the span with other hints; its name stays.
    ///
    /// - Throws: `RecipeError` if the hints do not cover the chunks.
    public func with(hints: RecipeHints) throws(RecipeError) -> RecipeSpan {
        var copy = self
        copy.body.hints = hints
        try copy.body.validate(.span)
        return copy
    }
}

extension RecipeSpan {
    /// No span but the last of a file has fewer chunks.
    public static let minimum = 1_024
    /// No span has more chunks.
    public static let maximum = 8_192
    /// A span ends after a chunk in whose id these bits of the first two bytes, least significant first, are zero.
    static let mask: UInt64 = 0x3ff

    /// Returns where the chunks of a file are cut into spans.
    public static func ranges(of chunks: [RecipePart]) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        var start = 0
        for (index, chunk) in chunks.enumerated() {
            let count = index + 1 - start
            // The first two bytes are the upper ones of the first word, in the other order.
            let bits = (chunk.id.words.0 >> 48).byteSwapped >> 48
            guard (count >= minimum && bits & mask == 0) || count == maximum else { continue }
            ranges.append(start..<index + 1)
            start = index + 1
        }
        if start < chunks.count { ranges.append(start..<chunks.count) }
        return ranges
    }
}

extension RecipeSpan {
    /// The key of a span whose name was lost.
    ///
    /// - Returns: `nil` if the bytes are no span.
    public static func key(parsing bytes: Span<UInt8>) -> Digest? {
        let body = try? bytes.withUnsafeBytes { (bytes) throws(RecipeError) in
            try RecipeBody(parsing: bytes, as: .span)
        }
        return body?.partsDigest
    }
}
