/// The bytes of a hash: 16 for MD5, 32 for the 256-bit functions.
///
/// Kept as four machine words so that millions of digests sit in one array without an allocation each.
public struct Digest: Hashable, Comparable, Sendable {
    /// The bytes in order, big-endian within a word; words past `count` bytes are zero.
    let words: (UInt64, UInt64, UInt64, UInt64)
    /// In one byte at the end, so that what is stored beside a digest takes no word of its own.
    private let byteCount: UInt8
    /// How many bytes the digest has: 16 or 32.
    public var count: Int { Int(byteCount) }

    /// For words that a caller has put together: `count` bytes, the rest zero.
    init(words: (UInt64, UInt64, UInt64, UInt64), count: Int) {
        self.words = words
        byteCount = UInt8(count)
    }

    /// Creates a digest from its bytes.
    ///
    /// - Returns: `nil` unless there are 16 or 32 bytes.
    public init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 16 || bytes.count == 32 else { return nil }
        var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        var index = 0
        for byte in bytes {
            let shifted = UInt64(byte) << UInt64(56 - 8 * (index & 7))
            switch index >> 3 {
            case 0: words.0 |= shifted
            case 1: words.1 |= shifted
            case 2: words.2 |= shifted
            default: words.3 |= shifted
            }
            index += 1
        }
        self.init(words: words, count: index)
    }

    /// Creates a digest from hexadecimal digits.
    ///
    /// - Parameter lowerCase: false for digits in either case.
    /// - Returns: `nil` unless there are 32 or 64 digits and nothing else.
    public init?(hex: some Collection<UInt8>, lowerCase: Bool = false) {
        // Folders of packs and segments have thousands of such names, which are all read.
        let digest =
            hex.withContiguousStorageIfAvailable { Self(digits: $0, lowerCase: lowerCase) }
            ?? Array(hex).withUnsafeBufferPointer { Self(digits: $0, lowerCase: lowerCase) }
        guard let digest else { return nil }
        self = digest
    }

    /// Creates a digest from 32 or 64 digits in memory; see `init(hex:lowerCase:)`.
    init?(digits: UnsafeBufferPointer<UInt8>, lowerCase: Bool) {
        guard digits.count == 32 || digits.count == 64, let start = digits.baseAddress,
            let first = HexDigits.word(start, lowerCase: lowerCase),
            let second = HexDigits.word(start + 16, lowerCase: lowerCase)
        else { return nil }
        var words: (UInt64, UInt64, UInt64, UInt64) = (first, second, 0, 0)
        if digits.count == 64 {
            guard let third = HexDigits.word(start + 32, lowerCase: lowerCase),
                let fourth = HexDigits.word(start + 48, lowerCase: lowerCase)
            else { return nil }
            (words.2, words.3) = (third, fourth)
        }
        self.init(words: words, count: digits.count / 2)
    }

    /// The bytes, `count` of them.
    public var bytes: [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(count)
        for word in [words.0, words.1, words.2, words.3].prefix(count / 8) {
            for shift in stride(from: 56, through: 0, by: -8) {
                result.append(UInt8(truncatingIfNeeded: word >> UInt64(shift)))
            }
        }
        return result
    }

    /// The first byte, after which loose stores name their folders.
    public var firstByte: UInt8 { UInt8(truncatingIfNeeded: words.0 >> 56) }

    /// The digits in lower case, two a byte.
    public var hex: String { String(decoding: hexDigits, as: UTF8.self) }

    /// The ASCII digits in lower case, two a byte.
    public var hexDigits: [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 2 * count) { buffer, initialized in
            writeHexDigits { digit, index in buffer[index] = digit }
            initialized = 2 * count
        }
    }

    /// Hands every lower-case digit with its position to `body`, without an allocation.
    public func writeHexDigits(_ body: (UInt8, Int) -> Void) {
        for index in 0..<(2 * count) {
            let word: UInt64
            switch index >> 4 {
            case 0: word = words.0
            case 1: word = words.1
            case 2: word = words.2
            default: word = words.3
            }
            let nibble = UInt8(truncatingIfNeeded: word >> UInt64(60 - 4 * (index & 15))) & 15
            body(HexDigits.lowerCase(nibble), index)
        }
    }

    /// The digit's value for `0-9`, `a-f` and `A-F`.
    static func value(ofHexDigit digit: UInt8) -> UInt8? {
        switch digit {
        case 48...57: digit - 48
        case 97...102: digit - 87
        case 65...70: digit - 55
        default: nil
        }
    }

    public static func == (left: Digest, right: Digest) -> Bool {
        left.words == right.words && left.count == right.count
    }

    /// Orders by bytes, a shorter digest before a longer one that starts with it.
    public static func < (left: Digest, right: Digest) -> Bool {
        left.words != right.words ? left.words < right.words : left.count < right.count
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
        hasher.combine(words.1)
    }
}

extension Digest: CustomStringConvertible {
    public var description: String { hex }
}
