import ArgumentParser
import Cairn
import CairnCore

/// `cairn repair`.
struct RepairCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "repair", abstract: "Heal what is damaged or missing in the cache from other copies.",
        discussion: """
            Looks at the cache as `verify` does, and brings back what is not as it should be: from what is sound in damaged packs, from files \
            and directories of the workspace that still have the recorded content, from what was set aside earlier or put into the trash by \
            `gc`, and from remotes. Every byte is compared with its id. Lost parts of a packed cache's index are written anew from the packs. \
            What is damaged is moved to .dvc/tmp/cairn/damaged and never deleted. If an earlier `verify` has found damage, that is healed \
            without every byte being read again; --depth full reads everything. With --on a remote is healed instead: lost and damaged packs \
            and parts of its index, from the cache, the workspace, and another remote. Exit code 1 means that something stays broken.
            """)

    @OptionGroup var global: GlobalOptions
    @OptionGroup var selection: TargetSelection
    @OptionGroup var revisions: RevisionSelection
    @OptionGroup var commits: CommitSelection

    @Option(
        name: .shortAndLong, help: "Bring data from this remote, instead of the one that it belongs to.",
        completion: .custom(RemoteNames.complete))
    var remote: String?

    @Option(
        help: ArgumentHelp(
            "Heal this remote, instead of the cache, from the cache, the workspace and the remote named by --remote.",
            valueName: "remote"), completion: .custom(RemoteNames.complete))
    var on: String?

    @Option(
        help: ArgumentHelp(
            "How closely to look at the cache: present, structure or full.", valueName: "depth"))
    var depth: CheckDepth?

    @Flag(name: .customLong("dry-run"), help: "Only say what is wrong, and where copies are.")
    var dryRun = false

    @Option(
        name: [.customShort("j", allowingJoined: true), .long], help: "How many objects to read at a time.")
    var jobs: Int?

    @Flag(help: "Print the report as JSON.")
    var json = false

    func run(in context: Context) throws -> Outcome {
        var options = RepairOptions()
        options.targets = selection.options
        options.revisions = revisions.scope
        commits.add(to: &options.revisions)
        options.depth = depth
        options.remote = remote?.lowercased()
        options.repaired = on?.lowercased()
        options.isDry = dryRun
        options.jobs = jobs
        let workspace = try context.workspace()
        let report = try workspace.repair(selection.targets, options, reporter: context.reporter)
        for error in report.pointers { context.output.fail(error) }
        for (name, error) in report.skipped {
            context.output.warn("'\(name)' was passed over: \(error.message)", hint: error.hint)
        }
        try context.output.render(asJSON: json, report.json(in: workspace)) { output in
            try write(report, to: output, workspace)
        }
        if let error = failure(report, workspace) { context.output.fail(error) }
        return report.isComplete ? .done : .no
    }

    private func write(_ report: RepairReport, to output: Output, _ workspace: Workspace) throws {
        let verb = report.isDry ? "heal" : "healed"
        for healed in report.healed {
            try output.data(
                "\(verb)  \(healed.object.name(in: workspace))  \(healed.source.words(in: workspace))")
        }
        for item in report.setAside {
            let name = (item.path.lastComponentBytes ?? []).printable
            let place = item.place.map { "moved to '\($0.bytes.printable)'" } ?? item.error.message
            try output.data("damaged  \(name)  (\(place))")
        }
        for failure in report.broken {
            let users = failure.object.users.map { $0.name(in: workspace) }
            let names = users.isEmpty ? [failure.object.id.text] : users
            for name in names {
                try output.data(
                    "\(output.styled("broken", .error))  \(name)  \(failure.object.id.text)  (\(failure.error.message))"
                )
            }
        }
        if report.indexedPacks > 0 {
            try output.note(
                "the index tells about \(Words.count(report.indexedPacks, "pack")) \(report.isDry ? "that it has lost, once it is written anew" : "again that it had lost")"
            )
        }
        if report.savedRecords > 0 {
            try output.note("\(Words.count(report.savedRecords, "record")) of damaged packs are in new ones")
        }
        if report.isSound {
            try output.note(
                "nothing needs to be repaired: \(Words.count(report.soundCount, "object")) looked at")
        } else if !report.healed.isEmpty {
            try output.note("\(verb) \(Words.count(report.healed.count, "object"))")
        }
    }

    /// What stays broken, in one sentence; `nil` if nothing does.
    private func failure(_ report: RepairReport, _ workspace: Workspace) -> CairnError? {
        guard !report.broken.isEmpty else { return nil }
        let names = report.broken.prefix(5).map { $0.object.name(in: workspace) }.joined(separator: ", ")
        let more = report.broken.count > 5 ? " and \(report.broken.count - 5) more" : ""
        let why = report.unreachable.first.map { " (\($0.message))" } ?? ""
        let count = Words.count(report.broken.count, "object")
        return CairnError(
            .partial, "no copy was found of \(count): \(names)\(more)\(why)",
            hint: "name a remote that may have it: `\(workspace.personality.command) repair -r NAME`")
    }
}

extension HealingSource {
    /// Where it came from, for people.
    func words(in workspace: Workspace) -> String {
        switch self {
        case .cache: "from another copy in the cache"
        case .index: "by writing the index anew"
        case .setAside: "from packs that were set aside"
        case .workspace(let path): "from '\(workspace.display(path))' in the workspace"
        case .remote(let name): "from remote '\(name)'"
        }
    }

    /// Kind and name for scripts.
    fileprivate func json(in workspace: Workspace) -> [(name: [UInt8], value: PythonJSON)] {
        let (kind, name): (String, PythonJSON) =
            switch self {
            case .cache: ("cache", .null)
            case .index: ("index", .null)
            case .setAside: ("set_aside", .null)
            case .workspace(let path): ("workspace", .string(workspace.relativeToUser(path)))
            case .remote(let name): ("remote", .string(name))
            }
        return [(Array("source".utf8), .string(kind)), (Array("source_name".utf8), name)]
    }
}

extension RepairReport {
    /// The report for scripts (docs/scripting.md).
    func json(in workspace: Workspace) -> PythonJSON {
        func place(_ item: SetAside) -> PythonJSON {
            .object([
                (Array("moved_to".utf8), item.place.map { .string($0.bytes) } ?? .null),
                (Array("path".utf8), .string(item.path.bytes)),
                (Array("reason".utf8), .string(item.error.message)),
            ])
        }
        var members: [(name: [UInt8], value: PythonJSON)] = []
        func add(_ name: String, _ value: PythonJSON) { members.append((Array(name.utf8), value)) }
        add("broken", .array(broken.map { $0.json(in: workspace) }))
        add("depth", .string(depth.rawValue))
        add("dry_run", .bool(isDry))
        add(
            "healed",
            .array(healed.map { .object($0.object.json(in: workspace) + $0.source.json(in: workspace)) }))
        add("indexed_packs", .integer(indexedPacks))
        add("pointers", .array(pointers.map { .string($0.message) }))
        add("saved_records", .integer(savedRecords))
        add("set_aside", .array(setAside.map(place)))
        add("skipped", .skipped(skipped))
        add("sound", .integer(soundCount))
        return .object(members)
    }
}
