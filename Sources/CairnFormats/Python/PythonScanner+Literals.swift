/// The letters in front of a Python text.
struct PythonStringPrefix {
    /// Nothing is escaped.
    var isRaw = false
    /// Not text but bytes.
    var isBytes = false
    /// Expressions in braces are filled in when the program runs.
    var isFormatted = false

    init() {}

    /// - Returns: `nil` for letters that are no prefix.
    init?(_ name: String) {
        switch name.lowercased() {
        case "u": break
        case "r": isRaw = true
        case "b": isBytes = true
        case "br", "rb": (isRaw, isBytes) = (true, true)
        case "f", "t": isFormatted = true
        case "fr", "rf", "tr", "rt": (isRaw, isFormatted) = (true, true)
        default: return nil
        }
    }
}

extension PythonScanner {
    /// Takes a text from its first quote on.
    mutating func string(_ prefix: PythonStringPrefix, from start: Int) throws(FormatsError) -> String? {
        let quote = bytes[index]
        let isLong = bytes[index...].prefix(3).elementsEqual([quote, quote, quote])
        let first = index + (isLong ? 3 : 1)
        guard let end = end(of: quote, isLong: isLong, from: first, isFormatted: prefix.isFormatted) else {
            throw error(at: start, isLong ? "the text has no end" : "the text has no end on its line")
        }
        index = end + (isLong ? 3 : 1)
        if prefix.isBytes || prefix.isFormatted { return nil }
        let inside = first..<end
        guard !prefix.isRaw, bytes[inside].contains(UInt8(ascii: "\\")) else {
            return String(decoding: bytes[inside], as: UTF8.self)
        }
        return try unescaped(inside)
    }

    /// Where the quotes stand that end a text.
    private func end(of quote: UInt8, isLong: Bool, from first: Int, isFormatted: Bool) -> Int? {
        // Since Python 3.12 an expression inside of braces may have the quotes of its text.
        if isFormatted, let end = formattedEnd(of: quote, isLong: isLong, from: first, depth: 0) {
            return end
        }
        var place = first
        while place < bytes.count {
            let byte = bytes[place]
            if byte == quote, !isLong || bytes[place...].prefix(3).elementsEqual([quote, quote, quote]) {
                return place
            }
            if byte == 10, !isLong { return nil }
            place += byte == UInt8(ascii: "\\") ? 2 : 1
        }
        return nil
    }

    /// The same for a text with expressions; `nil` also where braces do not match.
    private func formattedEnd(of quote: UInt8, isLong: Bool, from first: Int, depth: Int) -> Int? {
        guard depth < 8 else { return nil }
        var place = first
        var braces = 0
        while place < bytes.count {
            let byte = bytes[place]
            let isQuote = byte == 34 || byte == 39
            if braces == 0 {
                if byte == quote, !isLong || bytes[place...].prefix(3).elementsEqual([quote, quote, quote]) {
                    return place
                }
                if byte == UInt8(ascii: "{") {
                    let isDoubled = place + 1 < bytes.count && bytes[place + 1] == byte
                    if isDoubled { place += 1 } else { braces = 1 }
                }
            } else if isQuote {
                let isInnerLong = bytes[place...].prefix(3).elementsEqual([byte, byte, byte])
                let width = isInnerLong ? 3 : 1
                guard
                    let end = formattedEnd(
                        of: byte, isLong: isInnerLong, from: place + width, depth: depth + 1)
                else { return nil }
                place = end + width - 1
            } else if byte == UInt8(ascii: "{") {
                braces += 1
            } else if byte == UInt8(ascii: "}") {
                braces -= 1
            }
            if byte == 10, !isLong { return nil }
            place += byte == UInt8(ascii: "\\") ? 2 : 1
        }
        return nil
    }

