import CairnCore

/// Places in the bytes of a text, for messages.
enum SourceText {
    /// How many bytes of a very long line are shown before and behind the place.
    private static let reach = 80

    /// The line and column of a byte; lines end at LF.
    static func location(of offset: Int, in bytes: [UInt8]) -> SourceLocation {
        let before = bytes[..<min(offset, bytes.count)]
        let start = before.lastIndex(of: 10).map { $0 + 1 } ?? 0
        return SourceLocation(
            line: before.count { $0 == 10 } + 1, column: before[start...].count { $0 & 0xC0 != 0x80 } + 1)
    }

    /// The line that a byte is in, without the blanks around it; `nil` if nothing is left.
    static func line(around offset: Int, in bytes: [UInt8]) -> String? {
        let place = min(max(offset, 0), bytes.count)
        var (start, end) = (place, place)
        while start > 0, place - start < reach, !isLineEnd(bytes[start - 1]) { start -= 1 }
        while end < bytes.count, end - place < reach, !isLineEnd(bytes[end]) { end += 1 }
        // A cut goes between characters.
        let isCutBefore = start > 0 && !isLineEnd(bytes[start - 1])
        let isCutBehind = end < bytes.count && !isLineEnd(bytes[end])
        while isCutBefore, start < end, bytes[start] & 0xC0 == 0x80 { start += 1 }
        while isCutBehind, end > start, bytes[end] & 0xC0 == 0x80 { end -= 1 }
        var line = bytes[start..<end]
        while let first = line.first, first == 32 || first == 9 { line.removeFirst() }
        while let last = line.last, last == 32 || last == 9 { line.removeLast() }
        guard !line.isEmpty else { return nil }
        return (isCutBefore ? "… " : "") + line.printable + (isCutBehind ? " …" : "")
    }

    /// The first byte that does not belong to UTF-8.
    static func firstInvalidByte(in bytes: [UInt8]) -> Int? {
        guard String(validating: bytes, as: UTF8.self) == nil else { return nil }
        var index = 0
        while index < bytes.count {
            var source = bytes[index..<min(index + 4, bytes.count)].makeIterator()
            var decoder = UTF8()
            guard case .scalarValue(let scalar) = decoder.decode(&source) else { return index }
            index += UTF8.width(scalar)
        }
        return nil
    }

    /// The text with every line end made LF, as Python reads text files.
    static func withUnixLineEnds(_ bytes: [UInt8]) -> [UInt8] {
        guard bytes.contains(13) else { return bytes }
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        for (index, byte) in bytes.enumerated() {
            if byte != 13 {
                result.append(byte)
            } else if index + 1 == bytes.count || bytes[index + 1] != 10 {
                result.append(10)
            }
        }
        return result
    }

    /// The value of a hexadecimal digit; `nil` for any other byte.
    static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 48...57: byte - 48
        case 65...70: byte - 55
        case 97...102: byte - 87
        default: nil
        }
    }

    private static func isLineEnd(_ byte: UInt8) -> Bool { byte == 10 || byte == 13 }
}

/// The text of a parameter file with its name: what its readers cut pieces from and report places in.
struct ParameterText {
    let bytes: [UInt8]
    let file: String

    /// Checks that the bytes are UTF-8, and makes line ends LF.
    ///
    /// - Throws: `FormatsError` at the first byte that is not, and for a byte order mark.
    init(_ bytes: [UInt8], file: String) throws(FormatsError) {
        self.bytes = SourceText.withUnixLineEnds(bytes)
        self.file = file
        if let bad = SourceText.firstInvalidByte(in: self.bytes) {
            throw error(at: bad, "byte \(bad + 1) is not UTF-8")
        }
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
            throw error(at: 0, "the text starts with a byte order mark, which must go")
        }
    }

    /// An error at a byte of this text.
    func error(at offset: Int, _ reason: String) -> FormatsError {
        FormatsError(
            file: file, at: SourceText.location(of: offset, in: bytes),
            quoting: SourceText.line(around: offset, in: bytes), reason)
    }
}
