import CairnCore

/// What a pipeline file says beside its stages.
public struct PipelineTop: Sendable {
    /// Metric files that no stage writes.
    public let metrics: [String]
    /// Parameter files that no stage reads.
    public let parameters: [String]
    /// Plots of the pipeline: texts and mappings.
    public let plots: [YAMLValue]
    /// Models and other things worth a name.
    public let artifacts: [YAMLEntry]
    /// Data sets, as they are written.
    public let datasets: YAMLValue?

    /// The keys that it is made of.
    package static let keys = ["params", "metrics", "plots", "artifacts", "datasets"]

    /// Reads the top of a file; `nil` for an empty one.
    ///
    /// - Throws: `FormatsError` with line and column for unknown keys and values of the wrong kind.
    init(reading reader: MappingReader?) throws(FormatsError) {
        metrics = try reader?.texts("metrics") ?? []
        parameters = try reader?.texts("params") ?? []
        plots = try reader?.plotDefinitions() ?? []
        artifacts = try reader?.artifacts() ?? []
        _ = try reader?.items("datasets")
        datasets = reader?.any("datasets")
    }

    /// Reads a mapping of these keys: the top of a file with its templates filled in.
    ///
    /// - Throws: `FormatsError` with line and column for unknown keys and values of the wrong kind.
    package init(reading node: YAMLNode, of document: YAMLDocument) throws(FormatsError) {
        try self.init(reading: MappingReader(node, of: document, label: "", allowed: Self.keys))
    }
}

extension MappingReader {
    /// A list whose items are texts or mappings.
    ///
    /// - Throws: `FormatsError` if it is no list, or another item is in it.
    func textsOrMappings(_ key: String) throws(FormatsError) -> [YAMLValue]? {
        guard let items = try items(key) else { return nil }
        var values: [YAMLValue] = []
        for (index, item) in items.enumerated() {
            let value = document.value(of: item)
            guard value.text != nil || value.entries != nil else {
                throw document.error(
                    at: item, "\(name(of: key))[\(index)] is \(value.kindName), not text or a mapping")
            }
            values.append(value)
        }
        return values
    }

    fileprivate func artifacts() throws(FormatsError) -> [YAMLEntry] {
        var entries: [YAMLEntry] = []
        for entry in try mapping("artifacts", allowed: nil)?.entries ?? [] {
            let label = "artifacts.\(Array(entry.name.utf8).printable)"
            let reader = try MappingReader(
                entry.value, of: document, label: label, allowed: ["path", "desc", "type", "labels", "meta"])
            _ = try reader.path()
            _ = try reader.texts("labels")
            entries.append(YAMLEntry(.string(entry.name), reader.value))
        }
        return entries
    }
}
