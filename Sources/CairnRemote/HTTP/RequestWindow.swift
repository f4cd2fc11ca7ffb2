/// How many requests may go at a time: half as many when the server has too much to do, one more after a round in which it had not.
///
/// Source: D. Chiu and R. Jain, "Analysis of the increase and decrease algorithms for congestion avoidance", 1989.
struct RequestWindow {
    private let largest: Int
    private var successes = 0

    /// How many may go at a time.
    private(set) var size: Int
    /// How often there were too many. A request that is told so belongs to the generation in which it began.
    private(set) var generation = 0

    /// Begins with as many as there may ever be.
    init(_ largest: Int) {
        self.largest = largest
        size = largest
    }

    /// A request went well.
    mutating func succeed() {
        successes += 1
        guard successes >= size, size < largest else { return }
        size += 1
        successes = 0
    }

    /// A request was told that there are too many. Of those that were under way together only the first counts.
    mutating func slowDown(begunIn generation: Int) {
        guard generation == self.generation else { return }
        self.generation += 1
        size = max(1, size / 2)
        successes = 0
    }
}
