import CairnCore
import CairnFormats
import CairnPipeline
import CairnStore
import CairnSystem

/// One run of stages: decides, starts and records, in one thread. Commands run in threads of their own, and what they made becomes durable
/// in another, meanwhile.
final class ReproduceRun {
    // A class: several threads send it news.

    /// What the other threads tell.
    private enum News: Sendable {
        case ended(Int, StageReport)
        case stored([Int], CairnError?)
    }

    /// A stage that runs, or whose outputs are about to be durable.
    private struct Work {
        let inputs: LockedStage
        var recording: StageRecording?
        var seconds = 0.0
        var log: String?
        var isRestored = false
    }

    private let stages: [Int]
    /// Where each stage stands in `stages`.
    private let places: [Int: Int]
    private let nodes: [StageNode]
    private let graph: StageGraph
    private let index: OutputIndex
    private let options: ReproduceOptions
    private let session: Session
    private let output: any StageOutputSink
    private let confirm: ((String) throws -> Bool)?
    private let tell: (ReproduceEvent) -> Void
    private let survey: StageSurvey
    private let runCache: RunCache
    private let jobs: StageJobs

    private let resources: [Int: StageResources]
    private var scheduler: Scheduler
    private var locks: RunLocks
    private var lockFiles: LockFiles
    private var git: GitFiles
    private let news = BoundedQueue<News>(capacity: 1 << 16)
    private var committer: StageCommitter?
    private var isCommitting = false
    private var open: StageCommitter.Batch?
    private var witness: OutputRecorder?
    private var work: [Int: Work] = [:]
    private var running: Set<Int> = []
    private var causes: [Int: [StaleCause]] = [:]
    private var results: [Int: ReproduceReport.Stage] = [:]
    /// Stages that ran, so that what depends on them may have to.
    private var renewed: Set<Int> = []
    private var report = ReproduceReport()
    /// True when the runs that the remote knows are here.
    private var hasPulledRuns = false
    private var lastWrite = Surroundings.uptime
    /// How long locks are not written again while stages end: ten times as long as it took the last time, so that long ones cost little.
    private var writeInterval = ReproduceRun.shortestInterval

    /// Locks are written at most so often while stages end.
    private static let shortestInterval = Duration.milliseconds(250)
    /// How long commands may run before other programs are let into the repository.
    private static let patience = 20

    init(
        _ stages: [Int], _ nodes: [StageNode], _ graph: StageGraph, _ index: OutputIndex,
        _ options: ReproduceOptions, _ session: Session, output: any StageOutputSink,
        confirm: ((String) throws -> Bool)?, events: @escaping (ReproduceEvent) -> Void
    ) throws {
        self.stages = stages
        self.nodes = nodes
        self.graph = graph
        self.index = index
        self.options = options
        self.session = session
        self.output = output
        self.confirm = confirm
        tell = events
        survey = try StageSurvey(session, index, expecting: stages.count)
        runCache = RunCache(session)
        jobs = StageJobs(
            session.workspace, stages: stages.map { nodes[$0] }, isParallel: options.jobs > 1,
            hasColor: options.hasColor)
        var resources: [Int: StageResources] = [:]
        for stage in stages {
            guard let meta = nodes[stage].stage?.definition.meta else { continue }
            resources[stage] = try StageResources(reading: meta, of: nodes[stage].address)
        }
        self.resources = resources
        scheduler = try Scheduler(
            order: stages, upstream: graph.upstream, jobs: options.jobs, policy: options.onFailure,
            resources: resources, capacity: session.workspace.stageCapacity
        ) { nodes[$0].address }
        places = Dictionary(uniqueKeysWithValues: stages.enumerated().map { ($0.element, $0.offset) })
        locks = RunLocks(session)
        lockFiles = LockFiles(session.workspace)
        report.isFailureIgnored = options.onFailure == .ignore
        git = try GitFiles(session)
    }

