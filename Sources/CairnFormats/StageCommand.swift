/// What a stage runs.
public enum StageCommand: Hashable, Sendable {
    /// Text; every line of it is a command of its own.
    case text(String)
    /// Commands that run one after another until one fails.
    case list([String])

    /// Reads a command.
    ///
    /// - Throws: `FormatsError` if it is neither text nor a list of texts.
    init?(reading reader: MappingReader) throws(FormatsError) {
        guard let node = reader.node("cmd") else { return nil }
        if reader.document.items(of: node) != nil {
            self = .list(try reader.texts("cmd") ?? [])
        } else if let text = try reader.text("cmd") {
            self = .text(text)
        } else {
            return nil
        }
    }

    var value: YAMLValue {
        switch self {
        case .text(let text): .string(text)
        case .list(let texts): .sequence(texts.map { .string($0) })
        }
    }

    /// True if some of it is filled in from parameters.
    var isTemplated: Bool {
        switch self {
        case .text(let text): text.isTemplated
        case .list(let texts): texts.contains(where: \.isTemplated)
        }
    }
}

extension String {
    /// True if the text has a `${` that is not escaped.
    var isTemplated: Bool {
        var previous: (UInt8, UInt8) = (0, 0)
        for byte in utf8 {
            if byte == UInt8(ascii: "{"), previous.1 == UInt8(ascii: "$"), previous.0 != UInt8(ascii: "\\") {
                return true
            }
            previous = (previous.1, byte)
        }
        return false
    }
}

extension YAMLValue {
    /// True if some text in it, key or value, has a `${` that is not escaped.
    var isTemplated: Bool {
        switch self {
        case .string(let text): text.isTemplated
        case .sequence(let items): items.contains(where: \.isTemplated)
        case .mapping(let entries): entries.contains { $0.key.isTemplated || $0.value.isTemplated }
        default: false
        }
    }
}
