import CairnCore

/// What `dvc.yaml` says about plots: checked and kept, nothing here draws.
extension MappingReader {
    /// The plots of the pipeline: files, and mappings from a file or a title to what goes on the axes.
    ///
    /// - Throws: `FormatsError` with line and column for unknown keys and values of the wrong kind.
    func plotDefinitions() throws(FormatsError) -> [YAMLValue]? {
        guard let values = try textsOrMappings("plots") else { return nil }
        for (index, item) in (try items("plots") ?? []).enumerated() where document.pairs(of: item) != nil {
            let label = "\(name(of: "plots"))[\(index)]"
            for entry in try MappingReader(item, of: document, label: label, allowed: nil).entries {
                if document.value(ofScalar: entry.value)?.isNull == true { continue }
                let plot = try MappingReader(
                    entry.value, of: document, label: "\(label).\(Array(entry.name.utf8).printable)",
                    allowed: ["x", "y"] + Self.plotTexts)
                try plot.checkAxis("x", takesLists: false)
                try plot.checkAxis("y", takesLists: true)
                for key in Self.plotTexts { _ = try plot.text(key) }
            }
        }
        return values
    }

    /// Checks how an output of a stage is to be drawn.
    ///
    /// - Throws: `FormatsError` with line and column for values of the wrong kind.
    func checkPlotOutput() throws(FormatsError) {
        for key in ["x", "y"] + Self.plotTexts { _ = try text(key) }
        _ = try bool("header")
    }

    private static let plotTexts = ["x_label", "y_label", "title", "template"]

    /// An axis has a field, some axes several, or fields by file.
    private func checkAxis(_ key: String, takesLists: Bool) throws(FormatsError) {
        guard let node = node(key) else { return }
        if takesLists, document.items(of: node) != nil {
            _ = try texts(key)
        } else if document.pairs(of: node) != nil {
            let files = try MappingReader(node, of: document, label: name(of: key), allowed: nil)
            for file in files.entries {
                if takesLists, document.items(of: file.value) != nil {
                    _ = try files.texts(file.name)
                } else {
                    _ = try files.text(file.name)
                }
            }
        } else {
            _ = try text(key)
        }
    }
}
