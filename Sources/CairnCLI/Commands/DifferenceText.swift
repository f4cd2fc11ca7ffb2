import Cairn
import CairnCore

/// The answer of `diff`: for people in sections, in Markdown, and as JSON, all as DVC has them.
struct DifferenceText {
    private typealias Version = DataDifference.Version
    private typealias Row = (path: String, hash: String?, isFolder: Bool)

    private let difference: DataDifference
    private let showsHash: Bool
    private let showsMissing: Bool
    private let personality: Personality

    init(_ difference: DataDifference, showsHash: Bool, showsMissing: Bool, _ context: Context) {
        self.difference = difference
        self.showsHash = showsHash
        self.showsMissing = showsMissing
        personality = context.personality
    }

    /// True if the two sides are not alike.
    var differs: Bool {
        !(difference.added.isEmpty && difference.deleted.isEmpty && difference.modified.isEmpty
            && difference.renamed.isEmpty)
    }

    // MARK: Rows

    private var sections: [(name: String, style: Terminal.Style, rows: [Row])] {
        func row(_ version: Version) -> Row {
            (version.written.printable, version.id.map(\.short), version.isFolder)
        }
        var sections: [(String, Terminal.Style, [Row])] = [
            ("added", .good, difference.added.map(row)), ("deleted", .error, difference.deleted.map(row)),
            (
                "renamed", .good,
                difference.renamed.map {
                    (
                        "\($0.old.written.printable) -> \($0.new.written.printable)", $0.old.id.map(\.short),
                        $0.new.isFolder
                    )
                }
            ),
            (
                "modified", .warning,
                difference.modified.map {
                    (
                        $0.old.written.printable,
                        "\($0.old.id?.short ?? "none")..\($0.new.id?.short ?? "none")", $0.old.isFolder
                    )
                }
            ),
        ]
        if showsMissing { sections.append(("not in cache", .warning, difference.missing.map(row))) }
        return sections.filter { !$0.2.isEmpty }
    }

    // MARK: Text

    /// Writes the sections and a last line that counts files.
    ///
    /// - Throws: `OutputError` if they cannot be written.
    func write(to output: Output) throws {
        let sections = sections
        if sections.isEmpty, personality == .cairn {
            try output.note(
                difference.isBeforeFirstCommit
                    ? "there is no commit yet to compare with" : "nothing differs")
        }
        for section in sections {
            let title = section.name.prefix(1).uppercased() + section.name.dropFirst()
            try output.data(output.styled(title, section.style) + ":")
            for row in section.rows {
                let hash = showsHash ? row.hash.map { "\($0)  " } ?? "" : ""
                try output.data("    \(hash)\(row.path)")
            }
            try output.data("")
        }
        let counts = sections.map { ($0.name, $0.rows.count { !$0.isFolder }) }.filter { $0.1 > 0 }
        if !counts.isEmpty {
            try output.data(
                "files summary: " + counts.map { "\($0.1) \($0.0)" }.joined(separator: ", "))
        }
        if let amounts = difference.amounts, !sections.isEmpty { try write(amounts, to: output) }
    }

    private func write(_ amounts: DifferenceAmounts, to output: Output) throws {
        func words(_ count: Int64?) -> String { count.map { Words.bytes($0) } ?? "?" }
        var table = TextTable(["size", "before", "new", "chunks", "gone", "chunks", "path"], left: [6])
        func add(
            _ sizes: [String], _ gained: DifferenceAmounts.Count, _ lost: DifferenceAmounts.Count,
            _ name: String
        ) {
            table.add(
                sizes + [words(gained.bytes), "\(gained.chunks)", words(lost.bytes), "\(lost.chunks)", name])
        }
        for row in amounts.rows {
            add(
                [row.new == nil ? "-" : words(row.newSize), row.old == nil ? "-" : words(row.oldSize)],
                row.gained, row.lost, (row.new ?? row.old)?.path.printable ?? "")
        }
        add(["", ""], amounts.gained, amounts.lost, "total")
        try output.data("")
        for line in table.lines { try output.data(line) }
        try output.data(
            "shared by both versions: \(words(amounts.shared.bytes)) in \(Words.count(amounts.shared.chunks, "chunk"))"
        )
    }

    // MARK: Markdown

    /// The lines of a table in Markdown.
    var markdownLines: [String] {
        var table = ReportTable(showsHash ? ["Status", "Hash", "Path"] : ["Status", "Path"])
        for section in sections {
            for row in section.rows {
                table.add(
                    showsHash ? [section.name, row.hash ?? "", row.path] : [section.name, row.path])
            }
        }
        return table.markdownLines
    }

    // MARK: JSON

    /// DVC's shape: nothing at all where nothing differs, else every list. `stat` is ours.
    func json(measured: Bool) -> PythonJSON {
        guard !difference.isEmpty else { return .object([]) }
        func hash(_ id: ObjectID?) -> PythonJSON { id.map { .string($0.text) } ?? .null }
        func pair(_ old: PythonJSON, _ new: PythonJSON) -> PythonJSON {
            .object([(Array("old".utf8), old), (Array("new".utf8), new)])
        }
        func item(_ path: PythonJSON, _ hash: PythonJSON) -> PythonJSON {
            .object(
                [(Array("path".utf8), path)] + (showsHash ? [(Array("hash".utf8), hash)] : []))
        }
        func list(_ versions: [Version]) -> PythonJSON {
            .array(versions.map { item(.string($0.written), hash($0.id)) })
        }
        var members: [(name: [UInt8], value: PythonJSON)] = [
            (Array("added".utf8), list(difference.added)), (Array("deleted".utf8), list(difference.deleted)),
            (
                Array("modified".utf8),
                .array(
                    difference.modified.map {
                        item(.string($0.old.written), pair(hash($0.old.id), hash($0.new.id)))
                    })
            ),
            (
                Array("renamed".utf8),
                .array(
                    difference.renamed.map {
                        item(pair(.string($0.old.written), .string($0.new.written)), hash($0.old.id))
                    })
            ),
        ]
        if showsMissing { members.append((Array("not in cache".utf8), list(difference.missing))) }
        if measured, let amounts = difference.amounts {
            members.append((Array("stat".utf8), amounts.json))
        }
        return .object(members)
    }
}

extension DifferenceAmounts {
    /// The amounts for scripts (docs/scripting.md).
    fileprivate var json: PythonJSON {
        func number(_ value: Int64?) -> PythonJSON { value.map { .integer(Int($0)) } ?? .null }
        func count(_ count: Count) -> PythonJSON {
            .object([
                (Array("bytes".utf8), number(count.bytes)), (Array("chunks".utf8), .integer(count.chunks)),
            ])
        }
        let files = rows.map { row in
            PythonJSON.object([
                (Array("gained".utf8), count(row.gained)), (Array("lost".utf8), count(row.lost)),
                (Array("new_size".utf8), row.new == nil ? .null : number(row.newSize)),
                (Array("old_size".utf8), row.old == nil ? .null : number(row.oldSize)),
                (Array("path".utf8), .string((row.new ?? row.old)?.path ?? [])),
            ])
        }
        return .object([
            (Array("files".utf8), .array(files)), (Array("gained".utf8), count(gained)),
            (Array("lost".utf8), count(lost)), (Array("shared".utf8), count(shared)),
        ])
    }
}
