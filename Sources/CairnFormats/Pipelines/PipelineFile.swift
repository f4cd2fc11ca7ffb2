import CairnCore

/// A pipeline file (`dvc.yaml`): the stages, and what belongs to the pipeline as a whole.
public struct PipelineFile: Sendable {
    /// The stages in the order of the file.
    public let stages: [PipelineStage]
    /// Values and files that templates are filled in from.
    public let variables: [YAMLValue]
    /// What belongs to the pipeline as a whole, as it is written.
    public let top: PipelineTop
    /// The text.
    package let document: YAMLDocument

    /// Reads a pipeline file. An empty one has no stages.
    ///
    /// - Parameter file: how errors name it.
    /// - Throws: `FormatsError` with line and column for what is not YAML, unknown keys (with the key that may have been meant),
    ///   values of the wrong kind, a stage without a command, and an output that is twice in a stage.
    public init(parsing bytes: [UInt8], file: String) throws(FormatsError) {
        let document = try YAMLDocument(parsing: bytes, file: file)
        self.document = document
        var reader: MappingReader?
        if let root = document.root, document.value(ofScalar: root)?.isNull != true {
            let keys = ["stages", "vars", "params", "metrics", "plots", "artifacts", "datasets"]
            reader = try MappingReader(root, of: document, label: "", allowed: keys)
        }
        let mayHaveTemplates = TemplateMarks.arePossible(in: bytes)
        var stages: [PipelineStage] = []
        for entry in try reader?.mapping("stages", allowed: nil)?.entries ?? [] {
            stages.append(
                try PipelineStage(
                    name: entry.name, key: entry.key, reading: entry.value, of: document,
                    mayHaveTemplates: mayHaveTemplates))
        }
        self.stages = stages
        variables = try reader?.textsOrMappings("vars") ?? []
        top = try PipelineTop(reading: reader)
    }

    /// Metric files that no stage writes.
    public var metrics: [String] { top.metrics }
    /// Parameter files that no stage reads.
    public var parameters: [String] { top.parameters }
    /// Plots of the pipeline: texts and mappings.
    public var plots: [YAMLValue] { top.plots }
    /// Models and other things worth a name.
    public var artifacts: [YAMLEntry] { top.artifacts }
    /// Data sets, as they are written.
    public var datasets: YAMLValue? { top.datasets }

    /// The stage of a name, if there is one.
    public func stage(_ name: String) -> PipelineStage? { stages.first { $0.name.hasSameBytes(as: name) } }

    /// What stands under a chain of keys, as it is written; `nil` for nothing.
    public func value(at path: [YAMLValue]) -> YAMLValue? {
        path.reduce(Optional(document.value)) { value, key in value?.entries?.first { $0.key == key }?.value }
    }

    /// The text without a stage; everything else keeps its bytes.
    ///
    /// - Returns: `nil` if no stage would be left. DVC deletes the file then, with all else that is in it.
    /// - Throws: `FormatsError` if there is no such stage, or another part of the text needs something in it (an anchor).
    public func removingText(stage name: String) throws(FormatsError) -> [UInt8]? {
        guard stage(name) != nil else {
            throw FormatsError(file: document.file, "there is no stage '\(Array(name.utf8).printable)'")
        }
        if stages.count == 1 { return nil }
        var edited = document
        try edited.remove(["stages", .string(name)])
        return edited.bytes
    }

    /// The text with what stands under a chain of keys set (`["stages", "train", "frozen"]`), or removed for `nil`.
    ///
    /// - Throws: `FormatsError` as `YAMLDocument.set`.
    public func settingText(_ path: [YAMLValue], to value: YAMLValue?) throws(FormatsError) -> [UInt8] {
        var edited = document
        if let value { try edited.set(path, to: value) } else { try edited.remove(path) }
        return edited.bytes
    }
}
