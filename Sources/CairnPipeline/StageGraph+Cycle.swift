extension StageGraph {
    /// A cycle with as few stages as can be found in reasonable time; `nil` if there is none.
    ///
    /// - Returns: stages, each of which waits for the next, and the last for the first.
    func shortestCycle() -> [Int]? {
        let isInside = stagesBetweenCycles()
        guard let start = nodes.indices.first(where: { isInside[$0] }) else { return nil }
        var best = anyCycle(from: start, isInside)
        // Each search takes time in proportion to the edges; some of them find what a person wants to see.
        for start in best.prefix(64) where best.count > 2 {
            if let found = cycle(through: start, isInside), found.count < best.count { best = found }
        }
        let first = best.indices.min { best[$0] < best[$1] } ?? 0
        return Array(best[first...] + best[..<first])
    }

    /// Stages that are left when all are taken away that wait for nothing, or that nothing waits for, again and again: every cycle, and
    /// what leads from one to another.
    private func stagesBetweenCycles() -> [Bool] {
        var waiting = upstream.map(\.count)
        var wanted = downstream.map(\.count)
        var isInside = Array(repeating: true, count: nodes.count)
        var free = nodes.indices.filter { waiting[$0] == 0 || wanted[$0] == 0 }
        while let stage = free.popLast() {
            if !isInside[stage] { continue }
            isInside[stage] = false
            for other in downstream[stage] {
                waiting[other] -= 1
                if waiting[other] == 0 { free.append(other) }
            }
            for other in upstream[stage] {
                wanted[other] -= 1
                if wanted[other] == 0 { free.append(other) }
            }
        }
        return isInside
    }

    /// The cycle that a walk from a stage runs into: each of these stages waits for another one of them.
    private func anyCycle(from start: Int, _ isInside: [Bool]) -> [Int] {
        var places: [Int: Int] = [:]
        var walk: [Int] = []
        var stage = start
        while places[stage] == nil {
            places[stage] = walk.count
            walk.append(stage)
            stage = upstream[stage].first { isInside[$0] } ?? stage
        }
        return Array(walk[(places[stage] ?? 0)...])
    }

    /// The shortest cycle through a stage, by breadth.
    private func cycle(through start: Int, _ isInside: [Bool]) -> [Int]? {
        var origin: [Int: Int] = [:]
        var queue = [start]
        var next = 0
        while next < queue.count {
            let stage = queue[next]
            next += 1
            for other in upstream[stage] where isInside[other] {
                if other == start {
                    var cycle = [stage]
                    while let last = cycle.last, last != start, let before = origin[last] {
                        cycle.append(before)
                    }
                    return cycle.reversed()
                }
                if origin[other] == nil {
                    origin[other] = stage
                    queue.append(other)
                }
            }
        }
        return nil
    }
}
