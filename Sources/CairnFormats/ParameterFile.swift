import CairnCore

/// A file of parameters or metrics: YAML, JSON, TOML, or a Python module of literals, by the end of its name.
public struct ParameterFile: Sendable {
    /// What the whole file says; null if it is empty.
    public let value: YAMLValue

    /// Reads a file.
    ///
    /// - Parameter file: how errors name it; the end of the name picks the format, and YAML is read where it says nothing.
    /// - Throws: `FormatsError` with line and column for a text that is not of the format.
    public init(parsing bytes: [UInt8], file: String) throws(FormatsError) {
        value = try YAMLDocument(parsing: bytes, file: file).value
    }

    /// The value of a dotted key (`train.layers.0`); a number picks an item of a list.
    ///
    /// - Returns: `nil` if there is none. Keys that have a dot in their own name cannot be reached, as in DVC.
    public func value(at key: String) -> YAMLValue? {
        var value = self.value
        for part in key.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false) {
            let name = String(Substring(part))
            if let items = value.items {
                guard let index = Int(name), items.indices.contains(index) else { return nil }
                value = items[index]
            } else {
                guard let next = value[name] else { return nil }
                value = next
            }
        }
        return value
    }
}
