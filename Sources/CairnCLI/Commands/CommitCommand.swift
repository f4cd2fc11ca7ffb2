import ArgumentParser
import Cairn
import CairnCore

/// `cairn commit`.
struct CommitCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "commit", abstract: "Record data as it lies in the workspace.",
        discussion: """
            Takes in what changed in tracked files and directories, and stores what the cache lacks. What changed is asked about; \
            nothing is run.
            """)

    @OptionGroup var global: GlobalOptions
    @OptionGroup var selection: TargetSelection

    @Flag(name: .shortAndLong, help: "Do not ask.")
    var force = false

    @Flag(
        name: .customLong("no-relink"),
        help: "Leave files of the workspace as they are, whatever cache.type says.")
    var skipsRelink = false

    static let failureOfDVC: String? = ""

    func run(in context: Context) throws -> Outcome {
        let workspace = try context.workspace()
        var options = CommitOptions()
        options.targets = selection.options
        options.isForced = force
        options.skipsRelink = skipsRelink
        let report: CommitReport
        do {
            report = try workspace.commit(
                selection.targets, options, reporter: context.reporter, confirm: context.confirm)
        } catch {
            throw worded(CairnError(error))
        }
        let failed = report.linkFailures.map { workspace.display($0) }
        if !failed.isEmpty {
            context.output.warn(
                "\(Words.count(failed.count, "file")) could not be linked from the cache: \(failed.prefix(5).joined(separator: ", "))",
                hint: "choose another `cache.type`, then `\(context.command("checkout --relink"))`")
        }
        switch context.personality {
        case .dvc:
            for file in report.changedFiles where file.name.elementsEqual("dvc.lock".utf8) {
                try context.output.note("Updating lock file '\(workspace.display(file))'")
            }
        case .cairn:
            for output in report.outputs where output.isChanged {
                try context.output.note(
                    "recorded '\(workspace.display(output.path, isFolder: output.id.isDirectory))'")
            }
            if report.outputs.allSatisfy({ !$0.isChanged }) {
                try context.output.note(
                    report.storedObjects > 0
                        ? "stored \(Words.count(report.storedObjects, "object")); the records are as they were"
                        : "everything is recorded and stored")
            }
            if !report.changedFiles.isEmpty {
                let names = report.changedFiles.map { Shell.quoted(workspace.display($0)) }.joined(
                    separator: " ")
                try context.output.note("to commit it: `git add \(names)`")
            }
        }
        return .done
    }

    /// DVC says which target it was at.
    private func worded(_ error: CairnError) -> CairnError {
        let target = selection.targets.count == 1 ? " \(Array(selection.targets[0].utf8).printable)" : ""
        return CairnError(
            error.kind, error.message, hint: error.hint,
            dvc: "failed to commit\(target) - \(error.wordsOfDVC ?? error.message)")
    }
}
