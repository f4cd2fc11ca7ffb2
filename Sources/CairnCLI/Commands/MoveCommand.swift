import ArgumentParser
import Cairn
import CairnCore

/// `cairn move`.
struct MoveCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "move", abstract: "Rename tracked data, or move it to another folder.",
        discussion: """
            Renames the data, its pointer file and its entry in .gitignore. Only what was added or imported can be moved; the place \
            of a stage's output is written in its pipeline file.
            """, aliases: ["mv"])

    @OptionGroup var global: GlobalOptions

    @Argument(help: "A tracked file or directory.", completion: .file())
    var source: String

    @Argument(help: "The new place, or a folder to move it into.", completion: .file())
    var destination: String

    @Flag(name: .shortAndLong, help: "Replace a file in the way.")
    var force = false

    static let failureOfDVC: String? = ""

    func run(in context: Context) throws -> Outcome {
        let workspace = try context.workspace()
        let report: MoveReport
        do {
            report = try workspace.move(source, to: destination, isForced: force, reporter: context.reporter)
        } catch {
            let failure = CairnError(error)
            let what = "'\(Array(source.utf8).printable)' -> '\(Array(destination.utf8).printable)'"
            throw CairnError(
                failure.kind, failure.message, hint: failure.hint,
                dvc: "failed to move \(what) - \(failure.wordsOfDVC ?? failure.message)")
        }
        if context.personality == .cairn {
            try context.output.note(
                "moved '\(workspace.display(report.old))' to '\(workspace.display(report.new))'")
        }
        try context.tellGit(report.gitFiles, workspace)
        return .done
    }
}
