/// The value of an option as the file has it: text, or a list where commas stand outside of quotes.
public enum ConfigValue: Sendable {
    /// One text.
    case text(String)
    /// Texts with commas between them.
    case list([String])

    /// The value as one text; the items of a list with `, ` between them.
    public var text: String {
        switch self {
        case .text(let text): text
        case .list(let items): items.joined(separator: ", ")
        }
    }

    /// The items of a list, or of a text with commas in it; white space around them is dropped.
    public var items: [String] {
        switch self {
        case .list(let items): items
        case .text(let text):
            text.unicodeScalars.split(separator: ",", omittingEmptySubsequences: false).map {
                String($0.trimmed)
            }
        }
    }

    /// The value as it stands behind `=`, quoted where that is needed and the way DVC does it.
    ///
    /// - Returns: `nil` for a value that the format cannot hold: one with both kinds of triple quotes, with a
    ///   line separator other than `\n`, or with `%(name)s`, which would be replaced when it is read.
    var rendered: String? {
        switch self {
        case .text(let text): return ConfigQuoting.quoted(text, allowsLines: true)
        case .list(let items):
            var parts: [String] = []
            for item in items {
                guard let part = ConfigQuoting.quoted(item, allowsLines: false) else { return nil }
                parts.append(part)
            }
            return parts.count < 2 ? (parts.first ?? "") + "," : parts.joined(separator: ", ")
        }
    }
}

extension ConfigValue: Hashable {
    public static func == (left: ConfigValue, right: ConfigValue) -> Bool {
        switch (left, right) {
        case (.text(let one), .text(let other)): one.isSame(as: other)
        case (.list(let one), .list(let other)): one.elementsEqual(other) { $0.isSame(as: $1) }
        default: false
        }
    }

    public func hash(into hasher: inout Hasher) { text.utf8.forEach { hasher.combine($0) } }
}

/// The quotes of the format.
enum ConfigQuoting {
    /// A text as it is written: bare if it can be, in double quotes, in single ones if it has double quotes,
    /// in triple ones if it has both or line breaks.
    ///
    /// - Returns: `nil` if there is no way to write it.
    static func quoted(_ text: String, allowsLines: Bool) -> String? {
        let scalars = text.unicodeScalars
        guard let first = scalars.first, let last = scalars.last else { return "\"\"" }
        guard !hasInterpolation(text) else { return nil }
        let hasLines = scalars.contains("\n")
        guard !scalars.contains(where: { $0 != "\n" && ConfigLine.endsLine($0) }) else { return nil }
        let hasSingle = scalars.contains("'")
        let hasDouble = scalars.contains("\"")
        if hasLines || (hasSingle && hasDouble) {
            let isPlain =
                !hasLines && !needsQuotes(first) && !needsQuotes(last)
                && !scalars.contains { $0 == "," || $0 == "#" }
            if !allowsLines { return isPlain ? text : nil }
            let hasBoth = contains(text, "\"\"\"") && contains(text, "'''")
            if hasBoth { return nil }
            let candidates = ["'''\(text)'''", "\"\"\"\(text)\"\"\""]
            // DVC takes the kind of quotes that the text has, which is safe as long as they do not end one of
            // its lines.
            let ordered = contains(text, "\"\"\"") ? candidates.reversed() : candidates
            return ordered.first { readsBack($0, as: text) }
        }
        if !needsQuotes(first) && !needsQuotes(last) && !scalars.contains(where: { $0 == "," || $0 == "#" }) {
            return text
        }
        return hasDouble ? "'\(text)'" : "\"\(text)\""
    }

    /// True for a value that is changed when it is read: `%(name)s` stands for the value of another option.
    static func hasInterpolation(_ text: String) -> Bool {
        var rest = Array(text.utf8)[...]
        while let percent = rest.firstIndex(of: UInt8(ascii: "%")) {
            rest = rest[(percent + 1)...]
            guard rest.first == UInt8(ascii: "(") else { continue }
            guard let close = rest.firstIndex(of: UInt8(ascii: ")")) else { return false }
            if rest[close...].dropFirst().first == UInt8(ascii: "s") { return true }
        }
        return false
    }

    private static func readsBack(_ quoted: String, as text: String) -> Bool {
        var parser = ConfigParser("k = \(quoted)\n", name: "")
        guard let file = try? parser.parse(), file.topOptions.count == 1 else { return false }
        return file.topOptions[0].value == .text(text)
    }

    private static func needsQuotes(_ scalar: Unicode.Scalar) -> Bool {
        " \r\n\u{B}\t'\"".unicodeScalars.contains(scalar)
    }

    private static func contains(_ text: String, _ part: String) -> Bool {
        let bytes = Array(text.utf8)
        let wanted = Array(part.utf8)
        guard bytes.count >= wanted.count else { return false }
        return (0...(bytes.count - wanted.count)).contains { bytes[$0...].starts(with: wanted) }
    }
}
