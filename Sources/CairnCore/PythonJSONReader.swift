/// Text that is not the JSON one expects.
public struct PythonJSONError: Error, Hashable, Sendable {
    /// Where in the text, in bytes from its start.
    public let offset: Int
    /// What is wrong there, one clause without a full stop.
    public let reason: String
}

/// A cursor over JSON that gives back what `PythonJSON` writes: names as raw bytes, lone surrogates included.
///
/// It reads tokens and never recurses, so hostile input can neither exhaust the stack nor make it allocate
/// more than the input's size.
struct PythonJSONReader {
    /// The inside of a string token, between the quotes.
    struct Text {
        let range: Range<Int>
        let hasEscapes: Bool
    }

    let bytes: UnsafeBufferPointer<UInt8>
    private(set) var offset = 0

    init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    /// True when nothing but white space was left.
    var isAtEnd: Bool { offset == bytes.count }

    /// The next byte that is not white space, without taking it; 0 at the end.
    mutating func peek() -> UInt8 {
        while offset < bytes.count {
            switch bytes[offset] {
            case 0x20, 0x0A, 0x0D, 0x09: offset += 1
            default: return bytes[offset]
            }
        }
        return 0
    }

    /// Takes a punctuation mark, after any white space.
    mutating func expect(_ mark: Unicode.Scalar) throws(PythonJSONError) {
        guard peek() == UInt8(ascii: mark), offset < bytes.count else { throw fault("'\(mark)' expected") }
        offset += 1
    }

    /// Takes a punctuation mark if it comes next, after any white space.
    mutating func take(_ mark: Unicode.Scalar) -> Bool {
        guard peek() == UInt8(ascii: mark), offset < bytes.count else { return false }
        offset += 1
        return true
    }

    /// Takes a string, after any white space.
    mutating func text() throws(PythonJSONError) -> Text {
        try expect("\"")
        let start = offset
        var hasEscapes = false
        while offset < bytes.count {
            let byte = bytes[offset]
            if byte == UInt8(ascii: "\"") {
                offset += 1
                return Text(range: start..<(offset - 1), hasEscapes: hasEscapes)
            }
            if byte == UInt8(ascii: "\\") {
                hasEscapes = true
                offset += 2
            } else if byte < 0x20 {
                throw fault("control character in a string")
            } else if byte < 0x80 {
                offset += 1
            } else {
                let character = PythonText.character(at: offset, in: bytes)
                guard character.width > 1 else { throw fault("not UTF-8") }
                offset += character.width
            }
        }
        offset = start - 1
        throw fault("string without an end")
    }

