/// Rows of cells as Markdown.
struct MarkdownTable {
    private var rows: [[String]]

    init(_ header: [String]) { rows = [header, header.map { _ in "---" }] }

    /// Adds a row; cells that are missing are empty.
    mutating func add(_ cells: [String]) {
        let missing = max(0, rows[0].count - cells.count)
        rows.append(cells + [String](repeating: "", count: missing))
    }

    /// The lines, each with its newline.
    var text: String { rows.map { "| \($0.joined(separator: " | ")) |\n" }.joined() }
}

/// Numbers as people read them.
enum Figure {
    /// With so many digits behind the point.
    static func text(_ value: Double, digits: Int) -> String {
        let factor = (0..<digits).reduce(1.0) { (product, _) in product * 10 }
        let units = Int((abs(value) * factor).rounded())
        let whole = "\(value < 0 ? "-" : "")\(units / Int(factor))"
        guard digits > 0 else { return whole }
        let fraction = String(units % Int(factor))
        return "\(whole).\(String(repeating: "0", count: digits - fraction.utf8.count))\(fraction)"
    }

    /// Seconds, with three figures that say something.
    static func seconds(_ value: Double) -> String { text(value, digits: value < 1 ? 3 : value < 10 ? 2 : 1) }

    /// Bytes, in mebibytes.
    static func mebibytes(_ bytes: Double) -> String { text(bytes / 1_048_576, digits: 2) }
}
