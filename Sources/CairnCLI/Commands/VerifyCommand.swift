import ArgumentParser
import Cairn
import CairnCore

/// `cairn verify`.
struct VerifyCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Read all data that pointers name, and compare it with its ids.",
        discussion: """
            Reads the cache, or with --cloud (or --remote without a name) the default remote, or with --remote another one. Damaged objects of the cache are moved to .dvc/tmp/cairn/damaged, so that \
            `pull` brings them anew. Exit code 1 means that something is missing or damaged.
            """)

    @OptionGroup var global: GlobalOptions
    @OptionGroup var selection: TargetSelection
    @OptionGroup var revisions: RevisionSelection

    @Flag(
        name: [.customShort("c"), .customLong("cloud")], help: "Read the default remote instead of the cache."
    )
    var readsRemote = false

    @Option(
        name: .shortAndLong, help: "Read this remote instead of the cache.",
        completion: .custom(RemoteNames.complete))
    var remote: String?

    @Option(name: .shortAndLong, help: "How many objects to read at a time.")
    var jobs: Int?

    @Flag(help: "Print the report as JSON.")
    var json = false

    func run(in context: Context) throws -> Outcome {
        var options = VerifyOptions()
        options.targets = selection.options
        options.revisions = revisions.scope
        options.readsRemote = readsRemote
        options.remote = remote?.lowercased()
        options.jobs = jobs
        let workspace = try context.workspace()
        let report = try workspace.verify(selection.targets, options, reporter: context.reporter)
        for (name, error) in report.skipped {
            context.output.warn("'\(name)' was passed over: \(error.message)", hint: error.hint)
        }
        try context.output.render(asJSON: json, report.json(in: workspace)) { output in
            try Self.write(report, to: output, workspace)
        }
        if !report.isSound, let failure = Self.failure(report, workspace) { context.output.fail(failure) }
        return report.isSound ? .done : .no
    }

    /// One sentence with the outputs that are concerned; the report names every path.
    private static func failure(_ report: VerifyReport, _ workspace: Workspace) -> CairnError? {
        let objects = report.missing + report.damaged.map(\.object) + report.unreadable.map(\.object)
        guard !objects.isEmpty else { return nil }
        let names = Set(objects.flatMap(\.users).map { "'\(workspace.display($0.path))'" }).sorted()
        let shown = names.prefix(10).joined(separator: ", ") + (names.count > 10 ? " and \(names.count - 10) more" : "")
        return CairnError(
            .damaged, "data of \(shown) is missing or damaged",
            hint: report.remotes.isEmpty
                ? "get it from the remote: `\(workspace.personality.command) pull`"
                : "push it again from where it is sound: `\(workspace.personality.command) push`")
    }

    private static func write(_ report: VerifyReport, to output: Output, _ workspace: Workspace) throws {
        var lines: [(state: String, object: TransferReport.Object, cause: String)] = []
        lines += report.missing.map { ("missing", $0, "") }
        lines += report.damaged.map {
            ("damaged", $0.object, $0.movedTo.map { "  (moved to '\($0.bytes.printable)')" } ?? "")
        }
        lines += report.unreadable.map { ("unreadable", $0.object, "  (\($0.error.message))") }
        for line in lines {
            for user in line.object.users {
                let path = workspace.display(user.path) + (user.revision.map { " (in \($0))" } ?? "")
                try output.data(
                    "\(output.styled(line.state, .error))  \(path)  \(line.object.id.text)\(line.cause)")
            }
        }
        let place =
            report.remotes.isEmpty
            ? "in the cache" : "on remote \(report.remotes.map { "'\($0)'" }.joined(separator: ", "))"
        let sound =
            "\(Words.count(report.count, "object")) (\(Words.bytes(report.bytes))) \(place) \(report.count == 1 ? "is" : "are") sound"
        try output.note(
            lines.isEmpty ? sound : "\(sound), \(lines.count) \(lines.count == 1 ? "is" : "are") not")
    }
}

extension VerifyReport {
    /// The report for scripts (docs/scripting.md).
    func json(in workspace: Workspace) -> PythonJSON {
        let damaged = damaged.map { damage in
            let members = damage.object.json(in: workspace)
            let place = damage.movedTo.map { PythonJSON.string($0.bytes) } ?? .null
            return PythonJSON.object([members[0], (Array("moved_to".utf8), place)] + members.dropFirst())
        }
        return .object([
            (Array("bytes".utf8), .integer(Int(bytes))), (Array("damaged".utf8), .array(damaged)),
            (Array("missing".utf8), .array(missing.map { .object($0.json(in: workspace)) })),
            (Array("remotes".utf8), .array(remotes.map { .string($0) })),
            (Array("sound".utf8), .integer(count)),
            (Array("unreadable".utf8), .array(unreadable.map { $0.json(in: workspace) })),
        ])
    }
}
