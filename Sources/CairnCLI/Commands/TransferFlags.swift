import ArgumentParser
import Cairn
import CairnCore

/// Options of the commands that move data.
struct TransferFlags: ParsableArguments {
    @OptionGroup var selection: TargetSelection
    @OptionGroup var revisions: RevisionSelection
    @OptionGroup var commits: CommitSelection

    @Option(
        name: .shortAndLong, help: "The remote to use, instead of the default one.",
        completion: .custom(RemoteNames.complete))
    var remote: String?

    @Option(name: [.customShort("j", allowingJoined: true), .long], help: "How many transfers at a time.")
    var jobs: Int?

    @Flag(help: "Take wild cards in targets as such.")
    var glob = false

    @Flag(
        name: .customLong("run-cache"), inversion: .prefixedNo,
        help: "Also records of earlier runs of stages.")
    var runCache = false

    @Flag(
        name: .customLong("dry-run"),
        help: "Say what would be moved, with files, bytes and requests, and move nothing.")
    var dryRun = false

    /// What the library takes.
    var options: TransferOptions {
        var options = TransferOptions()
        options.targets = selection.options
        options.targets.isGlob = glob
        options.remote = remote?.lowercased()
        options.revisions = revisions.scope
        commits.add(to: &options.revisions)
        options.jobs = jobs
        options.includesRunRecords = runCache
        options.isDryRun = dryRun
        return options
    }
}

extension TransferReport {
    /// Says what could not be moved.
    ///
    /// - Parameter toRemote: whether data went to the remote or came from it.
    func writeFailures(to output: Output, _ workspace: Workspace, toRemote: Bool) {
        for (name, error) in skipped {
            output.warn("'\(name)' was passed over: \(error.message)", hint: error.hint)
        }
        if workspace.personality == .dvc {
            if !missing.isEmpty {
                let list = missing.map { "md5: \($0.id.text)" }.joined(separator: "\n")
                output.warn(
                    "Some of the cache files do not exist neither locally nor on remote. Missing cache files:\n\(list)"
                )
            }
            for failure in failures {
                output.fail(
                    CairnError(
                        .partial, "failed to transfer '\(failure.object.id)' - \(failure.error.message)"))
            }
            return
        }
        for object in missing {
            output.fail(
                CairnError(
                    .missing, "\(object.name(in: workspace)) is neither in the cache nor on the remote"))
        }
        for group in failuresByCause { output.fail(Self.words(group, workspace)) }
        for object in incomplete where toRemote {
            output.fail(
                CairnError(
                    .partial,
                    "\(object.name(in: workspace)) is not complete on the remote, so its listing was not pushed"
                ))
        }
    }

    /// Failures of one cause together, a damaged pack for instance.
    private var failuresByCause: [[Failure]] {
        var groups: [[Failure]] = []
        var places: [String: Int] = [:]
        for failure in failures {
            let place = places[failure.error.message] ?? groups.count
            places[failure.error.message] = place
            if place == groups.count { groups.append([]) }
            groups[place].append(failure)
        }
        return groups
    }

    private static func words(_ group: [Failure], _ workspace: Workspace) -> CairnError {
        let names = group.prefix(5).map { $0.object.name(in: workspace) }.joined(separator: ", ")
        let error = group[0].error
        let more = group.count > 5 ? " and \(group.count - 5) more" : ""
        let text =
            group.count == 1
            ? "\(names): \(error.message)"
            : "\(error.message), and \(Words.count(group.count, "object")) cannot be had without it: \(names)\(more)"
        return CairnError(error.kind, text, hint: error.hint)
    }

    /// DVC's number of things that failed: what exists nowhere is only warned of.
    var failureCount: Int { failures.count }

    /// True if a command ends as if all went well.
    func isFine(_ personality: Personality) -> Bool { personality == .dvc ? failures.isEmpty : isComplete }

