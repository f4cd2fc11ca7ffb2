/// Many digests of one length in one allocation: half the memory of an array of `Digest` where they have 16 bytes.
struct DigestTable: Equatable, Sendable {
    private var words: [UInt64] = []
    /// The bytes in a digest: 16 or 32.
    let digestCount: Int

    /// An empty table of digests of `digestCount` bytes.
    init(digestCount: Int) { self.digestCount = digestCount }

    /// A table of `count` digests of nothing but zeros.
    init(zeros count: Int, digestCount: Int) {
        self.digestCount = digestCount
        words = Array(repeating: 0, count: count * digestCount / 8)
    }

    private var stride: Int { digestCount / 8 }

    /// How many digests there are.
    var count: Int { words.count / stride }

    /// Makes room for `count` digests.
    mutating func reserve(count: Int) { words.reserveCapacity(count * stride) }

    /// Adds a digest of the table's length at the end.
    mutating func append(_ digest: Digest) {
        precondition(digest.count == digestCount, "callers look at the length")
        words.append(digest.words.0)
        words.append(digest.words.1)
        guard stride == 4 else { return }
        words.append(digest.words.2)
        words.append(digest.words.3)
    }

    subscript(index: Int) -> Digest {
        get {
            let start = index * stride
            return Digest(
                words: (
                    words[start], words[start + 1], stride == 4 ? words[start + 2] : 0,
                    stride == 4 ? words[start + 3] : 0
                ), count: digestCount)
        }
        set {
            precondition(newValue.count == digestCount, "callers look at the length")
            let start = index * stride
            words[start] = newValue.words.0
            words[start + 1] = newValue.words.1
            guard stride == 4 else { return }
            words[start + 2] = newValue.words.2
            words[start + 3] = newValue.words.3
        }
    }

    /// The digests at a range of positions.
    func part(_ range: Range<Int>) -> DigestTable {
        var part = DigestTable(digestCount: digestCount)
        part.words = Array(words[(range.lowerBound * stride)..<(range.upperBound * stride)])
        return part
    }
}
