import CairnCore
import CairnFormats
import CairnPipeline

/// A stage of a pipeline, templates filled in, with what its lock records.
struct ResolvedStage: Sendable {
    /// What the pipeline file says.
    let definition: StageDefinition
    /// What its last run left; `nil` if it has not run.
    let locked: LockedStage?
    /// The outputs with flags from the pipeline file and content from the lock.
    let outputs: [OutputRecord]
    /// The dependencies with content from the lock.
    let dependencies: [DependencyRecord]
    /// True if a pointer that has the stage was changed by hand since the stage ran.
    let isDefinitionChanged: Bool

    init(_ definition: StageDefinition, _ locked: LockedStage?) {
        self.definition = definition
        self.locked = locked
        isDefinitionChanged = false
        outputs = definition.outputs.map { output in
            let known = locked?.outputs.first { $0.path.hasSameBytes(as: output.path) }
            return output.record(content: known?.content ?? ContentRecord())
        }
        dependencies = definition.dependencies.map { path in
            locked?.dependencies.first { $0.path?.hasSameBytes(as: path) == true }
                ?? DependencyRecord(path: path)
        }
    }

    /// The stage of a pointer file with a command; `nil` for one without.
    ///
    /// - Parameter name: the name of the file.
    init?(_ pointer: PointerFile, name: String) {
        guard let command = pointer.command else { return nil }
        definition = StageDefinition(
            name: name, group: nil, command: command, workingDirectory: pointer.workingDirectory,
            dependencies: pointer.dependencies.compactMap(\.path), parameters: [],
            outputs: pointer.outputs.map { StageOutput($0) }, isFrozen: pointer.isFrozen,
            isAlwaysChanged: pointer.isAlwaysChanged, description: pointer.description, meta: pointer.meta,
            isTemplated: false, location: SourceLocation(line: 1, column: 1))
        locked = pointer.lockedStage(named: name)
        isDefinitionChanged = locked == nil && pointer.md5 != nil
        outputs = pointer.outputs
        dependencies = pointer.dependencies
    }

    /// The name; `group@key` for one of several that a template makes.
    var name: String { definition.name }
    /// The folder that paths start from, relative to the pipeline file's own.
    var workingDirectory: String? { definition.workingDirectory }
    /// The list that each output is in, parallel to `outputs`.
    var kinds: [StageOutput.Kind] { definition.outputs.map(\.kind) }
    /// True if the command that is declared is another than the one that ran last.
    var isCommandChanged: Bool { locked.map { $0.command != definition.command } ?? false }
    /// True if dependencies are not looked at.
    var isFrozen: Bool { definition.isFrozen }
    /// True if the stage counts as changed whatever its data.
    var isAlwaysChanged: Bool { definition.isAlwaysChanged || definition.isCallback }
}

extension StageOutput {
    /// The output with what is recorded of its content.
    func record(content: ContentRecord) -> OutputRecord {
        var record = OutputRecord(path: path, content: content)
        record.isCached = isCached
        record.isPushed = isPushed
        record.isPersistent = isPersistent
        record.remote = remote
        record.annotations = annotations
        return record
    }
}

extension Configuration {
    /// How mappings become options of commands: `parsing.bool` and `parsing.list`.
    var templateSettings: TemplateSettings {
        TemplateSettings(
            booleans: string("parsing.bool").flatMap { TemplateSettings.Booleans(rawValue: $0) }
                ?? .storeTrue,
            lists: string("parsing.list").flatMap { TemplateSettings.Lists(rawValue: $0) } ?? .nargs)
    }
}

/// The files that the templates of a pipeline file are filled in from, read by whatever has them.
struct TemplateFiles: ParameterSource {
    /// The folder of the pipeline file; `nil` for the top of the workspace.
    let folder: RepoPath?
    /// How errors name the pipeline file, which leads to the names of the others.
    let name: String
    /// Reads a file of the workspace or of a revision; `nil` if there is none.
    let read: (RepoPath) throws -> [UInt8]?

    func parameters(at path: String) throws(FormatsError) -> ParameterFile? {
        let shown = Array(path.utf8).printable
        guard let place = try? OutputIndex.path(path, in: folder, shownAs: name) else {
            throw FormatsError(file: name, "'\(shown)' is not a file inside of the workspace")
        }
        let bytes: [UInt8]?
        do {
            bytes = try read(place)
        } catch {
            throw FormatsError(file: name, "'\(shown)' cannot be read: \(CairnError(error).message)")
        }
        guard let bytes else { return nil }
        return try ParameterFile(parsing: bytes, file: name.replacingSuffix("dvc.yaml", with: shown))
    }
}
