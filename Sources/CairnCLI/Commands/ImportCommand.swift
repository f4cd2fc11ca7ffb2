import ArgumentParser
import Cairn
import CairnCore

/// `cairn import`.
struct ImportCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Bring in a file or directory of another repository, and pin it.",
        discussion: """
            The pointer file beside the data says which path of which repository it is, and of which commit. It stays as it is until \
            `update` looks there again.
            """)

    @OptionGroup var global: GlobalOptions

    @OptionGroup var source: RepositoryPathArguments

    @Option(help: ArgumentHelp("The revision of the repository to follow.", valueName: "commit"))
    var rev: String?

    @OptionGroup var extent: ImportExtentFlags

    @OptionGroup var bringing: BringingFlags

    @OptionGroup var flags: SourceFlags

    @Flag(help: "Print the report as JSON.")
    var json = false

    static let failureOfDVC: String? = ""

    func run(in context: Context) throws -> Outcome {
        var options = ImportOptions()
        options.out = source.out
        options.revision = rev
        options.isForced = bringing.force
        options.extent = try extent.extent()
        options.overrides = try flags.overrides(context.surroundings)
        options.configurationPath = flags.config
        options.jobs = bringing.jobs
        let workspace = try context.workspace()
        let report = try workspace.importData(
            source.path, from: source.url, options, reporter: context.reporter)
        try report.write(to: context, workspace, asJSON: json, isQuiet: options.extent == .pointer)
        return .done
    }
}

extension ImportReport {
    /// Says what was imported.
    ///
    /// - Parameter isQuiet: true if nothing was asked of the source.
    func write(to context: Context, _ workspace: Workspace, asJSON: Bool, isQuiet: Bool = false) throws {
        guard !asJSON else { return try context.output.json(json(in: workspace)) }
        for item in items {
            let place = workspace.display(item.path)
            if context.personality == .dvc {
                if !isQuiet { try context.output.note("Importing '\(item.source)' -> '\(place)'") }
                continue
            }
            var facts: [String] = []
            if let count = item.fileCount { facts.append(Words.count(count, "file")) }
            if let size = item.size { facts.append(Words.bytes(size)) }
            if let commit = item.commit { facts.append("commit \(commit.prefix(7))") }
            if item.id == nil { facts.append("not downloaded") }
            let detail = facts.isEmpty ? "" : " (\(facts.joined(separator: ", ")))"
            let verb = item.isChanged ? "is imported from" : "is up to date with"
            try context.output.note("'\(place)' \(verb) '\(item.source)'\(detail)")
        }
        try context.tellGit(gitFiles, workspace)
    }

    private func json(in workspace: Workspace) -> PythonJSON {
        func text(_ text: String?) -> PythonJSON { text.map { .string(Array($0.utf8)) } ?? .null }
        func number(_ number: Int?) -> PythonJSON { number.map { .integer($0) } ?? .null }
        return .array(
            items.map { item in
                .object([
                    (Array("changed".utf8), .bool(item.isChanged)),
                    (Array("commit".utf8), text(item.commit)),
                    (Array("files".utf8), number(item.fileCount)),
                    (Array("hash".utf8), text(item.id?.text)),
                    (Array("path".utf8), .string(workspace.relativeToUser(item.path))),
                    (Array("pointer".utf8), .string(workspace.relativeToUser(item.pointer))),
                    (Array("size".utf8), number(item.size.map { Int($0) })),
                    (Array("source".utf8), text(item.source)),
                ])
            })
    }
}
