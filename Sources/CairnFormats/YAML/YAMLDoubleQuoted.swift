extension YAMLScalarWriter {
    /// Writes text in double quotes, with escapes, and breaks long lines as DVC's writer does.
    ///
    /// A break at a blank that reads back as that blank needs no backslash. Everything else gets one at the end of the line, and a
    /// second one before a blank that starts the next line. The odd conditions are those of the writer that is imitated.
    ///
    /// - Parameter indent: where continued lines start; `nil` for what must stay on one line.
    mutating func writeDouble(_ text: [Unicode.Scalar], indent: Int?) {
        write("\"")
        let spaces = nextPositions(in: text) { $0 == " " }
        let feeds = nextPositions(in: text) { $0 == "\n" }
        let quotes = nextPositions(in: text) { $0 == "\"" || $0 == "'" }
        var start = 0
        for end in 0...text.count {
            let scalar = end < text.count ? text[end] : nil
            if scalar.map(Self.needsEscape) ?? true {
                if start < end { write(text[start..<end]) }
                start = max(start, end)
                if let scalar {
                    write(Self.escape(scalar).unicodeScalars)
                    start = end + 1
                }
            }
            guard let indent, end > 0, end < text.count - 1, scalar == " " || start >= end,
                column + (end - start) > 80
            else { continue }
            // The text from here to the next blank or line feed decides whether a backslash is needed.
            let stop = min(spaces[end], feeds[end])
            var isClean = false
            if spaces[end] < text.count, stop + 1 < text.count {
                let after = text[stop + 1]
                isClean =
                    !(text[stop] == "\n" && after != " ") && quotes[end] >= stop && after != " "
                    && after != "\n"
                    && !(text[end - 1] == " " && text[end] == " ") && start != end
            }
            if start < end { write(text[start..<end]) }
            start = max(start, end)
            // Where no blank follows, the imitated writer would leave the backslash out too, and the text would gain a blank.
            isClean = isClean && text[start] == " "
            if !isClean { write("\\") }
            breakLine(indent: indent)
            if text[start] == " " {
                if isClean { start += 1 } else { write("\\") }
            }
        }
        write("\"")
    }

    /// For every position the first one from there on that matches; the count of the text where there is none.
    private func nextPositions(in text: [Unicode.Scalar], _ matches: (Unicode.Scalar) -> Bool) -> [Int] {
        var result = [Int](repeating: text.count, count: text.count + 1)
        for index in text.indices.reversed() {
            result[index] = matches(text[index]) ? index : result[index + 1]
        }
        return result
    }

    private static func needsEscape(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "\"" || scalar == "\\" || YAMLScalarStyle.isBreak(scalar) || scalar == "\u{FEFF}"
            || !(0xFEFF...0xFEFF ~= scalar.value || YAMLScalarStyle.isPrintable(scalar))
    }

    private static func escape(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "\0": return "\\0"
        case "\u{07}": return "\\a"
        case "\u{08}": return "\\b"
        case "\t": return "\\t"
        case "\n": return "\\n"
        case "\u{0B}": return "\\v"
        case "\u{0C}": return "\\f"
        case "\r": return "\\r"
        case "\u{1B}": return "\\e"
        case "\"": return "\\\""
        case "\\": return "\\\\"
        case "\u{85}": return "\\N"
        case "\u{2028}": return "\\L"
        case "\u{2029}": return "\\P"
        default:
            let digits = String(scalar.value, radix: 16, uppercase: true)
            let (mark, count) = scalar.value <= 0xFF ? ("x", 2) : scalar.value <= 0xFFFF ? ("u", 4) : ("U", 8)
            return "\\" + mark + String(repeating: "0", count: count - digits.utf8.count) + digits
        }
    }
}
