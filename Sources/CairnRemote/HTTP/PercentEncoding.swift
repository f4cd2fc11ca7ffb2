/// The escapes of URLs, as RFC 3986 defines them and Amazon's signatures need them: letters, digits and `-._~` stand for themselves, all
/// other bytes become `%` and two upper-case digits.
public enum PercentEncoding {
    /// The path of a URL for an object's key: every "/" of the key stays one, also where two meet, and dots are ordinary.
    public static func path(_ key: some Sequence<UInt8>) -> String {
        encoded(key, keeping: UInt8(ascii: "/"))
    }

    /// The path of a URL for an object's key.
    public static func path(_ key: String) -> String { path(key.utf8) }

    /// One part of a URL; no byte that has a meaning in one stays.
    public static func component(_ text: some Sequence<UInt8>) -> String { encoded(text, keeping: nil) }

    /// One part of a URL; no byte that has a meaning in one stays.
    public static func component(_ text: String) -> String { component(text.utf8) }

    /// The query of a URL, without its question mark, in the order of the items: `a=b&c`. A `nil` value has no equals sign.
    public static func query(_ items: [(name: String, value: String?)]) -> String {
        items.map { component($0.name) + ($0.value.map { "=" + component($0) } ?? "") }.joined(separator: "&")
    }

    /// The bytes that a part of a URL stands for. A "%" without two digits behind it, and a "+", stand for themselves.
    public static func decoded(_ text: some Collection<UInt8>) -> [UInt8] {
        let bytes = Array(text)
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "%"), index + 2 < bytes.count,
                let high = value(bytes[index + 1]), let low = value(bytes[index + 2])
            {
                result.append(high << 4 | low)
                index += 3
            } else {
                result.append(bytes[index])
                index += 1
            }
        }
        return result
    }

    private static func encoded(_ text: some Sequence<UInt8>, keeping kept: UInt8?) -> String {
        var result: [UInt8] = []
        for byte in text {
            if isUnreserved(byte) || byte == kept {
                result.append(byte)
            } else {
                result.append(UInt8(ascii: "%"))
                result.append(digit(byte >> 4))
                result.append(digit(byte & 15))
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"): true
        default: false
        }
    }

    private static func digit(_ nibble: UInt8) -> UInt8 { nibble < 10 ? 0x30 + nibble : 0x37 + nibble }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case 0x30...0x39: digit - 0x30
        case 0x41...0x46: digit - 0x37
        case 0x61...0x66: digit - 0x57
        default: nil
        }
    }
}
