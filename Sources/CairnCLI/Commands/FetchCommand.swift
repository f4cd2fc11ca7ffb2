import ArgumentParser
import Cairn
import CairnCore

/// `cairn fetch`.
struct FetchCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "fetch", abstract: "Copy data from a remote to the cache.",
        discussion: """
            The workspace stays as it is; `pull` also checks the data out. Every byte is checked on the way. Exit code 1 means that \
            something could not be fetched; the rest was.
            """)

    @OptionGroup var global: GlobalOptions
    @OptionGroup var flags: TransferFlags

    @Option(
        name: .customLong("max-size"),
        help: ArgumentHelp("Only outputs of fewer bytes than this.", valueName: "bytes"))
    var maxSize: Int64?

    @Option(
        name: .customLong("type"),
        help: "Only outputs that are metrics or plots: `metrics` or `plots`; may be given for both.")
    var types: [OutputType] = []

    /// What can be asked for by `--type`.
    enum OutputType: String, ExpressibleByArgument, CaseIterable {
        case metrics, plots
    }

    @Flag(help: "Print the report as JSON.")
    var json = false

    static let failureOfDVC: String? = "failed to fetch data from the cloud"

    func run(in context: Context) throws -> Outcome {
        let workspace = try context.workspace()
        var options = flags.options
        options.sizeLimit = maxSize
        options.kinds = Set(types.map { $0 == .metrics ? .metric : .plot })
        let report = try workspace.fetch(flags.selection.targets, options, reporter: context.reporter)
        report.writeFailures(to: context.output, workspace, toRemote: false)
        if json {
            try context.output.json(.object(report.json("fetched", in: workspace)))
        } else if context.personality == .dvc {
            if report.failureCount > 0 {
                throw CairnError(.partial, "\(report.failureCount) files failed to download")
            }
            context.warnWithoutRemote(workspace, flags.remote)
            try context.output.note(
                report.count > 0
                    ? "\(Words.count(report.count, "file")) fetched" : "Everything is up to date.")
        } else {
            let nothing = report.isComplete ? "everything is in the cache" : nil
            if let text = report.summary("fetched") ?? nothing { try context.output.note(text) }
        }
        return report.isFine(context.personality) ? .done : .no
    }
}
