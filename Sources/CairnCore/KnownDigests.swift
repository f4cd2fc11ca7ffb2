/// For each of many files its digest, as far as that is known: an array of `Digest?` in less memory, and in none while no digest is known.
///
/// All digests are made by one algorithm.
public struct KnownDigests: Sendable {
    /// How many files there are.
    public let count: Int
    /// Zeros where nothing is known; `nil` until something is.
    private var table: DigestTable?
    private var isKnown: [Bool] = []

    /// Knows nothing of `count` files.
    public init(count: Int) { self.count = count }

    /// True if no digest was ever known.
    public var isUnknown: Bool { table == nil }

    /// The digests if every one is known.
    var complete: DigestTable? { isKnown.allSatisfy(\.self) ? table : nil }
}

extension KnownDigests: RandomAccessCollection, MutableCollection {
    public var startIndex: Int { 0 }
    public var endIndex: Int { count }

    /// The digest of the file at a position; `nil` if it is not known.
    ///
    /// - Precondition: a digest that is set is as long as the others.
    public subscript(index: Int) -> Digest? {
        get {
            precondition(index >= 0 && index < count, "a position among the files")
            return table.flatMap { isKnown[index] ? $0[index] : nil }
        }
        set {
            precondition(index >= 0 && index < count, "a position among the files")
            guard let newValue else {
                if !isKnown.isEmpty { isKnown[index] = false }
                return
            }
            if table == nil {
                table = DigestTable(zeros: count, digestCount: newValue.count)
                isKnown = Array(repeating: false, count: count)
            }
            table?[index] = newValue
            isKnown[index] = true
        }
    }
}
