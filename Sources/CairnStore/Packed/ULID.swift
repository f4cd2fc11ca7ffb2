/// A name that sorts by time: 48 bits of milliseconds since 1970 and 80 random bits.
///
/// Source: the ULID specification, github.com/ulid/spec.
public struct ULID: Hashable, Comparable, Sendable {
    /// The first eight bytes as a big-endian number.
    public let high: UInt64
    /// The last eight.
    public let low: UInt64

    /// Takes the two halves as they are.
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Makes a new name.
    ///
    /// - Parameters:
    ///   - milliseconds: since 1970; only the low 48 bits count.
    ///   - random: where the 80 random bits come from.
    public init(milliseconds: UInt64, using random: inout some RandomNumberGenerator) {
        let bits: UInt64 = random.next()
        high = milliseconds << 16 | bits & 0xFFFF
        low = random.next()
    }

    /// Reads the 26 characters of a name, upper-case as they are written.
    ///
    /// - Returns: `nil` for anything else.
    public init?(parsing text: some Collection<UInt8>) {
        guard text.count == 26, let first = text.first, first <= UInt8(ascii: "7") else { return nil }
        var (high, low): (UInt64, UInt64) = (0, 0)
        for character in text {
            let value = Self.values[Int(character)]
            guard value < 32 else { return nil }
            high = high << 5 | low >> 59
            low = low << 5 | UInt64(value)
        }
        self.init(high: high, low: low)
    }

    /// The time in the name, in milliseconds since 1970.
    public var milliseconds: UInt64 { high >> 16 }

    /// The 26 characters.
    public var text: String {
        var (high, low) = (high, low)
        var characters = [UInt8](repeating: 0, count: 26)
        for index in stride(from: 25, through: 0, by: -1) {
            characters[index] = Self.alphabet[Int(low & 31)]
            low = low >> 5 | high << 59
            high >>= 5
        }
        return String(decoding: characters, as: UTF8.self)
    }

    /// The 16 bytes, in an order that sorts as the text does.
    public var bytes: [UInt8] { withUnsafeBytes(of: (high.bigEndian, low.bigEndian)) { Array($0) } }

    public static func < (left: ULID, right: ULID) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }

    /// Crockford's: no I, L, O or U.
    private static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)
    /// What each byte stands for; 32 if for nothing.
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: 32, count: 256)
        for (value, character) in alphabet.enumerated() { values[Int(character)] = UInt8(value) }
        return values
    }()
}

extension ULID: CustomStringConvertible {
    public var description: String { text }
}
