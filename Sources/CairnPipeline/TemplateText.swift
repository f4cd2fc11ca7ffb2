import CairnCore
import CairnFormats

/// How values become text.
enum TemplateText {
    /// A value in the middle of a text, as Python prints it, but for `true` and `false`; `nil` for lists and mappings.
    static func inline(_ value: YAMLValue) -> String? {
        if case .bool(let bool) = value { return bool ? "true" : "false" }
        return python(value)
    }

    /// A value as Python prints it (`True`, `None`, `1e-05`); `nil` for lists and mappings.
    static func python(_ value: YAMLValue) -> String? {
        switch value {
        case .null: return "None"
        case .bool(let bool): return bool ? "True" : "False"
        case .int(let int): return String(int)
        case .bigInt(let text), .string(let text), .date(let text): return text
        case .float(let float):
            if float.isNaN { return "nan" }
            if float.isInfinite { return float < 0 ? "-inf" : "inf" }
            return PythonJSON.text(of: float)
        case .sequence, .mapping: return nil
        }
    }

    /// A mapping as options of a command: `--a 1 --b.c 'x y' --flag`.
    ///
    /// - Throws: `TemplateFault` for a list with lists or mappings in it.
    static func options(_ entries: [YAMLEntry], _ settings: TemplateSettings) throws(TemplateFault) -> String
    {
        var words: [String] = []
        var flat: [(name: String, value: YAMLValue)] = []
        flatten(entries, prefix: "", into: &flat)
        for (name, value) in flat {
            switch value {
            case .bool(true): words.append("--\(name)")
            case .bool(false): if settings.booleans == .booleanOptional { words.append("--no-\(name)") }
            case .sequence(let items):
                for (index, item) in items.enumerated() {
                    guard let text = word(item) else {
                        let shown = Array(name.utf8).printable
                        throw TemplateFault(
                            "a list or a mapping inside of the list '\(shown)' cannot be an option")
                    }
                    words += settings.lists == .append || index == 0 ? ["--\(name)", text] : [text]
                }
            default: words += ["--\(name)", word(value) ?? ""]
            }
        }
        return words.joined(separator: " ")
    }

    /// A text in quotes if the shell needs them.
    static func quoted(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy { byte in
            switch byte {
            case 48...57, 65...90, 97...122: true
            default: "_@%+=:,./-".utf8.contains(byte)
            }
        }
        if isPlain, !text.isEmpty { return text }
        var result = "'"
        for scalar in text.unicodeScalars {
            if scalar == "'" { result += "'\"'\"'" } else { result.unicodeScalars.append(scalar) }
        }
        return result + "'"
    }

    /// Texts quoted, other scalars as Python prints them.
    private static func word(_ value: YAMLValue) -> String? {
        value.text.map(quoted) ?? python(value)
    }

    /// Mappings inside of mappings become names with dots; those without entries vanish.
    private static func flatten(
        _ entries: [YAMLEntry], prefix: String, into flat: inout [(name: String, value: YAMLValue)]
    ) {
        for entry in entries {
            let name = prefix + (entry.key.text ?? "")
            if let inner = entry.value.entries {
                flatten(inner, prefix: name + ".", into: &flat)
            } else {
                flat.append((name, entry.value))
            }
        }
    }
}
