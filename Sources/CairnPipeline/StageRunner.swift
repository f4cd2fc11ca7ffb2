import CairnFormats
public import CairnSystem

/// Runs commands of stages as DVC does: each line in a shell of its own, in the stage's folder, until one fails.
public struct StageRunner: Sendable {
    /// The shell that runs commands.
    public let shell: StageShell
    private let environment: [[UInt8]]
    private let grace: Duration
    private let stop: StopSwitch?

    /// Gets ready to run stages of a repository.
    ///
    /// - Parameters:
    ///   - root: the repository's root, which commands find in `DVC_ROOT` unless that is set.
    ///   - environment: that of the commands, `NAME=value` each.
    ///   - grace: how long commands have to end when they are asked to.
    ///   - stop: ends what runs when it is flipped. `Interruption` always does.
    public init(
        root: FilePath, environment: [[UInt8]], grace: Duration = .seconds(5), stop: StopSwitch? = nil
    ) {
        shell = StageShell(environment: environment)
        let hasRoot = StageShell.value(of: "DVC_ROOT", in: environment) != nil
        self.environment =
            environment.filter { !$0.starts(with: "DVC_STAGE=".utf8) }
            + (hasRoot ? [] : [Array("DVC_ROOT=".utf8) + root.bytes])
        self.grace = grace
        self.stop = stop
    }

    /// Runs a stage on the calling thread until its commands have ended.
    ///
    /// - Parameter report: is told what happens, on the same thread.
    public func run(_ job: StageJob, report: (StageEvent) -> Void = { _ in }) -> StageReport {
        let start = Surroundings.uptime
        let log = job.output == .streamed ? job.log.map(StageLogFile.init(replacing:)) : nil
        var tail = OutputTail()
        var result = StageReport(
            outcome: .succeeded, failedCommand: nil, duration: .zero, tail: [], log: log?.path,
            logFailure: nil, hasLeftPrograms: false)
        for line in job.command.lines {
            report(.begins(command: line))
            log?.write(Array("> ".utf8) + line + Array("\n".utf8))
            let left = job.timeLimit.map { max(.zero, $0 - (Surroundings.uptime - start)) }
            result.outcome = run(line, of: job, timeLimit: left, log, &tail, &result, report)
            if result.outcome != .succeeded {
                result.failedCommand = line
                break
            }
        }
        result.logFailure = log?.failure
        if result.outcome != .succeeded { result.tail = tail.lines(20) }
        result.duration = Surroundings.uptime - start
        return result
    }

    private func run(
        _ line: [UInt8], of job: StageJob, timeLimit: Duration?, _ log: StageLogFile?,
        _ tail: inout OutputTail, _ result: inout StageReport, _ report: (StageEvent) -> Void
    ) -> StageReport.Outcome {
        let launch = ProcessLaunch(
            program: shell.program, arguments: shell.arguments(for: line),
            environment: environment + [Array("DVC_STAGE=\(job.address)".utf8)], folder: job.folder,
            input: job.isAlone ? .inherited : .nothing,
            output: job.output == .inherited ? .inherited : .collected)
        var lines = [ProcessStream.output, .errors].map { _ in job.prefix.map { PrefixedLines($0) } }
        let end: ProcessEnd
        do throws(SystemError) {
            end = try ProcessGroup.run(launch, timeLimit: timeLimit, grace: grace, stop: stop) {
                stream, piece in
                log?.write(piece)
                tail.take(piece)
                let shown = lines[stream == .output ? 0 : 1]?.take(piece) ?? Array(piece)
                if !shown.isEmpty { report(.wrote(stream, shown)) }
            }
        } catch {
            return error.errno == .interrupted ? .stopped : .notStarted(error)
        }
        for (number, stream) in [ProcessStream.output, .errors].enumerated() {
            if let rest = lines[number]?.finish(), !rest.isEmpty { report(.wrote(stream, rest)) }
        }
        result.hasLeftPrograms = result.hasLeftPrograms || end.hasLeftPrograms
        switch end.cause {
        case .stop: return .stopped
        case .timeLimit: return .timedOut
        case .own: return end.isSuccess ? .succeeded : .failed(end.status)
        }
    }
}