    /// The report for scripts (docs/scripting.md).
    ///
    /// - Parameter verb: what happened to `count` objects.
    func json(_ verb: String, in workspace: Workspace) -> [(name: [UInt8], value: PythonJSON)] {
        func names(_ texts: [String]) -> PythonJSON { .array(texts.map { .string($0) }) }
        func objects(_ list: [Object]) -> PythonJSON { .array(list.map { .object($0.json(in: workspace)) }) }
        var entries: [(name: [UInt8], value: PythonJSON)] = [
            (Array("bytes".utf8), .integer(Int(bytes))), (Array(verb.utf8), .integer(count)),
            (
                Array("failed".utf8),
                .array(failures.map { $0.json(in: workspace) })
            ),
            (Array("incomplete".utf8), objects(incomplete)), (Array("missing".utf8), objects(missing)),
            (Array("remotes".utf8), names(remotes)), (Array("run_records".utf8), .integer(runRecords)),
            (Array("skipped".utf8), .skipped(skipped)),
        ]
        if isPlan {
            entries += [
                (Array("dry_run".utf8), .bool(true)), (Array("files".utf8), .integer(files)),
                (Array("requests".utf8), requests.map { .integer($0) } ?? .null),
            ]
        }
        entries.sort { $0.name.lexicographicallyPrecedes($1.name) }
        return entries
    }

    /// `pushed 3 objects (1.2 MiB) to 'shared'`; `nil` if nothing was moved.
    func summary(_ verb: String) -> String? {
        if isPlan { return planSummary(verb) }
        guard count + runRecords > 0 else { return nil }
        var parts: [String] = []
        if count > 0 { parts.append("\(Words.count(count, "object")) (\(Words.bytes(bytes)))") }
        if runRecords > 0 { parts.append(Words.count(runRecords, "run record")) }
        let place =
            remotes.isEmpty
            ? "" : (verb == "pushed" ? " to " : " from ") + remotes.map { "'\($0)'" }.joined(separator: ", ")
        return "\(verb) \(parts.joined(separator: " and "))\(place)"
    }
}

extension TransferReport {
    /// `would push 3 files (1.2 MiB) to 'shared' in about 6 requests`; `nil` if nothing would be moved.
    private func planSummary(_ verb: String) -> String? {
        guard count > 0 else { return nil }
        let isPush = verb == "pushed"
        let names = remotes.map { "'\($0)'" }.joined(separator: ", ")
        let what = files > 0 ? Words.count(files, "file") : Words.count(count, "listing")
        let cost = requests.map { " in about \(Words.count($0, "request"))" } ?? ""
        return
            "would \(isPush ? "push" : "fetch") \(what) (\(Words.bytes(bytes))) \(isPush ? "to" : "from") \(names)\(cost)"
    }
}

extension TransferReport.Object {
    /// What people call it: `'data/a' and 2 others (9f1c0a2b)`.
    func name(in workspace: Workspace) -> String {
        guard let first = users.first else { return "object \(id)" }
        let others = users.count > 1 ? " and \(Words.count(users.count - 1, "other"))" : ""
        return "\(first.name(in: workspace))\(others) (\(id.short))"
    }

    /// The members of its document for scripts.
    func json(in workspace: Workspace) -> [(name: [UInt8], value: PythonJSON)] {
        let users = users.map { user in
            PythonJSON.object([
                (Array("path".utf8), .string(workspace.relativeToUser(user.path))),
                (Array("revision".utf8), user.revision.map { .string($0) } ?? .null),
            ])
        }
        return [(Array("id".utf8), .string(id.text)), (Array("needed_by".utf8), .array(users))]
    }
}

extension TransferReport.Failure {
    /// Its document for scripts.
    func json(in workspace: Workspace) -> PythonJSON {
        .object(object.json(in: workspace) + [(Array("reason".utf8), .string(error.message))])
    }
}

extension ObjectUser {
    /// `'data/a'`, or `'data/a' (in v1)`.
    func name(in workspace: Workspace) -> String {
        "'\(workspace.display(path))'" + (revision.map { " (in \($0))" } ?? "")
    }
}

extension Context {
    /// As dvc: warns where no remote could be used.
    func warnWithoutRemote(_ workspace: Workspace, _ remote: String?) {
        guard personality == .dvc, remote == nil, !workspace.hasDefaultRemote else { return }
        output.warn("No remote provided and no default remote set.")
    }
}
