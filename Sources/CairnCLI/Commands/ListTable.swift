import Cairn
import CairnCore

/// Lines of a listing: names, with sizes and hashes beside them where they are wanted.
struct ListTable {
    /// One line.
    struct Row {
        /// The name as it is sorted and as scripts get it.
        let name: [UInt8]
        /// What is drawn in front of it.
        let branch: String
        let entry: ListEntry

        init(_ name: [UInt8], _ entry: ListEntry, branch: String = "") {
            self.name = name
            self.entry = entry
            self.branch = branch
        }

        /// DVC's shape.
        var json: PythonJSON {
            .object([
                (Array("isout".utf8), .bool(entry.isOutput)), (Array("isdir".utf8), .bool(entry.isFolder)),
                (Array("isexec".utf8), .bool(entry.isExecutable)),
                (Array("size".utf8), entry.size.map { .integer(Int($0)) } ?? .null),
                (
                    Array((entry.id?.algorithm == .blake3 ? "blake3" : "md5").utf8),
                    entry.id.map { .string($0.text) } ?? .null
                ),
                (Array("path".utf8), .string(name)),
            ])
        }
    }

    private let rows: [Row]
    private let size: Bool
    private let hash: Bool

    init(_ rows: [Row], size: Bool, hash: Bool) {
        self.rows = rows
        self.size = size
        self.hash = hash
    }

    /// What is in a folder: files in all folders that were opened and the names of others if `recursive`, else just the names.
    static func rows(of folder: ListEntry, below prefix: [UInt8], recursive: Bool, into rows: inout [Row]) {
        for entry in folder.contents ?? [] {
            let name = prefix.isEmpty ? entry.name : prefix + [UInt8(ascii: "/")] + entry.name
            if recursive, entry.isFolder, entry.contents != nil {
                Self.rows(of: entry, below: name, recursive: true, into: &rows)
            } else {
                rows.append(Row(name, entry))
            }
        }
    }

    /// A folder and what is in it, as a tree.
    static func treeRows(_ top: ListEntry, named name: [UInt8]) -> [Row] {
        var rows = [Row(name, top)]
        func add(_ folder: ListEntry, _ lead: String) {
            let contents = folder.contents ?? []
            for (index, entry) in contents.enumerated() {
                let isLast = index == contents.count - 1
                rows.append(Row(entry.name, entry, branch: lead + (isLast ? "└── " : "├── ")))
                add(entry, lead + (isLast ? "    " : "│   "))
            }
        }
        add(top, "")
        return rows
    }

    /// The lines, without line ends.
    var lines: [[UInt8]] {
        let sizes = size ? rows.map { Self.size(of: $0.entry) } : []
        let width = sizes.map(\.utf8.count).max() ?? 0
        let hashes = hash ? rows.map { $0.entry.id?.text ?? "-" } : []
        let hashWidth = hashes.map(\.utf8.count).max() ?? 0
        return rows.indices.map { index in
            var lead = ""
            if size {
                lead += String(repeating: " ", count: width - sizes[index].utf8.count) + sizes[index] + "  "
            }
            if hash {
                lead +=
                    hashes[index] + String(repeating: " ", count: hashWidth - hashes[index].utf8.count) + "  "
            }
            return Array((lead + rows[index].branch + rows[index].name.printable).utf8)
        }
    }

    /// A size in DVC's way: three digits and a letter.
    private static func size(of entry: ListEntry) -> String {
        guard let size = entry.size, size > 0 || !entry.isFolder else { return "" }
        return Self.size(size)
    }

    /// A number of bytes in DVC's way.
    static func size(_ size: Int64) -> String {
        guard size >= 1024 else { return String(size) }
        var value = Double(size)
        for unit in ["", "k", "M", "G", "T", "P", "E"] {
            if value < 999.5 { return text(value, digits: value < 9.995 ? 2 : value < 99.95 ? 1 : 0) + unit }
            value /= 1024
        }
        return text(value, digits: 1) + "Z"
    }

    private static func text(_ value: Double, digits: Int) -> String {
        let scale = [1, 10, 100][digits]
        let whole = Int((value * Double(scale)).rounded(.toNearestOrEven))
        guard digits > 0 else { return String(whole) }
        let rest = String(whole % scale)
        return "\(whole / scale)." + String(repeating: "0", count: digits - rest.count) + rest
    }
}
