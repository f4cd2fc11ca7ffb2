import ArgumentParser
import Cairn
import CairnCore

/// `cairn bundle`.
struct BundleCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bundle", abstract: "Carry data in one file to machines that no remote reaches.",
        subcommands: [BundleCreateCommand.self, BundleUnbundleCommand.self])
}

/// `cairn bundle create`.
struct BundleCreateCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Write the data of revisions into a file.",
        discussion: """
            With FROM..TO the bundle has the data of all commits that TO leads to and FROM does not, without what FROM has: it is of use where \
            that is already. The pointers travel by git: `git bundle` does for them what this command does for data.
            """)

    @OptionGroup var global: GlobalOptions

    @Argument(help: ArgumentHelp("A revision, or two of them as FROM..TO.", valueName: "revision"))
    var revision: String

    @Option(name: .shortAndLong, help: "The file to write.", completion: .file())
    var output: String

    @Flag(name: .shortAndLong, help: "Replace the file if it is there.")
    var force = false

    @Flag(help: "Print the report as JSON.")
    var json = false

    func run(in context: Context) throws -> Outcome {
        let workspace = try context.workspace()
        let report = try workspace.createBundle(
            of: revision, in: output, replaces: force, reporter: context.reporter)
        try context.output.render(asJSON: json, report.json(in: workspace)) { output in
            try output.note(
                "bundled \(Words.count(report.count, "object")) in \(Words.count(report.packs, "pack")) (\(Words.bytes(report.bytes)))"
            )
        }
        return .done
    }
}

/// `cairn bundle unbundle`.
struct BundleUnbundleCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "unbundle", abstract: "Add the data of a bundle to the cache.",
        discussion: """
            Every byte is checked before anything is added. `cairn checkout` brings the data into the workspace then. Exit code 1 means that \
            the bundle leaves out something that the cache does not have.
            """)

    @OptionGroup var global: GlobalOptions

    @Argument(help: "The bundle.", completion: .file())
    var file: String

    @Flag(help: "Print the report as JSON.")
    var json = false

    func run(in context: Context) throws -> Outcome {
        let workspace = try context.workspace()
        let report = try workspace.unbundle(file, reporter: context.reporter)
        try context.output.render(asJSON: json, report.json(in: workspace)) { output in
            try output.note(
                report.added > 0
                    ? "unbundled \(Words.count(report.added, "object"))" : "everything is in the cache")
        }
        guard let first = report.broken.first else { return .done }
        let count = Words.count(report.broken.count, "object")
        context.output.fail(
            CairnError(
                .missing,
                "\(count) cannot be put together, because the bundle leaves out what another revision has: \(first.object.id.short)\(report.broken.count > 1 ? " and others" : "")",
                hint: "unbundle or fetch that revision first: a bundle of FROM..TO needs the data of FROM"))
        return .no
    }
}

extension BundleReport {
    /// The report for scripts (docs/scripting.md).
    func json(in workspace: Workspace) -> PythonJSON {
        .object([
            (Array("added".utf8), .integer(added)),
            (Array("broken".utf8), .array(broken.map { $0.json(in: workspace) })),
            (Array("bytes".utf8), .integer(Int(bytes))), (Array("file".utf8), .string(file.bytes)),
            (Array("objects".utf8), .integer(count)), (Array("packs".utf8), .integer(packs)),
        ])
    }
}
