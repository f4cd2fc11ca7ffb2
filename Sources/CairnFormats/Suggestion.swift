/// Finds the known word that someone may have meant.
enum Suggestion {
    /// The word nearest to `word`; `nil` if none is near enough to be a slip (one change in four letters, at most two).
    static func nearest(to word: String, among known: [String]) -> String? {
        let limit = min(2, max(1, word.utf8.count / 3))
        var best: (word: String, distance: Int)?
        for candidate in known where abs(candidate.utf8.count - word.utf8.count) <= limit {
            let found = distance(Array(word.utf8), Array(candidate.utf8))
            if found <= limit, found < best?.distance ?? .max { best = (candidate, found) }
        }
        return best?.word
    }

    /// How many bytes must be added, dropped, replaced or swapped with their neighbour.
    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var rows = [Array(0...right.count)]
        for i in 0..<left.count {
            var row = [i + 1]
            for j in 0..<right.count {
                var cost = min(rows[i][j] + (left[i] == right[j] ? 0 : 1), rows[i][j + 1] + 1, row[j] + 1)
                if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] { cost = min(cost, rows[i - 1][j - 1] + 1) }
                row.append(cost)
            }
            rows.append(row)
        }
        return rows[left.count][right.count]
    }
}
