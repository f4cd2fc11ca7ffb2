/// Stages that are to run as soon as what they need is free.
///
/// Stages with equal needs stand in one line, so that finding the next one takes no longer the more of them wait. A stage that had to let
/// others go ahead because something was in use keeps its claim: nobody gets what it waits for before it does.
struct ResourceQueue: Sendable {
    /// So much of one of the shared things, by its number.
    struct Need: Hashable, Sendable {
        let thing: Int
        let count: Int64
    }

    private struct Line: Sendable {
        let needs: [Need]
        var waiting = LeastFirst<Int>()
        /// The place under which the line stands in `heads`.
        var head: Int?
        /// True while its first stage has a claim.
        var isHeld = false
    }

    private struct Head: Comparable, Sendable {
        let place: Int
        let line: Int
        static func < (left: Head, right: Head) -> Bool { left.place < right.place }
    }

    private var lines: [Line] = []
    private let lineOf: [Int]
    /// The first place of each line that is not held, and places that were first before.
    private var heads = LeastFirst<Head>()
    /// Stages with a claim, in the order in which they got it.
    private var claims: [Int] = []
    /// How much of each thing nobody uses.
    private var free: [Int64]

    /// - Parameters:
    ///   - needs: what the stage at each place needs.
    ///   - amounts: how much there is of each thing.
    init(needs: [[Need]], amounts: [Int64]) {
        var numbers: [[Need]: Int] = [:]
        var lines: [Line] = []
        lineOf = needs.map { needs in
            if let number = numbers[needs] { return number }
            numbers[needs] = lines.count
            lines.append(Line(needs: needs))
            return lines.count - 1
        }
        self.lines = lines
        free = amounts
    }

    /// Puts the stage at a place into its line.
    mutating func insert(_ place: Int) {
        let line = lineOf[place]
        lines[line].waiting.insert(place)
        show(line)
    }

    /// Takes out the stage that is next to run, and what it needs: the one with the oldest claim, else the one with the lowest place.
    ///
    /// - Returns: `nil` if none can run before something is given back.
    mutating func next() -> Int? {
        var left = free
        for (index, place) in claims.enumerated() {
            let line = lineOf[place]
            guard fits(line, left) else {
                reserve(line, &left)
                continue
            }
            claims.remove(at: index)
            lines[line].isHeld = false
            show(line)
            return take(place)
        }
        while let head = heads.popFirst() {
            // What was first before another one came stands in the heap still.
            guard !lines[head.line].isHeld, lines[head.line].head == head.place else { continue }
            lines[head.line].head = nil
            _ = lines[head.line].waiting.popFirst()
            if fits(head.line, left) {
                show(head.line)
                return take(head.place)
            }
            lines[head.line].isHeld = true
            claims.append(head.place)
            reserve(head.line, &left)
        }
        return nil
    }

    /// Gives back what the stage at a place has used.
    mutating func giveBack(_ place: Int) {
        for need in lines[lineOf[place]].needs { free[need.thing] += need.count }
    }

    private mutating func show(_ line: Int) {
        guard !lines[line].isHeld, let first = lines[line].waiting.first, lines[line].head != first else {
            return
        }
        lines[line].head = first
        heads.insert(Head(place: first, line: line))
    }

    private func fits(_ line: Int, _ left: [Int64]) -> Bool {
        lines[line].needs.allSatisfy { left[$0.thing] >= $0.count }
    }

    private func reserve(_ line: Int, _ left: inout [Int64]) {
        for need in lines[line].needs { left[need.thing] = max(0, left[need.thing] - need.count) }
    }

    private mutating func take(_ place: Int) -> Int {
        for need in lines[lineOf[place]].needs { free[need.thing] -= need.count }
        return place
    }
}
