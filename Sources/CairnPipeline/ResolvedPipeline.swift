public import CairnFormats

/// A pipeline file with every template filled in.
public struct ResolvedPipeline: Sendable {
    /// The stages of one definition that makes several.
    public struct Group: Hashable, Sendable {
        /// The name of the definition.
        public let name: String
        /// The names of its stages, in order.
        public let stages: [String]
    }

    /// The stages in the order of the file, those of a group in the order in which it makes them.
    public let stages: [StageDefinition]
    /// The definitions that make several stages, in the order of the file.
    public let groups: [Group]
    /// What the file says beside its stages.
    public let top: PipelineTop
    /// The keys of parameter files that stages were filled in from, each file once, relative to the pipeline file's folder.
    ///
    /// Mappings that became options of a command are not among them, as in DVC.
    public let used: [ParameterRequest]

    /// Metric files that no stage writes.
    public var metrics: [String] { top.metrics }
    /// Parameter files that no stage reads.
    public var parameters: [String] { top.parameters }
    /// Plots of the pipeline: texts and mappings.
    public var plots: [YAMLValue] { top.plots }
    /// Models and other things worth a name.
    public var artifacts: [YAMLEntry] { top.artifacts }
    /// Data sets.
    public var datasets: YAMLValue? { top.datasets }
}
