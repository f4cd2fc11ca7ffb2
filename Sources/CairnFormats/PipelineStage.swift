/// A stage of a pipeline file as it is written: templates are not filled in.
public struct PipelineStage: Sendable {
    /// The name; for a template with `foreach` or `matrix` that of the group.
    public let name: String
    /// What the stage runs; `nil` only inside a template that gets it elsewhere.
    public let command: StageCommand?
    /// The folder that paths start from, relative to the file's own; `nil` for that folder itself.
    public let workingDirectory: String?
    /// True if the stage never runs by itself.
    public let isFrozen: Bool
    /// True if the stage counts as changed whatever its data.
    public let isAlwaysChanged: Bool
    /// What the stage reads: paths, URLs and data sets (`ds://name`), as written.
    public let dependencies: [String]
    /// The parameters it reads: texts, and mappings from a file to keys.
    public let parameters: [YAMLValue]
    /// What the stage writes: `outs`, `metrics` and `plots` in this order.
    public let outputs: [StageOutput]
    /// How the stage multiplies.
    public let generation: Generation?
    /// True if anything in the definition is filled in from parameters, or the stage multiplies.
    public let isTemplated: Bool
    /// Where the name stands.
    public let location: SourceLocation

    /// What one definition makes several stages of.
    public enum Generation: Sendable {
        /// One for each item of a list or mapping.
        case foreach(YAMLValue)
        /// One for each combination of the values of several axes.
        case matrix(YAMLValue)
    }
}

/// An output in a pipeline file.
public struct StageOutput: Hashable, Sendable {
    /// The list that the output is in.
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        /// Data.
        case output = "outs"
        /// Numbers to compare.
        case metric = "metrics"
        /// Series to draw.
        case plot = "plots"
    }

    /// The list that it is in.
    public let kind: Kind
    /// The path as written.
    public let path: String
    /// False if the data stays out of the store.
    public let isCached: Bool
    /// False if the data is never pushed.
    public let isPushed: Bool
    /// True if it stays in place while the stage runs.
    public let isPersistent: Bool
    /// The only remote that the data goes to and comes from.
    public let remote: String?
    /// What people wrote about it.
    public let annotations: OutputRecord.Annotations
    /// How to draw a plot: a mapping or a list of mappings; `nil` if nothing is said.
    public let plot: YAMLValue?
    /// True if the path is filled in from parameters.
    public var isTemplated: Bool { path.isTemplated }
}

extension PipelineStage {
    private static let keys = [
        "cmd", "wdir", "deps", "params", "vars", "frozen", "meta", "desc", "always_changed", "outs",
        "metrics", "plots",
        "matrix",
    ]

    /// Reads an entry of `stages`.
    ///
    /// - Throws: `FormatsError` for unknown keys, values of the wrong kind, a missing command and a path that is there twice.
    init(name: String, key: YAMLNode, reading node: YAMLNode, of document: YAMLDocument) throws(FormatsError)
    {
        let label = "stages.\(Array(name.utf8).printable)"
        let outer = try MappingReader(node, of: document, label: label, allowed: nil)
        let isGroup = outer.node("foreach") != nil || outer.node("do") != nil
        var reader = outer
        if isGroup {
            reader = try MappingReader(node, of: document, label: label, allowed: ["foreach", "do"])
            guard outer.node("foreach") != nil, let inner = try reader.mapping("do", allowed: Self.keys)
            else {
                throw outer.error("\(label) needs both 'foreach' and 'do'")
            }
            reader = inner
        } else {
            reader = try MappingReader(node, of: document, label: label, allowed: Self.keys)
        }
        let command = try StageCommand(reading: reader)
        guard command != nil else { throw reader.error("\(reader.name) has no 'cmd'") }
        if let matrix = try reader.mapping("matrix", allowed: nil) {
            generation = .matrix(matrix.value)
        } else {
            generation = isGroup ? .foreach(outer.any("foreach") ?? .null) : nil
        }
        self.name = name
        self.command = command
        location = document.location(of: key)
        workingDirectory = try reader.text("wdir")
        isFrozen = try reader.bool("frozen") ?? false
        isAlwaysChanged = try reader.bool("always_changed") ?? false
        dependencies = try reader.texts("deps") ?? []
        parameters = try (reader.items("params") ?? []).map(document.value(of:))
        outputs = try StageOutput.read(reader)
        isTemplated = generation != nil || reader.value.isTemplated
        for (index, parameter) in parameters.enumerated()
        where parameter.text == nil && parameter.entries == nil {
            let name = "\(reader.name(of: "params"))[\(index)]"
            throw reader.error(at: "params", "\(name) is \(parameter.kindName), not text or a mapping")
        }
    }
}

