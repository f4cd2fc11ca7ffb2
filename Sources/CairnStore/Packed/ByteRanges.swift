/// Ranges of bytes that are asked for together.
public enum ByteRanges {
    /// Joins ranges that overlap or are near one another.
    ///
    /// - Parameters:
    ///   - gap: two ranges become one if at most so many bytes lie between them.
    ///   - limit: but not if that one had more bytes than this.
    /// - Returns: ascending ranges that cover all that were given. None is empty, and they overlap only where `limit` forbids to join them.
    public static func joined(
        _ ranges: [Range<Int64>], gap: Int64, limit: Int64 = .max
    ) -> [Range<Int64>] {
        let sorted = ranges.filter { !$0.isEmpty }.sorted {
            ($0.lowerBound, $0.upperBound) < ($1.lowerBound, $1.upperBound)
        }
        var joined: [Range<Int64>] = []
        for range in sorted {
            if let last = joined.last, range.lowerBound - last.upperBound <= gap {
                let end = max(last.upperBound, range.upperBound)
                if end == last.upperBound || end - last.lowerBound <= limit {
                    joined[joined.count - 1] = last.lowerBound..<end
                    continue
                }
            }
            joined.append(range)
        }
        return joined
    }
}
