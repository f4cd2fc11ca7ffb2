import ArgumentParser
import Cairn
import CairnCore

/// `cairn list-url`.
struct ListURLCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "list-url", abstract: "List what is at a path or a URL.", aliases: ["ls-url"])

    @OptionGroup var global: GlobalOptions

    @Argument(
        help: "A path, or a URL: file://, http://, https://, s3://, remote://NAME/PATH.", completion: .file())
    var url: String

    @Flag(name: [.customShort("R"), .long], help: "List files in folders too.")
    var recursive = false

    @Option(
        name: [.customShort("L"), .long],
        help: ArgumentHelp("How many levels of folders to open.", valueName: "depth"))
    var level: Int?

    @Flag(help: "Show sizes.")
    var size = false

    @Flag(help: "Print the list as JSON.")
    var json = false

    @Option(
        name: .customLong("fs-config"), parsing: .upToNextOption,
        help: ArgumentHelp(
            "Options for the place that the URL names, as a remote has them.", valueName: "name=value"))
    var fileSystemOptions: [String] = []

    static let failureOfDVC: String? = ""

    func validate() throws {
        if let level, level < 0 { throw ValidationError("--level counts from 0") }
    }

    func run(in context: Context) throws -> Outcome {
        let reader = try context.sourceReader(SourceOverrides(), jobs: nil)
        let depth = recursive ? level : min(level ?? 1, 1)
        let entries = try reader.list(
            url: url, depth: depth, SourceFlags.pairs(fileSystemOptions, option: "--fs-config"))
        guard !json else {
            try context.output.json(
                .array(
                    entries.map { entry in
                        .object([
                            (Array("isdir".utf8), .bool(entry.isFolder)),
                            (Array("path".utf8), .string(entry.path)),
                            (Array("size".utf8), entry.size.map { .integer(Int($0)) } ?? .null),
                        ])
                    }))
            return .done
        }
        let sizes = entries.map { size && !$0.isFolder ? $0.size.map { ListTable.size($0) } ?? "-" : "" }
        let width = sizes.map(\.utf8.count).max() ?? 0
        for (entry, text) in zip(entries, sizes) {
            let lead = width == 0 ? "" : String(repeating: " ", count: width - text.utf8.count) + text + "  "
            try context.output.data(lead + entry.path.printable)
        }
        return .done
    }
}
