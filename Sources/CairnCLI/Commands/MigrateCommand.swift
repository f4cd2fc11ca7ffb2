import ArgumentParser
import Cairn
import CairnCore

extension RepositoryFormat: ExpressibleByArgument {}

/// `cairn migrate`.
struct MigrateCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "migrate", abstract: "Turn a repository of DVC's format into a native one, or back.",
        discussion: """
            Stores what pointers and dvc.lock name under ids of the other format, makes them name it by those, and sets the format in \
            .dvc/config last. Everything stays in the cache, so that other revisions can be checked out. What is recorded is migrated; \
            uncommitted changes of data stay what they are. When it was stopped, the same command completes it.
            """)

    @OptionGroup var global: GlobalOptions

    @Option(
        help: ArgumentHelp(
            "The format that the repository is to have: native or dvc.", valueName: "format"),
        completion: .list(RepositoryFormat.allCases.map(\.rawValue)))
    var to: RepositoryFormat

    @Flag(name: .customLong("dry-run"), help: "Only say what would be done.")
    var isDry = false

    @Flag(
        name: .customLong("lossy"),
        help:
            "Leave out what DVC's format cannot hold inside of directories: executable bits, empty directories, and symbolic links, unless they lead to a file of the same directory."
    )
    var isLossy = false

    @Flag(
        name: .customLong("allow-missing"), help: "Leave entries alone whose data is not here.")
    var allowsMissing = false

    @Flag(help: "Print the report as JSON.")
    var json = false

    func run(in context: Context) throws -> Outcome {
        let workspace = try context.workspace()
        var options = MigrateOptions(to: to)
        options.isDry = isDry
        options.isLossy = isLossy
        options.allowsMissing = allowsMissing
        let report = try workspace.migrate(options, reporter: context.reporter)
        warn(of: report, context, workspace)
        try context.output.render(asJSON: json, self.json(report, workspace)) { output in
            try write(report, output, context, workspace)
        }
        return .done
    }

    private func warn(of report: MigrateReport, _ context: Context, _ workspace: Workspace) {
        let output = context.output
        for entry in report.leftBehind {
            let file = workspace.display(entry.file)
            let consequence = to == .dvc ? "; DVC refuses '\(file)' until it is migrated" : ""
            output.warn(
                "'\(entry.path)' keeps its id in '\(file)', because its data is not here\(consequence)",
                hint: "bring it, then migrate again: `\(context.command("fetch")) && \(again(context))`")
        }
        for entry in report.forgotten {
            output.warn(
                "'\(entry.path)' is recorded without a hash in '\(workspace.display(entry.file))', because its data is not here; its stage counts as changed"
            )
        }
        for path in report.differing {
            output.warn(
                "'\(workspace.display(path))' is not as recorded in the workspace; what is recorded is migrated",
                hint:
                    "record it when that is wanted: `\(context.command("commit")) \(Shell.quoted(workspace.display(path)))`"
            )
        }
        for path in report.others {
            output.warn(
                "'\(workspace.display(path))' keeps its id: it comes from where it is known by that",
                hint: nil)
        }
        let links = report.losses.filter { $0.loss == .symbolicLink }
        if let first = links.first, to == .dvc {
            output.warn(
                "symbolic links that lead to no file of their directory are left out (\(links.count)); DVC follows them as long as they are in the workspace",
                hint: "remove what is not needed: `rm \(Shell.quoted(workspace.display(first.path)))`")
        }
        if !report.linkFailures.isEmpty {
            let names = report.linkFailures.prefix(5).map { workspace.display($0) }.joined(separator: ", ")
            output.warn(
                "\(Words.count(report.linkFailures.count, "file")) could not be linked from the cache: \(names)",
                hint: "choose another `cache.type`, then `\(context.command("checkout --relink"))`")
        }
    }

    private func again(_ context: Context) -> String {
        context.command("migrate --to \(to.rawValue)")
    }

    private func write(
        _ report: MigrateReport, _ output: Output, _ context: Context, _ workspace: Workspace
    ) throws {
        for (path, loss) in report.losses {
            let verb = isDry ? "would leave out" : "left out"
            try output.data("\(verb)  \(workspace.display(path))  (\(loss.rawValue))")
        }
        guard !report.files.isEmpty else {
            return try output.note("the repository is of the \(to.name) format already")
        }
        for file in report.files {
            try output.data("\(isDry ? "would change" : "changed")  \(workspace.display(file))")
        }
        try output.flush()
        let data = "\(Words.count(report.fileCount, "file")) (\(Words.bytes(report.bytes)))"
        guard !isDry else { return try output.note("\(data) would be stored in the \(to.name) format") }
        try output.note(
            report.entries.isEmpty
                ? "new data is recorded in the \(to.name) format from now on"
                : "\(data) migrated to the \(to.name) format; \(Words.count(report.storedObjects, "object")) new in the cache"
        )
        try context.tellGit(report.gitFiles, workspace)
        guard !report.entries.isEmpty else { return }
        if report.hasRemote {
            try output.note("remotes do not have the new objects yet: `\(context.command("push"))`")
        }
        try output.note(
            "the old objects stay for older revisions; when those are not needed any more: `\(context.command("gc --workspace"))`"
        )
    }

    /// The report for scripts (docs/scripting.md).
    private func json(_ report: MigrateReport, _ workspace: Workspace) -> PythonJSON {
        func entry(_ entry: MigrateReport.Entry) -> PythonJSON {
            .object([
                (Array("file".utf8), .string(workspace.display(entry.file))),
                (Array("from".utf8), .string(entry.old.text)), (Array("path".utf8), .string(entry.path)),
                (Array("to".utf8), entry.new.map { .string($0.text) } ?? .null),
            ])
        }
        func names(_ paths: [RepoPath]) -> PythonJSON {
            .array(paths.map { .string(workspace.relativeToUser($0)) })
        }
        return .object([
            (Array("bytes".utf8), .integer(Int(report.bytes))),
            (Array("changed".utf8), names(report.files)),
            (Array("differing".utf8), names(report.differing)), (Array("dry".utf8), .bool(isDry)),
            (Array("entries".utf8), .array(report.entries.map(entry))),
            (Array("files".utf8), .integer(report.fileCount)),
            (Array("forgotten".utf8), .array(report.forgotten.map(entry))),
            (Array("format".utf8), .string(to.rawValue)),
            (Array("kept".utf8), names(report.others)),
            (Array("left_behind".utf8), .array(report.leftBehind.map(entry))),
            (
                Array("left_out".utf8),
                .array(
                    report.losses.map {
                        .object([
                            (Array("path".utf8), .string(workspace.relativeToUser($0.path))),
                            (Array("what".utf8), .string($0.loss.rawValue)),
                        ])
                    })
            ),
            (Array("objects".utf8), .integer(report.storedObjects)),
        ])
    }
}

extension RepositoryFormat {
    /// What messages call it.
    fileprivate var name: String { self == .native ? "native" : "DVC" }
}
