import CairnCore

/// What one stage ran on, and what came of it.
public struct LockedStage: Hashable, Sendable {
    /// The name; `group@key` for one of several that a template makes.
    public var name: String
    /// The command with templates filled in.
    public var command: StageCommand
    /// What it read, ordered by path.
    public var dependencies: [DependencyRecord] = []
    /// The parameters it read: from a file's path to a mapping from keys to values.
    public var parameters: [YAMLEntry] = []
    /// What it wrote, ordered by path. Flags are those of the pipeline file, not of the lock.
    public var outputs: [OutputRecord] = []

    /// Puts a stage together.
    public init(name: String, command: StageCommand) {
        self.name = name
        self.command = command
    }

    /// True if both ran, or would run, the same command on the same data and parameters.
    public func hasSameInputs(as other: LockedStage) -> Bool {
        command == other.command && parameters == other.parameters
            && dependencies.count == other.dependencies.count
            && zip(dependencies, other.dependencies).allSatisfy {
                $0.path == $1.path && $0.id != nil && $0.id == $1.id
            }
    }

    init(name: String, reading node: YAMLNode, of document: YAMLDocument) throws(FormatsError) {
        let label = "stages.\(Array(name.utf8).printable)"
        let reader = try MappingReader(
            node, of: document, label: label, allowed: ["cmd", "deps", "params", "outs"])
        guard let command = try StageCommand(reading: reader) else {
            throw reader.error("\(label) has no 'cmd'")
        }
        self.init(name: name, command: command)
        for (index, item) in (try reader.items("deps") ?? []).enumerated() {
            dependencies.append(
                try DependencyRecord(
                    reading: item, of: document, label: "\(label).deps[\(index)]", isLocked: true))
        }
        for entry in try reader.mapping("params", allowed: nil)?.entries ?? [] {
            let inner = "\(label).params.\(Array(entry.name.utf8).printable)"
            let values = try MappingReader(entry.value, of: document, label: inner, allowed: nil)
            parameters.append(YAMLEntry(.string(entry.name), values.value))
        }
        for (index, item) in (try reader.items("outs") ?? []).enumerated() {
            let inner = "\(label).outs[\(index)]"
            let output = try MappingReader(
                item, of: document, label: inner, allowed: DependencyRecord.lockKeys)
            outputs.append(OutputRecord(path: try output.path(), content: try ContentRecord(reading: output)))
        }
    }

    /// Reads what `line` gave.
    ///
    /// - Parameters:
    ///   - line: the entry of a lock below the stage's name.
    ///   - file: how errors name where it is from.
    /// - Throws: `FormatsError` for what is not such an entry.
    public init(name: String, parsing line: [UInt8], file: String) throws(FormatsError) {
        let document = try YAMLDocument(parsing: line, file: file)
        guard let root = document.root else { throw FormatsError(file: file, "there is no stage") }
        try self.init(name: name, reading: root, of: document)
    }

    /// What the run cache keeps of the stage: the entry of the lock without the stage's name, as DVC writes it.
    public var entryText: [UInt8] { YAMLEmitter.document(value) }

    /// What the lock has below the stage's name, on one line without its end.
    public var line: [UInt8] { YAMLEmitter.flowLine(value) }

    /// The stage as the lock has it below its name, in DVC's order.
    public var value: YAMLValue {
        var entries = [YAMLEntry("cmd", command.value)]
        if !dependencies.isEmpty {
            entries.append(YAMLEntry("deps", .sequence(dependencies.map { $0.lockValue() })))
        }
        if !parameters.isEmpty { entries.append(YAMLEntry("params", .mapping(parameters))) }
        if !outputs.isEmpty {
            let items = outputs.map { output in
                YAMLValue.mapping([YAMLEntry("path", .string(output.path))] + output.content.lockEntries())
            }
            entries.append(YAMLEntry("outs", .sequence(items)))
        }
        return .mapping(entries)
    }
}
