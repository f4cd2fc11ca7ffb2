/// A chunk in a recipe or span, or a span in a recipe.
public struct RecipePart: Hashable, Sendable {
    /// The BLAKE3 of the chunk's bytes, or the key of the span.
    public let id: Digest
    /// The bytes of the file that the part stands for.
    public let length: UInt64

    /// Puts a part together. `id` has 32 bytes.
    public init(id: Digest, length: UInt64) {
        precondition(id.count == BLAKE3.byteCount, "parts are named by BLAKE3")
        self.id = id
        self.length = length
    }
}

/// Where a recipe's parts lay when it was written. The index of the store is the authority: a hint may be outdated or wrong.
public struct RecipeHints: Hashable, Sendable {
    /// A run of parts whose records follow each other in one pack.
    public struct Term: Hashable, Sendable {
        /// The pack, as an index into `packs`.
        public let pack: UInt32
        /// The place of the first frame in the pack, in bytes.
        public let offset: UInt32
        /// The bytes of all frames of the run, with their headers.
        public let byteCount: UInt32
        /// The index of the first part's record within the first frame.
        public let firstRecord: UInt16
        /// How many parts the run has.
        public let count: UInt32

        /// Puts a term together.
        public init(pack: UInt32, offset: UInt32, byteCount: UInt32, firstRecord: UInt16, count: UInt32) {
            self.pack = pack
            self.offset = offset
            self.byteCount = byteCount
            self.firstRecord = firstRecord
            self.count = count
        }
    }

    /// The names of the packs.
    public let packs: [Digest]
    /// The runs, which cover all parts in their order.
    public let terms: [Term]

    /// Puts hints together. The names of packs have 32 bytes.
    public init(packs: [Digest], terms: [Term]) {
        precondition(packs.allSatisfy { $0.count == BLAKE3.byteCount }, "packs are named by BLAKE3")
        self.packs = packs
        self.terms = terms
    }

    /// No hints.
    public static let none = RecipeHints(packs: [], terms: [])

    /// What stands for the pack in which the hints themselves lie, whose name is not known yet when they are written.
    public static let ownPack = Digest(words: (0, 0, 0, 0), count: BLAKE3.byteCount)

    /// The hints with the name of the pack in which they were found in the place of `ownPack`.
    public func resolved(in pack: Digest) -> RecipeHints {
        guard packs.contains(Self.ownPack) else { return self }
        return RecipeHints(packs: packs.map { $0 == Self.ownPack ? pack : $0 }, terms: terms)
    }
}
