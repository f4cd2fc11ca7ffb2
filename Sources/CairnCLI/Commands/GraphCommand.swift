import ArgumentParser
import Cairn
import CairnCore
import CairnSystem

/// `cairn dag`.
struct GraphCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "dag", abstract: "Show which stages or outputs come from which.",
        discussion:
            "On a terminal that is too narrow for the drawing, stages are listed, each with those that it comes from."
    )

    @OptionGroup var global: GlobalOptions

    @Argument(
        help: "A stage, a group of stages, a pointer or an output, to see only what it comes from.",
        completion: .file())
    var target: String?

    @Flag(help: "Print it in the language of Graphviz.")
    var dot = false

    @Flag(help: "Print it in the language of Mermaid.")
    var mermaid = false

    @Flag(help: "Print it in the language of Mermaid, as a block for Markdown.")
    var md = false

    @Flag(
        name: .customLong("collapse-foreach-matrix"),
        help: "Show one node for all stages that a template makes.")
    var collapses = false

    @Flag(help: "Show all that is connected with the target.")
    var full = false

    @Flag(name: .shortAndLong, help: "Show outputs instead of stages.")
    var outs = false

    func run(in context: Context) throws -> Outcome {
        guard !outs || !collapses else {
            throw CairnError(
                .usage, "--outs and --collapse-foreach-matrix contradict each other",
                dvc: "`--outs` and `--collapse-foreach-matrix` are mutually exclusive")
        }
        var options = GraphOptions()
        options.showsOutputs = outs
        options.isFull = full
        options.collapsesGroups = collapses
        let report = try context.workspace().graph(of: target, options, reporter: context.reporter)
        let output = context.output
        if dot {
            for line in Self.dot(report) { try output.data(line, isForced: true) }
        } else if mermaid || md {
            let lines = md ? ["```mermaid"] + Self.mermaid(report) + ["```"] : Self.mermaid(report)
            for line in lines { try output.data(line, isForced: true) }
        } else {
            try draw(report, context)
        }
        return .done
    }

    private func draw(_ report: GraphReport, _ context: Context) throws {
        guard !report.names.isEmpty else {
            if context.personality == .dvc { return try context.output.data("", isForced: true) }
            return try context.output.note("no stage is declared here")
        }
        let drawings = report.pipelines.map { group in
            let places = Dictionary(uniqueKeysWithValues: group.enumerated().map { ($1, $0) })
            return GraphDrawing(
                group.map { report.names[$0] },
                sources: group.map { report.sources[$0].compactMap { places[$0] } })
        }
        let widest = drawings.map(\.width).max() ?? 0
        if let room = context.terminal.outputWidth, widest > room {
            for line in Self.list(report) { try context.output.data(line, isForced: true) }
            let command = context.command("dag") + (target.map { " \(Shell.quoted($0))" } ?? "")
            return try context.output.note(
                "the drawing is \(widest) columns wide, this terminal has \(room): `\(command) | less -S` shows it"
            )
        }
        for line in drawings.flatMap(\.lines) { try context.output.data(line, isForced: true) }
    }

    /// One line for each node, after those that it comes from.
    static func list(_ report: GraphReport) -> [String] {
        var table = TextTable(["", ""], left: [0, 1])
        var isShown = Array(repeating: false, count: report.names.count)
        // Depth first and not recursive: chains may be long.
        for start in report.names.indices {
            var path = [start]
            while let node = path.last {
                if !isShown[node], let source = report.sources[node].first(where: { !isShown[$0] }) {
                    path.append(source)
                    continue
                }
                path.removeLast()
                if isShown[node] { continue }
                isShown[node] = true
                let sources = report.sources[node].sorted().map { report.names[$0] }
                table.add([
                    report.names[node], sources.isEmpty ? "" : "from \(sources.joined(separator: ", "))",
                ])
            }
        }
        return Array(table.lines.dropFirst())
    }

    /// The graph as DVC writes it for Graphviz: nodes in their order, then lines by the node that they come from.
    static func dot(_ report: GraphReport) -> [String] {
        let names = report.names.map { "\"\($0.replacingBytes("\"", with: "\\\""))\"" }
        let lines = zip(names, report.products).flatMap { name, products in
            products.sorted().map { "\(name) -> \(names[$0]);" }
        }
        return ["strict digraph {"] + names.map { "\($0);" } + lines + ["}", ""]
    }

    /// The graph as DVC writes it for Mermaid: pipeline by pipeline, names sorted.
    static func mermaid(_ report: GraphReport) -> [String] {
        var lines = ["flowchart TD"]
        var count = 0
        let products = report.products
        for group in report.pipelines {
            let sorted = group.sorted {
                report.names[$0].utf8.lexicographicallyPrecedes(report.names[$1].utf8)
            }
            var ids: [Int: Int] = [:]
            for node in sorted {
                count += 1
                ids[node] = count
                lines.append("\tnode\(count)[\"\(report.names[node].replacingBytes("\"", with: "#quot;"))\"]")
            }
            for node in sorted {
                for product in products[node].compactMap({ ids[$0] }).sorted() {
                    lines.append("\tnode\(ids[node] ?? 0)-->node\(product)")
                }
            }
        }
        return lines
    }
}

extension String {
    /// The text with every occurrence of one character of ASCII replaced.
    fileprivate func replacingBytes(_ character: String, with other: String) -> String {
        utf8.split(separator: character.utf8.first ?? 0, omittingEmptySubsequences: false)
            .map { String(Substring($0)) }.joined(separator: other)
    }
}