    /// Does everything.
    func run() throws -> ReproduceReport {
        do {
            try loop()
        } catch {
            // What ended is kept, whatever stopped the rest.
            do {
                try drain()
                try finish()
            } catch let second {
                session.reporter.warn(
                    "what ended was not recorded: \(CairnError(second).message)",
                    hint: "it is in the journal if it was durable; run the same command again")
            }
            throw error
        }
        try finish()
        for stage in stages {
            if let result = results[stage] {
                report.stages.append(result)
            } else if case .skipped(let blocker) = scheduler.outcome(of: stage) {
                note(stage, .skipped(becauseOf: nodes[blocker].address))
                results[stage].map { report.stages.append($0) }
            }
        }
        return report
    }

    private func loop() throws {
        while !scheduler.isDone {
            try Interruption.check()
            while let stage = scheduler.nextToCheck() {
                try Interruption.check()
                do {
                    try decide(stage)
                } catch {
                    try failed(stage, CairnError(error))
                }
                try handOver()
            }
            while let stage = scheduler.nextToRun() {
                do {
                    try start(stage)
                } catch {
                    try failed(stage, CairnError(error))
                }
            }
            try handOver()
            if scheduler.isDone { break }
            guard !running.isEmpty else { continue }
            try wait()
        }
        try drain()
    }

    /// Waits for news; lets others into the repository if that takes long.
    private func wait() throws {
        if let first = news.pop(milliseconds: Self.patience) { return try take(first) }
        if lockFiles.isDirty || isCommitting || open != nil {
            // What is stored and not named yet must not be collected: the repository stays ours until the locks name it.
            if !isCommitting, open == nil, Surroundings.uptime - lastWrite >= writeInterval {
                try writeLocks()
            }
            return
        }
        try locks.release()
        while true {
            try Interruption.check()
            guard let first = news.pop(milliseconds: 100) else { continue }
            try locks.acquire()
            return try take(first)
        }
    }

    private func take(_ first: News) throws {
        var next: News? = first
        while let item = next {
            switch item {
            case .ended(let stage, let report):
                running.remove(stage)
                locks.end(stage)
                try survey.forgetFiles()
                do {
                    try ended(stage, report)
                } catch {
                    let error = CairnError(error)
                    if error.kind == .interrupted { throw error }
                    try failed(stage, error)
                }
            case .stored(let stages, let error): try stored(stages, error)
            }
            next = news.pop(milliseconds: 0)
        }
    }

    /// Waits for all that runs and all that is on its way to the disk.
    private func drain() throws {
        while !running.isEmpty || isCommitting || open != nil {
            try handOver()
            guard let item = news.pop(milliseconds: 100) else { continue }
            try locks.acquire()
            switch item {
            case .ended(let stage, let report):
                running.remove(stage)
                locks.end(stage)
                if report.isSuccess {
                    do { try ended(stage, report) } catch { try failed(stage, CairnError(error)) }
                }
            case .stored(let stages, let error): try stored(stages, error)
            }
        }
    }

    /// Ends the run: everything that ended is in the locks, and the journal goes.
    private func finish() throws {
        try locks.acquire()
        committer?.finish()
        committer = nil
        guard !options.isDry else { return }
        try writeLocks()
        try FinishedStages.settle(in: session.workspace)
        try git.stageIfWanted(session)
        report.changedFiles += git.changed
    }

    private func writeLocks() throws {
        lastWrite = Surroundings.uptime
        let workspace = session.workspace
        let files = try lockFiles.write { [tell] file, isNew in
            tell(.writingLock(file: workspace.display(file), isNew: isNew))
        }
        for file in files { git.changed(file) }
        let end = Surroundings.uptime
        writeInterval = max(Self.shortestInterval, (end - lastWrite) * 10)
        lastWrite = end
    }

    // MARK: - Deciding

