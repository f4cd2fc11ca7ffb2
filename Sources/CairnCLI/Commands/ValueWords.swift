import ArgumentParser
import Cairn
import CairnCore

/// What is compared, and how it is shown.
struct DifferenceOptions: ParsableArguments {
    @Argument(help: ArgumentHelp("The older side, HEAD if it is not given.", valueName: "old"))
    var old: String?

    @Argument(help: ArgumentHelp("The newer side, the workspace if it is not given.", valueName: "new"))
    var new: String?

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "Files or folders to compare instead of those that pipelines declare.", valueName: "paths"),
        completion: .file())
    var targets: [String] = []

    @Flag(help: "Show what is equal too.")
    var all = false

    @Flag(help: "Print the differences as JSON.")
    var json = false

    @Flag(help: "Print the table in Markdown.")
    var md = false

    @Flag(help: "Leave out the column of paths.")
    var noPath = false
}

/// A table of differences.
struct DifferenceTable {
    let title: String
    let sides: DifferenceOptions
    let showsChange: Bool
    /// How many digits stay behind the point; `nil` for all.
    let places: Int?

    /// Writes the differences as they are wanted.
    ///
    /// - Throws: `OutputError` if they cannot be written.
    func write(_ difference: ValueDifference, _ workspace: Workspace, _ context: Context) throws {
        try context.output.render(asJSON: sides.json, ValueWords(workspace).json(difference)) { output in
            if difference.changes.isEmpty, !sides.md {
                return context.personality == .cairn ? try output.note("nothing differs") : ()
            }
            let table = table(difference, workspace)
            for line in sides.md ? table.markdownLines : table.lines { try output.data(line, isForced: true) }
        }
    }

    private func table(_ difference: ValueDifference, _ workspace: Workspace) -> ReportTable {
        let heads = [sides.old ?? "HEAD", sides.new ?? RecordedValues.workspaceName]
        var table = ReportTable(
            (sides.noPath ? [] : ["Path"]) + [title] + heads.map { Array($0.utf8).printable }
                + (showsChange ? ["Change"] : []))
        for change in difference.changes {
            let path = sides.noPath ? [] : [workspace.display(change.path)]
            let values = [change.old, change.new].map { ValueWords.text($0, places: places) }
            let sum =
                showsChange ? [change.difference.map { ValueWords.text($0, places: places) } ?? "-"] : []
            table.add(path + [Array(change.key.utf8).printable] + values + sum)
        }
        return table
    }
}

/// Metrics and parameters as text and as JSON, in DVC's shapes.
struct ValueWords {
    private let workspace: Workspace

    init(_ workspace: Workspace) { self.workspace = workspace }

    /// A single value in a table.
    static func text(_ value: YAMLValue, places: Int?) -> String {
        if value.isNull { return "-" }
        if let places, case .float(let float) = value {
            return YAMLValue.float(PythonJSON.rounded(float, places: places)).pythonText
        }
        return Array(value.pythonText.utf8).printable
    }

    /// From revisions over files to what they say.
    func json(_ revisions: [RecordedValues]) -> PythonJSON {
        .object(
            revisions.map { revision in
                let content: PythonJSON
                if let error = revision.error {
                    content = Self.object([("error", Self.json(error, of: ""))])
                } else {
                    let files = revision.files.map { file -> (name: [UInt8], value: PythonJSON) in
                        let member: (String, PythonJSON)
                        switch file.value {
                        case .success(let value): member = ("data", value.json())
                        case .failure(let error):
                            member = ("error", Self.json(error, of: file.path.description))
                        }
                        return (workspace.relativeToUser(file.path), Self.object([member]))
                    }
                    content = Self.object([("data", .object(files))])
                }
                return (name: Array(revision.name.utf8), value: content)
            })
    }

    /// From files over keys to both values.
    func json(_ difference: ValueDifference) -> PythonJSON {
        var files: [(name: [UInt8], value: [(name: [UInt8], value: PythonJSON)])] = []
        for change in difference.changes {
            let path = workspace.relativeToUser(change.path)
            if files.last.map({ $0.name != path }) ?? true { files.append((path, [])) }
            var members = [("old", change.old.json()), ("new", change.new.json())]
            if let sum = change.difference { members.append(("diff", sum.json())) }
            files[files.count - 1].value.append((Array(change.key.utf8), Self.object(members)))
        }
        return .object(files.map { ($0.name, .object($0.value)) })
    }

    /// An error as DVC shows one: the kind of exception that its program would have, and the words.
    private static func json(_ error: CairnError, of file: String) -> PythonJSON {
        let ending = file.split(separator: ".").last.map { $0.lowercased() } ?? ""
        let type: String
        switch error.kind {
        case .notFound: type = "FileNotFoundError"
        case .config:
            let kinds = ["json": "JSON", "toml": "TOML", "py": "Python"]
            type = file.isEmpty ? "DvcException" : "\(kinds[ending] ?? "YAML")FileCorruptedError"
        default: type = "DvcException"
        }
        return object([("type", .string(type)), ("msg", .string(error.wordsOfDVC ?? error.message))])
    }

    private static func object(_ members: [(String, PythonJSON)]) -> PythonJSON {
        .object(members.map { (name: Array($0.0.utf8), value: $0.1) })
    }
}

extension Context {
    /// Warns of revisions and files that could not be read.
    ///
    /// - Parameter subject: what they are files of, in DVC's words.
    func tellOfUnread(_ revisions: [RecordedValues], _ workspace: Workspace, of subject: String) {
        let broken = revisions.filter { !$0.isComplete }
        guard personality == .cairn else {
            for revision in broken {
                guard let error = revision.error else { continue }
                output.warn(
                    "failed to load \(subject) in revision '\(revision.name)', \(error.wordsOfDVC ?? error.message)"
                )
            }
            let names = broken.map(\.name).joined(separator: ", ")
            if !broken.isEmpty {
                output.remark("DVC failed to load some metrics for following revisions: '\(names)'.")
            }
            return
        }
        for revision in broken {
            let place =
                ["", RecordedValues.workspaceName].contains(revision.name) ? "" : " in '\(revision.name)'"
            if let error = revision.error {
                output.warn("nothing could be read\(place): \(error.message)", hint: error.hint)
            }
            for file in revision.files {
                if case .failure(let error) = file.value {
                    output.warn("left out\(place): \(error.message)", hint: error.hint)
                }
            }
        }
    }
}
