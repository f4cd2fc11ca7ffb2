import CairnCore
import CairnFormats
import CairnPipeline
import CairnSystem

/// One run of stages: decides, starts and records, in one thread. Commands run in threads of their own, and what they made becomes durable
/// in another, meanwhile.
final class ReproduceRun {
    // A class: several threads send it news.

    /// What the other threads tell.
    enum News: Sendable {
        case ended(Int, StageReport)
        case stored([Int], CairnError?)
    }

    /// A stage that runs, or whose outputs are about to be durable.
    struct Work {
        let inputs: LockedStage
        var recording: StageRecording?
        var seconds = 0.0
        var log: String?
        var isRestored = false
    }

    let stages: [Int]
    /// Where each stage stands in `stages`.
    let places: [Int: Int]
    let nodes: [StageNode]
    let graph: StageGraph
    let index: OutputIndex
    let options: ReproduceOptions
    let session: Session
    let output: any StageOutputSink
    let confirm: ((String) throws -> Bool)?
    let tell: (ReproduceEvent) -> Void
    let survey: StageSurvey
    let runCache: RunCache
    let jobs: StageJobs

    let resources: [Int: StageResources]
    var scheduler: Scheduler
    var locks: RunLocks
    var lockFiles: LockFiles
    var git: GitFiles
    let news = BoundedQueue<News>(capacity: 1 << 16)
    var committer: StageCommitter?
    var isCommitting = false
    var open: StageCommitter.Batch?
    var handedOver = Surroundings.uptime
    var nextHandOver = Surroundings.uptime
    var witness: OutputRecorder?
    var work: [Int: Work] = [:]
    var running: Set<Int> = []
    var causes: [Int: [StaleCause]] = [:]
    var results: [Int: ReproduceReport.Stage] = [:]
    /// Stages that ran, so that what depends on them may have to.
    var renewed: Set<Int> = []
    var report = ReproduceReport()
    /// True once the remote could not be asked for earlier runs, of which the user has heard.
    var isRemoteSilent = false
    var lastWrite = Surroundings.uptime
    /// How long locks are not written again while stages end: ten times as long as it took the last time, so that long ones cost little.
    var writeInterval = ReproduceRun.shortestInterval

    /// Locks are written at most so often while stages end.
    private static let shortestInterval = Duration.milliseconds(250)
    /// What ended waits at most so long for more that is made durable with it.
    static let longestGathering = Duration.milliseconds(20)
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

    func loop() throws {
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
    func wait() throws {
        let patience =
            open == nil || isCommitting
            ? Self.patience : min(Self.patience, Int(untilHandOver / .milliseconds(1)) + 1)
        if let first = news.pop(milliseconds: patience) { return try take(first) }
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

    func take(_ first: News) throws {
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
    func drain() throws {
        while !running.isEmpty || isCommitting || open != nil {
            try handOver(isDue: running.isEmpty)
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
    func finish() throws {
        try locks.acquire()
        committer?.finish()
        committer = nil
        guard !options.isDry else { return }
        try writeLocks()
        try FinishedStages.settle(in: session.workspace)
        try git.stageIfWanted(session)
        report.changedFiles += git.changed
    }

    func writeLocks() throws {
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

    func failed(_ stage: Int, _ error: CairnError) throws {
        if error.kind == .interrupted { throw error }
        let done = work.removeValue(forKey: stage)
        note(stage, .failed(error), seconds: done?.seconds ?? 0, log: done?.log)
        if report.failure == nil { report.failure = error }
        tell(.failed(stage: nodes[stage].address, error))
        scheduler.markEnded(stage, succeeded: false)
    }

    func note(_ stage: Int, _ outcome: ReproduceOutcome, seconds: Double = 0, log: String? = nil) {
        results[stage] = ReproduceReport.Stage(
            address: nodes[stage].address, causes: causes[stage] ?? [], outcome: outcome, seconds: seconds,
            log: log)
    }
}
