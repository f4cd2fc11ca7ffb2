public import CairnFormats

/// A stage of a pipeline with every template filled in: what is to run, what it reads and what it writes.
///
/// Paths are as they are written, relative to the working directory; nothing here has looked at the disk.
public struct StageDefinition: Sendable {
    /// The name; `group@key` for one of several that a template makes.
    public var name: String
    /// The name of the template's definition for one of several that it makes.
    public var group: String?
    /// What runs.
    public var command: StageCommand
    /// The folder that paths start from, relative to the pipeline file's own; `nil` for that folder itself.
    public var workingDirectory: String?
    /// What the stage reads: paths, URLs and data sets (`ds://name`).
    public var dependencies: [String]
    /// The parameters that it declares to read, each file once, in the order of the definition.
    public var parameters: [ParameterRequest]
    /// What the stage writes: `outs`, `metrics` and `plots` in this order.
    public var outputs: [StageOutput]
    /// True if the stage never runs by itself.
    public var isFrozen: Bool
    /// True if the stage counts as changed whatever its data.
    public var isAlwaysChanged: Bool
    /// What people wrote about it.
    public var description: String?
    /// What people and programs noted; time-outs, mutexes and resources are read from here.
    public var meta: YAMLValue?
    /// True if anything in the definition was filled in, or the stage is one of several: such a definition cannot be rewritten.
    public var isTemplated: Bool
    /// Where the name stands in the pipeline file.
    public var location: SourceLocation

    /// Puts a definition together.
    public init(
        name: String, group: String?, command: StageCommand, workingDirectory: String?,
        dependencies: [String], parameters: [ParameterRequest], outputs: [StageOutput], isFrozen: Bool,
        isAlwaysChanged: Bool, description: String?, meta: YAMLValue?, isTemplated: Bool,
        location: SourceLocation
    ) {
        self.name = name
        self.group = group
        self.command = command
        self.workingDirectory = workingDirectory
        self.dependencies = dependencies
        self.parameters = parameters
        self.outputs = outputs
        self.isFrozen = isFrozen
        self.isAlwaysChanged = isAlwaysChanged
        self.description = description
        self.meta = meta
        self.isTemplated = isTemplated
        self.location = location
    }

    /// True if the stage has a command and nothing that could tell whether it is up to date: it runs each time.
    public var isCallback: Bool { dependencies.isEmpty && outputs.isEmpty && parameters.isEmpty }
}

/// The parameters that a stage reads from one file.
public struct ParameterRequest: Hashable, Sendable {
    /// The file, relative to the working directory of the stage.
    public var file: String
    /// The keys, dotted, in the order of the definition; `nil` for the whole file.
    public var keys: [String]?

    /// Puts a request together.
    public init(file: String, keys: [String]?) {
        self.file = file
        self.keys = keys
    }
}
