/// Rows of words in columns: some from the left, numbers to the right.
struct TextTable {
    private var rows: [[String]]
    /// Columns that begin at the left; all others end at the right.
    private let left: Set<Int>

    /// Begins with the heads of the columns.
    init(_ heads: [String], left: Set<Int>) {
        rows = [heads]
        self.left = left
    }

    /// True if there are only heads.
    var isEmpty: Bool { rows.count == 1 }

    /// Adds a row with a word for each column.
    mutating func add(_ row: [String]) { rows.append(row) }

    /// The lines, without spaces at their ends.
    var lines: [String] {
        let widths = rows[0].indices.map { column in rows.map { Self.width($0[column]) }.max() ?? 0 }
        return rows.map { row in
            var line = row.indices.map { column in
                let space = String(repeating: " ", count: widths[column] - Self.width(row[column]))
                return left.contains(column) ? row[column] + space : space + row[column]
            }.joined(separator: "  ")
            while line.utf8.last == UInt8(ascii: " ") { line.removeLast() }
            return line
        }
    }

    private static func width(_ text: String) -> Int { text.unicodeScalars.count }
}
