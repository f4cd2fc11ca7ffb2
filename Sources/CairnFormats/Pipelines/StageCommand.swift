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
}
