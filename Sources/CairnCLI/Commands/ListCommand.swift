import ArgumentParser
import Cairn
import CairnCore

/// `cairn list`.
struct ListCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List files of a workspace and the data that it tracks, here or not.",
        aliases: ["ls"])

    @OptionGroup var global: GlobalOptions

    @Argument(
        help:
            "A folder of a workspace, the address of a git repository, or a revision of this one, perhaps with a path: `HEAD~1:data`.",
        completion: .directory)
    var url: String

    @Argument(help: "A path in that folder.", completion: .file())
    var path: String?

    @Flag(name: [.customShort("R"), .long], help: "List files in folders too.")
    var recursive = false

    @Flag(name: [.customShort("T"), .long], help: "Draw folders as a tree.")
    var tree = false

    @Option(
        name: [.customShort("L"), .long],
        help: ArgumentHelp("How many levels of folders to open.", valueName: "depth"))
    var level: Int?

    @Flag(name: .customLong("dvc-only"), help: "Only what is tracked.")
    var onlyTracked = false

    @Flag(help: "Print the list as JSON.")
    var json = false

    @Option(help: ArgumentHelp("A revision of git.", valueName: "commit"))
    var rev: String?

    @OptionGroup var flags: SourceFlags

    @Flag(help: "Show sizes.")
    var size = false

    @Flag(name: .customLong("show-hash"), help: "Show hashes.")
    var showHash = false

    static let failureOfDVC: String? = ""

    func validate() throws {
        if let level, level < 0 { throw ValidationError("--level counts from 0") }
    }

    func run(in context: Context) throws -> Outcome {
        guard !tree || !json else {
            throw CairnError(
                .internal, "--tree and --json contradict each other",
                dvc: "Cannot use --tree and --json options together.")
        }
        var options = ListOptions()
        options.onlyTracked = onlyTracked
        options.revision = rev
        var place = try revision(context).map { named in
            options.revision = named.revision
            return try RepositoryPlace(at: named, path, context)
        }
        place = try place ?? RepositoryPlace(url, path, revision: rev, flags, context)
        guard let place else { preconditionFailure("one of both was made") }
        options.depth = tree ? level : recursive ? level : 1
        let top = try place.workspace.list(place.start, options, reporter: context.reporter)
        if tree {
            let name = place.start == nil ? "." : path ?? url
            let rows = ListTable.treeRows(top, named: Array(name.utf8))
            return try write(rows, context)
        }
        var rows: [ListTable.Row] = []
        if options.depth == 0 || !top.isFolder {
            rows.append(ListTable.Row(top.name.isEmpty ? Array(".".utf8) : top.name, top))
        } else {
            ListTable.rows(of: top, below: place.prefix, recursive: recursive, into: &rows)
            rows.sort { $0.name.lexicographicallyPrecedes($1.name) }
        }
        if json {
            try context.output.json(.array(rows.map(\.json)))
            return .done
        }
        return try write(rows, context)
    }

    /// The first argument, if it is a revision of this workspace, perhaps with a path: `HEAD~1`, `v1:data`.
    private func revision(_ context: Context) throws -> RevisionPath? {
        guard context.personality == .cairn, rev == nil, try !RepositoryPlace.isFolder(url, context),
            let workspace = try? context.workspace()
        else { return nil }
        return try workspace.knownRevisionPath(url)
    }

    private func write(_ rows: [ListTable.Row], _ context: Context) throws -> Outcome {
        for line in ListTable(rows, size: size, hash: showHash).lines { try context.output.data(bytes: line) }
        return .done
    }
}
