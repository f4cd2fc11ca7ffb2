/// Reads hexadecimal digits eight at a time: listings and folders have millions.
enum HexDigits {
    /// The digit of a number below 16.
    static func lowerCase(_ nibble: UInt8) -> UInt8 { nibble < 10 ? 48 + nibble : 87 + nibble }

    /// The number that 16 digits stand for.
    ///
    /// - Parameters:
    ///   - lowerCase: false for digits in either case.
    ///   - digits: at least 16 bytes from here on.
    /// - Returns: `nil` if one of them is no digit.
    static func word(_ digits: UnsafePointer<UInt8>, lowerCase: Bool) -> UInt64? {
        let raw = UnsafeRawPointer(digits)
        guard let high = half(raw, lowerCase), let low = half(raw + 8, lowerCase) else { return nil }
        return UInt64(high) << 32 | UInt64(low)
    }

    private static func every(_ byte: UInt8) -> UInt64 { 0x0101_0101_0101_0101 * UInt64(byte) }

    /// The top bit of each byte that is at least `low` and at most `high`; all bytes are below 128.
    private static func isWithin(_ bytes: UInt64, _ low: Unicode.Scalar, _ high: Unicode.Scalar) -> UInt64 {
        let isAtLeast = (bytes | every(0x80)) - every(UInt8(ascii: low))
        let isAbove = bytes + every(0x7F - UInt8(ascii: high))
        return isAtLeast & ~isAbove & every(0x80)
    }

    private static func half(_ digits: UnsafeRawPointer, _ lowerCase: Bool) -> UInt32? {
        let bytes = UInt64(bigEndian: digits.loadUnaligned(as: UInt64.self))
        guard bytes & every(0x80) == 0 else { return nil }
        var known = isWithin(bytes, "0", "9") | isWithin(bytes, "a", "f")
        if !lowerCase { known |= isWithin(bytes, "A", "F") }
        guard known == every(0x80) else { return nil }
        // Letters of both cases, and they alone, have bit 6; their low four bits begin with 1.
        let nibbles = (bytes & every(0x0F)) + (bytes >> 6 & every(1)) * 9
        let pairs = (nibbles | nibbles >> 4) & 0x00FF_00FF_00FF_00FF
        let quads = (pairs | pairs >> 8) & 0x0000_FFFF_0000_FFFF
        return UInt32(truncatingIfNeeded: quads | quads >> 16)
    }
}
