/// A program that is to run in a process group of its own.
public struct ProcessLaunch: Sendable {
    /// Where a program reads from.
    public enum Input: Hashable, Sendable {
        /// There is nothing to read.
        case nothing
        /// What this process reads. If that is a terminal, the group is in its foreground while it runs, so that it may read and is who
        /// Ctrl-C and Ctrl-Z are for; a process that is not in the foreground itself gives its programs nothing to read.
        case inherited
    }

    /// Where a program writes to.
    public enum Output: Hashable, Sendable {
        /// Where this process writes to.
        case inherited
        /// To the caller.
        case collected
    }

    /// The program: a path, or a name that is looked up in the `PATH` of its environment.
    public var program: [UInt8]
    /// Its arguments, without its name.
    public var arguments: [[UInt8]]
    /// All of its environment, `NAME=value` each.
    public var environment: [[UInt8]]
    /// The folder that it starts in.
    public var folder: FilePath
    /// Where it reads from.
    public var input: Input
    /// Where it writes to, errors too.
    public var output: Output

    /// Puts a launch together.
    public init(
        program: [UInt8], arguments: [[UInt8]], environment: [[UInt8]], folder: FilePath,
        input: Input = .nothing, output: Output = .collected
    ) {
        self.program = program
        self.arguments = arguments
        self.environment = environment
        self.folder = folder
        self.input = input
        self.output = output
    }
}

/// One of the two streams that a program writes.
public enum ProcessStream: Hashable, Sendable {
    /// Standard output.
    case output
    /// Standard error.
    case errors
}

/// How a program came to its end.
public struct ProcessEnd: Hashable, Sendable {
    /// What the program said at its end.
    public enum Status: Hashable, Sendable {
        /// It ended with this exit code.
        case exited(Int32)
        /// A signal ended it.
        case signalled(Int32)
    }

    /// Why a program ended.
    public enum Cause: Hashable, Sendable {
        /// By itself, or because of somebody else.
        case own
        /// Its time was up, and it was ended with its group.
        case timeLimit
        /// It was ended with its group because the work was to stop.
        case stop
    }

    /// What the program said at its end.
    public let status: Status
    /// Why it ended.
    public let cause: Cause
    /// True if programs that it started run on.
    public let hasLeftPrograms: Bool

    /// Puts an end together.
    public init(status: Status, cause: Cause = .own, hasLeftPrograms: Bool = false) {
        self.status = status
        self.cause = cause
        self.hasLeftPrograms = hasLeftPrograms
    }

    /// True if the program ended by itself and says that all went well.
    public var isSuccess: Bool { status == .exited(0) && cause == .own }
    /// True if Ctrl-C on the terminal ended it, or whoever sent the same signal.
    public var isInterrupt: Bool { status == .signalled(2) }
}
