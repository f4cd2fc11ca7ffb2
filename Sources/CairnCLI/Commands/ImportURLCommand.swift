import ArgumentParser
import Cairn
import CairnCore

/// `cairn import-url`.
struct ImportURLCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "import-url", abstract: "Bring in a file or directory from a path or a URL, and pin it.",
        discussion: """
            The pointer file beside the data says where it comes from, and what it was there: for a path its content, for a web server or a \
            bucket the entity tag. It stays as it is until `update` looks there again. Where a server gives no tag, `get-url` and `add` \
            are the way.
            """)

    @OptionGroup var global: GlobalOptions

    @Argument(
        help: "A path, or a URL: file://, http://, https://, s3://, remote://NAME/PATH.", completion: .file())
    var url: String

    @Argument(help: "Where it goes.", completion: .file())
    var out: String?

    @Flag(name: .customLong("to-remote"), help: "Send the data to a remote instead of storing it here.")
    var toRemote = false

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("With --to-remote: this remote instead of the default one.", valueName: "name"),
        completion: .custom(RemoteNames.complete))
    var remote: String?

    @Flag(name: .customLong("no-exec"), help: "Write the pointer without asking for anything.")
    var skipsExecution = false

    @Flag(name: .customLong("no-download"), help: "Pin the source without bringing its data.")
    var skipsDownload = false

    @Option(name: [.customShort("j", allowingJoined: true), .long], help: "How many transfers at a time.")
    var jobs: Int?

    @Flag(name: .shortAndLong, help: "Replace what is in the way.")
    var force = false

    @Option(
        name: .customLong("fs-config"), parsing: .upToNextOption,
        help: ArgumentHelp(
            "Options for the place that the URL names, as a remote has them.", valueName: "name=value"))
    var fileSystemOptions: [String] = []

    @Flag(help: "Print the report as JSON.")
    var json = false

    static let failureOfDVC: String? = ""

    func run(in context: Context) throws -> Outcome {
        guard !skipsExecution || !skipsDownload else {
            throw CairnError(.usage, "--no-exec and --no-download contradict each other")
        }
        var options = ImportURLOptions()
        options.out = out
        options.isForced = force
        options.skipsExecution = skipsExecution
        options.skipsDownload = skipsDownload
        options.goesToRemote = toRemote
        options.remote = remote
        options.jobs = jobs
        options.fileSystemOptions = try SourceFlags.pairs(fileSystemOptions, option: "--fs-config")
        let workspace = try context.workspace()
        let report = try workspace.importURL(url, options, reporter: context.reporter)
        try report.write(to: context, workspace, asJSON: json, isQuiet: skipsExecution)
        return .done
    }
}
