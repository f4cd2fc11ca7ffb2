/// Finding what stands between nodes: blanks, comments, colons and dashes.
extension YAMLSource {
    /// The first place from `offset` on that is neither white space nor comment.
    func skipTrivia(from offset: Int) -> Int {
        var index = offset
        while index < bytes.count {
            switch bytes[index] {
            case 32, 9, 10, 13: index += 1
            case UInt8(ascii: "#"): index = lineEnd(of: index)
            default: return index
            }
        }
        return index
    }

    /// The first place from `offset` on that is not white space.
    func skipWhite(from offset: Int) -> Int {
        var index = offset
        while index < bytes.count, [32, 9, 10, 13].contains(bytes[index]) { index += 1 }
        return index
    }

    /// The place before the blanks that end at `offset`.
    func trimBlanks(before offset: Int) -> Int {
        var index = offset
        while index > 0, bytes[index - 1] == 32 || bytes[index - 1] == 9 { index -= 1 }
        return index
    }

    /// The place after the colon that follows a key; `nil` if the key has none.
    func colonEnd(after key: YAMLNode) -> Int? {
        let index = skipTrivia(from: key.range.upperBound)
        return index < bytes.count && bytes[index] == UInt8(ascii: ":") ? index + 1 : nil
    }

    /// Where a pair starts: at its key, or at the `?` before it.
    func entryStart(of key: YAMLNode) -> Int {
        var index = key.range.lowerBound
        while index > 0, [32, 9, 10, 13].contains(bytes[index - 1]) { index -= 1 }
        guard index > 0, bytes[index - 1] == UInt8(ascii: "?") else { return key.range.lowerBound }
        let isIndicator = index < 2 || [32, 9, 10, 13].contains(bytes[index - 2])
        return isIndicator && index < key.range.lowerBound ? index - 1 : key.range.lowerBound
    }

    /// The place past a pair: past its value, or past the colon or key if no value is written.
    func entryEnd(of pair: YAMLPair) -> Int {
        let end = max(pair.key.range.upperBound, pair.value.range.upperBound)
        guard pair.value.range.isEmpty, let colon = colonEnd(after: pair.key) else { return end }
        return max(end, colon)
    }

    /// The comment after the `|` or `>` of a block scalar, with the blanks before it; `nil` if there is none.
    func headerComment(of range: Range<Int>) -> Range<Int>? {
        let end = lineEnd(of: range.lowerBound)
        guard let mark = bytes[range.lowerBound..<end].firstIndex(of: UInt8(ascii: "#")),
            mark > range.lowerBound
        else {
            return nil
        }
        return trimBlanks(before: mark)..<end
    }
}
