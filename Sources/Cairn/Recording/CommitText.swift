import CairnCore
import CairnFormats
import CairnSystem

/// Writes pointers and pipeline locks with new records: the last step of a commit.
enum CommitText {
    /// Writes what changed.
    ///
    /// - Returns: the files that were written.
    static func write(_ results: [CommitUnit.Result], _ index: OutputIndex, _ workspace: Workspace) throws
        -> [RepoPath]
    {
        var locks: [RepoPath: PipelineLock] = [:]
        // All texts are made before the first is written: one that cannot be made leaves everything as it is.
        var texts: [(file: RepoPath, text: [UInt8])] = []
        for result in results {
            switch result.owner {
            case .pointer(let file):
                guard let pointer = index.pointers[file] else { continue }
                texts.append((file, try text(of: pointer, with: result)))
            case .stage(let file, let name):
                guard result.isRenewed, let pipeline = index.pipelines[file] else { continue }
                let lock = locks[file] ?? pipeline.lock ?? PipelineLock()
                locks[file] = try lock.replacing([stage(name, of: pipeline, in: lock, with: result)])
            }
        }
        texts += locks.sorted { $0.key < $1.key }.map { ($0.key.sibling("dvc.lock"), $0.value.text) }
        texts = try texts.filter { try workspace.absolute($0.file).readIfPresent() != $0.text }
        try AtomicFile.write(texts.map { (workspace.absolute($0.file), $0.text) })
        return texts.map(\.file)
    }

    private static func text(of pointer: PointerFile, with result: CommitUnit.Result) throws -> [UInt8] {
        var copy = pointer
        for output in result.outputs {
            guard let place = copy.outputs.firstIndex(where: { $0.path.hasSameBytes(as: output.record.path) })
            else { continue }
            copy.outputs[place] = output.record
        }
        if let dependencies = result.dependencies {
            for place in copy.dependencies.indices {
                guard let path = copy.dependencies[place].path,
                    let new = dependencies.first(where: { $0.path?.hasSameBytes(as: path) == true })
                else { continue }
                copy.dependencies[place] = new
            }
        }
        if copy.command != nil || (copy.isImport && copy.md5 != nil), result.isRenewed {
            copy.md5 = MD5.digest(of: copy.stageDigestInput).hex
        }
        return try copy.text()
    }

    private static func stage(
        _ name: String, of pipeline: OutputIndex.Pipeline, in lock: PipelineLock,
        with result: CommitUnit.Result
    ) throws -> LockedStage {
        guard let command = pipeline.stage(name)?.definition.command else {
            preconditionFailure("a stage that is recorded is declared")
        }
        var stage = lock.stage(name) ?? LockedStage(name: name, command: command)
        if let dependencies = result.dependencies {
            stage.command = command
            stage.dependencies = dependencies
            stage.parameters = result.parameters
        }
        for output in result.outputs {
            let record = OutputRecord(path: output.record.path, content: output.record.content)
            if let place = stage.outputs.firstIndex(where: { $0.path.hasSameBytes(as: record.path) }) {
                stage.outputs[place] = record
            } else {
                stage.outputs.append(record)
            }
        }
        stage.outputs.sort { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
        return stage
    }
}
