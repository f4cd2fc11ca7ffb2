import ArgumentParser
import Cairn
import CairnCore

/// `cairn get-url`.
struct GetURLCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "get-url", abstract: "Copy a file or directory from a path or a URL to this machine.",
        discussion:
            "It appears whole or not at all. Nothing remembers where it came from: for that, `import-url` it."
    )

    @OptionGroup var global: GlobalOptions

    @Argument(
        help: "A path, or a URL: file://, http://, https://, s3://, remote://NAME/PATH.", completion: .file())
    var url: String

    @Argument(help: "Where it goes.", completion: .file())
    var out: String?

    @Option(name: [.customShort("j", allowingJoined: true), .long], help: "How many transfers at a time.")
    var jobs: Int?

    @Flag(name: .shortAndLong, help: "Replace what is in the way.")
    var force = false

    @Option(
        name: .customLong("fs-config"), parsing: .upToNextOption,
        help: ArgumentHelp(
            "Options for the place that the URL names, as a remote has them.", valueName: "name=value"))
    var fileSystemOptions: [String] = []

    static let failureOfDVC: String? = ""

    func run(in context: Context) throws -> Outcome {
        var options = GetOptions()
        options.out = out
        options.isForced = force
        let reader = try context.sourceReader(SourceOverrides(), jobs: jobs)
        let report = try reader.get(
            url: url, options, SourceFlags.pairs(fileSystemOptions, option: "--fs-config"))
        if context.personality == .cairn { try context.output.note("'\(report.place.printable)' is here") }
        return .done
    }
}
