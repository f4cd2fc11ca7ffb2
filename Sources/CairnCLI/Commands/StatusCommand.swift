import ArgumentParser
import Cairn
import CairnCore

/// `status`: what differs.
struct StatusCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show what changed in tracked data and pipelines.",
        discussion: """
            Compares the workspace with what pointers and locks record. With --cloud, compares the cache with a remote instead.
            """)

    @OptionGroup var global: GlobalOptions
    @OptionGroup var selection: TargetSelection
    @OptionGroup var revisions: RevisionSelection

    @Flag(name: [.customShort("c"), .customLong("cloud")], help: "Compare the cache with the remote.")
    var comparesRemote = false

    @Option(name: .shortAndLong, help: "The remote to compare with; implies --cloud.")
    var remote: String?

    @Option(name: [.customShort("j", allowingJoined: true), .long], help: "How many transfers at a time.")
    var jobs: Int?

    @Flag(help: "Print the answer as JSON.")
    var json = false

    @Flag(
        name: .customLong("no-updates"),
        help: "Do not ask other repositories for news of imports (never done yet).")
    var skipsUpdates = false

    @Flag(name: .customLong("exit-code"), help: "Exit with 1 if anything differs.")
    var reportsByExitCode = false

    func run(in context: Context) throws -> Outcome {
        let workspace = try context.workspace()
        if comparesRemote || remote != nil { return try compareWithRemote(workspace, context) }
        if revisions.isAny || jobs != nil {
            throw CairnError(
                .usage,
                "--all-branches, --all-tags, --all-commits and --jobs say nothing about the workspace",
                hint: "compare with the remote: `\(context.command("status --cloud …"))`",
                dvc:
                    "The following options are meaningless for local status: --all-branches, --all-tags, --all-commits, --jobs"
            )
        }
        let report = try workspace.status(selection.targets, selection.options, reporter: context.reporter)
        let output = context.output
        try output.render(asJSON: json, Self.json(report)) { output in
            switch context.personality {
            case .dvc: try Self.writeAsDVC(report, to: output)
            case .cairn: try Self.write(report, to: output)
            }
        }
        for stage in report.frozen where !json {
            output.warn("\(stage) is frozen: what it depends on is not looked at")
        }
        if report.absentOutputs > 0, context.personality == .cairn, !json {
            output.warn(
                "\(Words.count(report.absentOutputs, "output")) \(report.absentOutputs == 1 ? "is" : "are") neither here nor in the cache",
                hint: "bring them from the remote: `cairn pull`")
        }
        let tells = reportsByExitCode || global.quiet > 0
        return tells && !report.entries.isEmpty ? .no : .done
    }

    private func compareWithRemote(_ workspace: Workspace, _ context: Context) throws -> Outcome {
        var options = TransferOptions()
        options.targets = selection.options
        options.remote = remote
        options.revisions = revisions.scope
        options.jobs = jobs
        let report = try workspace.remoteStatus(selection.targets, options, reporter: context.reporter)
        for (name, error) in report.skipped {
            context.output.warn("'\(name)' is left out: \(error.message)", hint: error.hint)
        }
        let entries = report.entries.map {
            (name: Array($0.path.utf8), value: PythonJSON.string($0.state.rawValue))
        }
        try context.output.render(asJSON: json, .object(entries)) { output in
            guard !report.entries.isEmpty else {
                let names = report.remotes.map { "'\($0)'" }.joined(separator: ", ")
                let isDVC = context.personality == .dvc
                return try output.note(
                    isDVC
                        ? "Cache and remote \(names) are in sync." : "cache and remote \(names) are in sync")
            }
            for entry in report.entries {
                switch context.personality {
                case .dvc: try output.note("\t\(Self.pad("\(entry.state.rawValue):", to: 20))\(entry.path)")
                case .cairn:
                    try output.data(
                        "\(Self.pad(entry.state.rawValue, to: 7))  \(entry.path)  (\(Self.place(entry.state)))"
                    )
                }
            }
        }
        let tells = reportsByExitCode || global.quiet > 0
        return tells && !report.entries.isEmpty ? .no : .done
    }

    private static func place(_ state: RemoteStatusReport.State) -> String {
        switch state {
        case .new: "in the cache, not on the remote"
        case .deleted: "on the remote, not in the cache"
        case .missing: "neither in the cache nor on the remote"
        }
    }

    /// DVC's shape: a map from what declares data to a list of what changed.
    private static func json(_ report: StatusReport) -> PythonJSON {
        .object(
            report.entries.map { entry in
                var items: [PythonJSON] = []
                func add(
                    _ name: String, _ list: [StatusReport.Item], _ more: [(name: [UInt8], value: PythonJSON)]
                ) {
                    guard !list.isEmpty || !more.isEmpty else { return }
                    let states = list.map {
                        (name: Array($0.path.utf8), value: PythonJSON.string($0.state.rawValue))
                    }
                    items.append(.object([(name: Array(name.utf8), value: .object(states + more))]))
                }
                add("changed deps", entry.dependencies, parameters(entry))
                add("changed outs", entry.outputs, [])
                items += notes(entry).map { PythonJSON.string($0) }
                return (name: Array(entry.address.utf8), value: .array(items))
            })
    }

    /// Changed parameters by file; a file that is missing, or of which nothing is recorded, as one word.
    private static func parameters(_ entry: StatusReport.Entry) -> [(name: [UInt8], value: PythonJSON)] {
        entry.parametersByFile.map { file, list in
            let value: PythonJSON
            switch list.whole {
            case let word?: value = .string(word)
            case nil:
                value = .object(list.keys.map { (name: Array($0.key.utf8), value: .string($0.state)) })
            }
            return (name: Array(file.utf8), value: value)
        }
    }

    private static func notes(_ entry: StatusReport.Entry) -> [String] {
        var notes: [String] = []
        if entry.isCommandChanged { notes.append("changed command") }
        if entry.isChecksumChanged { notes.append("changed checksum") }
        if entry.isAlwaysChanged { notes.append("always changed") }
        return notes
    }

    private static func writeAsDVC(_ report: StatusReport, to output: Output) throws {
        guard report.hasDeclarations else {
            return try output.note(
                "There are no data or pipelines tracked in this project yet.\nSee <https://dvc.org/doc/start> to get started!"
            )
        }
        guard !report.entries.isEmpty else { return try output.note("Data and pipelines are up to date.") }
        for entry in report.entries {
            try output.note("\(entry.address):")
            for (name, items) in [("changed deps", entry.dependencies), ("changed outs", entry.outputs)] {
                let files = name == "changed deps" ? entry.parametersByFile : []
                guard !items.isEmpty || !files.isEmpty else { continue }
                try output.note("\t\(name):")
                for item in items {
                    try output.note("\t\t\(pad("\(item.state.rawValue):", to: 20))\(item.path)")
                }
                for (file, list) in files {
                    if let word = list.whole {
                        try output.note("\t\t\(pad("\(word):", to: 20))\(file)")
                        continue
                    }
                    try output.note("\t\t\(file):")
                    for (key, state) in list.keys {
                        try output.note("\t\t\t\(pad("\(state):", to: 20))\(key)")
                    }
                }
            }
            for note in notes(entry) { try output.note("\t\(note)") }
        }
    }

    private static func write(_ report: StatusReport, to output: Output) throws {
        guard report.hasDeclarations else {
            return try output.note("nothing is tracked here yet; start with `cairn add`")
        }
        guard !report.entries.isEmpty else { return try output.note("everything is up to date") }
        var lines: [(state: String, path: String, cause: String)] = []
        for entry in report.entries {
            lines += entry.outputs.map { line($0) }
            var causes = entry.isNew ? ["never run"] : []
            causes += entry.dependencies.map { "dep \($0.path) \($0.state.rawValue)" }
            causes += entry.parameters.map { StageWords.clause(.parameter($0)) }
            // What never ran has nothing recorded that could have been changed.
            causes += notes(entry).filter { !entry.isNew || $0 != "changed checksum" }
            if !causes.isEmpty { lines.append(("stale", entry.address, causes.joined(separator: ", "))) }
        }
        let width = lines.map(\.state.utf8.count).max() ?? 0
        let pathWidth = min(lines.map(\.path.count).max() ?? 0, 60)
        for line in lines {
            let style: Terminal.Style = line.state == "missing" ? .error : .warning
            let state = output.styled(pad(line.state, to: width), style)
            let cause = line.cause.isEmpty ? "" : "  (\(line.cause))"
            try output.data("\(state)  \(cause.isEmpty ? line.path : pad(line.path, to: pathWidth))\(cause)")
        }
    }

    private static func line(_ item: StatusReport.Item) -> (state: String, path: String, cause: String) {
        switch item.state {
        case .notInCache:
            (
                "missing", item.path,
                item.isPresent ? "the cache lacks data of it" : "neither here nor in the cache"
            )
        case .deleted: (item.wasPresent ? "deleted" : "not-checked-out", item.path, "")
        case .modified: ("modified", item.path, item.files.map(cause) ?? "")
        case .updateAvailable: ("stale", item.path, "the source has gone on")
        case .new, .notInSync: ("stale", item.path, item.state.rawValue)
        }
    }

    private static func cause(_ counts: StatusReport.FileCounts) -> String {
        let parts = [(counts.added, "added"), (counts.modified, "modified"), (counts.deleted, "deleted")]
        let named = parts.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }.joined(separator: ", ")
        return named.isEmpty ? "empty folders differ" : named + " inside"
    }

    private static func pad(_ text: String, to width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}

extension StatusReport.Entry {
    /// The state of each parameter that changed, under DVC's names: `modified`, `new`, `deleted`; or one of these for the whole file.
    fileprivate var parametersByFile:
        [(file: String, list: (whole: String?, keys: [(key: String, state: String)]))]
    {
        var order: [String] = []
        var groups: [String: [StageState.Parameter]] = [:]
        for parameter in parameters {
            if groups[parameter.file] == nil { order.append(parameter.file) }
            groups[parameter.file, default: []].append(parameter)
        }
        return order.map { file in
            let group = groups[file] ?? []
            if group.contains(where: \.isFileMissing) { return (file, ("deleted", [])) }
            if isNew { return (file, ("new", [])) }
            return (
                file,
                (
                    nil,
                    group.map {
                        ($0.key, $0.current == nil ? "deleted" : $0.recorded == nil ? "new" : "modified")
                    }
                )
            )
        }
    }
}
