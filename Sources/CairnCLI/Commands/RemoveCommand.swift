import ArgumentParser
import Cairn
import CairnCore

/// `cairn remove`.
struct RemoveCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Stop tracking data, or take stages out of a pipeline.",
        discussion: """
            Deletes pointer files, or stages from dvc.yaml and dvc.lock, with their entries in .gitignore. The data stays, unless \
            --outs is given; then nothing is deleted if the content of any file is nowhere else, unless --force is given too.
            """, aliases: ["rm"])

    @OptionGroup var global: GlobalOptions

    @Argument(
        help: "Pointer files, stages, or pipeline files for all of their stages.",
        completion: .file(extensions: ["dvc"]))
    var targets: [String]

    @Flag(help: "Delete the data from the workspace too.")
    var outs = false

    @Flag(name: .shortAndLong, help: "With --outs: delete data even if its content is nowhere else.")
    var force = false

    static let failureOfDVC: String? = ""

    func run(in context: Context) throws -> Outcome {
        let workspace = try context.workspace()
        var options = RemoveOptions()
        options.removesData = outs
        options.isForced = force
        let report = try workspace.remove(targets, options, reporter: context.reporter)
        for folder in report.keptFolders {
            context.output.warn(
                "'\(workspace.display(folder, isFolder: true))' stays, because files that are not tracked are in it"
            )
        }
        guard context.personality == .cairn else { return .done }
        for address in report.addresses { try context.output.note("'\(address)' is no longer tracked") }
        if outs { try context.output.note("deleted \(Words.count(report.deletedFiles, "file"))") }
        let files = report.gitFiles.changed + report.gitFiles.removed
        if report.gitFiles.hasGit, !files.isEmpty {
            let names = files.map { Shell.quoted(workspace.display($0)) }.joined(separator: " ")
            try context.output.note("to commit it: `git add \(names)`")
        }
        return .done
    }
}
