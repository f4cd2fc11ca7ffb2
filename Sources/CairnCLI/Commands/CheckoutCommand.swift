import ArgumentParser
import Cairn
import CairnCore

/// `cairn checkout`.
struct CheckoutCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "checkout", abstract: "Make tracked data what the pointers say, from the cache.",
        discussion: """
            Run it after `git checkout`. Files whose content is in neither the cache nor a pointer are never replaced or removed \
            without --force.
            """)

    @OptionGroup var global: GlobalOptions
    @OptionGroup var selection: TargetSelection

    @Flag(help: "Print numbers of files only.")
    var summary = false

    @Flag(name: .shortAndLong, help: "Replace and remove files whose content is nowhere else.")
    var force = false

    @Flag(help: "Make links or copies anew as cache.type says.")
    var relink = false

    @Flag(name: .customLong("allow-missing"), help: "Pass over data that is not in the cache.")
    var allowsMissing = false

    @Flag(help: "Print the changes as JSON.")
    var json = false

    func run(in context: Context) throws -> Outcome {
        var options = CheckoutOptions()
        options.targets = selection.options
        options.isForced = force
        options.relinks = relink
        options.allowsMissing = allowsMissing
        let workspace = try context.workspace()
        let report = try workspace.checkout(selection.targets, options, reporter: context.reporter)
        for path in report.withoutHash where !json {
            context.output.warn(
                "no hash is recorded for '\(workspace.display(path))', so it cannot be checked out",
                hint: "record what is there: `\(context.command("commit"))`")
        }
        if json {
            try context.output.json(report.json(in: workspace))
        } else if summary {
            try context.output.note(
                report.counts() ?? (context.personality == .dvc ? "No changes." : "no changes"))
        } else {
            try report.writeChanges(to: context.output, workspace)
        }
        if !report.failed.isEmpty { throw report.failure(in: workspace) }
        if relink {
            try context.output.note(
                context.personality == .dvc ? "Relinked successfully" : "relinked what is checked out")
        } else if context.personality == .cairn, !json, !summary, report.counts() == nil {
            try context.output.note("everything is as the pointers say")
        }
        return .done
    }
}

extension CheckoutReport {
    /// The outputs that changed, a line each.
    ///
    /// - Throws: `OutputError` if it cannot be written.
    func writeChanges(to output: Output, _ workspace: Workspace) throws {
        for (word, changes) in [("modified", modified), ("added", added), ("deleted", deleted)] {
            for change in Self.ordered(changes) {
                let name = workspace.display(change.path, isFolder: change.isFolder)
                switch workspace.personality {
                case .dvc: try output.note("\(word.prefix(1).uppercased())       \(name)")
                case .cairn: try output.note("\(word)  \(name)")
                }
            }
        }
    }

    private static func ordered(_ changes: [Change]) -> [Change] {
        changes.sorted { left, right in
            left.isFolder != right.isFolder ? left.isFolder : left.path < right.path
        }
    }

    /// `1 file modified and 2 files added`; `nil` for no change.
    func counts() -> String? {
        let parts = [(files.modified, "modified"), (files.added, "added"), (files.deleted, "deleted")]
        return Words.joined(parts.filter { $0.0 > 0 }.map { "\(Words.count($0.0, "file")) \($0.1)" })
    }

    /// The failure of outputs that could not be checked out.
    func failure(in workspace: Workspace) -> CairnError {
        let names = failed.sorted().map { workspace.display($0) }
        return CairnError(
            .partial,
            "\(Words.count(names.count, "output")) could not be checked out: \(names.joined(separator: ", "))",
            hint: foundDamage
                ? "bring it from a remote: `\(workspace.personality.command) pull`, or look for any other copy: `\(workspace.personality.command) repair`"
                : "get data that is not in the cache: `\(workspace.personality.command) pull`",
            dvc:
                "Checkout failed for following targets:\n\(names.joined(separator: "\n"))\nIs your cache up to date?\n<https://error.dvc.org/missing-files>"
        )
    }

    /// The changes for scripts (docs/scripting.md).
    func json(in workspace: Workspace) -> PythonJSON {
        func list(_ changes: [Change]) -> PythonJSON {
            .array(
                Self.ordered(changes).map { change in
                    .string(
                        workspace.relativeToUser(change.path) + (change.isFolder ? [UInt8(ascii: "/")] : []))
                })
        }
        let numbers: [(name: [UInt8], value: PythonJSON)] = [
            (Array("added".utf8), .integer(files.added)), (Array("deleted".utf8), .integer(files.deleted)),
            (Array("modified".utf8), .integer(files.modified)),
        ]
        return .object([
            (Array("added".utf8), list(added)), (Array("deleted".utf8), list(deleted)),
            (Array("failed".utf8), .array(failed.sorted().map { .string(workspace.relativeToUser($0)) })),
            (Array("files".utf8), .object(numbers)), (Array("modified".utf8), list(modified)),
        ])
    }
}
