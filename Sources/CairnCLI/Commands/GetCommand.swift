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

    @Argument(help: "A folder with a repository, or the address of one.", completion: .directory)
    var url: String

    @Argument(help: "A path in the repository, from its root on.")
    var path: String

    @Option(name: .shortAndLong, help: ArgumentHelp("Where it goes.", valueName: "path"), completion: .file())
    var out: String?

    @Option(help: ArgumentHelp("A revision of the repository.", valueName: "commit"))
    var rev: String?

    @Flag(name: .customLong("show-url"), help: "Only say where the data lies on the remote.")
    var showURL = false

    @Flag(name: .shortAndLong, help: "Replace what is in the way.")
    var force = false

    @Option(name: [.customShort("j", allowingJoined: true), .long], help: "How many transfers at a time.")
    var jobs: Int?

    @OptionGroup var flags: SourceFlags

    static let failureOfDVC: String? = ""

    func run(in context: Context) throws -> Outcome {
        var options = GetOptions()
        options.out = out
        options.revision = rev
        options.isForced = force
        let reader = try context.sourceReader(flags.overrides(context.surroundings), jobs: jobs)
        if showURL {
            try context.output.data(bytes: reader.objectURL(url, path, options))
            return .done
        }
        let report = try reader.get(url, path, options)
        guard context.personality == .cairn else { return .done }
        let files = report.isFolder ? " (\(Words.count(report.fileCount, "file")))" : ""
        let commit = report.commit.map { " of \($0.prefix(7))" } ?? ""
        try context.output.note("'\(report.place.printable)'\(files)\(commit) is here")
        return .done
    }
}
