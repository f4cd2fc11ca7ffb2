import CairnCore
import CairnFormats
import CairnPipeline
import CairnSystem

/// Makes jobs of stages: where they run, what they find in their environment, how long they may take, where their output is kept.
struct StageJobs {
    private let workspace: Workspace
    private let isParallel: Bool
    private let hasColor: Bool
    /// The longest address, so that lines of several stages begin in one column.
    private let width: Int
    /// Runs the jobs.
    let runner: StageRunner

    init(_ workspace: Workspace, stages: [StageNode], isParallel: Bool, hasColor: Bool) {
        self.workspace = workspace
        self.isParallel = isParallel
        self.hasColor = hasColor
        width = min(24, stages.map(\.address.count).max() ?? 0)
        runner = StageRunner(
            root: workspace.root,
            environment: workspace.surroundings.environment.sorted { $0.key < $1.key }.map {
                Array("\($0.key)=\($0.value)".utf8)
            })
    }

    /// The job of a stage.
    ///
    /// - Parameter number: picks the color of its lines.
    func job(of node: StageNode, _ stage: ResolvedStage, number: Int, timeLimit: Duration?) -> StageJob {
        StageJob(
            address: node.address, command: stage.definition.command,
            folder: node.folder.map { workspace.absolute($0) } ?? workspace.root, timeLimit: timeLimit,
            log: StageLog.path(
                in: workspace.stageLogs, file: node.owner.file, stage: stage.name),
            prefix: isParallel
                ? StagePrefix(node.address, width: width, color: hasColor ? number : nil) : nil,
            isAlone: !isParallel)
    }
}

extension Workspace {
    /// How much there is of what stages share: what the machine has, unless settings say otherwise.
    var stageCapacity: StageCapacity {
        StageCapacity(
            memory: Surroundings.physicalMemory, processors: Surroundings.processors,
            others: own.stageResources)
    }

    /// Where what stages printed is kept.
    var stageLogs: FilePath { stateFolder.appending("logs") }

    /// Reads what a stage printed when it ran last on this machine.
    ///
    /// - Parameters:
    ///   - target: the stage.
    ///   - previous: whether to read what the run before the last one left.
    ///   - take: gets the bytes in pieces.
    /// - Throws: `CairnError` of kind `notFound` for a stage that there is not or that has never run here.
    public func readLog(
        of target: String, previous: Bool, _ take: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        let session = try Session(self, reporter: SilentReporter(), writes: false)
        let index = try WorkspaceScan.run(session)
        let nodes = try index.stageNodes(in: self)
        let graph = try StageGraph(nodes.map { StageGraph.Node($0) })
        let named = try ReproduceSelection(nodes, graph, index, self).named([target], ReproduceOptions())
        for place in named {
            guard let stage = nodes[place].stage else { continue }
            let log = StageLog.path(in: stageLogs, file: nodes[place].owner.file, stage: stage.name)
            let file = previous ? StageLog.previous(of: log) : log
            guard try file.status()?.kind == .regular else {
                throw CairnError(
                    .notFound,
                    "there is no \(previous ? "earlier " : "")log of stage '\(nodes[place].address)' on this machine",
                    hint: previous ? nil : "logs are written by `\(personality.command) repro`")
            }
            let open = try OpenFile(reading: file)
            try withUnsafeTemporaryAllocation(byteCount: 1 << 16, alignment: 16) { buffer in
                while case let count = try open.read(into: buffer), count > 0 {
                    try take(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
                }
            }
        }
    }
}

extension StageReport {
    /// True if all commands ended well.
    var isSuccess: Bool { outcome == .succeeded }
    /// How long it took, in seconds.
    var seconds: Double {
        Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
    }

    /// What went wrong, in words.
    ///
    /// - Parameter isShown: whether the user has seen what the commands printed.
    func error(of stage: String, _ workspace: Workspace, isShown: Bool) -> CairnError {
        let command = (failedCommand ?? []).printable
        let what: String
        switch outcome {
        case .succeeded: preconditionFailure("a stage that ended well has no error")
        case .failed(.exited(let code)): what = "failed with exit code \(code)"
        case .failed(.signalled(let signal)): what = "was ended by signal \(signal)"
        case .notStarted(let error): what = "could not be started: \(CairnError(error).message)"
        case .timedOut: what = "took longer than its time limit"
        case .stopped:
            return CairnError(.interrupted, "stage '\(stage)' was stopped")
        }
        var message = "stage '\(stage)' \(what): \(command)"
        if !isShown, !tail.isEmpty {
            message += "\n" + tail.map { "  \($0.printable)" }.joined(separator: "\n")
        }
        let hint = log.map { _ in
            "all that it printed: `\(workspace.personality.command) logs \(Shell.quoted(stage))`"
        }
        var code = ""
        if case .failed(.exited(let number)) = outcome { code = "exited with \(number)" }
        if case .failed(.signalled(let number)) = outcome { code = "exited with -\(number)" }
        return CairnError(
            .stageFailed, message, hint: hint,
            dvc: "failed to reproduce '\(stage)': failed to run: \(command), \(code)")
    }
}