    private func decide(_ stage: Int) throws {
        let node = nodes[stage]
        guard let definition = node.stage else { return try decide(pointer: stage) }
        var found = try reasons(stage, definition)
        if !found.isEmpty, options.pulls, found.allSatisfy(\.isMissingData) {
            try pull([node.address])
            try survey.forgetFiles()
            found = try reasons(stage, definition)
        }
        causes[stage] = found
        guard !found.isEmpty else {
            tell(.unchanged(stage: node.address, isPointer: false, isFrozen: node.isFrozen))
            note(stage, node.isFrozen ? .frozen : .unchanged)
            return scheduler.markUnchanged(stage)
        }
        tell(.stale(stage: node.address, causes: found))
        if options.isDry {
            tell(.wouldRun(stage: node.address, command: definition.definition.command))
            renewed.insert(stage)
            note(stage, .wouldRun)
            return scheduler.markUnchanged(stage)
        }
        if let confirm, try !confirm(node.address) {
            throw CairnError(.conflict, "reproduction aborted by the user")
        }
        for output in node.outputs where output.record.isCached {
            try GitFiles.refuseTracked(output.path, session)
        }
        if node.isFrozen { return try verify(frozen: stage, definition) }
        try StageLock.check(node.outputs.map(\.path), in: session.workspace, reporter: session.reporter)
        if options.pulls { try pullMissing(node) }
        let inputs = try StageRecording.inputs(of: node, definition, survey, session)
        work[stage] = Work(inputs: inputs)
        if try restore(stage, definition, inputs) { return }
        scheduler.markStale(stage)
    }

    /// Why a stage has to run, with what was asked for and what became of the stages before it.
    private func reasons(_ stage: Int, _ definition: ResolvedStage) throws -> [StaleCause] {
        var found = try survey.state(of: nodes[stage], definition).causes
        if options.allowsMissing { found = try found.filter { try !isMereAbsence($0, stage) } }
        let ran = graph.upstream[stage].first { renewed.contains($0) }
        if options.isDry, !nodes[stage].isFrozen, let ran { found.append(.upstream(nodes[ran].address)) }
        if options.isForced || (options.forcesDownstream && ran != nil) { found.append(.forced) }
        return found
    }

    /// True if data is only not here, and nothing says that it changed.
    private func isMereAbsence(_ cause: StaleCause, _ stage: Int) throws -> Bool {
        switch cause {
        case .output(_, .notInCache), .output(_, .deleted): return true
        case .dependency(let path, .deleted):
            // The stage that makes it may have made something else since.
            let known = try index.recordedDependencies(of: nodes[stage].owner).first { $0.shown == path }
            guard let known, case .inside(let place) = known.place else { return known?.id != nil }
            guard let maker = index.output(at: place) else { return true }
            return maker.record.id == nil || maker.record.id == known.id
        default: return false
        }
    }

    /// A pointer: what people changed is recorded, what is missing is an error.
    private func decide(pointer stage: Int) throws {
        let node = nodes[stage]
        guard case .pointer(let pointer) = node.kind else { return }
        var data = try StatusSurvey(session, expecting: 0)
        func changes() throws -> [StatusReport.Item] {
            try node.outputs.compactMap { try data.output(TargetedOutput(output: $0, part: nil)) }
        }
        var items = try changes()
        let isMissing = { (item: StatusReport.Item) in item.state != .modified }
        if options.pulls, !items.isEmpty, items.allSatisfy(isMissing) {
            try pull([node.address])
            data = try StatusSurvey(session, expecting: 0)
            items = try changes()
        }
        if options.allowsMissing { items.removeAll(where: isMissing) }
        guard !items.isEmpty else {
            tell(.unchanged(stage: node.address, isPointer: true, isFrozen: false))
            note(stage, .verified(isRecorded: false))
            return scheduler.markUnchanged(stage)
        }
        guard !pointer.isImport else { return try bring(pointer, stage, items) }
        tell(.verifying(pointer: node.address))
        if let item = items.first(where: { !$0.isPresent }) {
            throw CairnError(
                .missing, "'\(item.path)' of '\(node.address)' does not exist",
                hint:
                    "bring it: `\(session.workspace.personality.command) pull \(Shell.quoted(node.address))`",
                dvc: "missing data 'source': \(item.path)")
        }
        guard !options.isDry else {
            note(stage, .verified(isRecorded: true))
            return scheduler.markUnchanged(stage)
        }
        var commit = CommitOptions()
        commit.isForced = true
        let done = try session.workspace.commit([node.address], commit, index, session) { _ in true }
        for file in done.changedFiles { git.changed(file) }
        renewed.insert(stage)
        try survey.forgetFiles()
        note(stage, .verified(isRecorded: true))
        scheduler.markUnchanged(stage)
    }

