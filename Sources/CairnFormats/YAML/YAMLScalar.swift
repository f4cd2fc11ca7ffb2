/// What unquoted text means in YAML 1.2 as DVC reads it.
///
/// Booleans and null have three spellings each, `yes` and `on` are text, `0123` is decimal, `_` may separate digits.
enum YAMLScalar {
    /// The kinds that unquoted text can have.
    enum Kind { case null, bool, int, float, date, merge, value, string }

    /// Tells what kind unquoted text is. Anything but `.string` must be quoted to stay text.
    static func kind(of text: some Collection<UInt8>) -> Kind {
        guard let first = text.first else { return .null }
        switch first {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
            return kind(ofNumber: Array(text)[...])
        case UInt8(ascii: "~"): return text.count == 1 ? .null : .string
        case UInt8(ascii: "="): return text.count == 1 ? .value : .string
        case UInt8(ascii: "<"): return text.elementsEqual("<<".utf8) ? .merge : .string
        case UInt8(ascii: "n"), UInt8(ascii: "N"):
            return isOne(text, of: ["null", "Null", "NULL"]) ? .null : .string
        case UInt8(ascii: "t"), UInt8(ascii: "T"):
            return isOne(text, of: ["true", "True", "TRUE"]) ? .bool : .string
        case UInt8(ascii: "f"), UInt8(ascii: "F"):
            return isOne(text, of: ["false", "False", "FALSE"]) ? .bool : .string
        default: return .string
        }
    }

    /// Gives unquoted text its value. What looks like a number but has no digits (`0x_`) stays text.
    static func resolve(_ text: String) -> YAMLValue {
        let bytes = Array(text.utf8)
        switch kind(of: bytes) {
        case .null: return .null
        case .bool: return .bool(bytes[0] | 0x20 == UInt8(ascii: "t"))
        case .int: return YAMLNumber.int(bytes) ?? .string(text)
        case .float: return YAMLNumber.float(bytes).map { .float($0) } ?? .string(text)
        case .date: return .date(YAMLDate.normalized(bytes))
        case .merge, .value, .string: return .string(text)
        }
    }

    private static func isOne(_ text: some Collection<UInt8>, of words: [StaticString]) -> Bool {
        words.contains { word in
            text.count == word.utf8CodeUnitCount
                && text.elementsEqual(
                    UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount))
        }
    }

    private static func kind(ofNumber text: ArraySlice<UInt8>) -> Kind {
        if YAMLNumber.isFloat(text) { return .float }
        if YAMLNumber.isInt(text) { return .int }
        return YAMLDate.isDate(text) ? .date : .string
    }
}

/// Reads a text from left to right.
struct ByteCursor {
    private let bytes: ArraySlice<UInt8>
    private(set) var index: Int

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        self.index = bytes.startIndex
    }

    var isAtEnd: Bool { index == bytes.endIndex }
    var next: UInt8? { index < bytes.endIndex ? bytes[index] : nil }

    /// Goes past the next byte if it is one of `set`, and tells whether it did.
    mutating func take(_ set: StaticString) -> Bool {
        guard let next else { return false }
        let isTaken = UnsafeBufferPointer(start: set.utf8Start, count: set.utf8CodeUnitCount).contains(next)
        if isTaken { index += 1 }
        return isTaken
    }

    /// Goes past at most `limit` bytes that `isPart` accepts, and returns how many there were.
    mutating func skip(atMost limit: Int = .max, while isPart: (UInt8) -> Bool) -> Int {
        var count = 0
        while count < limit, let next, isPart(next) {
            index += 1
            count += 1
        }
        return count
    }

    /// Goes past digits and returns how many there were.
    mutating func digits(atMost limit: Int = .max) -> Int { skip(atMost: limit) { (48...57).contains($0) } }
}
