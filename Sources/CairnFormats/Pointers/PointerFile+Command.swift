import CairnCore

/// Pointer files with a command: stages as DVC had them before there was `dvc.yaml`.
extension PointerFile {
    /// What the command did last, in the form of a lock's entry; `nil` if nothing is recorded, or if the file was changed since.
    ///
    /// - Parameter name: what the entry is to call the stage.
    public func lockedStage(named name: String) -> LockedStage? {
        guard let command, let md5, md5.hasSameBytes(as: stageDigest.hex) else { return nil }
        var stage = LockedStage(name: name, command: command)
        stage.dependencies = dependencies.sorted {
            ($0.path ?? "").utf8.lexicographicallyPrecedes(($1.path ?? "").utf8)
        }
        stage.outputs = outputs.map { OutputRecord(path: $0.path, content: $0.content) }
            .sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
        return stage
    }

    /// The file with what its command read and made; everything else stays as it is.
    public func recording(_ stage: LockedStage) -> PointerFile {
        var copy = self
        for index in copy.dependencies.indices {
            guard let path = copy.dependencies[index].path,
                let new = stage.dependencies.first(where: { $0.path?.hasSameBytes(as: path) == true })
            else { continue }
            copy.dependencies[index].content = new.content
        }
        for index in copy.outputs.indices {
            let path = copy.outputs[index].path
            guard let new = stage.outputs.first(where: { $0.path.hasSameBytes(as: path) }) else { continue }
            copy.outputs[index].content = new.content
        }
        // The folder of the file is what is meant without the key.
        if copy.workingDirectory == "." { copy.workingDirectory = nil }
        copy.md5 = copy.stageDigest.hex
        return copy
    }
}

extension StageOutput {
    /// The output of a pointer file as an output of a stage.
    public init(_ record: OutputRecord) {
        self.init(
            kind: record.plot != nil ? .plot : record.metric != nil ? .metric : .output, path: record.path,
            isCached: record.isCached, isPushed: record.isPushed, isPersistent: record.isPersistent,
            remote: record.remote, annotations: record.annotations, plot: record.plot)
    }
}
