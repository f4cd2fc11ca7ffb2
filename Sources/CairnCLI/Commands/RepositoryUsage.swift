import Cairn
import CairnCore

/// The sizes of what is in a repository, tracked or not, as `dvc du` shows them.
struct RepositoryUsage {
    private typealias Row = (size: Int64?, name: [UInt8])

    private let place: RepositoryPlace
    private let path: String?
    private let command: UsageCommand
    private let context: Context

    init(_ address: String, _ path: String?, _ command: UsageCommand, _ context: Context) throws {
        place = try RepositoryPlace(address, path, revision: command.rev, command.flags, context)
        self.path = path
        self.command = command
        self.context = context
    }

    /// Writes what is in the folder, and then the folder; a file alone.
    ///
    /// - Throws: `CairnError` if there is nothing at the path, or no such revision; `OutputError` if it cannot be written.
    func write() throws {
        var options = ListOptions()
        options.revision = command.rev
        options.depth = nil
        // What is not here has the size that its pointer tells.
        let top = try place.workspace.list(place.start, options)
        var rows: [Row] = []
        let name = Array((path ?? "").utf8)
        if top.isFolder, !command.summarize {
            let lead = name.isEmpty || name.last == UInt8(ascii: "/") ? name : name + [UInt8(ascii: "/")]
            for entry in top.contents ?? [] where !Self.isHidden(entry) {
                rows.append((size(of: entry), lead + entry.name))
            }
        }
        // DVC's last line is the sum of the others, also where it does not know them.
        let isSum = context.personality == .dvc && !rows.isEmpty
        rows.append((isSum ? rows.lazy.compactMap(\.size).clampedSum() : size(of: top), name))
        try context.output.render(asJSON: command.json, Self.json(rows)) { output in
            for line in lines(rows) { try output.data(line) }
        }
    }

    /// What DVC does not count: files that describe data.
    private static func isHidden(_ entry: ListEntry) -> Bool {
        entry.name.suffix(4).elementsEqual(".dvc".utf8) || entry.name.elementsEqual("dvc.yaml".utf8)
            || entry.name.elementsEqual(".dvcignore".utf8)
    }

    /// The bytes of what is in an entry; `nil` if some are not known, which DVC counts as none.
    private func size(of entry: ListEntry) -> Int64? {
        guard entry.isFolder else { return entry.size ?? (context.personality == .dvc ? 0 : nil) }
        if !entry.isThere, entry.id != nil, let size = entry.recordedSize { return size }
        var sum: Int64? = 0
        for inner in entry.contents ?? [] where !Self.isHidden(inner) {
            guard let known = sum, let size = size(of: inner) else { return nil }
            sum = known.addingClamped(size)
        }
        return sum
    }

    private func lines(_ rows: [Row]) -> [String] {
        let sizes = rows.map { row in
            context.personality == .dvc ? ListTable.size(row.size ?? 0) : command.size(row.size)
        }
        let width = sizes.map(\.utf8.count).max() ?? 0
        return zip(sizes, rows).map { size, row in
            let space = String(repeating: " ", count: width - size.utf8.count)
            let name = row.name.isEmpty && context.personality == .cairn ? "total" : row.name.printable
            let text = context.personality == .dvc ? size + space : space + size
            return name.isEmpty ? size : "\(text)  \(name)"
        }
    }

    private static func json(_ rows: [Row]) -> PythonJSON {
        .array(
            rows.map {
                .object([
                    (Array("path".utf8), .string($0.name)),
                    (Array("size".utf8), $0.size.map { .integer(Int($0)) } ?? .null),
                ])
            })
    }
}
