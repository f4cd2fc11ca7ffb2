public import CairnCore

/// Which stages of a graph to look at.
public enum StageSelection: Hashable, Sendable {
    /// All of them.
    case all
    /// These, and what they wait for.
    case needed(for: [Int])
    /// These, and what waits for them.
    case downstream(of: [Int])
    /// All that is connected with these, in either direction.
    case pipelines(of: [Int])
    /// These alone, in this order.
    case only([Int])
}

extension StageGraph {
    /// The stages of a selection in the order in which DVC runs them one after another; new entries of locks come in this order too.
    ///
    /// Each stage comes right after what it waits for, as far as that has not come before: depth first, from the stages in their own order
    /// along the inputs in theirs. (DVC itself takes stages in no certain order when less than half of all are selected; then this is one
    /// of its orders.)
    public func order(of selection: StageSelection) -> [Int] {
        switch selection {
        case .all:
            return afterUpstream(from: nodes.indices)
        case .needed(let stages):
            return afterUpstream(from: nodes.indices, among: reached(from: stages, along: upstream))
        case .downstream(let stages):
            return afterUpstream(from: nodes.indices, among: reached(from: stages, along: downstream))
        case .pipelines(let stages):
            return afterUpstream(from: pipelines(of: stages).joined())
        case .only(let stages):
            var seen: Set<Int> = []
            return stages.filter { seen.insert($0).inserted }
        }
    }

    /// The stages, and all that they wait for, in the order of their numbers.
    public func upstreamClosure(of stages: [Int]) -> [Int] {
        let isReached = reached(from: stages, along: upstream)
        return nodes.indices.filter { isReached[$0] }
    }

    /// The stages, and all that waits for them, in the order of their numbers.
    public func downstreamClosure(of stages: [Int]) -> [Int] {
        let isReached = reached(from: stages, along: downstream)
        return nodes.indices.filter { isReached[$0] }
    }

    /// The stages whose files lie below a folder, in the order of `order(of: .all)`; all stages with a file for `nil`, the whole workspace.
    public func stages(below folder: RepoPath?) -> [Int] {
        order(of: .all).filter { stage in
            guard let file = nodes[stage].file else { return false }
            return folder.map(file.isBelow) ?? true
        }
    }

    /// The groups of stages that are connected with each other, each in the order of its numbers.
    ///
    /// - Returns: those with one of these stages in it, in the order of these; each group once.
    public func pipelines(of stages: some Collection<Int>) -> [[Int]] {
        var isSeen = Array(repeating: false, count: nodes.count)
        var groups: [[Int]] = []
        for stage in stages where !isSeen[stage] {
            isSeen[stage] = true
            var group = [stage]
            var next = 0
            while next < group.count {
                for neighbors in [upstream[group[next]], downstream[group[next]]] {
                    for other in neighbors where !isSeen[other] {
                        isSeen[other] = true
                        group.append(other)
                    }
                }
                next += 1
            }
            groups.append(group.sorted())
        }
        return groups
    }

    private func reached(from stages: [Int], along edges: [[Int]]) -> [Bool] {
        var isReached = Array(repeating: false, count: nodes.count)
        var rest = stages
        while let stage = rest.popLast() {
            if isReached[stage] { continue }
            isReached[stage] = true
            rest.append(contentsOf: edges[stage])
        }
        return isReached
    }

    /// Every stage after those that it waits for, each as late as possible.
    private func afterUpstream(from starts: some Sequence<Int>, among isChosen: [Bool]? = nil) -> [Int] {
        var isSeen = isChosen.map { $0.map(!) } ?? Array(repeating: false, count: nodes.count)
        var order: [Int] = []
        // The stages on the way down, with how many of those that they wait for were looked at. Not recursive: chains are long.
        var path: [(stage: Int, next: Int)] = []
        for start in starts where !isSeen[start] {
            isSeen[start] = true
            path.append((start, 0))
            while let (stage, next) = path.last {
                guard next < upstream[stage].count else {
                    order.append(stage)
                    path.removeLast()
                    continue
                }
                path[path.count - 1].next += 1
                let other = upstream[stage][next]
                if !isSeen[other] {
                    isSeen[other] = true
                    path.append((other, 0))
                }
            }
        }
        return order
    }
}