extension StageOutput {
    private static let keys = [
        "cache", "persist", "checkpoint", "remote", "push", "desc", "type", "labels", "meta",
    ]
    private static let plotKeys = ["template", "x", "y", "x_label", "y_label", "title", "header"]

    fileprivate static func read(_ stage: MappingReader) throws(FormatsError) -> [StageOutput] {
        var outputs: [StageOutput] = []
        var seen: Set<[UInt8]> = []
        for kind in Kind.allCases {
            for (index, item) in (try stage.items(kind.rawValue) ?? []).enumerated() {
                let label = "\(stage.name(of: kind.rawValue))[\(index)]"
                for output in try read(item, of: stage.document, kind: kind, label: label) {
                    guard seen.insert(Array(output.path.utf8)).inserted else {
                        let path = Array(output.path.utf8).printable
                        throw stage.document.error(at: item, "the output '\(path)' is there twice")
                    }
                    outputs.append(output)
                }
            }
        }
        return outputs
    }

    /// One item: a path, or a mapping from paths to flags.
    private static func read(
        _ item: YAMLNode, of document: YAMLDocument, kind: Kind, label: String
    ) throws(FormatsError) -> [StageOutput] {
        if let value = document.value(ofScalar: item) {
            guard let path = value.text, !path.isEmpty else {
                throw document.error(
                    at: item, "\(label) is \(value.text == nil ? value.kindName : "empty"), not a path")
            }
            return [
                StageOutput(
                    kind: kind, path: path, isCached: true, isPushed: true, isPersistent: false, remote: nil,
                    annotations: OutputRecord.Annotations(), plot: nil)
            ]
        }
        var outputs: [StageOutput] = []
        for entry in try MappingReader(item, of: document, label: label, allowed: nil).entries {
            let inner = "\(label).\(Array(entry.name.utf8).printable)"
            outputs.append(
                try StageOutput(kind: kind, path: entry.name, flags: entry.value, of: document, label: inner))
        }
        return outputs
    }

    private init(
        kind: Kind, path: String, flags node: YAMLNode, of document: YAMLDocument, label: String
    ) throws(FormatsError) {
        var flags: MappingReader?
        var plot: YAMLValue?
        let allowed = kind == .plot ? Self.keys + Self.plotKeys : Self.keys
        if kind == .plot, let items = document.items(of: node) {
            // Several ways to draw one file: the flags are those of the first.
            for (index, item) in items.enumerated() {
                let one = try MappingReader(item, of: document, label: "\(label)[\(index)]", allowed: allowed)
                if index == 0 { flags = one }
            }
            plot = document.value(of: node)
        } else if document.value(ofScalar: node)?.isNull != true {
            let one = try MappingReader(node, of: document, label: label, allowed: allowed)
            flags = one
            if kind == .plot, one.entries.contains(where: { Self.plotKeys.contains($0.name) }) {
                plot = one.value
            }
        }
        var annotations = OutputRecord.Annotations()
        annotations.description = try flags?.text("desc")
        annotations.type = try flags?.text("type")
        annotations.labels = try flags?.texts("labels")
        annotations.meta = flags?.any("meta")
        self.init(
            kind: kind, path: path, isCached: try flags?.bool("cache") ?? true,
            isPushed: try flags?.bool("push") ?? true,
            isPersistent: try flags?.bool("persist") ?? false, remote: try flags?.text("remote"),
            annotations: annotations, plot: plot)
    }
}
