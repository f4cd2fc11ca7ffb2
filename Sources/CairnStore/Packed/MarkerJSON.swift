/// A JSON text (RFC 8259) as values: as much as the store marker needs, strict, and bounded in depth.
enum MarkerJSON: Hashable, Sendable {
    case null
    case boolean(Bool)
    /// A whole number that fits; every other number is `.number`.
    case integer(Int64)
    case number
    case string(String)
    case array([MarkerJSON])
    case object([String: MarkerJSON])

    /// Reads a whole text.
    ///
    /// - Throws: `FormatError` of the store marker, with the place.
    static func parse(_ bytes: [UInt8]) throws(FormatError) -> MarkerJSON {
        var parser = MarkerJSONParser(bytes: bytes)
        let value = try parser.value(depth: 0)
        parser.skipSpace()
        guard parser.isAtEnd else { throw parser.fault("text behind the end") }
        return value
    }
}

private struct MarkerJSONParser {
    /// Objects and arrays within one another.
    private static let largestDepth = 16

    let bytes: [UInt8]
    private var offset = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { offset == bytes.count }

    func fault(_ what: String) -> FormatError { FormatError(.marker, .badValue(what), at: Int64(offset)) }

    mutating func skipSpace() {
        while offset < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[offset]) { offset += 1 }
    }

    private mutating func peek() -> UInt8? {
        skipSpace()
        return offset < bytes.count ? bytes[offset] : nil
    }

    private mutating func take(_ mark: Unicode.Scalar) -> Bool {
        guard peek() == UInt8(ascii: mark) else { return false }
        offset += 1
        return true
    }

    private mutating func take(word: StaticString) -> Bool {
        let count = word.utf8CodeUnitCount
        let expected = UnsafeBufferPointer(start: word.utf8Start, count: count)
        guard bytes[offset...].prefix(count).elementsEqual(expected) else { return false }
        offset += count
        return true
    }

    mutating func value(depth: Int) throws(FormatError) -> MarkerJSON {
        guard depth <= Self.largestDepth else { throw fault("too many levels") }
        switch peek() ?? 0 {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        default: break
        }
        if take(word: "true") { return .boolean(true) }
        if take(word: "false") { return .boolean(false) }
        if take(word: "null") { return .null }
        throw fault("a JSON value is expected")
    }

    private mutating func object(depth: Int) throws(FormatError) -> MarkerJSON {
        var members: [String: MarkerJSON] = [:]
        _ = take("{")
        if take("}") { return .object(members) }
        repeat {
            guard peek() == UInt8(ascii: "\"") else { throw fault("a name is expected") }
            let name = try string()
            // Two readers could each take another one.
            guard members[name] == nil else { throw fault("'\(name)' is there twice") }
            guard take(":") else { throw fault("':' is expected") }
            members[name] = try value(depth: depth + 1)
        } while take(",")
        guard take("}") else { throw fault("'}' is expected") }
        return .object(members)
    }

    private mutating func array(depth: Int) throws(FormatError) -> MarkerJSON {
        var elements: [MarkerJSON] = []
        _ = take("[")
        if take("]") { return .array(elements) }
        repeat { elements.append(try value(depth: depth + 1)) } while take(",")
        guard take("]") else { throw fault("']' is expected") }
        return .array(elements)
    }

    private mutating func number() throws(FormatError) -> MarkerJSON {
        let start = offset
        let inNumber = Array("+-.eE0123456789".utf8)
        while offset < bytes.count, inNumber.contains(bytes[offset]) { offset += 1 }
        let digits = bytes[start..<offset].drop { $0 == UInt8(ascii: "-") }
        guard digits.first != UInt8(ascii: "0") || digits.count == 1 else { return .number }
        return Int64(String(decoding: bytes[start..<offset], as: UTF8.self)).map { .integer($0) } ?? .number
    }

    private mutating func string() throws(FormatError) -> String {
        let start = offset + 1
        var end = start
        while end < bytes.count, bytes[end] != UInt8(ascii: "\"") {
            // Nothing that a marker says needs an escape; one that a later version writes is not for us to guess.
            guard bytes[end] >= 0x20, bytes[end] != UInt8(ascii: "\\") else {
                throw fault("a character of a text")
            }
            end += 1
        }
        guard end < bytes.count else { throw fault("a text without an end") }
        guard let text = String(validating: bytes[start..<end], as: UTF8.self) else {
            throw fault("a text that is not UTF-8")
        }
        offset = end + 1
        return text
    }
}
