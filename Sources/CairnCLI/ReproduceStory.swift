import Cairn
import CairnCore
import CairnSystem

/// What `repro` says while it runs, and at its end.
final class ReproduceStory {
    // A class: it remembers what was said last.

    /// Where what commands print goes.
    let sink: any StageOutputSink
    private let context: Context
    private let explains: Bool
    private let isSilent: Bool
    private let isParallel: Bool
    private let isDry: Bool
    /// True after a stage that ran: as dvc, an empty line separates it from the next.
    private var needsBreak = false

    init(_ context: Context, explains: Bool, isSilent: Bool, isParallel: Bool, isDry: Bool) {
        self.context = context
        self.explains = explains
        self.isSilent = isSilent
        self.isParallel = isParallel
        self.isDry = isDry
        sink = context.output.stageOutput(toErrors: isSilent)
    }

    private var output: Output { context.output }

    /// Says what happens.
    func tell(_ event: ReproduceEvent) {
        do {
            switch context.personality {
            case .dvc: try tellAsDVC(event)
            case .cairn: try tellAsCairn(event)
            }
            // Commands print between these lines.
            try output.flush()
        } catch {
            // Who does not read on is told at the end, when everything is recorded.
        }
    }

    private func tellAsCairn(_ event: ReproduceEvent) throws {
        guard !isSilent else { return }
        switch event {
        case .unchanged(let stage, _, let isFrozen):
            if explains { try output.note("\(stage): \(isFrozen ? "frozen" : "up to date")") }
        case .stale(let stage, let causes):
            if explains || isDry {
                try output.note("\(stage): \(causes.map(StageWords.clause).joined(separator: ", "))")
            }
        case .verifying(let pointer): try output.note("\(pointer): recording what changed")
        case .restoring(let stage): try output.note("\(stage): taken from an earlier run")
        case .running(let stage, let command):
            let lines = StageWords.lines(command)
            let more = lines.count > 1 ? " (and \(Words.count(lines.count - 1, "more line")))" : ""
            try output.note("\(stage): running \(lines.first ?? "")\(more)")
        case .finished, .wouldRun, .writingLock: break
        case .failed(let stage, let error):
            if error.kind != .stageFailed { try output.note("\(stage): failed") }
        }
    }

    private func tellAsDVC(_ event: ReproduceEvent) throws {
        guard !isSilent else { return }
        func separate() throws {
            if needsBreak { try output.note("") }
            needsBreak = false
        }
        switch event {
        case .unchanged(let stage, let isPointer, _):
            try separate()
            try output.note(
                isPointer ? "'\(stage)' didn't change, skipping" : "Stage '\(stage)' didn't change, skipping")
        case .verifying(let pointer):
            try separate()
            try output.note("Verifying data sources in stage: '\(pointer)'")
            needsBreak = true
        case .restoring(let stage):
            try separate()
            try output.note("Stage '\(stage)' is cached - skipping run, checking out outputs")
            needsBreak = true
        case .running(let stage, let command), .wouldRun(let stage, let command):
            try separate()
            try output.note("Running stage '\(stage)':")
            for line in StageWords.lines(command) { try output.note("> \(line)") }
            needsBreak = true
        case .writingLock(let file, let isNew):
            if isNew { try output.note("Generating lock file '\(file)'") }
            try output.note("Updating lock file '\(file)'")
        case .stale, .finished, .failed: break
        }
    }

    /// Says what came of it.
    func end(_ report: ReproduceReport, _ workspace: Workspace, asJSON: Bool) throws -> Outcome {
        let failed = report.linkFailures.map { workspace.display($0) }
        if !failed.isEmpty {
            output.warn(
                "\(Words.count(failed.count, "file")) could not be linked from the cache: \(failed.prefix(5).joined(separator: ", "))",
                hint: "choose another `cache.type`, then `\(context.command("checkout --relink"))`")
        }
        if asJSON { try output.json(Self.json(report)) }
        if let failure = report.failure {
            for stage in report.stages {
                guard case .skipped(let blocker) = stage.outcome, !asJSON else { continue }
                try output.note("\(stage.address): skipped, because \(blocker) failed")
            }
            if !report.isFailureIgnored {
                if report.hasChanged, context.personality == .cairn, !asJSON, !isDry {
                    try output.note("\(Self.summary(report)); what ended is recorded")
                }
                throw failure
            }
        }
        guard !asJSON else { return .done }
        let hasChanged = report.hasChanged
        switch context.personality {
        case .dvc:
            let files = report.changedFiles.map { workspace.display($0) }
            if !files.isEmpty, !isDry {
                try output.note(
                    "\nTo track the changes with git, run:\n\n\tgit add \(files.joined(separator: " "))\n\nTo enable auto staging, run:\n\n\tdvc config core.autostage true"
                )
            }
            try output.note(
                hasChanged
                    ? "Use `dvc push` to send your updates to remote storage."
                    : "Data and pipelines are up to date.")
        case .cairn:
            try output.note(Self.summary(report))
            if !report.changedFiles.isEmpty {
                let names = report.changedFiles.map { Shell.quoted(workspace.display($0)) }
                try output.note("to commit it: `git add \(names.joined(separator: " "))`")
            }
        }
        return .done
    }

    private static func summary(_ report: ReproduceReport) -> String {
        var (ran, restored, unchanged, wouldRun) = (0, 0, 0, 0)
        for stage in report.stages {
            switch stage.outcome {
            case .ran: ran += 1
            case .restored: restored += 1
            case .wouldRun: wouldRun += 1
            case .unchanged, .frozen: unchanged += 1
            case .verified(let isRecorded): if isRecorded { ran += 1 } else { unchanged += 1 }
            case .declined, .failed, .skipped: break
            }
        }
        guard ran + restored + wouldRun > 0 else { return "everything is up to date" }
        var parts: [String] = []
        if wouldRun > 0 { parts.append("\(Words.count(wouldRun, "stage")) would run") }
        if ran > 0 { parts.append("ran \(Words.count(ran, "stage"))") }
        if restored > 0 { parts.append("took \(restored) from earlier runs") }
        if unchanged > 0 { parts.append("\(unchanged) up to date") }
        return parts.joined(separator: ", ")
    }

    private static func json(_ report: ReproduceReport) -> PythonJSON {
        .array(
            report.stages.map { stage in
                var members: [(String, PythonJSON)] = [
                    ("stage", .string(stage.address)), ("outcome", .string(word(stage.outcome))),
                ]
                if !stage.causes.isEmpty {
                    members.append(("causes", .array(stage.causes.map(StageWords.json))))
                }
                if stage.seconds > 0 { members.append(("seconds", .float(stage.seconds))) }
                if let log = stage.log { members.append(("log", .string(log))) }
                switch stage.outcome {
                case .failed(let error): members.append(("error", .string(error.message)))
                case .skipped(let blocker): members.append(("because", .string(blocker)))
                default: break
                }
                return StageWords.object(members)
            })
    }

    private static func word(_ outcome: ReproduceOutcome) -> String {
        switch outcome {
        case .unchanged, .verified(false): "unchanged"
        case .frozen: "frozen"
        case .verified(true): "recorded"
        case .restored: "restored"
        case .ran: "ran"
        case .wouldRun: "would run"
        case .declined: "declined"
        case .failed: "failed"
        case .skipped: "skipped"
        }
    }
}