    /// A text with its escapes undone; `nil` if it has half a surrogate pair.
    private func unescaped(_ range: Range<Int>) throws(FormatsError) -> String? {
        var result: [UInt8] = []
        var place = range.lowerBound
        var isText = true
        func take(_ count: Int, radix: UInt32, at start: Int) -> UInt32? {
            var code: UInt32 = 0
            guard start + count <= range.upperBound else { return nil }
            for byte in bytes[start..<(start + count)] {
                guard let digit = SourceText.hexDigit(byte), UInt32(digit) < radix else { return nil }
                code = code &* radix &+ UInt32(digit)
            }
            return code
        }
        func append(_ code: UInt32) {
            if let scalar = Unicode.Scalar(code) {
                result += Array(String(scalar).utf8)
            } else {
                isText = false
            }
        }
        while place < range.upperBound {
            let byte = bytes[place]
            guard byte == UInt8(ascii: "\\"), place + 1 < range.upperBound else {
                result.append(byte)
                place += 1
                continue
            }
            let letter = bytes[place + 1]
            switch letter {
            case 10: place += 2
            case UInt8(ascii: "0")...UInt8(ascii: "7"):
                let count = bytes[(place + 1)..<range.upperBound].prefix(3).prefix { (48...55).contains($0) }
                    .count
                append(take(count, radix: 8, at: place + 1) ?? 0)
                place += 1 + count
            case UInt8(ascii: "x"), UInt8(ascii: "u"), UInt8(ascii: "U"):
                let count = letter == UInt8(ascii: "x") ? 2 : letter == UInt8(ascii: "u") ? 4 : 8
                guard let code = take(count, radix: 16, at: place + 2), code < 0x11_0000 else {
                    throw error(
                        at: place, "\(count) hexadecimal digits are missing, or there is no such character")
                }
                append(code)
                place += 2 + count
            case UInt8(ascii: "N"):
                guard let (code, end) = named(from: place + 2, to: range.upperBound) else {
                    throw error(at: place, "there is no character of this name")
                }
                append(code)
                place = end
            default:
                let known: [UInt8: UInt8] = [
                    92: 92, 39: 39, 34: 34, 97: 7, 98: 8, 102: 12, 110: 10, 114: 13, 116: 9, 118: 11,
                ]
                if let sign = known[letter] {
                    result.append(sign)
                    place += 2
                } else {
                    // An escape that Python does not know stays as it is.
                    result.append(byte)
                    place += 1
                }
            }
        }
        return isText ? String(decoding: result, as: UTF8.self) : nil
    }

    /// The character that `{NAME}` stands for, and the place behind it.
    private func named(from start: Int, to limit: Int) -> (UInt32, Int)? {
        guard start < limit, bytes[start] == UInt8(ascii: "{"),
            let end = bytes[start..<limit].firstIndex(of: UInt8(ascii: "}"))
        else { return nil }
        let name = String(decoding: bytes[(start + 1)..<end], as: UTF8.self).uppercased()
        let found = (0x20...0x1_FFFF as ClosedRange<UInt32>).lazy.compactMap(Unicode.Scalar.init).first {
            $0.properties.name == name || $0.properties.nameAlias == name
        }
        return found.map { ($0.value, end + 1) }
    }

    /// Takes a number.
    ///
    /// - Returns: `nil` for a complex one.
    mutating func number() throws(FormatsError) -> YAMLValue? {
        let start = index
        let isBased =
            bytes[index] == 48 && index + 1 < bytes.count && "xXoObB".utf8.contains(bytes[index + 1])
        while index < bytes.count {
            let byte = bytes[index]
            let isSign = byte == 43 || byte == 45
            let isAfterExponent = !isBased && index > start && bytes[index - 1] | 0x20 == 101
            guard
                Self.isDigit(byte) || byte == 95 || byte == 46 || isLetter(byte)
                    || (isSign && isAfterExponent)
            else { break }
            index += 1
        }
        var word = bytes[start..<index].map { (65...90).contains($0) ? $0 | 0x20 : $0 }
        // `1if x else 2` is a number and a word: letters that no number has begin the word.
        if !isBased, let letter = word.firstIndex(where: { isLetter($0) && $0 != 101 && $0 != 106 }) {
            let isKeyword = ["and", "for", "if", "in", "is", "not", "or"].contains {
                word[letter...].starts(with: $0.utf8)
            }
            if isKeyword {
                index = start + letter
                word = Array(word[..<letter])
            }
        }
        let isComplex = !isBased && word.last == 106
        if isComplex { word.removeLast() }
        // Zeros in front are allowed for zero, for fractions and for complex numbers.
        if TOMLNumber.isWholeWithZeros(word), !isComplex {
            guard word.allSatisfy({ $0 == 48 || $0 == 95 }) else {
                throw error(at: start, "a whole number starts with 0")
            }
            return .int(0)
        }
        guard let value = Self.value(ofNumber: word) else { throw error(at: start, "this is not a number") }
        return isComplex ? nil : value
    }

    private func isLetter(_ byte: UInt8) -> Bool { (97...122).contains(byte | 0x20) || byte >= 0x80 }

    private static func value(ofNumber word: [UInt8]) -> YAMLValue? {
        // TOML has the same numbers, but for a point without digits on one side and zeros in front.
        var spelled = word
        if spelled.first == 46 { spelled.insert(48, at: 0) }
        if let point = spelled.firstIndex(of: 46) {
            if point + 1 == spelled.count || spelled[point + 1] == 101 { spelled.insert(48, at: point + 1) }
        }
        if spelled.contains(46) || spelled.contains(101), !spelled.starts(with: "0x".utf8) {
            while spelled.count > 1, spelled[0] == 48, isDigit(spelled[1]) { spelled.removeFirst() }
        }
        if spelled.count > 2, spelled[0] == 48, spelled[2] == 95 { spelled.remove(at: 2) }
        return spelled.first.map(isDigit) == true ? TOMLNumber.value(spelled) : nil
    }
}
