import CairnCore

/// Rows of words in columns, laid out as DVC lays out its tables: everything begins at the left, and a head has two blanks to spare.
struct ReportTable {
    private var heads: [String]?
    private var rows: [[String]] = []

    /// Begins with the heads of the columns, or without any.
    init(_ heads: [String]? = nil) { self.heads = heads }

    /// True if there is no row but the heads.
    var isEmpty: Bool { rows.isEmpty }

    /// Adds a row with a word for each column.
    mutating func add(_ row: [String]) { rows.append(row) }

    /// The lines of a table for terminals, without blanks at their ends.
    var lines: [String] {
        let widths = widths
        return ([heads].compactMap { $0 } + rows).map { row in
            var line = row.indices.map { Self.padded(row[$0], to: widths[$0]) }.joined(separator: "  ")
            while line.utf8.last == UInt8(ascii: " ") { line.removeLast() }
            return line
        }
    }

    /// The lines of a table in Markdown; the last is empty.
    var markdownLines: [String] {
        let widths = widths
        func line(_ row: [String]) -> String {
            "| " + row.indices.map { Self.padded(row[$0], to: widths[$0]) }.joined(separator: " | ") + " |"
        }
        let rule = "|" + widths.map { String(repeating: "-", count: $0 + 2) }.joined(separator: "|") + "|"
        return (heads.map { [line($0), rule] } ?? []) + rows.map(line) + [""]
    }

    private var widths: [Int] {
        let count = heads?.count ?? rows.first?.count ?? 0
        return (0..<count).map { column in
            let head = heads.map { Self.width($0[column]) + 2 } ?? 0
            return rows.reduce(head) { max($0, Self.width($1[column])) }
        }
    }

    private static func padded(_ text: String, to width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - Self.width(text)))
    }

    /// How many columns of a terminal a text takes.
    private static func width(_ text: String) -> Int {
        text.unicodeScalars.reduce(0) { $0 + width($1) }
    }

    private static func width(_ character: Unicode.Scalar) -> Int {
        if character.value < 0x300 { return 1 }
        switch character.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: return 0
        default: break
        }
        return wide.contains { $0.contains(character.value) } ? 2 : 1
    }

    /// East Asian letters and pictures, which take two columns (https://www.unicode.org/reports/tr11/).
    private static let wide: [ClosedRange<UInt32>] = [
        0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xA960...0xA97C, 0xAC00...0xD7A3, 0xF900...0xFAFF,
        0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F680...0x1F6FF,
        0x1F900...0x1F9FF, 0x20000...0x3FFFD,
    ]
}
