/// A graph as text: boxes in layers, with lines between them.
struct GraphDrawing {
    private var canvas = TextCanvas()

    /// Draws a graph without cycles.
    ///
    /// - Parameter sources: for each name those that lines come from.
    init(_ names: [String], sources: [[Int]]) {
        let layout = LayeredLayout(
            widths: names.map { $0.unicodeScalars.count + 4 }, sources: sources)
        var row = 0
        for (number, layer) in layout.layers.enumerated() {
            for item in layer {
                if item.isBox {
                    canvas.box(names[item.node], row: row, column: item.left)
                } else {
                    canvas.vertical(column: item.left, rows: row...(row + 2))
                }
            }
            row += 3
            guard number + 1 < layout.layers.count else { break }
            let channel = LineChannel(from: layer, to: layout.layers[number + 1])
            channel.draw(on: &canvas, row: row)
            row += channel.height
        }
    }

    /// How many columns it takes.
    var width: Int { canvas.width }
    /// The lines, without blanks at their ends.
    var lines: [String] { canvas.lines }
}

/// Characters in rows and columns.
struct TextCanvas {
    private var rows: [[Unicode.Scalar]] = []

    /// The number of columns in use.
    var width: Int { rows.map(\.count).max() ?? 0 }

    /// The rows as text, without blanks at their ends.
    var lines: [String] {
        rows.map { row in
            var text = String.UnicodeScalarView(row)
            while text.last == " " { text.removeLast() }
            return String(text)
        }
    }

    /// The character at a place.
    subscript(row: Int, column: Int) -> Unicode.Scalar {
        get { row < rows.count && column < rows[row].count ? rows[row][column] : " " }
        set {
            while rows.count <= row { rows.append([]) }
            while rows[row].count <= column { rows[row].append(" ") }
            rows[row][column] = newValue
        }
    }

    /// Draws a box of three rows around a name.
    mutating func box(_ name: String, row: Int, column: Int) {
        let text = Array(name.unicodeScalars)
        for offset in 0..<(text.count + 4) {
            let isCorner = offset == 0 || offset == text.count + 3
            self[row, column + offset] = isCorner ? "+" : "-"
            self[row + 2, column + offset] = isCorner ? "+" : "-"
        }
        self[row + 1, column] = "|"
        self[row + 1, column + text.count + 3] = "|"
        for (offset, character) in text.enumerated() { self[row + 1, column + 2 + offset] = character }
    }

    /// Draws a line downwards; it goes over lines that are there.
    mutating func vertical(column: Int, rows: ClosedRange<Int>) {
        for row in rows where self[row, column] != "+" { self[row, column] = "|" }
    }

    /// Draws a line from left to right; it goes under lines that are there.
    mutating func horizontal(row: Int, columns: ClosedRange<Int>) {
        for column in columns where self[row, column] == " " { self[row, column] = "-" }
    }
}
