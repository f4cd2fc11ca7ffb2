/// 128 bits that nobody else has: the identity of a store or of a repository, or what makes a pack unlike all others.
public struct UniqueID: Hashable, Comparable, Sendable {
    /// The first eight bytes as a big-endian number.
    public let high: UInt64
    /// The last eight.
    public let low: UInt64

    /// Takes the two halves as they are.
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Makes a new one: a random UUID (version 4 of RFC 9562).
    public init(using random: inout some RandomNumberGenerator) {
        let (first, second): (UInt64, UInt64) = (random.next(), random.next())
        high = first & ~0xF000 | 0x4000
        low = second & ~(3 << 62) | 2 << 62
    }

    /// Reads the usual text of a UUID: 36 characters with lower-case digits.
    ///
    /// - Returns: `nil` for anything else.
    public init?(parsing text: some Collection<UInt8>) {
        guard text.count == 36 else { return nil }
        var (high, low): (UInt64, UInt64) = (0, 0)
        for (index, character) in text.enumerated() {
            if Self.dashes.contains(index) {
                guard character == UInt8(ascii: "-") else { return nil }
                continue
            }
            let value: UInt8
            switch character {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = character - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = character - UInt8(ascii: "a") + 10
            default: return nil
            }
            high = high << 4 | low >> 60
            low = low << 4 | UInt64(value)
        }
        self.init(high: high, low: low)
    }

    /// The usual text of a UUID.
    public var text: String {
        var characters: [UInt8] = []
        for index in 0..<32 {
            if Self.dashes.contains(characters.count) { characters.append(UInt8(ascii: "-")) }
            let nibble = Int((index < 16 ? high : low) >> UInt64(60 - 4 * (index & 15)) & 15)
            characters.append(Self.digits[nibble])
        }
        return String(decoding: characters, as: UTF8.self)
    }

    /// The 16 bytes.
    public var bytes: [UInt8] { withUnsafeBytes(of: (high.bigEndian, low.bigEndian)) { Array($0) } }

    /// Orders as the texts are ordered.
    public static func < (left: UniqueID, right: UniqueID) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }

    private static let dashes: Set<Int> = [8, 13, 18, 23]
    private static let digits = Array("0123456789abcdef".utf8)
}

extension UniqueID: CustomStringConvertible {
    public var description: String { text }
}
