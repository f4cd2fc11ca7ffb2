extension TOMLScanner {
    /// Takes `'…'`, in which nothing is escaped.
    mutating func literalString() throws(FormatsError) -> String {
        let start = index
        index += 1
        while let byte = next {
            if byte == UInt8(ascii: "'") {
                index += 1
                return String(decoding: bytes[(start + 1)..<(index - 1)], as: UTF8.self)
            }
            if byte == 10 { break }
            try checkAllowed(byte)
            index += 1
        }
        throw error("the text has no end on its line", at: start)
    }

    /// Takes `"…"`.
    mutating func basicString() throws(FormatsError) -> String {
        let start = index
        index += 1
        var result: [UInt8] = []
        while let byte = next, byte != 10 {
            if byte == UInt8(ascii: "\"") {
                index += 1
                return String(decoding: result, as: UTF8.self)
            }
            if byte == UInt8(ascii: "\\") {
                try escape(into: &result)
            } else {
                try checkAllowed(byte)
                result.append(byte)
                index += 1
            }
        }
        throw error("the text has no end on its line", at: start)
    }

    /// Takes `'''…'''`.
    mutating func longLiteralString() throws(FormatsError) -> String {
        try longString(UInt8(ascii: "'"), hasEscapes: false)
    }

    /// Takes `"""…"""`.
    mutating func longBasicString() throws(FormatsError) -> String {
        try longString(UInt8(ascii: "\""), hasEscapes: true)
    }

    private mutating func longString(_ quote: UInt8, hasEscapes: Bool) throws(FormatsError) -> String {
        let start = index
        index += 3
        _ = take("\n")
        var result: [UInt8] = []
        while let byte = next {
            if byte == quote {
                var count = 0
                while next == quote, count < 5 {
                    count += 1
                    index += 1
                }
                // One or two quotes may stand in front of the three that end it.
                result += [UInt8](repeating: quote, count: count >= 3 ? count - 3 : count)
                if count >= 3 { return String(decoding: result, as: UTF8.self) }
            } else if byte == UInt8(ascii: "\\"), hasEscapes {
                if !skipLineEnd() { try escape(into: &result) }
            } else {
                if byte != 10 { try checkAllowed(byte) }
                result.append(byte)
                index += 1
            }
        }
        throw error("the text has no end", at: start)
    }

    /// Goes past a backslash at the end of a line, and all blanks and line ends after it.
    private mutating func skipLineEnd() -> Bool {
        var place = index + 1
        while place < bytes.count, bytes[place] == 32 || bytes[place] == 9 { place += 1 }
        guard place < bytes.count, bytes[place] == 10 else { return false }
        while place < bytes.count, bytes[place] == 32 || bytes[place] == 9 || bytes[place] == 10 {
            place += 1
        }
        index = place
        return true
    }

    private mutating func escape(into result: inout [UInt8]) throws(FormatsError) {
        let start = index
        let letter = index + 1 < bytes.count ? bytes[index + 1] : 0
        index += 2
        switch letter {
        case UInt8(ascii: "b"): result.append(8)
        case UInt8(ascii: "t"): result.append(9)
        case UInt8(ascii: "n"): result.append(10)
        case UInt8(ascii: "f"): result.append(12)
        case UInt8(ascii: "r"): result.append(13)
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): result.append(letter)
        case UInt8(ascii: "e"): result.append(27)
        case UInt8(ascii: "x"), UInt8(ascii: "u"), UInt8(ascii: "U"):
            let count = letter == UInt8(ascii: "x") ? 2 : letter == UInt8(ascii: "u") ? 4 : 8
            let digits = bytes[min(index, bytes.count)...].prefix(count).map { SourceText.hexDigit($0) }
            guard digits.count == count, !digits.contains(nil) else {
                throw error("\(count) hexadecimal digits are missing", at: start)
            }
            let code = digits.reduce(UInt32(0)) { $0 << 4 | UInt32($1 ?? 0) }
            guard let scalar = Unicode.Scalar(code) else {
                throw error("there is no such character", at: start)
            }
            result += Array(String(scalar).utf8)
            index += count
        default: throw error("this escape is not known", at: start)
        }
    }

    private func checkAllowed(_ byte: UInt8) throws(FormatsError) {
        if Self.isControl(byte) { throw error("a control character in a text has to be escaped") }
    }
}
