import CairnCore
import CairnFormats

/// A stage of a pipeline with what its lock records, as far as data versioning needs it.
///
/// Templates are not filled in here: the stages that a template makes are taken from the lock, where the last run left them.
struct ResolvedStage {
    /// The name; `group@key` for one of several that a template makes.
    let name: String
    /// The folder that paths start from, relative to the pipeline file's own.
    let workingDirectory: String?
    /// The outputs with flags from the pipeline file and content from the lock.
    let outputs: [OutputRecord]
    /// The list that each output is in, parallel to them.
    let kinds: [StageOutput.Kind]
    /// The dependencies with content from the lock.
    let dependencies: [DependencyRecord]
    /// True if the command that is declared is another than the one that ran last; false where a template hides it.
    let isCommandChanged: Bool
    /// True if dependencies are not looked at.
    let isFrozen: Bool
    /// True if the stage counts as changed whatever its data.
    let isAlwaysChanged: Bool
    /// True if the stage reads parameters, which are not compared yet.
    let hasParameters: Bool
}

extension PipelineFile {
    /// The stages with what a lock records of them.
    ///
    /// - Throws: `CairnError` for a template that decides where outputs lie.
    func resolvedStages(with lock: PipelineLock?) throws -> [ResolvedStage] {
        var result: [ResolvedStage] = []
        for stage in stages {
            if !stage.isTemplated {
                result.append(plain(stage, lock?.stage(stage.name)))
                continue
            }
            let prefix = Array("\(stage.name)@".utf8)
            for locked in lock?.stages ?? []
            where locked.name.hasSameBytes(as: stage.name) || locked.name.utf8.starts(with: prefix) {
                guard stage.workingDirectory.map({ $0.utf8.firstRange(of: "${".utf8) == nil }) ?? true else {
                    throw CairnError(
                        .config,
                        "stage '\(locked.name)' has a template in its wdir, which only a run of the pipeline can fill in"
                    )
                }
                result.append(templated(stage, locked))
            }
        }
        return result
    }

    private func plain(_ stage: PipelineStage, _ locked: LockedStage?) -> ResolvedStage {
        let outputs = stage.outputs.map { output in
            let known = locked?.outputs.first { $0.path.hasSameBytes(as: output.path) }
            return output.record(path: output.path, content: known?.content ?? ContentRecord())
        }
        let dependencies = stage.dependencies.map { path in
            locked?.dependencies.first { $0.path?.hasSameBytes(as: path) == true }
                ?? DependencyRecord(path: path)
        }
        return ResolvedStage(
            name: stage.name, workingDirectory: stage.workingDirectory, outputs: outputs,
            kinds: stage.outputs.map(\.kind), dependencies: dependencies,
            isCommandChanged: locked.map { $0.command != stage.command } ?? false, isFrozen: stage.isFrozen,
            isAlwaysChanged: stage.isAlwaysChanged
                || (stage.dependencies.isEmpty && stage.outputs.isEmpty && stage.parameters.isEmpty),
            hasParameters: !stage.parameters.isEmpty)
    }

    private func templated(_ stage: PipelineStage, _ locked: LockedStage) -> ResolvedStage {
        let declared = locked.outputs.map { output in stage.outputs.first { $0.matches(output.path) } }
        let outputs = zip(locked.outputs, declared).map { output, declared in
            declared?.record(path: output.path, content: output.content) ?? output
        }
        return ResolvedStage(
            name: locked.name, workingDirectory: stage.workingDirectory, outputs: outputs,
            kinds: declared.map { $0?.kind ?? .output }, dependencies: locked.dependencies,
            isCommandChanged: false, isFrozen: stage.isFrozen,
            isAlwaysChanged: stage.isAlwaysChanged, hasParameters: !stage.parameters.isEmpty)
    }
}

extension StageOutput {
    fileprivate func record(path: String, content: ContentRecord) -> OutputRecord {
        var record = OutputRecord(path: path, content: content)
        record.isCached = isCached
        record.isPushed = isPushed
        record.isPersistent = isPersistent
        record.remote = remote
        record.annotations = annotations
        return record
    }

    /// True if the declared path, with anything in the place of its templates, can be this one.
    fileprivate func matches(_ other: String) -> Bool {
        guard isTemplated else { return path.hasSameBytes(as: other) }
        var pattern: [UInt8] = []
        var isInside = false
        var previous: UInt8 = 0
        for byte in path.utf8 {
            if isInside {
                if byte == UInt8(ascii: "}") { isInside = false }
            } else if byte == UInt8(ascii: "{"), previous == UInt8(ascii: "$") {
                pattern.removeLast(2)
                pattern += Array("**".utf8)
                isInside = true
            } else {
                if "*?[$\\".utf8.contains(byte) { pattern.append(UInt8(ascii: "\\")) }
                pattern.append(byte)
            }
            previous = byte
        }
        return GlobPattern(pattern).matches(Array(other.utf8))
    }
}
