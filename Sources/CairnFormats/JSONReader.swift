/// Reads JSON as Python's `json` does: numbers of any size, `NaN` and `Infinity`; of keys that repeat, the last value counts.
struct JSONReader {
    private let text: ParameterText
    private let bytes: [UInt8]
    private var index = 0

    /// Reads a whole text.
    ///
    /// - Throws: `FormatsError` with line and column for what is not JSON, or is nested more than 100 deep.
    static func read(_ text: ParameterText) throws(FormatsError) -> YAMLValue {
        var reader = JSONReader(text: text)
        let value = try reader.value(depth: 0)
        reader.skipBlanks()
        guard reader.index == reader.bytes.count else { throw reader.fault("something follows the value") }
        return value
    }

    private init(text: ParameterText) {
        self.text = text
        bytes = text.bytes
    }

    private func fault(_ reason: String, at offset: Int? = nil) -> FormatsError {
        text.error(at: offset ?? index, reason)
    }

    private var next: UInt8? { index < bytes.count ? bytes[index] : nil }

    private mutating func skipBlanks() {
        while let byte = next, byte == 32 || byte == 9 || byte == 10 || byte == 13 { index += 1 }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        index += 1
        return true
    }

    private mutating func value(depth: Int) throws(FormatsError) -> YAMLValue {
        guard depth <= YAMLParser.maximumDepth else {
            throw fault("lists and objects are nested more than \(YAMLParser.maximumDepth) deep")
        }
        skipBlanks()
        guard let next else { throw fault("a value is missing") }
        switch next {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        default:
            let words: [(String, YAMLValue)] = [
                ("true", true), ("false", false), ("null", .null), ("NaN", .float(.nan)),
                ("Infinity", .float(.infinity)),
            ]
            for (word, value) in words where bytes[index...].starts(with: word.utf8) {
                index += word.utf8.count
                return value
            }
            throw fault("this is not a value")
        }
    }

    private mutating func object(depth: Int) throws(FormatsError) -> YAMLValue {
        index += 1
        var entries = OrderedEntries()
        skipBlanks()
        if take(UInt8(ascii: "}")) { return .mapping([YAMLEntry]()) }
        while true {
            skipBlanks()
            guard next == UInt8(ascii: "\"") else { throw fault("a key in double quotes is missing") }
            let key = try string()
            skipBlanks()
            guard take(UInt8(ascii: ":")) else { throw fault("a ':' is missing after the key") }
            entries.set(.string(key), to: try value(depth: depth + 1))
            skipBlanks()
            if take(UInt8(ascii: "}")) { return .mapping(entries.entries) }
            guard take(UInt8(ascii: ",")) else { throw fault("a ',' or '}' is missing") }
        }
    }

    private mutating func array(depth: Int) throws(FormatsError) -> YAMLValue {
        index += 1
        var items: [YAMLValue] = []
        skipBlanks()
        if take(UInt8(ascii: "]")) { return .sequence([]) }
        while true {
            items.append(try value(depth: depth + 1))
            skipBlanks()
            if take(UInt8(ascii: "]")) { return .sequence(items) }
            guard take(UInt8(ascii: ",")) else { throw fault("a ',' or ']' is missing") }
        }
    }

    private mutating func number() throws(FormatsError) -> YAMLValue {
        let start = index
        if take(UInt8(ascii: "-")), bytes[index...].starts(with: "Infinity".utf8) {
            index += 8
            return .float(-.infinity)
        }
        func digits(_ index: inout Int) -> Int {
            let first = index
            while index < bytes.count, (48...57).contains(bytes[index]) { index += 1 }
            return index - first
        }
        let first = next
        let count = digits(&index)
        guard count > 0 else { throw fault("a digit is missing") }
        guard count == 1 || first != 48 else { throw fault("a number starts with 0", at: start) }
        var end = index
        var isFloat = false
        if take(UInt8(ascii: ".")) {
            guard digits(&index) > 0 else { throw fault("a digit is missing") }
            (end, isFloat) = (index, true)
        }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            _ = take(UInt8(ascii: "+")) || take(UInt8(ascii: "-"))
            guard digits(&index) > 0 else { throw fault("a digit is missing") }
            (end, isFloat) = (index, true)
        }
        let spelled = Array(bytes[start..<end])
        let value = isFloat ? YAMLNumber.float(spelled).map { YAMLValue.float($0) } : YAMLNumber.int(spelled)
        guard let value else { throw fault("the number is too long", at: start) }
        return value
    }

    private mutating func string() throws(FormatsError) -> String {
        let start = index
        index += 1
        var result: [UInt8] = []
        while let byte = next {
            switch byte {
            case UInt8(ascii: "\""):
                index += 1
                return String(decoding: result, as: UTF8.self)
            case UInt8(ascii: "\\"): try escape(into: &result)
            case 0..<0x20: throw fault("a control character in a string has to be escaped")
            default:
                result.append(byte)
                index += 1
            }
        }
        throw fault("the string has no end", at: start)
    }

    private mutating func escape(into result: inout [UInt8]) throws(FormatsError) {
        let start = index
        index += 1
        let letter = next
        index += 1
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): result.append(letter ?? 0)
        case UInt8(ascii: "b"): result.append(8)
        case UInt8(ascii: "f"): result.append(12)
        case UInt8(ascii: "n"): result.append(10)
        case UInt8(ascii: "r"): result.append(13)
        case UInt8(ascii: "t"): result.append(9)
        case UInt8(ascii: "u"):
            guard var code = unit() else { throw fault("four hexadecimal digits are missing", at: start) }
            if (0xD800...0xDBFF).contains(code), bytes[index...].starts(with: "\\u".utf8) {
                let place = index
                index += 2
                if let low = unit(), (0xDC00...0xDFFF).contains(low) {
                    code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
                } else {
                    index = place
                }
            }
            guard let scalar = Unicode.Scalar(code) else {
                throw fault("half of a surrogate pair is not a character", at: start)
            }
            result += Array(String(scalar).utf8)
        default: throw fault("this escape is not known", at: start)
        }
    }

    /// Takes four hexadecimal digits.
    private mutating func unit() -> UInt32? {
        guard index + 4 <= bytes.count else { return nil }
        var code: UInt32 = 0
        for byte in bytes[index..<(index + 4)] {
            guard let digit = SourceText.hexDigit(byte) else { return nil }
            code = code << 4 | UInt32(digit)
        }
        index += 4
        return code
    }
}
