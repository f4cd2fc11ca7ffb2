/// The lines between two layers of a drawing: down from an item, aside in a row of its own, and down to all that they lead to.
struct LineChannel {
    /// The lines of one item of the upper layer.
    private struct Net {
        let start: Int
        var ends: [Int] = []
        var row: Int?

        var first: Int { min(start, ends.min() ?? start) }
        var last: Int { max(start, ends.max() ?? start) }
        /// True if no line goes aside.
        var isStraight: Bool { first == last }
    }

    private var nets: [Net] = []
    private var rows = 0

    /// How many rows of text the lines take. Between two that go aside one is left free, so that corners do not touch.
    var height: Int { rows == 0 ? 1 : 2 * rows + 1 }

    /// Finds a way for all lines.
    init(from upper: [LayeredLayout.Item], to lower: [LayeredLayout.Item]) {
        var numbers = Array(repeating: 0, count: upper.count)
        for (place, item) in upper.enumerated() where !item.below.isEmpty {
            numbers[place] = nets.count
            nets.append(Net(start: item.middle))
        }
        for item in lower {
            // Lines reach a box side by side, in the order in which they come.
            let arriving = item.above.sorted()
            for (number, place) in arriving.enumerated() {
                let share =
                    (2 * (item.width - 1) * (number + 1) + arriving.count + 1) / (2 * (arriving.count + 1))
                let inner = item.isBox ? min(max(share, 1), item.width - 2) : 0
                let end = arriving.count == 1 ? item.middle : item.left + inner
                nets[numbers[place]].ends.append(end)
            }
        }
        assignRows()
    }

    /// Gives each net that goes aside a row in which it meets no other. Where a net goes down from a column in which another one comes in
    /// from above, it has to be the lower one.
    private mutating func assignRows() {
        var taken: [[ClosedRange<Int>]] = []
        var rest = nets.indices.filter { !nets[$0].isStraight }.sorted {
            (nets[$0].first, $0) < (nets[$1].first, $1)
        }
        while !rest.isEmpty {
            let isFree = { (number: Int) in
                !rest.contains { $0 != number && nets[number].ends.contains(nets[$0].start) }
            }
            // Nets that wait for each other in a circle: one of them goes first, and two lines share a column.
            let number = rest.first(where: isFree) ?? rest[0]
            rest.removeAll { $0 == number }
            let above = nets.filter { other in nets[number].ends.contains(other.start) }.compactMap(\.row)
                .max()
            let span = nets[number].first...nets[number].last
            var row = above.map { $0 + 1 } ?? 0
            while row < taken.count, taken[row].contains(where: { $0.overlaps(span) }) { row += 1 }
            if row == taken.count { taken.append([]) }
            taken[row].append(span)
            nets[number].row = row
        }
        rows = taken.count
    }

    /// Draws the lines from a row on.
    func draw(on canvas: inout TextCanvas, row top: Int) {
        let bottom = top + height - 1
        // What goes down first: lines that go aside pass under it.
        for net in nets {
            guard let row = net.row else {
                canvas.vertical(column: net.start, rows: top...bottom)
                continue
            }
            canvas.vertical(column: net.start, rows: top...(top + 2 * row))
            for end in net.ends { canvas.vertical(column: end, rows: (top + 2 * row + 2)...bottom) }
        }
        for net in nets {
            guard let row = net.row else { continue }
            for column in [net.start] + net.ends { canvas[top + 2 * row + 1, column] = "+" }
            canvas.horizontal(row: top + 2 * row + 1, columns: net.first...net.last)
        }
    }
}
