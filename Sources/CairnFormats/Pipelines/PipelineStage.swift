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
    /// What people wrote about it.
    public let description: String?
    /// What people and programs noted.
    public let meta: YAMLValue?
    /// How the stage multiplies.
    public let generation: Generation?
    /// What the definition has of templates.
    public let templateMarks: TemplateMarks
    /// Where the name stands.
    public let location: SourceLocation
    /// Values and files that only this stage's templates are filled in from.
    public let variables: [YAMLValue]
    /// The name in the text.
    package let key: YAMLNode
    /// The definition in the text.
    package let node: YAMLNode

    /// True if anything in the definition is filled in from parameters, or the stage multiplies.
    public var isTemplated: Bool { generation != nil || templateMarks == .unescaped }

    /// What one definition makes several stages of.
    public enum Generation: Sendable {
        /// One for each item of a list or mapping.
        case foreach(YAMLValue)
        /// One for each combination of the values of several axes.
        case matrix(YAMLValue)
    }
}

extension PipelineStage {
    private static let keys = [
        "cmd", "wdir", "deps", "params", "vars", "frozen", "meta", "desc", "always_changed", "outs",
        "metrics", "plots",
        "matrix",
    ]

    /// Reads an entry of `stages`.
    ///
    /// - Parameter mayHaveTemplates: false if none of the texts can be a template; then they are not looked at.
    /// - Throws: `FormatsError` for unknown keys, values of the wrong kind, a missing command and a path that is there twice.
    package init(
        name: String, key: YAMLNode, reading node: YAMLNode, of document: YAMLDocument, mayHaveTemplates: Bool
    ) throws(FormatsError) {
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
        let matrix = try reader.mapping("matrix", allowed: nil)
        for axis in matrix?.entries ?? [] {
            let value = document.value(of: axis.value)
            guard value.items != nil || value.text?.isTemplated == true else {
                let label = matrix?.name(of: Array(axis.name.utf8).printable) ?? ""
                throw document.error(at: axis.value, "\(label) is \(value.kindName), not a list")
            }
        }
        if isGroup {
            generation = .foreach(outer.any("foreach") ?? .null)
        } else {
            generation = matrix.map { .matrix($0.value) }
        }
        self.name = name
        self.key = key
        self.node = node
        self.command = command
        location = document.location(of: key)
        workingDirectory = try reader.text("wdir")
        isFrozen = try reader.bool("frozen") ?? false
        isAlwaysChanged = try reader.bool("always_changed") ?? false
        dependencies = try reader.texts("deps") ?? []
        description = try reader.text("desc")
        meta = reader.any("meta")
        variables = try reader.textsOrMappings("vars") ?? []
        parameters = try reader.textsOrMappings("params") ?? []
        try Self.checkParameters(reader)
        outputs = try StageOutput.read(reader)
        templateMarks = mayHaveTemplates ? document.templateMarks(in: node) : .none
    }

    /// Checks that mappings in `params` lead from files to lists of keys, or to nothing.
    private static func checkParameters(_ reader: MappingReader) throws(FormatsError) {
        let document = reader.document
        for (index, item) in (try reader.items("params") ?? []).enumerated() {
            for pair in document.pairs(of: item) ?? [] {
                let file = Array((pair.name ?? "").utf8).printable
                let label = "\(reader.name(of: "params"))[\(index)].\(file)"
                guard pair.name != nil else {
                    throw document.error(at: pair.key, "a file in \(reader.name(of: "params")) is not text")
                }
                guard let keys = document.items(of: pair.value) else {
                    let value = document.value(of: pair.value)
                    if value.isNothing || value.text?.isTemplated == true { continue }
                    throw document.error(
                        at: pair.value, "\(label) is \(value.kindName), not a list of keys or nothing")
                }
                for (place, key) in keys.enumerated() where document.value(ofScalar: key)?.text == nil {
                    let kind = document.value(of: key).kindName
                    throw document.error(at: key, "\(label)[\(place)] is \(kind), not text")
                }
            }
        }
    }
}
