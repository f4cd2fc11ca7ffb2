/// What recipes and spans have in common: the bytes of docs/formats/recipe.md, and what makes them valid.
struct RecipeBody: Hashable, Sendable {
    enum Kind: Sendable {
        case recipe
        case span
    }

    var chunker: UInt8
    /// Whether the parts are spans.
    var isIndirect: Bool
    var length: UInt64
    /// The id of the file; zero in a span.
    var file: Digest
    var parts: [RecipePart]
    var hints: RecipeHints
    var groups: [Digest]
    /// The size of a group is 2 to the power of this.
    var groupExponent: Int

    static let zeroID = Digest(words: (0, 0, 0, 0), count: BLAKE3.byteCount)
    static let smallestGroup = 20
    static let largestGroup = 40
    /// The bytes of the largest record of a pack: a chunk, or a recipe itself.
    static let recordLimit: UInt64 = 64 << 20
    /// The bytes of the largest pack.
    static let packLimit: UInt64 = 1 << 30

    enum Field {
        static let mark: UInt32 = 0x5043_5243  // "CRCP"
        static let version: UInt16 = 1
        static let hints: UInt8 = 1
        static let outboard: UInt8 = 2
        static let indirect: UInt8 = 4
        static let headerCount = 72
        static let termCount = 20
    }

    /// Where the sections lie.
    struct Layout {
        let lengths: UInt64
        let packs: UInt64
        let terms: UInt64
        let groups: UInt64
        let end: UInt64

        /// The counts are those of a header, 32 bits each, so that nothing overflows.
        init(parts: UInt32, isIndirect: Bool, packs: UInt32, terms: UInt32, groups: UInt32) {
            self.lengths = UInt64(Field.headerCount) + 32 * UInt64(parts)
            self.packs = lengths + (isIndirect ? 8 : 4) * UInt64(parts)
            self.terms = self.packs + 32 * UInt64(packs)
            self.groups = self.terms + UInt64(Field.termCount) * UInt64(terms)
            self.end = self.groups + 32 * UInt64(groups)
        }
    }

    var flags: UInt8 {
        (hints.terms.isEmpty ? 0 : Field.hints) | (groups.isEmpty ? 0 : Field.outboard)
            | (isIndirect ? Field.indirect : 0)
    }

    /// The sections, or an error if something is more than the format can count.
    private func layout() throws(RecipeError) -> Layout {
        guard let partCount = UInt32(exactly: parts.count),
            let packCount = UInt32(exactly: hints.packs.count),
            let termCount = UInt32(exactly: hints.terms.count), let groupCount = UInt32(exactly: groups.count)
        else { throw RecipeError(.tooLarge) }
        return Layout(
            parts: partCount, isIndirect: isIndirect, packs: packCount, terms: termCount, groups: groupCount)
    }

    /// Checks everything that a reader relies on.
    ///
    /// - Throws: `RecipeError` that says what is wrong and where it lies, or would lie, in the bytes.
    func validate(_ kind: Kind) throws(RecipeError) {
        let layout = try layout()
        guard layout.end <= Self.recordLimit else { throw RecipeError(.tooLarge) }
        guard kind == .recipe || (!isIndirect && groups.isEmpty) else {
            throw RecipeError(.badFlags(flags), at: 7)
        }
        guard kind == .recipe || file == Self.zeroID else { throw RecipeError(.wrongID, at: 16) }
        // A file of one chunk has no recipe: the chunk has the file's id.
        guard parts.count >= (kind == .recipe && !isIndirect ? 2 : 1) else {
            throw RecipeError(.tooFewParts, at: 48)
        }
        try validateLengths(from: Int(layout.lengths))
        try validateHints(from: Int(layout.terms))
        try validateGroups(from: Int(layout.groups))
    }

    private func validateLengths(from offset: Int) throws(RecipeError) {
        let limit = isIndirect ? UInt64.max : Self.recordLimit
        var sum: UInt64 = 0
        for (index, part) in parts.enumerated() {
            let place = offset + (isIndirect ? 8 : 4) * index
            guard part.length > 0 && part.length <= limit else {
                throw RecipeError(.badPartLength, at: place)
            }
            let (next, isOverflow) = sum.addingReportingOverflow(part.length)
            guard !isOverflow && next <= length else { throw RecipeError(.wrongSum, at: place) }
            sum = next
        }
        guard sum == length else { throw RecipeError(.wrongSum, at: 8) }
    }

    private func validateHints(from offset: Int) throws(RecipeError) {
        var covered: UInt64 = 0
        for (index, term) in hints.terms.enumerated() {
            let place = offset + Field.termCount * index
            guard term.pack < hints.packs.count else { throw RecipeError(.badPack, at: place) }
            guard term.byteCount > 0 && UInt64(term.offset) + UInt64(term.byteCount) <= Self.packLimit else {
                throw RecipeError(.badRange, at: place + 4)
            }
            // At most 2^32 terms of less than 2^32 parts: this cannot overflow.
            covered += UInt64(term.count)
            guard term.count > 0 && covered <= parts.count else {
                throw RecipeError(.wrongCover, at: place + 16)
            }
        }
        guard covered == (hints.terms.isEmpty ? 0 : UInt64(parts.count)),
            hints.terms.isEmpty == hints.packs.isEmpty
        else { throw RecipeError(.wrongCover, at: 52) }
    }

    private func validateGroups(from offset: Int) throws(RecipeError) {
        guard (Self.smallestGroup...Self.largestGroup).contains(groupExponent) else {
            throw RecipeError(.badGroupSize, at: 64)
        }
        if groups.isEmpty { return }
        let exponent = UInt64(groupExponent)
        guard length > 1 << exponent, (length - 1) >> exponent + 1 == UInt64(groups.count) else {
            throw RecipeError(.wrongGroupCount, at: 60)
        }
        guard BLAKE3.root(ofGroups: groups, length: length, groupExponent: groupExponent) == file else {
            throw RecipeError(.wrongGroups, at: offset)
        }
    }
}
