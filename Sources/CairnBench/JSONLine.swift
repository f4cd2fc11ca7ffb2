/// An object of simple values on a line of its own.
struct JSONLine {
    enum Value {
        case text(String), integer(Int), number(Double), boolean(Bool)

        /// The characters of a text; `nil` for anything else.
        var text: String? { if case .text(let text) = self { text } else { nil } }

        /// A number of either kind; `nil` for anything else.
        var number: Double? {
            switch self {
            case .integer(let number): Double(number)
            case .number(let number): number
            case .text, .boolean: nil
            }
        }
    }

    let members: [(name: String, value: Value)]

    init(_ members: [(String, Value)]) { self.members = members.map { (name: $0.0, value: $0.1) } }

    /// The value of a member; `nil` if there is none of that name.
    subscript(name: String) -> Value? { members.first { $0.name == name }?.value }

    /// The line, with its newline.
    var text: String {
        "{" + members.map { "\(Self.quoted($0.name)): \(Self.text(of: $0.value))" }.joined(separator: ", ")
            + "}\n"
    }

    private static func text(of value: Value) -> String {
        switch value {
        case .text(let text): quoted(text)
        case .integer(let number): String(number)
        // Tenths of a millisecond: more digits would only be noise.
        case .number(let number): String((number * 10_000).rounded() / 10_000)
        case .boolean(let flag): flag ? "true" : "false"
        }
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": result += "\\\(scalar)"
            case "\u{0}"..<" ": result += " "
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
