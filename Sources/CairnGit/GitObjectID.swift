internal import CLibGit2

/// The SHA-1 name of a commit, tree, blob or tag of git.
public struct GitObjectID: Hashable, Comparable, Sendable, CustomStringConvertible {
    // Three words hash and compare faster than an array of twenty bytes, and need no allocation.
    private let first: UInt64
    private let second: UInt64
    private let third: UInt32

    /// Reads the 40 hexadecimal digits that git prints; `nil` for anything else.
    public init?(hex: String) {
        let digits = Array(hex.utf8)
        guard digits.count == 40 else { return nil }
        var words: [UInt64] = [0, 0, 0]
        for (index, digit) in digits.enumerated() {
            guard let value = Character(UnicodeScalar(digit)).hexDigitValue else { return nil }
            words[index / 16] = words[index / 16] << 4 | UInt64(value)
        }
        (first, second, third) = (words[0], words[1], UInt32(words[2]))
    }

    init(_ oid: git_oid) {
        (first, second, third) = withUnsafeBytes(of: oid.id) { bytes in
            (
                UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self)),
                UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)),
                UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: 16, as: UInt32.self))
            )
        }
    }

    var oid: git_oid {
        var oid = git_oid()
        withUnsafeMutableBytes(of: &oid.id) { bytes in
            bytes.storeBytes(of: first.bigEndian, toByteOffset: 0, as: UInt64.self)
            bytes.storeBytes(of: second.bigEndian, toByteOffset: 8, as: UInt64.self)
            bytes.storeBytes(of: third.bigEndian, toByteOffset: 16, as: UInt32.self)
        }
        return oid
    }

    /// The 40 lower-case hexadecimal digits that git prints.
    public var hex: String {
        Self.digits(first, 16) + Self.digits(second, 16) + Self.digits(UInt64(third), 8)
    }

    /// The same as `hex`.
    public var description: String { hex }

    /// Orders ids as their digits are ordered.
    public static func < (left: GitObjectID, right: GitObjectID) -> Bool {
        (left.first, left.second, left.third) < (right.first, right.second, right.third)
    }

    private static func digits(_ word: UInt64, _ count: Int) -> String {
        let text = String(word, radix: 16)
        return String(repeating: "0", count: count - text.utf8.count) + text
    }
}
