extension Array {
    /// Cuts items into rounds, in their order: what is finished is kept when the work stops, and none takes too much room.
    ///
    /// - Parameters:
    ///   - bytes: the bytes of a round, at most, unless one item has more.
    ///   - count: the items of a round, at most.
    ///   - size: the bytes of an item.
    func rounds(of bytes: Int64, count: Int = .max, size: (Element) -> Int64) -> [Range<Int>] {
        var rounds: [Range<Int>] = []
        var (start, sum) = (0, Int64(0))
        for (place, item) in enumerated() {
            if place > start, place - start >= count || sum + size(item) > bytes {
                rounds.append(start..<place)
                (start, sum) = (place, 0)
            }
            sum += size(item)
        }
        if start < self.count { rounds.append(start..<self.count) }
        return rounds
    }
}
