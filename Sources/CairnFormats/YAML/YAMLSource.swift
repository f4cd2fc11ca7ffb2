/// The bytes of a text with its lines: what parsing, editing and error messages look places up in.
///
/// Lines end where libyaml ends them: at LF, CR LF, CR, NEL, LS and PS.
struct YAMLSource: Sendable {
    /// The file as people know it.
    let file: String
    /// The text, which is UTF-8.
    let bytes: [UInt8]
    /// Where lines start.
    let lineStarts: [Int]
    /// What inserted lines end with: what the first line ends with.
    let newline: [UInt8]
    /// Byte offsets of characters 0, 64, 128, ...; empty for text that is all ASCII.
    private let characterMarks: [Int]

    /// Checks that the bytes are text and finds the lines.
    ///
    /// - Throws: `FormatsError` for what is not UTF-8, starts with a byte order mark, or has control characters.
    init(_ bytes: [UInt8], file: String) throws(FormatsError) {
        if let bad = SourceText.firstInvalidByte(in: bytes) {
            throw FormatsError(
                file: file, at: SourceText.location(of: bad, in: bytes),
                quoting: SourceText.line(around: bad, in: bytes), "byte \(bad + 1) is not UTF-8")
        }
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
            let place = SourceLocation(line: 1, column: 1)
            throw FormatsError(file: file, at: place, "the text starts with a byte order mark, which must go")
        }
        if let bad = bytes.firstIndex(where: { $0 < 0x20 && $0 != 9 && $0 != 10 && $0 != 13 || $0 == 0x7F }) {
            let name = bytes[bad] == 0 ? "a NUL byte" : "a control character"
            throw FormatsError(
                file: file, at: SourceText.location(of: bad, in: bytes),
                quoting: SourceText.line(around: bad, in: bytes), "\(name) is not allowed in YAML")
        }
        self.file = file
        self.bytes = bytes
        lineStarts = Self.lineStarts(in: bytes)
        characterMarks = Self.characterMarks(in: bytes)
        let feed = bytes.firstIndex(of: 10)
        newline = feed.map { $0 > 0 && bytes[$0 - 1] == 13 } ?? false ? [13, 10] : [10]
    }

    /// An error at a byte of this text.
    func error(at offset: Int, _ reason: String) -> FormatsError {
        FormatsError(
            file: file, at: location(of: offset), quoting: SourceText.line(around: offset, in: bytes), reason)
    }

    /// The line and column of a byte.
    func location(of offset: Int) -> SourceLocation {
        let line = lineIndex(of: offset)
        return SourceLocation(line: line + 1, column: column(of: offset) + 1)
    }

    /// The characters between the start of the line and a byte.
    func column(of offset: Int) -> Int {
        let start = lineStart(of: offset)
        return character(at: min(max(offset, start), bytes.count)) - character(at: start)
    }

    /// The number of a byte's character; cheap also where a line is the whole file.
    private func character(at offset: Int) -> Int {
        guard !characterMarks.isEmpty else { return offset }
        var (low, high) = (0, characterMarks.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if characterMarks[middle] <= offset { low = middle } else { high = middle }
        }
        return 64 * low + bytes[characterMarks[low]..<offset].count { $0 & 0xC0 != 0x80 }
    }

    /// Where the line starts that a byte is in.
    func lineStart(of offset: Int) -> Int { lineStarts[lineIndex(of: offset)] }

    /// Where the line ends that a byte is in, before its line end.
    func lineEnd(of offset: Int) -> Int {
        var end = nextLine(after: offset)
        if end > lineStart(of: offset), end <= bytes.count {
            if bytes[end - 1] == 10 {
                end -= 1
                if end > offset, bytes[end - 1] == 13 { end -= 1 }
            } else if bytes[end - 1] == 13 {
                end -= 1
            }
        }
        return max(end, offset)
    }

    /// Where the line after that of a byte starts; the end of the text if there is none.
    func nextLine(after offset: Int) -> Int {
        let next = lineIndex(of: offset) + 1
        return next < lineStarts.count ? lineStarts[next] : bytes.count
    }

    /// True if only blanks stand between the start of the line and a byte.
    func isFirstOnLine(_ offset: Int) -> Bool {
        bytes[lineStart(of: offset)..<offset].allSatisfy { $0 == 32 || $0 == 9 }
    }

    /// The byte at which a character starts.
    func offset(ofCharacter index: Int) -> Int {
        guard !characterMarks.isEmpty else { return min(index, bytes.count) }
        let mark = min(index / 64, characterMarks.count - 1)
        var (offset, rest) = (characterMarks[mark], index - 64 * mark)
        while rest > 0, offset < bytes.count {
            offset += 1
            while offset < bytes.count, bytes[offset] & 0xC0 == 0x80 { offset += 1 }
            rest -= 1
        }
        return offset
    }

    /// A block scalar without the line ends after it, unless its `+` makes those part of it.
    func trimBlockScalar(_ range: Range<Int>) -> Range<Int> {
        let header = bytes[range.lowerBound..<min(lineEnd(of: range.lowerBound), range.upperBound)]
        let isKept = header.prefix { $0 != UInt8(ascii: "#") }.contains(UInt8(ascii: "+"))
        var end = range.upperBound
        if isKept {
            if end > range.lowerBound, bytes[end - 1] == 10 { end -= 1 }
            if end > range.lowerBound, bytes[end - 1] == 13 { end -= 1 }
        } else {
            while end > range.lowerBound, [32, 9, 10, 13].contains(bytes[end - 1]) { end -= 1 }
        }
        return range.lowerBound..<end
    }

    private func lineIndex(of offset: Int) -> Int {
        var (low, high) = (0, lineStarts.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if lineStarts[middle] <= offset { low = middle } else { high = middle }
        }
        return low
    }

    private static func lineStarts(in bytes: [UInt8]) -> [Int] {
        var starts = [0]
        for (index, byte) in bytes.enumerated() {
            let next = index + 1 < bytes.count ? bytes[index + 1] : 0
            switch byte {
            case 10: starts.append(index + 1)
            case 13 where next != 10: starts.append(index + 1)
            case 0x85 where index > 0 && bytes[index - 1] == 0xC2: starts.append(index + 1)
            case 0xA8, 0xA9:
                if index > 1, bytes[index - 1] == 0x80, bytes[index - 2] == 0xE2 { starts.append(index + 1) }
            default: break
            }
        }
        return starts
    }

    private static func characterMarks(in bytes: [UInt8]) -> [Int] {
        guard bytes.contains(where: { $0 >= 0x80 }) else { return [] }
        var (marks, count) = ([Int](), 0)
        for (offset, byte) in bytes.enumerated() where byte & 0xC0 != 0x80 {
            if count % 64 == 0 { marks.append(offset) }
            count += 1
        }
        return marks
    }
}
