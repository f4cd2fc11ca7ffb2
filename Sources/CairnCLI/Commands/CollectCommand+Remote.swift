import Cairn
import CairnCore

/// What concerns remotes with packs, and what is taken back.
extension CollectCommand {
    /// `--undo`, of the cache or of a remote.
    func bringBack(_ context: Context) throws -> Outcome {
        guard namesNoScope, !dry, forget == nil, cloud || remote == nil else {
            throw CairnError(
                .usage, "--undo brings back what the last collection took: no other option goes with it",
                hint: "for a remote, `cairn gc -c --undo`, with `-r NAME` if it is not the default one")
        }
        let workspace = try context.workspace()
        let undone: (objects: Int, bytes: Int64)?
        if cloud {
            undone = try workspace.undoCollection(
                ofRemote: remote?.lowercased(), jobs: jobs, reporter: context.reporter)
        } else {
            undone = try workspace.undoCollection(reporter: context.reporter).map { ($0.objects, $0.bytes) }
        }
        if json {
            try context.output.json(
                .object([
                    (Array("bytes".utf8), .integer(Int(undone?.bytes ?? 0))),
                    (Array("restored".utf8), .integer(undone?.objects ?? 0)),
                ]))
        } else if let undone {
            try context.output.note(
                "brought back \(Words.count(undone.objects, "object")) (\(Words.bytes(undone.bytes)))")
        } else {
            try context.output.note("there is nothing to bring back")
        }
        return undone == nil ? .no : .done
    }

    /// `--forget`.
    func give(up roots: String, _ context: Context) throws -> Outcome {
        guard namesNoScope, !dry, cloud else {
            throw CairnError(
                .usage,
                "--forget gives up what others need of a remote: it goes with --cloud, and with no scope",
                hint: "type `cairn gc -c --forget \(roots)`")
        }
        let question =
            "give up what '\(roots)' needs? what nobody else needs goes with the next collections"
        let forgotten = try context.workspace().forgetRoots(
            of: roots, onRemote: remote?.lowercased(), reporter: context.reporter
        ) {
            try force || context.confirm(question)
        }
        if json {
            try context.output.json(
                .object([
                    (Array("forgotten".utf8), .array((forgotten ?? []).map { .string($0) }))
                ]))
        } else if let forgotten {
            try context.output.note("gave up what \(Words.count(forgotten.count, "clone")) needed")
        } else {
            try context.output.note(
                context.terminal.canAsk
                    ? "nothing was given up"
                    : "nothing was given up: nobody can be asked here; `--force` does not ask")
        }
        return forgotten == nil ? .no : .done
    }

    private var namesNoScope: Bool {
        revisions.scope.isEmpty && !workspace && rev == nil && num == nil && date == nil && !allExperiments
            && !notInRemote && projects.isEmpty && !skipFailed
    }

    /// Says what was done about what earlier collections had announced.
    func writeEarlier(_ announced: CollectReport.Announced, _ output: Output) throws {
        if announced.deleted > 0 {
            try output.note(
                "remote '\(announced.remote)': \(Words.count(announced.deleted, "pack")) (\(Words.bytes(announced.deletedBytes))) that an earlier collection gave up are deleted now"
            )
        }
        if announced.buried > 0 {
            try output.note(
                "remote '\(announced.remote)': \(Words.count(announced.buried, "pack")) that an earlier collection announced can be brought back no more; a later one deletes them"
            )
        }
    }

    /// Says when what was announced goes.
    func write(_ announced: CollectReport.Announced, _ output: Output) throws {
        guard announced.packs > 0 else { return }
        let grace = Words.duration(seconds: announced.grace)
        try output.note(
            "remote '\(announced.remote)': \(Words.count(announced.count, "object")) (\(Words.bytes(announced.bytes))) go with collections \(grace) from now or later, whoever runs them; until then `cairn gc -c --undo` brings them back"
        )
    }
}
