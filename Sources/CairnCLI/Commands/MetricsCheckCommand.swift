import ArgumentParser
import Cairn
import CairnCore

/// `cairn metrics check`.
struct MetricsCheckCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Check that metrics are as they have to be: a gate for scripts.",
        discussion: """
            Each condition is one word of the shell, '[file:]key OP value', where OP is one of > >= < <= == != and the value a number, \
            true, false, a "text", or the value of a revision with a tolerance: 'accuracy >= HEAD~1:accuracy - 0.01'. Which file has the \
            key is found out, if only one has. All conditions have to hold.
            """)

    @OptionGroup var global: GlobalOptions

    @Argument(help: "What has to hold: 'accuracy > 0.85'.")
    var conditions: [String]

    @Option(
        help: ArgumentHelp("Check metrics of this revision instead of the workspace.", valueName: "commit"))
    var rev: String?

    @Flag(help: "Print the answer as JSON.")
    var json = false

    func run(in context: Context) throws -> Outcome {
        let workspace = try context.workspace()
        let report = try workspace.checkMetrics(conditions, in: rev, reporter: context.reporter)
        try context.output.render(asJSON: json, Self.json(report, workspace)) { output in
            let width = report.items.map { $0.condition.unicodeScalars.count }.max() ?? 0
            for item in report.items {
                let condition = Array(item.condition.utf8).printable
                let fill = String(repeating: " ", count: max(0, width - item.condition.unicodeScalars.count))
                let state = item.isMet ? output.styled("ok  ", .good) : output.styled("fail", .error)
                let value = ValueWords.text(item.value, places: nil)
                let limit = ValueWords.text(item.limit, places: nil)
                let against = item.condition.utf8.contains(UInt8(ascii: ":")) ? ", against \(limit)" : ""
                try output.data(
                    "\(state)  \(condition)\(fill)  (\(value) in \(workspace.display(item.file))\(against))")
            }
        }
        return report.isMet ? .done : .no
    }

    private static func json(_ report: MetricCheckReport, _ workspace: Workspace) -> PythonJSON {
        let items = report.items.map { item in
            PythonJSON.object([
                (Array("condition".utf8), .string(item.condition)),
                (Array("file".utf8), .string(workspace.relativeToUser(item.file))),
                (Array("key".utf8), .string(item.key)), (Array("limit".utf8), item.limit.json()),
                (Array("met".utf8), .bool(item.isMet)),
                (Array("operator".utf8), .string(item.comparison)), (Array("value".utf8), item.value.json()),
            ])
        }
        return .object([(Array("checks".utf8), .array(items)), (Array("met".utf8), .bool(report.isMet))])
    }
}