    /// An import whose data is not what it should be: it is brought again from where it is pinned to.
    private func bring(_ pointer: PointerFile, _ stage: Int, _ items: [StatusReport.Item]) throws {
        let node = nodes[stage]
        let command = session.workspace.personality.command
        guard pointer.dependencies.contains(where: { $0.repository != nil }) else {
            throw CairnError(
                .missing, "'\(items[0].path)' of '\(node.address)' is not what was imported from its URL",
                hint:
                    "bring what is there now: `\(command) update \(Shell.quoted(node.address))`, or the data as it was: `\(command) pull`",
                dvc: "missing data 'source': \(items[0].path)")
        }
        guard !options.isDry else {
            note(stage, .verified(isRecorded: true))
            return scheduler.markUnchanged(stage)
        }
        tell(.verifying(pointer: node.address))
        let fetched = try session.workspace.fetch([node.address], TransferOptions(), index, session)
        if let failure = fetched.failures.first { throw failure.error }
        let report = try session.workspace.checkout([node.address], CheckoutOptions(), index, session)
        guard report.failed.isEmpty else {
            throw CairnError(
                .missing, "the data of '\(node.address)' was never brought",
                hint: "bring it: `\(command) update \(Shell.quoted(node.address))`")
        }
        try survey.forgetFiles()
        note(stage, .verified(isRecorded: false))
        scheduler.markUnchanged(stage)
    }

    private func pull(_ targets: [String]) throws {
        var transfer = TransferOptions()
        transfer.includesRunRecords = !options.skipsRunCache && !hasPulledRuns
        hasPulledRuns = true
        _ = try session.workspace.fetch(targets, transfer, index, session)
        _ = try session.workspace.checkout(targets, CheckoutOptions(), index, session)
    }

    /// Brings data that a stage reads and that is neither here nor made by a stage of this run.
    private func pullMissing(_ node: StageNode) throws {
        for input in node.inputs {
            guard case .inside(let path) = input, try session.folder.status(of: path.bytes) == nil,
                let output = index.output(at: path) ?? index.output(above: path), output.record.id != nil
            else { continue }
            try pull([session.workspace.display(path)])
        }
    }

    // MARK: - Running

