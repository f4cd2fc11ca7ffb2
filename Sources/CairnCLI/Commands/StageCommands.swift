import ArgumentParser
import Cairn
import CairnCore

/// `cairn stage`.
struct StageCommands: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stage", abstract: "Write stages of a pipeline, and list them.",
        subcommands: [StageAddCommand.self, StageListCommand.self])
}

/// `cairn stage list`.
struct StageListCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List stages with what they are about, or what they read and write.")

    @OptionGroup var global: GlobalOptions

    @Argument(
        help:
            "Pipeline files, pointer files, stages or groups of stages; the dvc.yaml of this folder if none is named.",
        completion: .file())
    var targets: [String] = []

    @Flag(help: "List everything in the workspace.")
    var all = false

    @Flag(help: "Stop at a file that cannot be read instead of leaving it out.")
    var fail = false

    @Flag(name: [.customShort("R"), .long], help: "Take folders as all that is declared below them.")
    var recursive = false

    @Flag(name: [.customLong("name-only"), .customLong("names-only")], help: "List names alone.")
    var nameOnly = false

    func run(in context: Context) throws -> Outcome {
        var options = StageListOptions()
        options.isRecursive = recursive
        options.isStrict = fail
        let report = try context.workspace().listStages(
            all ? nil : targets.isEmpty ? ["dvc.yaml"] : targets, options, reporter: context.reporter)
        if context.personality == .cairn {
            for (_, error) in report.problems {
                context.output.warn("left out: \(error.message)", hint: error.hint)
            }
            if report.stages.isEmpty { try context.output.note("no stage is declared here") }
        }
        var table = ReportTable()
        for stage in report.stages {
            table.add([stage.address, nameOnly ? "" : Self.words(about: stage)])
        }
        for line in table.lines { try context.output.data(line, isForced: true) }
        return .done
    }

    /// What people wrote, or what the stage reads and writes, on at most 80 characters.
    private static func words(about stage: ListedStage) -> String {
        let text = firstLine(of: stage.description ?? "") ?? summary(of: stage)
        let characters = text.unicodeScalars
        guard characters.count > 80 else { return text }
        var short = String.UnicodeScalarView(characters.prefix(79))
        short.append("\u{2026}")
        return String(short)
    }

    private static func firstLine(of text: String) -> String? {
        let lines = text.utf8.split { $0 == 10 || $0 == 13 }
        return lines.first.map { Array($0).trimmingBlanks.printable }
    }

    private static func summary(of stage: ListedStage) -> String {
        func list(_ paths: [String]) -> String {
            paths.map { Array($0.utf8).printable }.joined(separator: ", ")
        }
        var parts: [String] = []
        if !stage.outputs.isEmpty { parts.append("Outputs \(list(stage.outputs))") }
        if !stage.reports.isEmpty { parts.append("Reports \(list(stage.reports))") }
        if !parts.isEmpty { return parts.joined(separator: "; ") }
        return stage.dependencies.isEmpty
            ? "No outputs or dependencies" : "Depends on \(list(stage.dependencies))"
    }
}

extension [UInt8] {
    /// Without blanks at both ends.
    fileprivate var trimmingBlanks: [UInt8] {
        let start = firstIndex { $0 != 32 && $0 != 9 } ?? endIndex
        let end = lastIndex { $0 != 32 && $0 != 9 } ?? start
        return Array(self[start...].prefix(end + 1 - start))
    }
}
