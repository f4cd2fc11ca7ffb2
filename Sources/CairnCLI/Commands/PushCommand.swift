import ArgumentParser
import Cairn
import CairnCore

/// `cairn push`.
struct PushCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "push", abstract: "Copy data from the cache to a remote.",
        discussion: """
            Only what the remote lacks is copied, and every byte is checked on the way. Exit code 1 means that something could not be \
            pushed; the rest was.
            """)

    @OptionGroup var global: GlobalOptions
    @OptionGroup var flags: TransferFlags

    @Flag(help: "Print the report as JSON.")
    var json = false

    static let failureOfDVC: String? = "failed to push data to the cloud"

    func run(in context: Context) throws -> Outcome {
        let workspace = try context.workspace()
        let report = try workspace.push(flags.selection.targets, flags.options, reporter: context.reporter)
        report.writeFailures(to: context.output, workspace, toRemote: true)
        if json {
            try context.output.json(.object(report.json("pushed", in: workspace)))
        } else if context.personality == .dvc {
            if report.failureCount > 0 {
                throw CairnError(.partial, "\(report.failureCount) files failed to upload")
            }
            context.warnWithoutRemote(workspace, flags.remote)
            let count = report.count + report.runRecords
            try context.output.note(
                count > 0 ? "\(Words.count(count, "file")) pushed" : "Everything is up to date.")
        } else {
            let nothing = report.isComplete ? "everything is on the remote" : nil
            if let text = report.summary("pushed") ?? nothing { try context.output.note(text) }
        }
        return report.isFine(context.personality) ? .done : .no
    }
}
