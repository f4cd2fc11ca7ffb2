import CairnCore
import CairnFormats
import CairnPipeline
import CairnStore
import CairnSystem

/// What a stage read and made, as its lock is to have it, with the files that the cache is to share.
struct StageRecording {
    /// An output as it was recorded.
    struct Output {
        let path: RepoPath
        let record: OutputRecord
        let tree: DataTree
        let algorithm: HashAlgorithm
    }

    /// The entry of the lock.
    private(set) var locked: LockedStage
    /// The outputs, in the order of the definition.
    private(set) var outputs: [Output] = []

    /// Notes what a stage reads, before it runs.
    ///
    /// - Throws: `CairnError` for a dependency or a parameter that is not there.
    static func inputs(
        of node: StageNode, _ stage: ResolvedStage, _ survey: StageSurvey, _ session: Session
    ) throws -> LockedStage {
        var locked = LockedStage(name: stage.name, command: stage.definition.command)
        locked.dependencies = try dependencies(of: node, stage, survey.externals, session) { text in
            let shown = SourceAddress.shown(text)
            return CairnError(
                .notFound, "'\(shown)', which stage '\(node.address)' depends on, does not exist",
                hint: survey.hint(forMissing: text, of: node),
                dvc: "failed to reproduce '\(node.address)': missing data 'source': \(shown)")
        }
        locked.parameters = try survey.lockedParameters(of: node, stage)
        return locked
    }

    /// The dependencies with the content that they have now, in the order of paths.
    ///
    /// - Parameters:
    ///   - externals: who is asked for what lies elsewhere; `nil` to leave that out.
    ///   - absent: makes the error for one that is not there.
    private static func dependencies(
        of node: StageNode, _ stage: ResolvedStage, _ externals: ExternalDependencies?, _ session: Session,
        absent: (_ text: String) -> CairnError
    ) throws -> [DependencyRecord] {
        try stage.dependencies.compactMap { record -> DependencyRecord? in
            guard let text = record.path else { return record }
            guard let place = RecordedDependency.Place(text, in: node.folder, of: session.workspace) else {
                guard let externals else { return nil }
                guard let now = try externals.current(record, in: node.folder) else { throw absent(text) }
                return now
            }
            let known = RecordedDependency(place: place, shown: text, id: record.id)
            guard let content = try StageDependencies.current(known, session) else { throw absent(text) }
            var renewed = record
            renewed.content = content
            return renewed
        }.sorted { ($0.path ?? "").utf8.lexicographicallyPrecedes(($1.path ?? "").utf8) }
    }

    /// Records what a stage made, after it ran.
    ///
    /// - Parameters:
    ///   - inputs: what it read, as it was before.
    ///   - recorder: for outputs that are kept in the store.
    ///   - witness: for those that are not.
    /// - Throws: `CairnError` for an output that is not there, and for a dependency that the stage removed.
    init(
        of node: StageNode, _ stage: ResolvedStage, inputs: LockedStage, with recorder: OutputRecorder,
        witness: OutputRecorder, keepsMetrics: Bool, _ session: Session
    ) throws {
        locked = inputs
        for (output, declared) in zip(node.outputs, stage.definition.outputs) {
            let rules = try IgnoreFiles(above: output.path, session: session)
            let own = session.workspace.algorithm
            guard
                let tree = try DataTree.load(
                    output.path, as: own, following: .recorded(output, part: output.path), rules: rules,
                    session: session)
            else {
                let shown = session.workspace.display(output.path)
                throw CairnError(
                    .stageFailed, "stage '\(node.address)' did not make its output '\(shown)'",
                    hint: nil, dvc: "output '\(shown)' does not exist")
            }
            let isStored = declared.isCached || (keepsMetrics && declared.kind != .output)
            let recorded = try (isStored ? recorder : witness).record(tree, own)
            var record = output.record
            record.content = ContentRecord(
                id: recorded.id, size: recorded.size, fileCount: recorded.fileCount.map(Int64.init),
                isExecutable: recorded.isExecutable)
            if recorded.size == 0, recorded.fileCount == nil || recorded.fileCount == 0 {
                session.reporter.warn("'\(session.workspace.display(output.path))' is empty", hint: nil)
            }
            outputs.append(
                Output(path: output.path, record: record, tree: recorded.tree, algorithm: own))
        }
        locked.outputs = outputs.map { OutputRecord(path: $0.record.path, content: $0.record.content) }
            .sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
        try compareInputs(of: node, stage, session)
    }

    /// Compares what the stage read with what is there now.
    ///
    /// What was there when the stage started is recorded: that is what the outputs come from.
    private func compareInputs(of node: StageNode, _ stage: ResolvedStage, _ session: Session) throws {
        // Servers are not asked again: what they said when the stage started is what counts.
        let now = try Self.dependencies(of: node, stage, nil, session) { text in
            CairnError(
                .stageFailed,
                "stage '\(node.address)' removed '\(Array(text.utf8).printable)', which it depends on",
                hint: "put it back, and have the command leave it: what it made is not recorded",
                dvc: "dependency '\(Array(text.utf8).printable)' does not exist")
        }
        for after in now {
            guard let text = after.path,
                let before = locked.dependencies.first(where: { $0.path?.hasSameBytes(as: text) == true }),
                before.content.id != after.content.id
            else { continue }
            session.reporter.warn(
                "'\(Array(text.utf8).printable)' changed while stage '\(node.address)' ran, which therefore counts as stale",
                hint: nil)
        }
    }
}
