import ArgumentParser
import Cairn
import CairnCore

/// `cairn pull`.
struct PullCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "pull", abstract: "Copy data from a remote to the cache and check it out.",
        discussion: """
            Files whose content is in neither the cache nor a pointer are never replaced or removed without --force. Exit code 1 means \
            that something could not be fetched or checked out; the rest was.
            """)

    @OptionGroup var global: GlobalOptions
    @OptionGroup var flags: TransferFlags

    @Flag(name: .shortAndLong, help: "Replace and remove files whose content is nowhere else.")
    var force = false

    @Flag(name: .customLong("allow-missing"), help: "Pass over data that is nowhere.")
    var allowsMissing = false

    @Flag(help: "Print the report as JSON.")
    var json = false

    static let failureOfDVC: String? = "failed to pull data from the cloud"

    func run(in context: Context) throws -> Outcome {
        var options = PullOptions()
        options.transfer = flags.options
        options.isForced = force
        options.allowsMissing = allowsMissing
        let workspace = try context.workspace()
        let report = try workspace.pull(flags.selection.targets, options, reporter: context.reporter)
        report.fetched.writeFailures(to: context.output, workspace, toRemote: false)
        if json {
            try context.output.json(.object(Self.json(report, workspace)))
        } else {
            try report.checkedOut.writeChanges(to: context.output, workspace)
            try writeSummary(report, workspace, context)
        }
        if context.personality == .dvc, report.fetched.failureCount > 0 {
            throw CairnError(.partial, "\(report.fetched.failureCount) files failed to download")
        }
        if !report.checkedOut.failed.isEmpty { throw report.checkedOut.failure(in: workspace) }
        let isFine =
            report.fetched.isFine(context.personality) || (allowsMissing && report.fetched.failures.isEmpty)
        return isFine ? .done : .no
    }

    private func writeSummary(_ report: PullReport, _ workspace: Workspace, _ context: Context) throws {
        let files = report.checkedOut.files
        if context.personality == .dvc {
            context.warnWithoutRemote(workspace, flags.remote)
            let parts = [
                (report.fetched.count, "fetched"), (files.modified, "modified"), (files.added, "added"),
                (files.deleted, "deleted"),
            ]
            let text = Words.joined(parts.filter { $0.0 > 0 }.map { "\(Words.count($0.0, "file")) \($0.1)" })
            return try context.output.note(text ?? "Everything is up to date.")
        }
        let parts = [report.fetched.summary("fetched"), report.checkedOut.counts()].compactMap(\.self)
        if !parts.isEmpty {
            try context.output.note(parts.joined(separator: "; "))
        } else if report.fetched.isComplete, report.checkedOut.failed.isEmpty {
            try context.output.note("everything is up to date")
        }
    }

    private static func json(_ report: PullReport, _ workspace: Workspace) -> [(
        name: [UInt8], value: PythonJSON
    )] {
        [
            (Array("checkout".utf8), report.checkedOut.json(in: workspace)),
            (Array("fetch".utf8), .object(report.fetched.json("fetched", in: workspace))),
        ]
    }
}
