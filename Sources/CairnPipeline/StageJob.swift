public import CairnFormats
public import CairnSystem

/// A stage that is to run now.
public struct StageJob: Sendable {
    /// What happens to what the commands write.
    public enum Output: Hashable, Sendable {
        /// The caller and the log get it.
        case streamed
        /// It goes where our own output goes; there is no log.
        case inherited
    }

    /// The stage as its commands know it (`DVC_STAGE`).
    public var address: String
    /// What runs.
    public var command: StageCommand
    /// Where it runs.
    public var folder: FilePath
    /// How long all of it may take.
    public var timeLimit: Duration?
    /// The file that gets what the commands write; the one before it is kept beside it.
    public var log: FilePath?
    /// What every line begins with when it is streamed; `nil` to stream bytes as they come.
    public var prefix: StagePrefix?
    /// What happens to what the commands write.
    public var output: Output
    /// True if no other stage runs meanwhile: then the commands may read what we may, and the terminal is theirs.
    public var isAlone: Bool

    /// Puts a job together.
    public init(
        address: String, command: StageCommand, folder: FilePath, timeLimit: Duration? = nil,
        log: FilePath? = nil, prefix: StagePrefix? = nil, output: Output = .streamed, isAlone: Bool = true
    ) {
        self.address = address
        self.command = command
        self.folder = folder
        self.timeLimit = timeLimit
        self.log = log
        self.prefix = prefix
        self.output = output
        self.isAlone = isAlone
    }
}

/// What is told of a stage while it runs.
public enum StageEvent: Sendable {
    /// A command begins.
    case begins(command: [UInt8])
    /// The command wrote this: with a prefix whole lines, else what came.
    case wrote(ProcessStream, [UInt8])
}

/// How a stage has run.
public struct StageReport: Sendable {
    /// What came of it.
    public enum Outcome: Hashable, Sendable {
        /// All commands ended well.
        case succeeded
        /// A command did not.
        case failed(ProcessEnd.Status)
        /// A command could not be started.
        case notStarted(SystemError)
        /// The time was up.
        case timedOut
        /// The work was to stop.
        case stopped
    }

    /// What came of it.
    public var outcome: Outcome
    /// The command that did not end well.
    public var failedCommand: [UInt8]?
    /// How long it took.
    public var duration: Duration
    /// The last lines that it wrote, twenty at most; none if its output was inherited.
    public var tail: [[UInt8]]
    /// The file that has all that it wrote.
    public var log: FilePath?
    /// Why the log is missing or not whole.
    public var logFailure: SystemError?
    /// True if programs that it started run on.
    public var hasLeftPrograms: Bool
}
