/// Why bytes or parts are not a recipe, or spans not those of a recipe.
public struct RecipeError: Error, Hashable, Sendable {
    /// What can be wrong with a recipe.
    public enum Reason: Hashable, Sendable {
        /// There are fewer bytes than the fixed part has.
        case tooShort
        /// The bytes do not begin with the format's mark.
        case notRecipe
        /// The format's version is one that this program does not know.
        case unsupportedVersion(UInt16)
        /// A flag is set that this program does not know, or that does not fit with the rest.
        case badFlags(UInt8)
        /// A reserved byte is not zero.
        case reservedByte
        /// The counts ask for another number of bytes than there are.
        case wrongByteCount(expected: UInt64, actual: UInt64)
        /// There are more bytes than a record can have.
        case tooLarge
        /// There are too few chunks or spans.
        case tooFewParts
        /// A chunk or span has no bytes, or more than it can have.
        case badPartLength
        /// The lengths of the parts do not add up to the length of the whole.
        case wrongSum
        /// A hint names a pack that is not in the list.
        case badPack
        /// A hint names bytes that no pack can have.
        case badRange
        /// The hints do not cover the parts, or there are packs without hints.
        case wrongCover
        /// The size of groups is none that the format has.
        case badGroupSize
        /// There is another number of groups than the length has.
        case wrongGroupCount
        /// The chaining values of the groups do not give the file's id.
        case wrongGroups
        /// The recipe or span is that of something else than was asked for.
        case wrongID
        /// There is another number of spans than the recipe names.
        case wrongSpanCount
    }

    /// What is wrong.
    public let reason: Reason
    /// The place in the recipe in bytes from its start; `nil` if it is in none.
    public let offset: Int?

    /// Puts an error together.
    public init(_ reason: Reason, at offset: Int? = nil) {
        self.reason = reason
        self.offset = offset
    }
}

extension RecipeError: CustomStringConvertible {
    /// The error as one clause for people.
    public var description: String { clause + (offset.map { " (byte \($0))" } ?? "") }

    private var clause: String {
        switch reason {
        case .tooShort: "shorter than a recipe's fixed part"
        case .notRecipe: "not a recipe"
        case .unsupportedVersion(let version): "version \(version), which this program does not know"
        case .badFlags(let flags): "flags \(flags), which this program does not know here"
        case .reservedByte: "a reserved byte is not zero"
        case .wrongByteCount(let expected, let actual): "\(actual) bytes where the counts ask for \(expected)"
        case .tooLarge: "larger than a record can be"
        case .tooFewParts: "too few parts"
        case .badPartLength: "a part's length is out of range"
        case .wrongSum: "the lengths of the parts do not add up to the whole"
        case .badPack: "a hint names a pack that is not listed"
        case .badRange: "a hint names bytes that no pack has"
        case .wrongCover: "the hints do not cover the parts"
        case .badGroupSize: "a size of groups that the format does not have"
        case .wrongGroupCount: "the number of groups does not fit the length"
        case .wrongGroups: "the chaining values do not give the file's id"
        case .wrongID: "the recipe of something else"
        case .wrongSpanCount: "another number of spans than the recipe names"
        }
    }
}
