/// How text is spelled in YAML so that DVC would have spelled it the same way.
enum YAMLScalarStyle {
    case plain, single, double

    /// Chooses as DVC's writer does: unquoted where that reads back as the same text, else single quotes, and double quotes for
    /// what has an apostrophe, a line feed, or a character that single quotes cannot carry.
    ///
    /// One difference: U+0085 always gets double quotes. DVC writes it raw and then reads back a blank.
    init(for text: String.UnicodeScalarView, isFlow: Bool, isKey: Bool) {
        let facts = Facts(text)
        let isText = YAMLScalar.kind(of: String(text).utf8) == .string
        let isPlain =
            isText && !facts.isUnfit && !facts.hasBreak && !facts.hasSpecial
            && !(isFlow ? facts.hasFlowIndicator : facts.hasBlockIndicator)
        if isPlain {
            self = .plain
        } else if facts.hasApostrophe || facts.hasLineFeed || facts.hasSpecial || facts.hasBlankAtBreak
            || facts.hasNextLine || (isKey && facts.hasBreak)
        {
            self = .double
        } else {
            self = .single
        }
    }

    /// True for the characters that end a line besides carriage return: LF, NEL, LS, PS.
    static func isBreak(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "\n" || scalar == "\u{85}" || scalar == "\u{2028}" || scalar == "\u{2029}"
    }

    /// True for the characters that YAML can show as they are.
    static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x20...0x7E, 0xA0...0xD7FF, 0xE000...0xFEFE, 0xFF00...0xFFFD, 0x10000...0x10FFFF: true
        default: false
        }
    }

    /// True where an indicator next to it has its meaning.
    private static func isWhite(_ scalar: Unicode.Scalar?) -> Bool {
        guard let scalar else { return true }
        return scalar == " " || scalar == "\t" || scalar == "\r" || scalar == "\0" || isBreak(scalar)
    }

    /// What decides between the styles.
    private struct Facts {
        /// A blank or a break at either end, or a blank after a break.
        var isUnfit = false
        var hasBreak = false
        var hasLineFeed = false
        var hasNextLine = false
        /// A blank right before or after a break.
        var hasBlankAtBreak = false
        /// Something that only an escape can show.
        var hasSpecial = false
        var hasApostrophe = false
        var hasBlockIndicator = false
        var hasFlowIndicator = false

        init(_ text: String.UnicodeScalarView) {
            var previous: Unicode.Scalar?
            var index = text.startIndex
            if text.starts(with: "---".unicodeScalars) || text.starts(with: "...".unicodeScalars) {
                markIndicator()
            }
            while index < text.endIndex {
                let scalar = text[index]
                index = text.index(after: index)
                let next = index < text.endIndex ? text[index] : nil
                noteIndicator(scalar, after: previous, before: next, isOnly: previous == nil && next == nil)
                let isBreak = YAMLScalarStyle.isBreak(scalar)
                if scalar == "'" { hasApostrophe = true }
                if isBreak {
                    hasBreak = true
                    if scalar == "\n" { hasLineFeed = true }
                    if scalar == "\u{85}" { hasNextLine = true }
                    if previous == " " { hasBlankAtBreak = true }
                } else if !YAMLScalarStyle.isPrintable(scalar) {
                    hasSpecial = true
                }
                if scalar == " ", let previous, YAMLScalarStyle.isBreak(previous) { hasBlankAtBreak = true }
                if previous == nil || next == nil, isBreak || scalar == " " { isUnfit = true }
                previous = scalar
            }
        }

        private mutating func markIndicator() {
            hasBlockIndicator = true
            hasFlowIndicator = true
        }

        private mutating func noteIndicator(
            _ scalar: Unicode.Scalar, after previous: Unicode.Scalar?, before next: Unicode.Scalar?,
            isOnly: Bool
        ) {
            let isBeforeWhite = YAMLScalarStyle.isWhite(next)
            switch scalar {
            case ",", "[", "]", "{", "}":
                hasFlowIndicator = true
                if previous == nil { hasBlockIndicator = true }
            case "&", "*", "!", "|", ">", "'", "\"", "%", "@", "`":
                if previous == nil { markIndicator() }
            case "#":
                if YAMLScalarStyle.isWhite(previous) { markIndicator() }
            case "-":
                if previous == nil, isBeforeWhite { markIndicator() }
            case "?":
                if previous == nil, isBeforeWhite { hasBlockIndicator = true }
                // Our reader takes `?x` in a flow collection for an explicit key.
                if previous == nil { hasFlowIndicator = true }
            case ":":
                if isBeforeWhite { markIndicator() }
                // Our reader ends a key at any colon in a flow collection.
                hasFlowIndicator = true
            default: break
            }
        }
    }
}
