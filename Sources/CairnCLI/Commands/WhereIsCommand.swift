import ArgumentParser
import Cairn
import CairnCore

/// `cairn whereis`.
struct WhereIsCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "whereis", abstract: "Tell which places have the data of a path: the cache and remotes.",
        discussion: """
            A place has all, some or none of the objects that a path consists of. Remotes with packs are asked by their index. If the answer \
            does not go to a terminal, each place is one line of fields with tabs between them: path, place, state, objects there, objects in \
            all. The exit code is 1 if something is nowhere, or a remote could not be asked.
            """)

    @OptionGroup var global: GlobalOptions

    @Argument(
        help: "Outputs, paths inside of them, folders, pointer files or stages; all if none is named.",
        completion: .file())
    var targets: [String] = []

    @Option(help: ArgumentHelp("The pointers of this revision of git.", valueName: "commit"))
    var rev: String?

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "Ask this remote instead of all that are configured; may be given again.", valueName: "name"))
    var remote: [String] = []

    @Flag(help: "Print the places as JSON.")
    var json = false

    func run(in context: Context) throws -> Outcome {
        var options = WhereaboutsOptions()
        options.revision = rev
        options.remotes = remote
        let found = try context.workspace().whereabouts(of: targets, options, reporter: context.reporter)
        try context.output.render(asJSON: json, .array(found.map(\.json))) { output in
            if found.isEmpty { try output.note("nothing is tracked here") }
            for line in context.terminal.isOutput ? Self.table(found) : found.flatMap(\.lines) {
                try output.data(line)
            }
        }
        var told: Set<String> = []
        for error in found.flatMap(\.holdings).compactMap(\.error) where told.insert(error.message).inserted {
            context.output.fail(error)
        }
        for place in found where !place.isListed {
            context.output.warn(
                "the files in '\(place.path.printable)' are not known, because its listing is nowhere")
        }
        let isComplete = found.allSatisfy { $0.nowhere == 0 && $0.isListed }
        return isComplete && told.isEmpty ? .done : .no
    }

    /// A row for each path, a column for each place.
    private static func table(_ found: [Whereabouts]) -> [String] {
        guard let first = found.first else { return [] }
        let places = first.holdings.map { $0.remote ?? "cache" }
        var table = TextTable(["path"] + places, left: Set(0...places.count))
        for place in found {
            table.add(
                [place.name]
                    + place.holdings.map { holding in
                        let state = place.state(of: holding)
                        return state == "some" ? "\(holding.present) of \(place.objects)" : state
                    })
        }
        return table.lines
    }
}

extension Whereabouts {
    fileprivate var name: String { path.printable + (isFolder ? "/" : "") }

    /// What a place has, in a word.
    fileprivate func state(of holding: Holding) -> String {
        if holding.error != nil { return "unknown" }
        if id == nil, objects == 0 { return "unrecorded" }
        if holding.present == 0 { return "absent" }
        if holding.present < objects || !isListed { return "some" }
        guard let packed = holding.packed else { return "present" }
        return packed == 0 ? "loose" : packed == objects ? "packed" : "present"
    }

    /// Lines for other programs.
    fileprivate var lines: [String] {
        holdings.map { holding in
            [
                name, holding.remote ?? "cache", state(of: holding),
                holding.error == nil ? "\(holding.present)" : "-", "\(objects)",
            ].joined(separator: "\t")
        }
    }

    /// A path for scripts (docs/scripting.md).
    fileprivate var json: PythonJSON {
        let places = holdings.map { holding in
            PythonJSON.object([
                (Array("error".utf8), holding.error.map { .string($0.message) } ?? .null),
                (Array("packed".utf8), holding.packed.map { .integer($0) } ?? .null),
                (Array("present".utf8), holding.error == nil ? .integer(holding.present) : .null),
                (Array("remote".utf8), holding.remote.map { .string($0) } ?? .null),
                (Array("state".utf8), .string(state(of: holding))),
            ])
        }
        return .object([
            (Array("folder".utf8), .bool(isFolder)),
            (Array("hash".utf8), id.map { .string($0.text) } ?? .null),
            (Array("listed".utf8), .bool(isListed)), (Array("nowhere".utf8), .integer(nowhere)),
            (Array("objects".utf8), .integer(objects)), (Array("path".utf8), .string(path)),
            (Array("places".utf8), .array(places)),
        ])
    }
}
