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

    @OptionGroup var source: URLArguments

    @Flag(name: .customLong("to-remote"), help: "Send the data to a remote instead of storing it here.")
    var toRemote = false

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("With --to-remote: this remote instead of the default one.", valueName: "name"),
        completion: .custom(RemoteNames.complete))
    var remote: String?

    @OptionGroup var extent: ImportExtentFlags

    @OptionGroup var bringing: BringingFlags

    @Flag(help: "Print the report as JSON.")
    var json = false

    static let failureOfDVC: String? = ""

    func run(in context: Context) throws -> Outcome {
        var options = ImportURLOptions()
        options.out = source.out
        options.isForced = bringing.force
        options.extent = try extent.extent()
        options.goesToRemote = toRemote
        options.remote = remote
        options.jobs = bringing.jobs
        options.fileSystemOptions = try source.fileSystemOptions()
        let workspace = try context.workspace()
        let report = try workspace.importURL(source.url, options, reporter: context.reporter)
        try report.write(to: context, workspace, asJSON: json, isQuiet: options.extent == .pointer)
        return .done
    }
}
