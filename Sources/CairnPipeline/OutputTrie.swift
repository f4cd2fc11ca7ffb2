/// The outputs of all stages by the names along their paths, for finding those that overlap a path.
///
/// Children keep the order in which they came: edges between stages come in the order that DVC finds them in.
struct OutputTrie {
    /// An output: its stage, and its number among the stage's outputs.
    struct Output {
        let stage: Int
        let number: Int
    }

    private struct Step: Hashable {
        let parent: Int
        let name: ArraySlice<UInt8>

        func hash(into hasher: inout Hasher) {
            hasher.combine(parent)
            name.withUnsafeBytes { hasher.combine(bytes: $0) }
        }
    }

    private struct Node {
        var output: Output?
        var children: [Int] = []
    }

    private var nodes = [Node()]
    private var steps: [Step: Int] = [:]

    /// What stands in the way of a new output.
    enum Conflict {
        /// This output has the same path.
        case same(Output)
        /// This output is a folder that the new one would lie in.
        case outer(Output)
        /// This output lies in the new one.
        case inner(Output)
    }

    /// Adds an output unless it overlaps one that is there.
    ///
    /// - Returns: the output that it overlaps; `nil` if it was added.
    mutating func insert(_ output: Output, at components: [ArraySlice<UInt8>]) -> Conflict? {
        var place = 0
        for name in components {
            if let outer = nodes[place].output { return .outer(outer) }
            let step = Step(parent: place, name: name)
            if let next = steps[step] {
                place = next
            } else {
                nodes.append(Node())
                steps[step] = nodes.count - 1
                nodes[place].children.append(nodes.count - 1)
                place = nodes.count - 1
            }
        }
        if let same = nodes[place].output { return .same(same) }
        if let inner = outputs(from: place).first { return .inner(inner) }
        nodes[place].output = output
        return nil
    }

    /// The output that is the path, or that it lies in.
    func output(containing components: [ArraySlice<UInt8>]) -> Output? {
        var place = 0
        for name in components {
            if let output = nodes[place].output { return output }
            guard let next = steps[Step(parent: place, name: name)] else { return nil }
            place = next
        }
        return nodes[place].output
    }

    /// The outputs that are the path, contain it or lie in it.
    func outputs(overlapping components: [ArraySlice<UInt8>]) -> [Output] {
        var place = 0
        for name in components {
            if let output = nodes[place].output { return [output] }
            guard let next = steps[Step(parent: place, name: name)] else { return [] }
            place = next
        }
        return outputs(from: place)
    }

    /// The outputs at and below a node, each before those that came later under the same parent.
    private func outputs(from start: Int) -> [Output] {
        var found: [Output] = []
        var rest = [start]
        while let place = rest.popLast() {
            if let output = nodes[place].output { found.append(output) }
            rest.append(contentsOf: nodes[place].children.reversed())
        }
        return found
    }
}
