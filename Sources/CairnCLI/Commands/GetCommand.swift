import ArgumentParser
import Cairn
import CairnCore

/// `cairn get`.
struct GetCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "get", abstract: "Copy a file or directory of another repository to this machine.",
        discussion: """
            What git keeps there can be had as well as what is tracked. The data comes from the cache of the repository if it is on this \
            machine, else from its remote, and appears whole or not at all. Nothing remembers where it came from: for that, `import` it.
            """)

    @OptionGroup var global: GlobalOptions

    @OptionGroup var source: RepositoryPathArguments

    @Option(help: ArgumentHelp("A revision of the repository.", valueName: "commit"))
    var rev: String?

    @Flag(name: .customLong("show-url"), help: "Only say where the data lies on the remote.")
    var showURL = false

    @OptionGroup var bringing: BringingFlags

    @OptionGroup var flags: SourceFlags

    static let failureOfDVC: String? = ""

    func run(in context: Context) throws -> Outcome {
        var options = GetOptions()
        options.out = source.out
        options.revision = rev
        options.isForced = bringing.force
        let reader = try context.sourceReader(flags.overrides(context.surroundings), jobs: bringing.jobs)
        if showURL {
            try context.output.data(bytes: reader.objectURL(source.url, source.path, options))
            return .done
        }
        let report = try reader.get(source.url, source.path, options)
        guard context.personality == .cairn else { return .done }
        let files = report.isFolder ? " (\(Words.count(report.fileCount, "file")))" : ""
        let commit = report.commit.map { " of \($0.prefix(7))" } ?? ""
        try context.output.note("'\(report.place.printable)'\(files)\(commit) is here")
        return .done
    }
}
