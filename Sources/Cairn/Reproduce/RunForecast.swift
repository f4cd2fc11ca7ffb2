import CairnCore
import CairnFormats
import CairnPipeline
import CairnSystem
import CairnTransfer

/// What stages would read if all were brought up to date now, as far as that can be told: under these keys lie the runs that could be taken.
///
/// What a stage would read of another is what an earlier run of that one made; so finding runs of one stage leads to the keys of the next.
final class RunForecast {
    // A class: it learns while records come.

    private let session: Session
    private let index: OutputIndex
    private let nodes: [StageNode]
    private let survey: StageSurvey
    private let runs: RunCache
    /// What stages will have made; `nil` for what nobody knows yet.
    private var made: [RepoPath: ContentRecord?] = [:]
    private var asked: Set<Digest> = []

    /// - Parameter nodes: stages, each after what it waits for.
    init(_ nodes: [StageNode], _ index: OutputIndex, _ session: Session) throws {
        self.session = session
        self.index = index
        self.nodes = nodes
        survey = try StageSurvey(session, index)
        runs = RunCache(session)
    }

    /// The keys that have not been given yet.
    func newKeys() throws -> [Digest] {
        made.removeAll(keepingCapacity: true)
        var keys: [Digest] = []
        for node in nodes {
            try Interruption.check()
            guard let stage = node.stage, !node.isFrozen else { continue }
            // What a stage will make is not known until something tells.
            for output in node.outputs { made[output.path] = .some(nil) }
            guard let inputs = try inputs(of: node, stage) else { continue }
            if let locked = stage.locked, locked.hasSameInputs(as: inputs) {
                take(locked, of: node)
                continue
            }
            guard RunCache.keeps(stage, of: node, in: session.workspace) else { continue }
            let key = RunCache.key(of: inputs, outputs: node.outputs).key
            if asked.insert(key).inserted { keys.append(key) }
            if let run = try runs.runs(like: inputs, outputs: node.outputs).first { take(run, of: node) }
        }
        return keys
    }

    private func take(_ run: LockedStage, of node: StageNode) {
        for output in node.outputs {
            made[output.path] = run.outputs.first { $0.path.hasSameBytes(as: output.record.path) }?.content
        }
    }

    /// What a stage would read; `nil` if some of it is not known, or missing.
    private func inputs(of node: StageNode, _ stage: ResolvedStage) throws -> LockedStage? {
        var inputs = LockedStage(name: stage.name, command: stage.definition.command)
        do {
            inputs.parameters = try survey.lockedParameters(of: node, stage)
        } catch let error as CairnError where error.kind == .notFound {
            return nil
        }
        for record in stage.dependencies {
            guard let text = record.path,
                let place = RecordedDependency.Place(text, in: node.folder, of: session.workspace),
                let content = try content(
                    of: RecordedDependency(place: place, shown: text, id: record.id), record)
            else { return nil }
            var known = record
            known.content = content
            inputs.dependencies.append(known)
        }
        inputs.dependencies.sort {
            ($0.path ?? "").utf8.lexicographicallyPrecedes(($1.path ?? "").utf8)
        }
        return inputs
    }

    private func content(of dependency: RecordedDependency, _ record: DependencyRecord) throws
        -> ContentRecord?
    {
        if case .inside(let path) = dependency.place {
            if let known = made[path] { return known }
            // A part of what is not known, or all that is around it, is not known either.
            if made.contains(where: { $0.value == nil && $0.key.overlaps(path) }) { return nil }
        }
        if let now = try StageDependencies.current(dependency, session) { return now }
        if case .inside(let path) = dependency.place, let output = index.output(at: path),
            output.record.id != nil
        {
            return output.record.content
        }
        return record.id == nil ? nil : record.content
    }
}

extension Workspace {
    /// The stages that targets stand for, each after what it waits for; all of them for no targets.
    private func stages(
        of targets: [String], _ options: TargetOptions, _ index: OutputIndex
    ) throws -> [StageNode] {
        let nodes = try index.stageNodes(in: self)
        let order = try StageGraph(nodes.map { StageGraph.Node($0) }).order(of: .all).map { nodes[$0] }
        guard !targets.isEmpty else { return order.filter { $0.stage != nil } }
        let owners = Set(try index.outputs(for: targets, options, in: self).map(\.output.owner))
        return order.filter { $0.stage != nil && owners.contains($0.owner) }
    }

    /// The records of the stages that targets stand for (all there are for no targets), and what they name that no push sends otherwise:
    /// metrics and plots that git keeps as they are now, but not as they were.
    func runRecords(
        of targets: [String], _ options: TargetOptions, _ index: OutputIndex, _ session: Session
    ) throws -> (choice: RunRecordChoice, outputs: [TrackedOutput]) {
        let records = try RunCache(session).records(of: stages(of: targets, options, index))
        let store = try session.store()
        var seen: Set<ObjectID> = []
        var outputs: [TrackedOutput] = []
        for record in records {
            for output in record.node.outputs where !output.record.isCached && output.record.isPushed {
                let made = record.run.outputs.first { $0.path.hasSameBytes(as: output.record.path) }
                guard let id = made?.id, seen.insert(id).inserted, try store.contains(id) else { continue }
                var kept = output
                kept.record.content = made?.content ?? kept.record.content
                kept.record.isCached = true
                outputs.append(kept)
            }
        }
        return (targets.isEmpty ? .all : .records(records.map(\.path)), outputs)
    }

    /// Brings the records of runs that stages could take now.
    ///
    /// - Returns: how many came.
    func fetchRunRecords(
        of targets: [String], from remote: RemoteStore, _ options: TransferOptions, _ index: OutputIndex,
        _ session: Session
    ) throws -> Int {
        let forecast = try RunForecast(stages(of: targets, options.targets, index), index, session)
        var count = 0
        // What came for one stage tells what the next one would read.
        while case let keys = try forecast.newKeys(), !keys.isEmpty {
            count += try fetchRunRecords(keys, from: remote, jobs: options.jobs, session)
        }
        return count
    }

    /// Brings what an earlier run made, from the remotes that its outputs belong to.
    ///
    /// What is not there stays missing.
    func fetch(_ outputs: [TrackedOutput], _ session: Session) throws {
        var groups: [String?: UsedObjects] = [:]
        for output in outputs {
            guard let wanted = WantedOutput(TargetedOutput(output: output, part: nil)) else { continue }
            groups[output.record.remote, default: UsedObjects()].add(wanted)
        }
        var report = TransferReport()
        for (name, used) in groups.sorted(by: { ($0.key ?? "") < ($1.key ?? "") }) {
            guard try !isInCache(used, session) else { continue }
            let remote = try remoteStore(name, for: "repro --pull")
            if try remote.isPacked(for: format, reporter: session.reporter) {
                try fetch(
                    used, from: PackedRemote(remote, session, jobs: nil), remote, &report, session)
            } else {
                try fetch(used, from: remote, TransferOptions(), &report, session)
            }
        }
    }
}
