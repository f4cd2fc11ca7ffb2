public import CairnCore
public import CairnFormats
public import CairnPipeline

/// Which stages are run, and how.
public struct ReproduceOptions: Sendable {
    /// Runs what was asked for whatever its state.
    public var isForced = false
    /// Only the stages that are named, without what they depend on.
    public var isSingle = false
    /// All stages of the pipelines that the targets belong to.
    public var wholePipelines = false
    /// All stages of the workspace.
    public var allPipelines = false
    /// Folders stand for all that is declared below them.
    public var isRecursive = false
    /// `*`, `?` and `[…]` in names of stages are wild.
    public var isGlob = false
    /// The targets and what depends on them, not what they depend on.
    public var isDownstream = false
    /// Once a stage has run, whatever depends on it runs as well.
    public var forcesDownstream = false
    /// How many stages run at a time.
    public var jobs = 1
    /// What happens when a stage fails.
    public var onFailure = FailurePolicy.stop
    /// Only says what would run.
    public var isDry = false
    /// Brings what is missing from the remote, outputs of the run cache included.
    public var pulls = false
    /// Data that is missing here does not make a stage stale if nothing says that it changed.
    public var allowsMissing = false
    /// Runs what has been run before as well.
    public var skipsRunCache = false
    /// Leaves outputs out of the store.
    public var skipsCommit = false
    /// Names of stages before the lines that they print, where several run at a time, get colors.
    public var hasColor = false

    /// The stages of the pipeline file in the user's folder, one at a time.
    public init() {}
}

/// What a run did with a stage.
public enum ReproduceOutcome: Sendable {
    /// It was up to date.
    case unchanged
    /// It is frozen, and its outputs are there.
    case frozen
    /// A pointer's data was as recorded, or is recorded anew now.
    case verified(isRecorded: Bool)
    /// Its outputs came from an earlier run.
    case restored
    /// Its command ran well.
    case ran
    /// It would have run.
    case wouldRun
    /// The user did not want it to run.
    case declined
    /// It could not be run, or what it wrote could not be taken in.
    case failed(CairnError)
    /// It was not run because of another stage.
    case skipped(becauseOf: String)
}

/// What a run tells while it works, from the thread that called it.
public enum ReproduceEvent: Sendable {
    /// A stage that is up to date, or frozen, or a pointer whose data is as recorded.
    case unchanged(stage: String, isPointer: Bool, isFrozen: Bool)
    /// A pointer whose data is looked at.
    case verifying(pointer: String)
    /// A stage is stale.
    case stale(stage: String, causes: [StaleCause])
    /// A stage's outputs come from an earlier run.
    case restoring(stage: String)
    /// A stage's command starts.
    case running(stage: String, command: StageCommand)
    /// A stage would be run.
    case wouldRun(stage: String, command: StageCommand)
    /// A stage ended, and all it made is stored.
    case finished(stage: String, seconds: Double)
    /// A stage failed.
    case failed(stage: String, CairnError)
    /// A lock file is written; whether it is a new one.
    case writingLock(file: String, isNew: Bool)
}

/// What a run did.
public struct ReproduceReport: Sendable {
    /// One stage.
    public struct Stage: Sendable {
        /// How the user can name it.
        public let address: String
        /// Why it was stale; empty if it was not.
        public let causes: [StaleCause]
        /// What was done.
        public let outcome: ReproduceOutcome
        /// How long its command took; zero if none ran.
        public let seconds: Double
        /// Where all that it printed is; `nil` if nothing ran.
        public let log: String?
    }

    /// The stages that were looked at, in the order in which one at a time would have run.
    public internal(set) var stages: [Stage] = []
    /// Files that git should know of.
    public internal(set) var changedFiles: [RepoPath] = []
    /// Files that could not be linked as configured.
    public internal(set) var linkFailures: [RepoPath] = []
    /// The first failure.
    public internal(set) var failure: CairnError?
    /// True if failures were to be ignored.
    public internal(set) var isFailureIgnored = false

    /// True if any stage ran, or was restored, or a pointer was recorded anew.
    public var hasChanged: Bool {
        stages.contains {
            switch $0.outcome {
            case .ran, .restored, .wouldRun: true
            case .verified(let isRecorded): isRecorded
            default: false
            }
        }
    }
}
