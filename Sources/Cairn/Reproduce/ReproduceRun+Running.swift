import CairnCore
import CairnFormats
import CairnPipeline
import CairnSystem

/// Running commands, or taking what an earlier run of them made.
extension ReproduceRun {
    func start(_ stage: Int) throws {
        let node = nodes[stage]
        guard let definition = node.stage else { return }
        try StageClearing(session).clear(node, definition)
        tell(.running(stage: node.address, command: definition.definition.command))
        let reads = node.inputs.compactMap { input -> RepoPath? in
            if case .inside(let path) = input { path } else { nil }
        }
        locks.begin(stage, RunLocks.Use(reads: reads, writes: node.outputs.map(\.path)))
        running.insert(stage)
        let job = jobs.job(
            of: node, definition, number: places[stage] ?? 0, timeLimit: resources[stage]?.timeLimit)
        let (runner, output, news) = (jobs.runner, output, news)
        let thread = OwnThread {
            let report = runner.run(job) { event in
                if case .wrote(let stream, let bytes) = event { output.write(bytes, from: stream) }
            }
            news.push(.ended(stage, report))
        }
        guard thread != nil else {
            running.remove(stage)
            locks.end(stage)
            throw CairnError(.io, "the system gives no more threads")
        }
    }

    func ended(_ stage: Int, _ result: StageReport) throws {
        guard let definition = nodes[stage].stage, let inputs = work[stage]?.inputs else { return }
        work[stage]?.seconds = result.seconds
        work[stage]?.log = result.log?.bytes.printable
        guard result.isSuccess else {
            return try failed(
                stage,
                result.error(of: nodes[stage].address, session.workspace, isShown: !(output is SilentOutput)))
        }
        try record(stage, definition, inputs)
        renewed.insert(stage)
        scheduler.markEnded(stage, succeeded: true)
    }

    /// Takes in what a stage made; it becomes durable with the next batch.
    func record(_ stage: Int, _ definition: ResolvedStage, _ inputs: LockedStage) throws {
        let node = nodes[stage]
        var batch =
            try open
            ?? StageCommitter.Batch(
                recorder: OutputRecorder(session, expecting: 0, stores: !options.skipsCommit))
        let witness = try self.witness ?? OutputRecorder(session, expecting: 0, stores: false)
        self.witness = witness
        let recording = try StageRecording(
            of: node, definition, inputs: inputs, with: batch.recorder, witness: witness,
            keepsMetrics: RunCache.keeps(definition, of: node, in: session.workspace), session)
        batch.stages.append((stage, RunJournal.Record(file: node.owner.file, stage: recording.locked)))
        open = batch
        work[stage]?.recording = recording
    }

    /// A frozen stage whose outputs changed: they are recorded as they are.
    func verify(frozen stage: Int, _ definition: ResolvedStage) throws {
        let inputs = try StageRecording.inputs(of: nodes[stage], definition, survey, session)
        work[stage] = Work(inputs: inputs)
        try record(stage, definition, inputs)
        renewed.insert(stage)
        scheduler.markUnchanged(stage)
    }

    /// Takes the outputs of an earlier run that read the same.
    func restore(_ stage: Int, _ definition: ResolvedStage, _ inputs: LockedStage) throws -> Bool {
        let node = nodes[stage]
        guard !options.isForced, !options.skipsRunCache,
            RunCache.keeps(definition, of: node, in: session.workspace)
        else {
            return false
        }
        var known: LockedStage?
        if let locked = definition.locked, locked.hasSameInputs(as: inputs),
            locked.outputs.count == node.outputs.count, locked.outputs.allSatisfy({ $0.content.id != nil }),
            try runCache.isWhole(locked)
        {
            known = locked
        } else {
            known = try runCache.find(inputs, outputs: node.outputs) ?? pulledRun(of: node, inputs)
        }
        guard let known else { return false }
        tell(.restoring(stage: node.address))
        try StageClearing(session).keep(node)
        var plan = try CheckoutPlan(session, expecting: 0, allowsMissing: false)
        for output in node.outputs {
            guard
                let id = known.outputs.first(where: { $0.path.hasSameBytes(as: output.record.path) })?.content
            else { return false }
            guard let object = id.id else { return false }
            var tree = try DataTree.load(
                output.path, as: object.algorithm, following: .recorded(object),
                rules: IgnoreFiles(above: output.path, session: session), session: session)
            try plan.want(
                output.path, object, isExecutable: id.isExecutable, declaredBy: node.owner.file, part: nil,
                tree: &tree)
        }
        guard plan.missing.isEmpty, plan.damaged.isEmpty else { return false }
        guard try CheckoutRun(session).apply(plan).isEmpty else { return false }
        work[stage]?.isRestored = true
        try record(stage, definition, inputs)
        renewed.insert(stage)
        try survey.forgetFiles()
        scheduler.markUnchanged(stage)
        return true
    }
}
