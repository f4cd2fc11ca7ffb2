import ArgumentParser
import Cairn
import CairnCore

/// `cairn metrics`.
struct MetricsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "metrics", abstract: "Show, compare and check what stages measured.",
        subcommands: [MetricsShowCommand.self, MetricsDiffCommand.self, MetricsCheckCommand.self])
}

/// `cairn metrics show`.
struct MetricsShowCommand: Verb {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "Show metrics.")

    @OptionGroup var global: GlobalOptions

    @Argument(help: "Files or folders; those that pipelines declare if none is named.", completion: .file())
    var targets: [String] = []

    @Flag(name: [.customShort("a"), .long], help: "Also of all branches.")
    var allBranches = false

    @Flag(name: [.customShort("T"), .long], help: "Also of all tags.")
    var allTags = false

    @Flag(name: [.customShort("A"), .long], help: "Also of all commits.")
    var allCommits = false

    @Flag(help: "Print them as JSON.")
    var json = false

    @Flag(help: "Print the table in Markdown.")
    var md = false

    @Flag(
        name: [.customShort("R"), .long],
        help: "Accepted for DVC's sake: folders always stand for the files in them.")
    var recursive = false

    @OptionGroup var rounding: RoundingOption

    func run(in context: Context) throws -> Outcome {
        var scope = RevisionScope()
        scope.allBranches = allBranches
        scope.allTags = allTags
        scope.allCommits = allCommits
        let workspace = try context.workspace()
        let revisions = try workspace.metrics(targets, in: scope, reporter: context.reporter)
        context.tellOfUnread(revisions, workspace, of: "metrics")
        let table = table(revisions, workspace)
        let words = ValueWords(workspace)
        try context.output.render(asJSON: json, words.json(revisions)) { output in
            if table.isEmpty, context.personality == .cairn, !md {
                return try output.note("no metrics are declared here")
            }
            if table.isEmpty, !md { return }
            for line in md ? table.markdownLines : table.lines { try output.data(line, isForced: true) }
        }
        return .done
    }

    /// A row for each file, a column for each key.
    private func table(_ revisions: [RecordedValues], _ workspace: Workspace) -> ReportTable {
        var rows: [(revision: String, path: String, values: [[UInt8]: String])] = []
        var keys: Set<[UInt8]> = []
        for revision in revisions {
            for file in revision.files {
                var values: [[UInt8]: String] = [:]
                if case .success(let value) = file.value {
                    for (key, value) in value.flattened {
                        values[Array(key.utf8)] = ValueWords.text(value, places: rounding.places)
                    }
                }
                keys.formUnion(values.keys)
                rows.append((revision.name, workspace.display(file.path), values))
            }
        }
        let columns = keys.sorted { $0.lexicographicallyPrecedes($1) }
        let showsRevision = allBranches || allTags || allCommits
        var table = ReportTable((showsRevision ? ["Revision"] : []) + ["Path"] + columns.map(\.printable))
        for row in rows {
            table.add(
                (showsRevision ? [row.revision] : []) + [row.path] + columns.map { row.values[$0] ?? "-" })
        }
        return table
    }
}

/// `cairn metrics diff`.
struct MetricsDiffCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "diff", abstract: "Compare metrics of two revisions, or of one and the workspace.")

    @OptionGroup var global: GlobalOptions
    @OptionGroup var sides: DifferenceOptions

    @Flag(
        name: [.customShort("R"), .long],
        help: "Accepted for DVC's sake: folders always stand for the files in them.")
    var recursive = false

    @OptionGroup var rounding: RoundingOption

    func run(in context: Context) throws -> Outcome {
        let workspace = try context.workspace()
        let difference = try workspace.metricsDifference(
            from: sides.old ?? "HEAD", to: sides.new ?? RecordedValues.workspaceName, sides.targets,
            keepingEqual: sides.all, reporter: context.reporter)
        context.tellOfUnread([difference.old, difference.new], workspace, of: "metrics")
        let table = DifferenceTable(
            title: "Metric", sides: sides, showsChange: true, places: rounding.places)
        try table.write(difference, workspace, context)
        return .done
    }
}

/// How many digits are shown.
struct RoundingOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Round to so many digits behind the point; 5 if it is not given.", valueName: "number"))
    var precision: Int?

    var places: Int { precision.flatMap { $0 == 0 ? nil : $0 } ?? 5 }

    func validate() throws {
        if let precision, precision < 0 { throw ValidationError("--precision counts digits, from 0 on") }
    }
}
