/// Bytes of a file name as the characters that Python makes of them: UTF-8, and U+DC80...U+DCFF for every
/// byte that is not part of it ("surrogateescape").
///
/// DVC writes and sorts names in this form, so byte-exact listings need it though cairn itself keeps names as
/// bytes.
package enum PythonText {
    /// Decodes the character at a position.
    ///
    /// - Precondition: `index` is inside `bytes`.
    /// - Returns: the code point and how many bytes it takes; `0xDC00 + byte` and 1 for a byte that is not
    ///   UTF-8.
    @inline(__always)
    static func character(
        at index: Int, in bytes: UnsafeBufferPointer<UInt8>
    ) -> (value: UInt32, width: Int) {
        let first = bytes[index]
        if first < 0x80 { return (UInt32(first), 1) }
        return longCharacter(startingWith: first, at: index, in: bytes)
    }

    private static func longCharacter(
        startingWith first: UInt8, at index: Int, in bytes: UnsafeBufferPointer<UInt8>
    ) -> (value: UInt32, width: Int) {
        let invalid = (0xDC00 + UInt32(first), 1)
        let width: Int
        switch first {
        case 0xC2...0xDF: width = 2
        case 0xE0...0xEF: width = 3
        case 0xF0...0xF4: width = 4
        default: return invalid
        }
        guard index + width <= bytes.count else { return invalid }
        var value = UInt32(first) & (0x7F >> UInt32(width))
        for next in bytes[(index + 1)..<(index + width)] {
            guard next & 0xC0 == 0x80 else { return invalid }
            value = value << 6 | UInt32(next & 0x3F)
        }
        // Overlong forms, UTF-16 surrogates and what lies past Unicode's end are not UTF-8.
        switch width {
        case 3: guard value >= 0x800, !(0xD800...0xDFFF).contains(value) else { return invalid }
        case 4: guard (0x10000...0x10FFFF).contains(value) else { return invalid }
        default: break
        }
        return (value, width)
    }

    /// Compares two names as Python compares strings: code point by code point.
    ///
    /// - Returns: a negative number, 0 or a positive number, as `left` sorts before, with or after `right`.
    static func compare(_ left: UnsafeBufferPointer<UInt8>, _ right: UnsafeBufferPointer<UInt8>) -> Int {
        let shorter = min(left.count, right.count)
        var index = 0
        while index < shorter && left[index] == right[index] { index += 1 }
        let leftByte = index < left.count ? left[index] : 0
        let rightByte = index < right.count ? right[index] : 0
        if leftByte < 0x80 && rightByte < 0x80 {
            if index == shorter { return left.count - right.count }
            return Int(leftByte) - Int(rightByte)
        }
        // The names differ inside or after a character that is not ASCII. What lies before is equal up to the
        // last ASCII byte, where both are certainly at the start of a character.
        while index > 0 && left[index - 1] >= 0x80 { index -= 1 }
        var leftIndex = index
        var rightIndex = index
        while leftIndex < left.count && rightIndex < right.count {
            let one = character(at: leftIndex, in: left)
            let other = character(at: rightIndex, in: right)
            if one.value != other.value { return one.value < other.value ? -1 : 1 }
            leftIndex += one.width
            rightIndex += other.width
        }
        return (left.count - leftIndex) - (right.count - rightIndex)
    }

    /// True for the characters that Python's `strip`, and `\s` in its patterns, take for white space.
    package static func isWhiteSpace(_ character: UInt32) -> Bool {
        switch character {
        case 0x09...0x0D, 0x1C...0x20, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F,
            0x3000:
            true
        default: false
        }
    }

    /// The code points of a text, bytes that are not UTF-8 as surrogates.
    package static func characters(of bytes: some Sequence<UInt8>) -> [UInt32] {
        Array(bytes).withUnsafeBufferPointer { bytes in
            var result: [UInt32] = []
            result.reserveCapacity(bytes.count)
            var index = 0
            while index < bytes.count {
                let character = character(at: index, in: bytes)
                result.append(character.value)
                index += character.width
            }
            return result
        }
    }

    /// Appends the bytes that a code point was decoded from.
    package static func append(_ character: UInt32, to bytes: inout [UInt8]) {
        if let scalar = Unicode.Scalar(character) {
            bytes.append(contentsOf: String(scalar).utf8)
        } else {
            bytes.append(UInt8(truncatingIfNeeded: character))
        }
    }

    /// A text without white space at either end.
    package static func stripped(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        let characters = characters(of: bytes)
        let start = characters.firstIndex { !isWhiteSpace($0) } ?? characters.endIndex
        let end = characters.lastIndex { !isWhiteSpace($0) } ?? start
        var result: [UInt8] = []
        for character in characters[start...].prefix(end + 1 - start) { append(character, to: &result) }
        return result
    }
}
