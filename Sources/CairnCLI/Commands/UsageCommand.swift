import ArgumentParser
import Cairn
import CairnCore
import CairnSystem

/// `cairn du`.
struct UsageCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "du", abstract: "Show what tracked data takes, by path or by revision.",
        discussion: """
            For each path in a folder, and then the folder: the size of its files; what it takes in the cache, compressed, where what several \
            rows share is divided among them, so that rows add up to the last one; and as much of that as nothing else uses, which would be \
            freed without it. With -a, -T or -A the rows are the workspace and the revisions. A `?` stands where the data is not here to tell.

            If the first argument is another repository, a folder or an address that git can clone, the sizes of all its files are shown, \
            tracked or not, as `dvc du` does.
            """)

    @OptionGroup var global: GlobalOptions

    @Argument(
        help: "Paths of this workspace; or another repository, and perhaps a path in it.", completion: .file()
    )
    var paths: [String] = []

    @OptionGroup var revisions: RevisionSelection

    @Option(
        help: ArgumentHelp(
            "The paths of this revision of git, instead of the workspace's.", valueName: "commit"))
    var rev: String?

    @Flag(name: .shortAndLong, help: "Only sums, not what is in a folder.")
    var summarize = false

    @Flag(name: .shortAndLong, help: "Print sizes as numbers of bytes.")
    var bytes = false

    @OptionGroup var flags: SourceFlags

    @Flag(help: "Print the rows as JSON.")
    var json = false

    func validate() throws {
        if Main.personality == .dvc, paths.isEmpty {
            throw ValidationError("the following arguments are required: url")
        }
    }

    func run(in context: Context) throws -> Outcome {
        if let address = try repository(context) {
            try RepositoryUsage(address, paths.dropFirst().first, self, context).write()
            return .done
        }
        let workspace = try context.workspace()
        var options = UsageOptions()
        options.revision = rev
        options.revisions = revisions.scope
        options.summarizes = summarize
        let report = try workspace.diskUsage(of: paths, options, reporter: context.reporter)
        try context.output.render(asJSON: json, report.json) { output in
            for line in report.lines(words: size) { try output.data(line) }
        }
        return .done
    }

    /// The first argument, if it is another repository than the one around the user. As `dvc` it always is one.
    private func repository(_ context: Context) throws -> String? {
        guard let first = paths.first else { return nil }
        guard context.personality == .cairn else { return try checked(first) }
        let typed = FilePath(first)
        let path = typed.isAbsolute ? typed : context.surroundings.workingDirectory.pushing(typed)
        guard try path.status(following: true)?.kind == .folder else {
            return try path.status() == nil && RepositoryPlace.isAddress(first) ? checked(first) : nil
        }
        var there = context.surroundings
        there.workingDirectory = path
        guard let other = try? Workspace.discover(from: there, as: context.personality) else { return nil }
        let here = try? Workspace.discover(from: context.surroundings, as: context.personality)
        return here?.root == other.root ? nil : try checked(first)
    }

    private func checked(_ address: String) throws -> String {
        guard paths.count <= 2 else {
            throw CairnError(.usage, "of another repository, '\(address)', one path can be measured")
        }
        guard !revisions.isAny else {
            throw CairnError(
                .usage, "of another repository, '\(address)', one revision can be measured",
                hint: "name it with `--rev`, or clone the repository")
        }
        return address
    }

    /// A number of bytes as it is printed.
    func size(_ count: Int64?) -> String { count.map { bytes ? "\($0)" : Words.bytes($0) } ?? "?" }
}

extension UsageReport {
    /// Rows in columns; the last column is the name, as du(1) has it.
    fileprivate func lines(words: (Int64?) -> String) -> [String] {
        let hasMissing = rows.contains { $0.missing > 0 }
        let heads = ["size", "stored", "unique"] + (hasMissing ? ["missing"] : [])
        var table = TextTable(heads + [isByRevision ? "revision" : "path"], left: [heads.count])
        for row in rows {
            let isTotal = if case .total = row.subject { isByRevision } else { false }
            table.add(
                [isTotal ? "" : words(row.apparent), words(row.stored), words(row.unique)]
                    + (hasMissing ? [row.missing == 0 ? "" : "\(row.missing)"] : []) + [row.name])
        }
        return table.lines
    }

    private var isByRevision: Bool {
        rows.contains { if case .revision = $0.subject { true } else { false } }
    }

    /// The rows for scripts (docs/scripting.md).
    fileprivate var json: PythonJSON {
        .array(
            rows.map { row in
                var members: [(name: [UInt8], value: PythonJSON)] = [
                    (Array("missing".utf8), .integer(row.missing)),
                    (Array("size".utf8), row.apparent.map { .integer(Int($0)) } ?? .null),
                    (Array("stored".utf8), .integer(Int(row.stored))), (Array("sum".utf8), .bool(row.isSum)),
                    (Array("unique".utf8), .integer(Int(row.unique))),
                ]
                switch row.subject {
                case .path(let path): members.insert((Array("path".utf8), .string(path)), at: 1)
                case .revision(let name):
                    members.insert((Array("revision".utf8), name.map { .string($0) } ?? .null), at: 1)
                case .total: break
                }
                return .object(members)
            })
    }
}

extension UsageReport.Row {
    fileprivate var name: String {
        switch subject {
        case .path(let path): path.printable
        case .revision(let name): name.map { Array($0.utf8).printable } ?? "workspace"
        case .total: "total"
        }
    }
}