    /// True if a string token says exactly `name`.
    func text(_ text: Text, equals name: StaticString) -> Bool {
        // An escaped spelling of an ordinary name is legal JSON, but nobody writes it: it counts as another
        // name.
        text.range.count == name.utf8CodeUnitCount
            && UnsafeBufferPointer(rebasing: bytes[text.range])
                .elementsEqual(UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
    }

    /// Appends the bytes that a string token stands for.
    func unescape(_ text: Text, into output: inout [UInt8]) throws(PythonJSONError) {
        var index = text.range.lowerBound
        let end = text.range.upperBound
        while index < end {
            var stop = index
            while stop < end && bytes[stop] != UInt8(ascii: "\\") { stop += 1 }
            output.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[index..<stop]))
            index = stop
            if index < end { index = try unescapeOne(at: index, end: end, into: &output) }
        }
    }

    /// Takes a number, `true`, `false` or `null` and forgets it.
    mutating func skipScalar() throws(PythonJSONError) {
        switch peek() {
        case UInt8(ascii: "t"): try skip(word: "true")
        case UInt8(ascii: "f"): try skip(word: "false")
        case UInt8(ascii: "n"): try skip(word: "null")
        case UInt8(ascii: "-"), 0x30...0x39: try skipNumber()
        case UInt8(ascii: "["), UInt8(ascii: "{"): throw fault("a list or an object inside an entry")
        default: throw fault("value expected")
        }
    }

    /// An error at the current place.
    func fault(_ reason: String) -> PythonJSONError { PythonJSONError(offset: offset, reason: reason) }

    private mutating func skip(word: StaticString) throws(PythonJSONError) {
        let count = word.utf8CodeUnitCount
        let expected = UnsafeBufferPointer(start: word.utf8Start, count: count)
        guard bytes.count - offset >= count,
            UnsafeBufferPointer(rebasing: bytes[offset..<(offset + count)]).elementsEqual(expected)
        else { throw fault("value expected") }
        offset += count
    }

    private mutating func skipNumber() throws(PythonJSONError) {
        func isDigit() -> Bool { offset < bytes.count && (0x30...0x39).contains(bytes[offset]) }
        if bytes[offset] == UInt8(ascii: "-") { offset += 1 }
        guard isDigit() else { throw fault("digit expected") }
        let startsWithZero = bytes[offset] == UInt8(ascii: "0")
        offset += 1
        if startsWithZero && isDigit() { throw fault("number with a leading zero") }
        while isDigit() { offset += 1 }
        if offset < bytes.count, bytes[offset] == UInt8(ascii: ".") {
            offset += 1
            guard isDigit() else { throw fault("digit expected") }
            while isDigit() { offset += 1 }
        }
        if offset < bytes.count, bytes[offset] | 0x20 == UInt8(ascii: "e") {
            offset += 1
            if offset < bytes.count, bytes[offset] == UInt8(ascii: "+") || bytes[offset] == UInt8(ascii: "-")
            {
                offset += 1
            }
            guard isDigit() else { throw fault("digit expected") }
            while isDigit() { offset += 1 }
        }
    }

    /// Appends what the escape at `index` stands for.
    ///
    /// - Returns: the index behind it.
    private func unescapeOne(
        at index: Int, end: Int, into output: inout [UInt8]
    ) throws(PythonJSONError) -> Int {
        guard index + 1 < end else { throw PythonJSONError(offset: index, reason: "escape without an end") }
        switch bytes[index + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): output.append(bytes[index + 1])
        case UInt8(ascii: "b"): output.append(0x08)
        case UInt8(ascii: "f"): output.append(0x0C)
        case UInt8(ascii: "n"): output.append(0x0A)
        case UInt8(ascii: "r"): output.append(0x0D)
        case UInt8(ascii: "t"): output.append(0x09)
        case UInt8(ascii: "u"): return try unescapeUnit(at: index, end: end, into: &output)
        default: throw PythonJSONError(offset: index, reason: "unknown escape")
        }
        return index + 2
    }

    private func unescapeUnit(
        at index: Int, end: Int, into output: inout [UInt8]
    ) throws(PythonJSONError) -> Int {
        guard let first = unit(at: index, end: end) else {
            throw PythonJSONError(offset: index, reason: "four hexadecimal digits expected")
        }
        if (0xD800...0xDBFF).contains(first), let second = unit(at: index + 6, end: end),
            (0xDC00...0xDFFF).contains(second)
        {
            append(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00), to: &output)
            return index + 12
        }
        switch first {
        case 0xDC80...0xDCFF: output.append(UInt8(truncatingIfNeeded: first))
        case 0xD800...0xDFFF: throw PythonJSONError(offset: index, reason: "surrogate that no file name has")
        default: append(first, to: &output)
        }
        return index + 6
    }

    /// The value of `\uXXXX` at `index`, if that is what stands there.
    private func unit(at index: Int, end: Int) -> UInt32? {
        guard index + 6 <= end, bytes[index] == UInt8(ascii: "\\"), bytes[index + 1] == UInt8(ascii: "u")
        else {
            return nil
        }
        var value: UInt32 = 0
        for digit in bytes[(index + 2)..<(index + 6)] {
            guard let nibble = Digest.value(ofHexDigit: digit) else { return nil }
            value = value << 4 | UInt32(nibble)
        }
        return value
    }

    private func append(_ value: UInt32, to output: inout [UInt8]) {
        guard let scalar = Unicode.Scalar(value) else { preconditionFailure("surrogates are handled before") }
        output.append(contentsOf: UTF8.encode(scalar).unsafelyUnwrapped)  // UTF-8 can encode every scalar
    }
}
