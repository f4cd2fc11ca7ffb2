/// A piece of a Python text.
struct PythonToken {
    /// What a piece is.
    enum Kind: Equatable {
        /// A name or a keyword.
        case name(String)
        /// A number; `nil` for one that has no place in parameters (complex).
        case number(YAMLValue?)
        /// A text with escapes undone; `nil` for bytes, for text with expressions in it, and for what is not UTF-8.
        case string(String?)
        /// An operator, a bracket or another mark.
        case mark(String)
        /// The end of a logical line.
        case newline
        /// The next line stands further to the right than the one before, or as far to the left as one above.
        case indent, dedent
    }

    let kind: Kind
    /// Where it starts.
    let offset: Int

    /// True for this mark.
    func isMark(_ text: String) -> Bool { kind == .mark(text) }

    /// The name, if it is one.
    var name: String? { if case .name(let name) = kind { name } else { nil } }

    /// True for a keyword that is not a value.
    var isKeyword: Bool { name.map { Self.keywords.contains($0) } ?? false }

    /// True if an operand may end here.
    var endsOperand: Bool {
        switch kind {
        case .name: !isKeyword
        case .number, .string: true
        case .mark(let text): text == ")" || text == "]" || text == "}"
        default: false
        }
    }

    /// True if an operand starts here that can only follow an operator.
    var startsOperand: Bool {
        switch kind {
        case .name: !isKeyword
        case .number, .string: true
        case .mark(let text): text == "{"
        default: false
        }
    }

    private static let keywords: Set<String> = [
        "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del", "elif", "else",
        "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal", "not",
        "or", "pass", "raise", "return", "try", "while", "with", "yield",
    ]
}
