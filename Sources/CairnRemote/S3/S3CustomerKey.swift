import CairnCore

/// A key by which a service encrypts objects and which it forgets again: the customer keeps it.
public enum S3CustomerKey {
    /// The size of such a key in bytes.
    public static let byteCount = 32

    /// The headers that go with each request for an object that is encrypted by it.
    ///
    /// - Parameters:
    ///   - base64: the key, as users and headers write it.
    ///   - algorithm: what it is for.
    /// - Returns: `nil` for what is no key of 32 bytes in Base64.
    public static func headers(_ base64: String, algorithm: String = "AES256") -> HTTPHeaders? {
        guard let key = decoded(base64), key.count == byteCount else { return nil }
        let name = "x-amz-server-side-encryption-customer"
        return [
            "\(name)-algorithm": algorithm, "\(name)-key": base64,
            "\(name)-key-MD5": ContentTag.base64(MD5.digest(of: key)),
        ]
    }

    /// The bytes that a text in Base64 stands for; `nil` for one that is not exactly that.
    ///
    /// Source: RFC 4648, 4.
    static func decoded(_ text: String) -> [UInt8]? {
        let digits = text.utf8.prefix { $0 != UInt8(ascii: "=") }
        let padding = text.utf8.count - digits.count
        guard text.utf8.count % 4 == 0, padding <= 2,
            text.utf8.suffix(padding).allSatisfy({ $0 == UInt8(ascii: "=") })
        else { return nil }
        var bytes: [UInt8] = []
        var bits: UInt32 = 0
        for (index, digit) in digits.enumerated() {
            guard let value = value(digit) else { return nil }
            bits = bits << 6 | value
            if index % 4 > 0 { bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(6 - 2 * (index % 4)))) }
        }
        // What the last digit says past the last byte says nothing, and has to be nothing.
        let rest = bits & (padding == 0 ? 0 : padding == 1 ? 0b11 : 0b1111)
        return rest == 0 ? bytes : nil
    }

    private static func value(_ digit: UInt8) -> UInt32? {
        switch digit {
        case 0x41...0x5A: UInt32(digit) - 0x41
        case 0x61...0x7A: UInt32(digit) - 0x61 + 26
        case 0x30...0x39: UInt32(digit) - 0x30 + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
