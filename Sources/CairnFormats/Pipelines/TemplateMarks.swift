/// Whether a text is filled in from parameters.
public enum TemplateMarks: Int, Comparable, Sendable {
    /// There is no `${` in it.
    case none
    /// Each `${` is escaped; the backslashes go when the text is used.
    case escaped
    /// There is a `${` that is not escaped.
    case unescaped

    public static func < (left: TemplateMarks, right: TemplateMarks) -> Bool {
        left.rawValue < right.rawValue
    }

    /// Looks at a text.
    public init(in text: String) {
        self = .none
        var previous: (UInt8, UInt8) = (0, 0)
        for byte in text.utf8 {
            if byte == UInt8(ascii: "{"), previous.1 == UInt8(ascii: "$") {
                if previous.0 != UInt8(ascii: "\\") {
                    self = .unescaped
                    return
                }
                self = .escaped
            }
            previous = (previous.1, byte)
        }
    }

    /// False if no text of a file can have a `${`, however it is quoted; true does not say that one has.
    static func arePossible(in bytes: [UInt8]) -> Bool {
        var previous: UInt8 = 0
        for byte in bytes {
            if byte == UInt8(ascii: "$") { return true }
            if previous == UInt8(ascii: "\\"), "xuU".utf8.contains(byte) { return true }
            previous = byte
        }
        return false
    }
}

extension String {
    /// True if the text has a `${` that is not escaped.
    var isTemplated: Bool { TemplateMarks(in: self) == .unescaped }
}

extension YAMLDocument {
    /// What the texts of a node, keys and values, have of templates.
    package func templateMarks(in node: YAMLNode) -> TemplateMarks {
        let node = resolved(node)
        if case .scalar(let scalar) = node.content { return TemplateMarks(in: scalar.text) }
        var marks = TemplateMarks.none
        for item in node.items ?? [] where marks != .unescaped { marks = max(marks, templateMarks(in: item)) }
        for pair in pairs(of: node) ?? [] where marks != .unescaped {
            marks = max(marks, templateMarks(in: pair.key), templateMarks(in: pair.value))
        }
        return marks
    }
}
