import ArgumentParser
import Cairn
import CairnCore

/// `cairn update`.
struct UpdateCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "update", abstract: "Bring imported data up to date with where it comes from.",
        discussion: """
            Imports of repositories are pinned to the newest commit of the revision that they follow, imports of URLs to what is there now. \
            One that cannot be brought stays as it was, and the others are brought all the same.
            """)

    @OptionGroup var global: GlobalOptions

    @Argument(help: "Pointer files of imports, or their data.", completion: .file())
    var targets: [String]

    @Option(help: ArgumentHelp("The revision of the repository to follow from now on.", valueName: "commit"))
    var rev: String?

    @Flag(name: [.customShort("R"), .long], help: "Take folders as all that is declared in them.")
    var recursive = false

    @Flag(name: .customLong("no-download"), help: "Pin what is there now without bringing the data.")
    var skipsDownload = false

    @Flag(
        name: .customLong("to-remote"), help: "Send the data of URLs to a remote instead of bringing it here."
    )
    var toRemote = false

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("With --to-remote: this remote instead of the default one.", valueName: "name"),
        completion: .custom(RemoteNames.complete))
    var remote: String?

    @Option(name: [.customShort("j", allowingJoined: true), .long], help: "How many transfers at a time.")
    var jobs: Int?

    @Flag(help: "Print the report as JSON.")
    var json = false

    static let failureOfDVC: String? = ""

    func run(in context: Context) throws -> Outcome {
        var options = UpdateOptions()
        options.revision = rev
        options.targets.isRecursive = recursive
        options.skipsDownload = skipsDownload
        options.goesToRemote = toRemote
        options.remote = remote
        options.jobs = jobs
        let workspace = try context.workspace()
        let report = try workspace.update(targets, options, reporter: context.reporter)
        for (pointer, error) in report.failures {
            context.output.fail(
                CairnError(error.kind, "'\(workspace.display(pointer))': \(error.message)", hint: error.hint))
        }
        for other in report.others where !recursive {
            let name = workspace.display(other)
            context.output.warn(
                context.personality == .dvc
                    ? "Could not update '\(name)', it was never pushed to a remote"
                    : "'\(name)' is no import, so there is nothing to update")
        }
        try report.done.write(to: context, workspace, asJSON: json)
        return report.failures.isEmpty ? .done : .no
    }
}