    private func start(_ stage: Int) throws {
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

    private func ended(_ stage: Int, _ result: StageReport) throws {
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
    private func record(_ stage: Int, _ definition: ResolvedStage, _ inputs: LockedStage) throws {
        let node = nodes[stage]
        guard case .stage(let file, _) = node.owner else { return }
        var batch =
            try open
            ?? StageCommitter.Batch(
                recorder: OutputRecorder(session, expecting: 0, stores: !options.skipsCommit))
        let witness = try self.witness ?? OutputRecorder(session, expecting: 0, stores: false)
        self.witness = witness
        let recording = try StageRecording(
            of: node, definition, inputs: inputs, with: batch.recorder, witness: witness,
            keepsMetrics: RunCache.keeps(definition, of: node), session)
        batch.stages.append((stage, RunJournal.Record(file: file, stage: recording.locked)))
        open = batch
        work[stage]?.recording = recording
        try git.ignore(
            recording.outputs.filter(\.record.isCached).map(\.path).filter {
                try !session.isIgnoredByGit($0, isFolder: false)
            }, session)
    }

    /// A frozen stage whose outputs changed: they are recorded as they are.
    private func verify(frozen stage: Int, _ definition: ResolvedStage) throws {
        let inputs = try StageRecording.inputs(of: nodes[stage], definition, survey, session)
        work[stage] = Work(inputs: inputs)
        try record(stage, definition, inputs)
        renewed.insert(stage)
        scheduler.markUnchanged(stage)
    }

    /// Takes the outputs of an earlier run that read the same.
    private func restore(_ stage: Int, _ definition: ResolvedStage, _ inputs: LockedStage) throws -> Bool {
        let node = nodes[stage]
        guard !options.isForced, !options.skipsRunCache, RunCache.keeps(definition, of: node) else {
            return false
        }
        var known: LockedStage?
        if let locked = definition.locked, locked.hasSameInputs(as: inputs),
            locked.outputs.count == node.outputs.count, locked.outputs.allSatisfy({ $0.content.id != nil }),
            try runCache.isWhole(locked)
        {
            known = locked
        } else {
            known = try runCache.find(inputs, outputs: node.outputs)
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

    // MARK: - Recording

    /// Gives what ended to the thread that makes it durable, if that has nothing to do.
    private func handOver() throws {
        guard let batch = open, !isCommitting else { return }
        let news = news
        let committer =
            try self.committer
            ?? StageCommitter(journal: FinishedStages.newJournal(in: session.workspace)) { places, error in
                news.push(.stored(places, error.map { CairnError($0) }))
            }
        self.committer = committer
        open = nil
        isCommitting = true
        committer.take(batch)
    }

    /// Stages whose outputs are durable: the locks may name them.
    private func stored(_ stages: [Int], _ error: CairnError?) throws {
        isCommitting = false
        if let error {
            for stage in stages { note(stage, .failed(error)) }
            throw error
        }
        for stage in stages {
            guard let done = work.removeValue(forKey: stage), let recording = done.recording,
                case .stage(let file, _) = nodes[stage].owner, let definition = nodes[stage].stage
            else { continue }
            try lockFiles.note(recording.locked, of: file, at: places[stage] ?? 0)
            if !options.skipsCommit { try relink(recording) }
            if !options.skipsCommit, !nodes[stage].isFrozen, RunCache.keeps(definition, of: nodes[stage]) {
                try runCache.save(recording.locked)
            }
            note(stage, done.isRestored ? .restored : .ran, seconds: done.seconds, log: done.log)
            tell(.finished(stage: nodes[stage].address, seconds: done.seconds))
        }
        if Surroundings.uptime - lastWrite >= writeInterval { try writeLocks() }
    }

    private func relink(_ recording: StageRecording) throws {
        let relink = try Relink(session)
        for output in recording.outputs where output.record.isCached {
            let items = try relink.items(
                of: output.tree, output.algorithm, isExecutable: output.record.isExecutable)
            for failure in try relink.place(items) {
                report.linkFailures.append(try RepoPath(validating: items.paths[failure.index]))
            }
            // Only a memory of what was put where; nothing depends on it.
            if let id = output.record.id { try? session.index?.rememberOutput(output.path, id) }
        }
    }

    private func failed(_ stage: Int, _ error: CairnError) throws {
        if error.kind == .interrupted { throw error }
        let done = work.removeValue(forKey: stage)
        note(stage, .failed(error), seconds: done?.seconds ?? 0, log: done?.log)
        if report.failure == nil { report.failure = error }
        tell(.failed(stage: nodes[stage].address, error))
        scheduler.markEnded(stage, succeeded: false)
    }

    private func note(_ stage: Int, _ outcome: ReproduceOutcome, seconds: Double = 0, log: String? = nil) {
        results[stage] = ReproduceReport.Stage(
            address: nodes[stage].address, causes: causes[stage] ?? [], outcome: outcome, seconds: seconds,
            log: log)
    }
}
