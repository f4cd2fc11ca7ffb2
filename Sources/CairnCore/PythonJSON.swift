/// JSON byte for byte as Python's `json.dumps` writes it with its defaults: ASCII only, `", "` and `": "`
/// between parts, no line breaks.
///
/// DVC hashes and prints such text, so every byte counts: escapes are lower case, U+007F is escaped, `/` stands for
/// itself, and characters past U+FFFF are written as two surrogates.
public indirect enum PythonJSON: Sendable {
    /// `null`.
    case null
    /// `true` or `false`.
    case bool(Bool)
    /// A whole number.
    case integer(Int)
    /// A whole number of any size, as its decimal digits with an optional minus sign.
    case digits(String)
    /// A floating-point number.
    case float(Double)
    /// A string as bytes; bytes that are not UTF-8 become lone surrogates.
    case string([UInt8])
    /// A list.
    case array([PythonJSON])
    /// Names with values, in the order in which they are written.
    case object([(name: [UInt8], value: PythonJSON)])

    /// A string.
    public static func string(_ text: String) -> PythonJSON { .string(Array(text.utf8)) }

    /// The text, without a line break at the end.
    ///
    /// - Parameter sortingKeys: writes the names of every object in the order of their code points.
    public func serialized(sortingKeys: Bool = false) -> [UInt8] {
        var output: [UInt8] = []
        append(to: &output, sortingKeys: sortingKeys)
        return output
    }

    /// Appends the text, without a line break at the end.
    public func append(to output: inout [UInt8], sortingKeys: Bool = false) {
        switch self {
        case .null: output.append(contentsOf: "null".utf8)
        case .bool(let value): output.append(contentsOf: (value ? "true" : "false").utf8)
        case .integer(let value): output.append(contentsOf: String(value).utf8)
        case .digits(let text): output.append(contentsOf: text.utf8)
        case .float(let value): output.append(contentsOf: Self.text(of: value).utf8)
        case .string(let bytes): Self.appendString(bytes, to: &output)
        case .array(let elements):
            output.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { output.append(contentsOf: ", ".utf8) }
                element.append(to: &output, sortingKeys: sortingKeys)
            }
            output.append(UInt8(ascii: "]"))
        case .object(let members):
            let ordered = sortingKeys ? members.sorted { Self.precedes($0.name, $1.name) } : members
            output.append(UInt8(ascii: "{"))
            for (index, member) in ordered.enumerated() {
                if index > 0 { output.append(contentsOf: ", ".utf8) }
                Self.appendString(member.name, to: &output)
                output.append(contentsOf: ": ".utf8)
                member.value.append(to: &output, sortingKeys: sortingKeys)
            }
            output.append(UInt8(ascii: "}"))
        }
    }

    /// Appends bytes as a JSON string in quotes.
    public static func appendString(_ bytes: [UInt8], to output: inout [UInt8]) {
        bytes.withUnsafeBufferPointer { appendString($0, to: &output) }
    }

    /// Appends bytes as a JSON string in quotes.
    public static func appendString(_ bytes: UnsafeBufferPointer<UInt8>, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "\""))
        var index = 0
        while index < bytes.count {
            // Most names are plain ASCII: copy runs of bytes that stand for themselves at once.
            var end = index
            while end < bytes.count && isPlain(bytes[end]) { end += 1 }
            if end > index {
                output.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[index..<end]))
                index = end
            } else {
                let character = PythonText.character(at: index, in: bytes)
                appendEscape(of: character.value, to: &output)
                index += character.width
            }
        }
        output.append(UInt8(ascii: "\""))
    }

    /// A floating-point number as Python's `repr` shows it (`0.1`, `1e-05`, `1e+16`, `3.0`); `NaN` and
    /// `Infinity` as `json.dumps` writes them.
    public static func text(of value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Infinity" : "Infinity" }
        // Swift and Python both print the shortest digits that read back to the same number; they differ only
        // in when they choose the exponent form. So take the digits and the exponent, and lay them out again.
        var digits: [UInt8] = []
        var exponent = 0
        var point: Int?
        var parts = value.magnitude.description.utf8[...]
        if let mark = parts.firstIndex(of: UInt8(ascii: "e")) {
            exponent = Int(Substring(parts[parts.index(after: mark)...])) ?? 0
            parts = parts[..<mark]
        }
        for byte in parts {
            if byte == UInt8(ascii: ".") { point = digits.count } else { digits.append(byte) }
        }
        exponent += point ?? digits.count
        while digits.first == UInt8(ascii: "0") && digits.count > 1 {
            digits.removeFirst()
            exponent -= 1
        }
        while digits.last == UInt8(ascii: "0") && digits.count > 1 { digits.removeLast() }
        if digits == [UInt8(ascii: "0")] { exponent = 1 }
        return (value.sign == .minus ? "-" : "") + layOut(digits, pointAt: exponent)
    }

    /// Puts decimal digits in Python's form; the point stands after `position` digits.
    private static func layOut(_ digits: [UInt8], pointAt position: Int) -> String {
        func text(_ bytes: some Collection<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }
        if position > -4 && position <= 0 {
            return "0." + String(repeating: "0", count: -position) + text(digits)
        }
        if position > 0 && position <= 16 {
            if digits.count > position { return text(digits[..<position]) + "." + text(digits[position...]) }
            return text(digits) + String(repeating: "0", count: position - digits.count) + ".0"
        }
        let fraction = digits.count > 1 ? "." + text(digits[1...]) : ""
        let exponent = position - 1
        let size = String(exponent.magnitude)
        let sign = exponent < 0 ? "-" : "+"
        return text(digits[..<1]) + fraction + "e" + sign + (size.utf8.count < 2 ? "0" : "") + size
    }

    @inline(__always)
    private static func isPlain(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte < 0x7F && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
    }

    private static func appendEscape(of character: UInt32, to output: inout [UInt8]) {
        let letter: UInt8
        switch character {
        case 0x22: letter = UInt8(ascii: "\"")
        case 0x5C: letter = UInt8(ascii: "\\")
        case 0x08: letter = UInt8(ascii: "b")
        case 0x0C: letter = UInt8(ascii: "f")
        case 0x0A: letter = UInt8(ascii: "n")
        case 0x0D: letter = UInt8(ascii: "r")
        case 0x09: letter = UInt8(ascii: "t")
        case 0x10000...:
            let rest = character - 0x10000
            appendUnit(0xD800 + rest >> 10, to: &output)
            return appendUnit(0xDC00 + rest & 0x3FF, to: &output)
        default:
            return appendUnit(character, to: &output)
        }
        output.append(UInt8(ascii: "\\"))
        output.append(letter)
    }

    private static func appendUnit(_ unit: UInt32, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "\\"))
        output.append(UInt8(ascii: "u"))
        for shift in [12, 8, 4, 0] as [UInt32] {
            let nibble = UInt8(truncatingIfNeeded: unit >> shift & 15)
            output.append(nibble < 10 ? 48 + nibble : 87 + nibble)
        }
    }

    private static func precedes(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        left.withUnsafeBufferPointer { left in
            right.withUnsafeBufferPointer { PythonText.compare(left, $0) < 0 }
        }
    }
}
