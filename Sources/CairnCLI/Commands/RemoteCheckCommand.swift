import ArgumentParser
import Cairn
import CairnCore

/// `cairn remote check`.
struct RemoteCheckCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Find out what a remote can do, and how fast it answers.",
        discussion: """
            One small object is written, read and deleted again. Exit code 1 means that something does not work that push or pull need.
            """)

    @OptionGroup var global: GlobalOptions

    @Argument(
        help: "The remote; the default one if none is named.", completion: .custom(RemoteNames.complete))
    var name: String?

    @Flag(help: "Print the findings as JSON.")
    var json = false

    func run(in context: Context) throws -> Outcome {
        let report = try context.workspace().checkRemote(name)
        try context.output.render(asJSON: json, Self.document(report)) { output in
            let state =
                report.layout.map { ": \($0.rawValue)" }
                ?? (report.can(.list) ? ": nothing is there yet" : "")
            try output.data(
                "remote '\(Array(report.name.utf8).printable)' at \(report.url.printable)\(state)")
            var table = TextTable(["", "", "ms"], left: [0, 1])
            for finding in report.findings {
                table.add([
                    finding.ability.rawValue, Self.word(finding), finding.time.map(Self.milliseconds) ?? "",
                ])
            }
            for line in table.lines { try output.data(line) }
            var told: Set<String> = []
            for problem in report.findings.compactMap(\.problem) where told.insert(problem.message).inserted {
                output.warn(problem.message, hint: problem.hint)
            }
            if let key = report.remainder {
                output.warn("the object '\(key)' could not be deleted again, and does no harm")
            }
            if report.keepsObjects == false {
                try output.note("the service would replace an object if it were told to; cairn never does")
            }
            try output.note(Self.summary(report))
        }
        return report.isFine ? .done : .no
    }

    private static func word(_ finding: RemoteCheckReport.Finding) -> String {
        switch finding.works {
        case true: "works"
        case false: finding.problem == nil ? "goes wrong" : "fails"
        default: "not tried"
        }
    }

    private static func milliseconds(_ time: Duration) -> String {
        let tenths = time.components.seconds * 10_000 + time.components.attoseconds / 100_000_000_000_000
        return "\(tenths / 10).\(tenths % 10)"
    }

    /// What that means for the commands of the user.
    private static func summary(_ report: RemoteCheckReport) -> String {
        let all = [
            ("fetch and pull", report.canFetch), ("push", report.canPush), ("gc -c", report.canCollect),
        ]
        let able = all.filter(\.1).map(\.0)
        let unable = all.filter { !$0.1 }.map(\.0)
        if unable.isEmpty { return "everything works" }
        if report.isReadOnly, report.canFetch { return "it can be read from: fetch and pull work" }
        let not = "\(unable.joined(separator: ", ")) cannot work"
        return able.isEmpty ? not : "\(able.joined(separator: ", ")) can work, \(not)"
    }

    private static func document(_ report: RemoteCheckReport) -> PythonJSON {
        func object(_ fields: [(String, PythonJSON)]) -> PythonJSON {
            .object(fields.map { (name: Array($0.0.utf8), value: $0.1) })
        }
        func truth(_ value: Bool?) -> PythonJSON { value.map { .bool($0) } ?? .null }
        let findings = report.findings.map { finding in
            object([
                ("ability", .string(finding.ability.rawValue)),
                ("works", truth(finding.works)),
                ("milliseconds", finding.time.map { .float(Self.number($0)) } ?? .null),
                ("problem", finding.problem.map { .string($0.message) } ?? .null),
            ])
        }
        return object([
            ("name", .string(report.name)), ("url", .string(report.url)),
            ("layout", report.layout.map { .string($0.rawValue) } ?? .null),
            ("read_only", .bool(report.isReadOnly)), ("findings", .array(findings)),
            ("keeps_objects", truth(report.keepsObjects)),
            ("remainder", report.remainder.map { .string($0) } ?? .null), ("fetch", .bool(report.canFetch)),
            ("push", .bool(report.canPush)), ("collect", .bool(report.canCollect)),
        ])
    }

    private static func number(_ time: Duration) -> Double {
        Double(time.components.seconds) * 1000 + Double(time.components.attoseconds / 100_000_000_000_000)
            / 10
    }
}
