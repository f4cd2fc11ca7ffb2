import ArgumentParser
import Cairn
import CairnCore

/// `cairn show`.
struct ShowCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show data of a revision: a file, a folder, or what a commit changed.",
        discussion: """
            REV:PATH prints the bytes of a tracked file, or lists what is in a folder; paths start at the top of the workspace, and those that \
            begin with ./ where you stand. REV alone prints a commit and how it changed data against its first parent.
            """)

    @OptionGroup var global: GlobalOptions

    @Argument(help: ArgumentHelp("What to show, HEAD if it is not given.", valueName: "rev[:path]"))
    var object = "HEAD"

    @Flag(help: "Show sizes in a folder.")
    var size = false

    @Flag(name: .customLong("show-hash"), help: "Show hashes.")
    var showHash = false

    @Flag(help: "Print a folder or a commit as JSON.")
    var json = false

    func run(in context: Context) throws -> Outcome {
        let workspace = try context.workspace()
        let named = try workspace.revisionPath(object)
        guard named.hasPath else { return try show(named.revision, workspace, context) }
        var options = ListOptions()
        options.revision = named.revision
        let entry = try workspace.list(named.path, options, reporter: context.reporter)
        guard let path = named.path, !entry.isFolder else { return try list(entry, context) }
        guard !json else {
            try context.output.json(ListTable.Row(entry.name, entry).json)
            return .done
        }
        try workspace.readContent(of: path, revision: named.revision, reporter: context.reporter) {
            try context.output.raw($0)
        }
        return .done
    }

    private func list(_ folder: ListEntry, _ context: Context) throws -> Outcome {
        var rows: [ListTable.Row] = []
        ListTable.rows(of: folder, below: [], recursive: false, into: &rows)
        try context.output.render(asJSON: json, .array(rows.map(\.json))) { output in
            for line in ListTable(rows, size: size, hash: showHash).lines { try output.data(bytes: line) }
        }
        return .done
    }

    private func show(_ revision: String, _ workspace: Workspace, _ context: Context) throws -> Outcome {
        let commit = try workspace.commit(revision)
        let change = try workspace.dataChange(in: revision, reporter: context.reporter)
        let text = DifferenceText(change, showsHash: showHash, showsMissing: false, context)
        try context.output.render(asJSON: json, commit.json(text.json(measured: false))) { output in
            for line in commit.lines { try output.data(line) }
            try text.write(to: output)
        }
        if commit.isCutOff {
            context.output.warn(
                "this clone is shallow and ends here, so that everything looks added",
                hint: "bring the history: `git fetch --unshallow`")
        }
        return .done
    }
}

extension CommitSummary {
    /// As git introduces a commit.
    fileprivate var lines: [String] {
        var lines = ["commit \(id)"]
        if parents.count > 1 {
            lines.append("Merge: " + parents.map { String($0.prefix(7)) }.joined(separator: " "))
        }
        lines.append("Author: \(Array(author.utf8).printable) <\(Array(email.utf8).printable)>")
        lines += ["Date:   \(time.text)", ""]
        let message = message.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .map { "    \(Array($0).printable)" }
        let end = message.lastIndex { $0.utf8.count > 4 } ?? -1
        return lines + message[...end] + [""]
    }

    /// A commit for scripts (docs/scripting.md).
    fileprivate func json(_ changes: PythonJSON) -> PythonJSON {
        .object([
            (Array("author".utf8), .string(author)), (Array("changes".utf8), changes),
            (Array("commit".utf8), .string(id)), (Array("date".utf8), .string(time.text)),
            (Array("email".utf8), .string(email)), (Array("message".utf8), .string(message)),
            (Array("parents".utf8), .array(parents.map { .string($0) })),
        ])
    }
}
