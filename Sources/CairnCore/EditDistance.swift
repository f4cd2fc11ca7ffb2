/// Finds what somebody probably meant to type.
public enum EditDistance {
    /// Returns the candidate that is nearest to a word, the first one when several are equally near.
    ///
    /// Words are compared as UTF-8 bytes without regard to the case of ASCII letters. A candidate counts as
    /// near when at most a third of the word's bytes (but one in any case) had to be changed to get it.
    ///
    /// - Returns: `nil` if no candidate is near.
    public static func closest(to word: String, among candidates: some Sequence<String>) -> String? {
        let target = lowered(word)
        let limit = max(1, target.count / 3)
        var best: (candidate: String, distance: Int)?
        for candidate in candidates {
            let other = lowered(candidate)
            guard abs(other.count - target.count) <= limit else { continue }
            let distance = distance(target, other)
            if distance <= limit && distance < best?.distance ?? .max { best = (candidate, distance) }
        }
        return best?.candidate
    }

    /// The number of bytes to insert, delete, replace, or swap with their neighbour, to make one word of
    /// another.
    static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var beforeLast: [Int] = []
        var last = Array(0...right.count)
        for row in 0..<left.count {
            var current = [row + 1]
            current.reserveCapacity(right.count + 1)
            for column in 0..<right.count {
                let isEqual = left[row] == right[column]
                var cost = min(last[column] + (isEqual ? 0 : 1), last[column + 1] + 1, current[column] + 1)
                if row > 0 && column > 0 && left[row] == right[column - 1] && left[row - 1] == right[column] {
                    cost = min(cost, beforeLast[column - 1] + 1)
                }
                current.append(cost)
            }
            beforeLast = last
            last = current
        }
        return last[right.count]
    }

    private static func lowered(_ word: String) -> [UInt8] {
        word.utf8.map { (65...90).contains($0) ? $0 + 32 : $0 }
    }
}
