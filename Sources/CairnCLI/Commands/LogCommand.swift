import ArgumentParser
import Cairn
import CairnCore

/// `cairn log`.
struct LogCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "log", abstract: "List the versions of a tracked path over the commits, newest first.",
        discussion: """
            A path may be an output, a file or folder inside of one, or a folder that holds some; without one, every commit is listed that \
            changed any data. What was renamed with the same content is followed. If the answer does not go to a terminal, each version is \
            one line of fields with tabs between them: commit, date, author, change, bytes, hash, path, message.
            """)

    @OptionGroup var global: GlobalOptions

    @Argument(help: "A tracked path, now or in older commits.", completion: .file())
    var path: String?

    @Option(
        name: [.customShort("n", allowingJoined: true), .customLong("max-count")],
        help: ArgumentHelp("How many versions at most.", valueName: "number"))
    var count: Int?

    @Option(
        help: ArgumentHelp("Where to start, instead of HEAD; or a range.", valueName: "commit|from..to"))
    var rev = "HEAD"

    @Flag(name: .customLong("no-renames"), help: "Do not follow a path under its older names.")
    var ignoresRenames = false

    @Flag(help: "Print the versions as JSON.")
    var json = false

    func validate() throws {
        if let count, count < 1 { throw ValidationError("-n counts versions, from 1 on") }
    }

    func run(in context: Context) throws -> Outcome {
        let workspace = try context.workspace()
        var options = DataLogOptions()
        options.revision = rev
        options.count = count
        options.followsRenames = !ignoresRenames
        let log = try workspace.dataLog(
            path.flatMap { try workspace.pathOrRoot(of: $0) }, options, reporter: context.reporter)
        try context.output.render(asJSON: json, .array(log.versions.map(\.json))) { output in
            let lines =
                context.terminal.isOutput
                ? log.lines(output) : log.versions.map { $0.fields.joined(separator: "\t") }
            for line in lines { try output.data(line) }
        }
        for problem in log.problems { context.output.warn(problem.message, hint: problem.hint) }
        if log.versions.contains(where: { !$0.isKnown }) {
            context.output.warn(
                "of some versions only the directory is known, because its listing is not here",
                hint: "bring it: `\(context.command("fetch --all-commits"))`")
        }
        if log.isCutOff {
            context.output.warn(
                "this clone is shallow: what is older than its history is not known",
                hint: "bring all of it: `git fetch --unshallow`")
        }
        return .done
    }
}

extension DataVersion {
    /// What a commit did, in a word.
    var word: String {
        switch change {
        case .added: "added"
        case .modified: "modified"
        case .deleted: "deleted"
        case .renamed: "renamed"
        }
    }

    private var name: String { (path.isEmpty ? Array(".".utf8) : path).printable + (isFolder ? "/" : "") }

    /// One line for other programs.
    fileprivate var fields: [String] {
        [
            String(commit.prefix(7)), time.text, Array(author.utf8).printable, word,
            size.map { "\($0)" } ?? "-", id?.text ?? "-", name, Array(summary.utf8).printable,
        ]
    }

    /// One version for scripts (docs/scripting.md).
    fileprivate var json: PythonJSON {
        var from = PythonJSON.null
        if case .renamed(let old) = change { from = .string(old) }
        return .object([
            (Array("author".utf8), .string(author)), (Array("change".utf8), .string(word)),
            (Array("commit".utf8), .string(commit)), (Array("date".utf8), .string(time.text)),
            (Array("email".utf8), .string(email)),
            (Array("files".utf8), fileCount.map { .integer($0) } ?? .null),
            (Array("folder".utf8), .bool(isFolder)), (Array("from".utf8), from),
            (Array("hash".utf8), id.map { .string($0.text) } ?? .null),
            (Array("known".utf8), .bool(isKnown)), (Array("message".utf8), .string(summary)),
            (Array("path".utf8), .string(path)),
            (Array("size".utf8), size.map { .integer(Int($0)) } ?? .null),
        ])
    }

    /// A row for people.
    fileprivate var row: [String] {
        var change = word
        if case .renamed(let old) = self.change { change += " from \(old.printable)" }
        return [
            String(commit.prefix(7)), String(time.text.prefix(10)), Array(author.utf8).printable,
            isKnown ? size.map { Words.bytes($0) } ?? "-" : "?", id?.short ?? "-", change,
            Array(summary.utf8).printable,
        ]
    }
}

extension DataLog {
    /// A table for people.
    fileprivate func lines(_ output: Output) -> [String] {
        guard !versions.isEmpty else { return [] }
        var table = TextTable(
            ["commit", "date", "author", "size", "hash", "change", "message"], left: [0, 1, 2, 4, 5, 6])
        for version in versions { table.add(version.row) }
        return table.lines
    }
}
