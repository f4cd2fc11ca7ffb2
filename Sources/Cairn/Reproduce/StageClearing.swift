import CairnCore
import CairnFormats
import CairnPipeline
import CairnStore
import CairnSystem

/// Takes the outputs of a stage away before it runs, so that what is there afterwards was made by it.
struct StageClearing {
    private let session: Session

    init(_ session: Session) { self.session = session }

    /// Removes the outputs of a stage from the workspace.
    ///
    /// What no lock records and the store does not have is stored first. What is to persist stays, as files of its own.
    /// - Throws: `CairnError` for what cannot be stored or removed; nothing is removed unless all is stored.
    func clear(_ node: StageNode, _ stage: ResolvedStage) throws {
        var removed: [(output: TrackedOutput, tree: DataTree)] = []
        for (output, declared) in zip(node.outputs, stage.definition.outputs) {
            guard try session.folder.status(of: output.path.bytes) != nil else { continue }
            if declared.isPersistent {
                try protect(output)
                continue
            }
            if let tree = try look(at: output) { removed.append((output, tree)) }
        }
        try keep(removed)
        for (output, _) in removed { try remove(output.path) }
        for output in node.outputs {
            if let parent = output.path.parent { _ = try session.folder.makeFolder(parent.components) }
        }
    }

    /// Stores what would be lost if the outputs of a stage were replaced: data that differs from the record and that the store does not have.
    func keep(_ node: StageNode) throws {
        var found: [(output: TrackedOutput, tree: DataTree)] = []
        for output in node.outputs {
            if let tree = try look(at: output) { found.append((output, tree)) }
        }
        try keep(found)
    }

    private func look(at output: TrackedOutput) throws -> DataTree? {
        try DataTree.load(
            output.path, as: output.record.id?.algorithm ?? session.workspace.algorithm,
            following: .recorded(output, part: output.path), rules: IgnoreFiles(), session: session)
    }

    private func keep(_ outputs: [(output: TrackedOutput, tree: DataTree)]) throws {
        var recorder: OutputRecorder?
        for (output, tree) in outputs {
            var known = tree
            let algorithm = output.record.id?.algorithm ?? session.workspace.algorithm
            let id = try known.currentID(algorithm, session)
            let inventory = try ObjectInventory(of: session.store(), expecting: known.snapshot.count)
            if try known.isStored(as: id, in: inventory) { continue }
            // What git keeps is as it was recorded: it is not lost.
            if id == output.record.id, !output.record.isCached { continue }
            let open = try recorder ?? OutputRecorder(session, expecting: known.snapshot.count, stores: true)
            recorder = open
            let saved = try open.record(known, session.workspace.algorithm)
            if id == output.record.id { continue }
            let shown = session.workspace.display(output.path)
            session.reporter.warn(
                "'\(shown)' was changed by hand and is recorded nowhere; it is kept in the cache as \(saved.id.text)",
                hint: nil)
        }
        try recorder?.commit()
    }

    private func remove(_ path: RepoPath) throws {
        guard let status = try session.folder.status(of: path.bytes) else { return }
        let folder = try session.folder.folder(path.parent?.components ?? [])
        if status.kind == .folder {
            try folder.removeTree(path.name)
        } else {
            try folder.remove(path.name)
        }
    }

    /// Makes an output that stays a file of its own: what the stage writes to it must not reach the store.
    private func protect(_ output: TrackedOutput) throws {
        guard output.record.id != nil else { return }
        var report = UnprotectReport()
        try Unprotection(session).run(output.path, &report)
    }
}
