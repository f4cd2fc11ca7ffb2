import CairnCore

/// A file of parameters or metrics: YAML, JSON, TOML, or a Python module of literals, by the end of its name.
public struct ParameterFile: Sendable {
    /// What the whole file says; a mapping without entries if that is nothing (an empty file, `null`, `false`, `0`, `[]`), as DVC has it.
    ///
    /// Keys are in the order of the file. Tuples and sets of Python are lists; times of day of TOML are text.
    public let value: YAMLValue
    /// How errors name the file.
    public let file: String
    /// The text with its places, where the format is YAML.
    private let document: YAMLDocument?

    /// Reads a file.
    ///
    /// - Parameter file: how errors name it; the end of the name picks the format, and YAML is read where it says nothing.
    /// - Throws: `FormatsError` with line and column for a text that is not of the format.
    public init(parsing bytes: [UInt8], file: String) throws(FormatsError) {
        self.file = file
        var document: YAMLDocument?
        var value: YAMLValue
        switch Self.ending(of: file) {
        case "json": value = try JSONReader.read(ParameterText(bytes, file: file))
        case "toml": value = try TOMLReader.read(ParameterText(bytes, file: file))
        case "py": value = try PythonReader.read(ParameterText(bytes, file: file))
        default:
            let parsed = try YAMLDocument(parsing: bytes, file: file)
            value = parsed.value
            document = parsed
        }
        self.value = value.isNothing ? .mapping([YAMLEntry]()) : value
        self.document = document
    }

    /// An error about the value under a chain of keys and numbers of items, with its place where the format tells places (YAML).
    public func error(at path: [YAMLValue], _ reason: String) -> FormatsError {
        guard let document, var node = document.root else { return FormatsError(file: file, reason) }
        for step in path {
            if let pair = document.pairs(of: node)?.first(where: { $0.keyValue == step }) {
                node = pair.value
            } else if let items = document.items(of: node), let index = step.int,
                items.indices.contains(Int(index))
            {
                node = items[Int(index)]
            } else {
                break
            }
        }
        return document.error(at: node, reason)
    }

    /// What stands behind the last dot of a name, in lower case.
    private static func ending(of file: String) -> String {
        let name = file.utf8.suffix(while: { $0 != UInt8(ascii: "/") })
        guard let dot = name.lastIndex(of: UInt8(ascii: ".")) else { return "" }
        return String(decoding: name[name.index(after: dot)...].map { $0 | 0x20 }, as: UTF8.self)
    }
}

extension String.UTF8View {
    /// The longest end of which every byte satisfies a condition.
    fileprivate func suffix(while isPart: (UInt8) -> Bool) -> Substring.UTF8View {
        var start = endIndex
        while start > startIndex {
            let before = index(before: start)
            guard isPart(self[before]) else { break }
            start = before
        }
        return self[start...]
    }
}
