import ArgumentParser
import Cairn
import CairnCore

/// `cairn data`.
struct DataCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "data", abstract: "Show how data differs.", subcommands: [DataStatusCommand.self])
}

/// `cairn data status`.
struct DataStatusCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show how data differs between the last commit, the pointers and the workspace.")

    @OptionGroup var global: GlobalOptions

    @Argument(
        help: "Outputs, paths inside of them, folders, pointer files or stages; all if none is named.",
        completion: .file())
    var targets: [String] = []

    @Flag(help: "Print the answer as JSON.")
    var json = false

    @Flag(help: "List files inside of directories.")
    var granular = false

    @Flag(help: "List what did not change.")
    var unchanged = false

    @Option(
        name: .customLong("untracked-files"), parsing: .scanningForValue,
        help: ArgumentHelp("List files that nobody tracks: `all`, or `no`.", valueName: "all|no"))
    var untrackedFiles: UntrackedFiles = .no

    @Option(
        name: .shortAndLong, help: ArgumentHelp("The remote to ask, with --not-in-remote.", valueName: "name")
    )
    var remote: String?

    @Flag(name: .customLong("not-in-remote"), help: "List what the remote lacks.")
    var notInRemote = false

    @Flag(name: .customLong("no-remote-refresh"), help: "Accepted for DVC's sake; a folder is always asked.")
    var skipsRefresh = false

    /// Which untracked files are listed.
    enum UntrackedFiles: String, ExpressibleByArgument, CaseIterable {
        case no, all
    }

    func run(in context: Context) throws -> Outcome {
        var options = DataStatusOptions()
        options.isGranular = granular
        options.listsUnchanged = unchanged
        options.listsUntracked = untrackedFiles == .all
        options.checksRemote = notInRemote
        options.remote = remote
        options.looksAtGit = !json
        let report = try context.workspace().dataStatus(targets, options, reporter: context.reporter)
        try context.output.render(asJSON: json, report.json) {
            try DataStatusText(report, context).write(to: $0)
        }
        return .done
    }
}

extension DataStatusReport {
    /// DVC's shape: what is empty is left out.
    var json: PythonJSON {
        func list(_ paths: [Path]) -> PythonJSON { .array(paths.map { .string($0.written) }) }
        func map(_ changes: Changes) -> PythonJSON {
            var members: [(name: [UInt8], value: PythonJSON)] = []
            for (name, paths) in [
                ("modified", changes.modified), ("added", changes.added), ("deleted", changes.deleted),
            ]
            where !paths.isEmpty {
                members.append((Array(name.utf8), list(paths)))
            }
            if !changes.renamed.isEmpty {
                let pairs = changes.renamed.map { pair in
                    PythonJSON.object([
                        (Array("old".utf8), .string(pair.old.written)),
                        (Array("new".utf8), .string(pair.new.written)),
                    ])
                }
                members.append((Array("renamed".utf8), .array(pairs)))
            }
            if !changes.unknown.isEmpty { members.append((Array("unknown".utf8), list(changes.unknown))) }
            return .object(members)
        }
        var members: [(name: [UInt8], value: PythonJSON)] = []
        if !notInCache.isEmpty { members.append((Array("not_in_cache".utf8), list(notInCache))) }
        if !notInRemote.isEmpty { members.append((Array("not_in_remote".utf8), list(notInRemote))) }
        if !committed.isEmpty { members.append((Array("committed".utf8), map(committed))) }
        if !uncommitted.isEmpty { members.append((Array("uncommitted".utf8), map(uncommitted))) }
        if !untracked.isEmpty {
            members.append((Array("untracked".utf8), .array(untracked.map { .string($0) })))
        }
        if !unchanged.isEmpty { members.append((Array("unchanged".utf8), list(unchanged))) }
        return .object(members)
    }
}
