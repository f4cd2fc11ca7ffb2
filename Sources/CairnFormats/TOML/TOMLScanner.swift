/// A cursor over TOML: keys, scalars, comments and line ends.
struct TOMLScanner {
    let text: ParameterText
    let bytes: [UInt8]
    var index = 0

    init(_ text: ParameterText) {
        self.text = text
        bytes = text.bytes
    }

    var next: UInt8? { index < bytes.count ? bytes[index] : nil }

    mutating func advance() { index += 1 }

    func error(_ reason: String, at offset: Int? = nil) -> FormatsError {
        text.error(at: offset ?? index, reason)
    }

    /// Goes past blanks, but not past line ends.
    mutating func skipBlanks() {
        while let byte = next, byte == 32 || byte == 9 { index += 1 }
    }

    /// Goes past blanks, line ends and comments.
    mutating func skipLines() throws(FormatsError) {
        while let byte = next {
            switch byte {
            case 32, 9, 10: index += 1
            case UInt8(ascii: "#"): try skipComment()
            default: return
            }
        }
    }

    /// Goes past a comment, up to the line end.
    mutating func skipComment() throws(FormatsError) {
        while let byte = next, byte != 10 {
            if Self.isControl(byte) { throw error("a control character is not allowed in a comment") }
            index += 1
        }
    }

    /// Goes past the end of a line: blanks, a comment, the line end.
    mutating func endLine() throws(FormatsError) {
        skipBlanks()
        if next == UInt8(ascii: "#") { try skipComment() }
        guard next == nil || take("\n") else { throw error("something follows on the line") }
    }

    /// Goes past a sign if it comes next.
    mutating func take(_ sign: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: sign) else { return false }
        index += 1
        return true
    }

    mutating func expect(_ sign: Unicode.Scalar, _ reason: String) throws(FormatsError) {
        guard take(sign) else { throw error(reason) }
    }

    /// Takes a key without dots.
    mutating func key() throws(FormatsError) -> String {
        switch next {
        case UInt8(ascii: "\""): return try basicString()
        case UInt8(ascii: "'"): return try literalString()
        default:
            let start = index
            while let byte = next, Self.isBare(byte) { index += 1 }
            guard index > start else {
                throw error(next == nil ? "a key is missing" : "a key with this sign in it needs quotes")
            }
            return String(decoding: bytes[start..<index], as: UTF8.self)
        }
    }

    /// Takes a text, a number, a truth value, a date or a time.
    mutating func scalar() throws(FormatsError) -> YAMLValue {
        switch next {
        case UInt8(ascii: "\""):
            return .string(try isTripled() ? longBasicString() : basicString())
        case UInt8(ascii: "'"):
            return .string(try isTripled() ? longLiteralString() : literalString())
        default: break
        }
        let start = index
        while let byte = next, Self.isBare(byte) || "+.:".utf8.contains(byte) { index += 1 }
        // The one blank that may stand inside of a value is that between a date and a time.
        if index - start == 10, next == 32, index + 1 < bytes.count, (48...57).contains(bytes[index + 1]),
            TOMLTime.isDate(bytes[start..<index])
        {
            index += 1
            while let byte = next, Self.isBare(byte) || "+.:".utf8.contains(byte) { index += 1 }
        }
        let word = Array(bytes[start..<index])
        guard !word.isEmpty else { throw error("a value is missing", at: start) }
        guard let value = TOMLNumber.value(word) ?? TOMLTime.value(word) else {
            throw error("this is not a value; text needs quotes", at: start)
        }
        return value
    }

    private func isTripled() -> Bool {
        index + 2 < bytes.count && bytes[index + 1] == bytes[index] && bytes[index + 2] == bytes[index]
    }

    static func isControl(_ byte: UInt8) -> Bool { byte < 0x20 && byte != 9 || byte == 0x7F }

    private static func isBare(_ byte: UInt8) -> Bool {
        switch byte {
        case 48...57, 65...90, 97...122, 45, 95: true
        default: false
        }
    }
}
