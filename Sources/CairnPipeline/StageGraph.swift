public import CairnCore

/// Which stage has to run before which: a stage waits for those whose outputs are, contain or lie in something that it reads.
///
/// Stages go by their place in the list that the graph was made of. Making a graph takes time in proportion to stages, paths and edges;
/// a stage that reads a folder has an edge to every stage that writes into it.
public struct StageGraph: Sendable {
    /// What the graph has to know of a stage.
    public struct Node: Sendable {
        /// How messages name it: `train`, `models/dvc.yaml:train`, `data.dvc`.
        public var address: String
        /// The file that describes it; `nil` for what is only about to be written.
        public var file: RepoPath?
        /// What it reads: dependencies and then files of parameters, in the order of its description. Nothing for imports.
        public var inputs: [StagePath]
        /// What it writes, in the order of its description.
        public var outputs: [StagePath]
        /// True if it never runs by itself, so that nothing is run for its sake.
        public var isFrozen: Bool

        /// Puts a stage together.
        public init(
            address: String, file: RepoPath?, inputs: [StagePath], outputs: [StagePath],
            isFrozen: Bool = false
        ) {
            self.address = address
            self.file = file
            self.inputs = inputs
            self.outputs = outputs
            self.isFrozen = isFrozen
        }
    }

    /// The stages, in the order in which they were found.
    public let nodes: [Node]
    /// For each stage those that it waits for, each once, in the order of its inputs.
    public private(set) var upstream: [[Int]]
    /// For each stage those that wait for it.
    public private(set) var downstream: [[Int]]

    /// Finds out who waits for whom.
    ///
    /// - Parameter nodes: the stages, files by their paths and stages of one file in its order, which is the order that DVC finds them in.
    /// - Throws: `PipelineError` for an output that is there twice, lies in another or is read by its own stage, for a file of stages that
    ///   lies in an output, and for a cycle.
    public init(_ nodes: [Node]) throws(PipelineError) {
        self.nodes = nodes
        upstream = Array(repeating: [], count: nodes.count)
        downstream = upstream
        let trie = try Self.trie(of: nodes)
        for node in nodes {
            guard let file = node.file else { continue }
            let path = StagePath.inside(file)
            if let output = trie.output(containing: path.components) {
                throw PipelineError(
                    .stageFileInOutput(
                        file: file, stage: node.address,
                        output: nodes[output.stage].outputs[output.number],
                        outputStage: nodes[output.stage].address))
            }
        }
        var latest = Array(repeating: -1, count: nodes.count)
        for (number, node) in nodes.enumerated() {
            for input in node.inputs {
                for output in trie.outputs(overlapping: input.components) {
                    if output.stage == number {
                        throw PipelineError(
                            .readsOwnOutput(
                                stage: node.address, input: input, output: node.outputs[output.number]))
                    }
                    if latest[output.stage] == number { continue }
                    latest[output.stage] = number
                    upstream[number].append(output.stage)
                    downstream[output.stage].append(number)
                }
            }
        }
        if let cycle = shortestCycle() {
            throw PipelineError(.cycle(links(of: cycle)))
        }
    }

    /// The graph without what frozen stages wait for: nothing is run for the sake of a stage that does not run.
    public func releasingFrozen() -> StageGraph {
        guard nodes.contains(where: \.isFrozen) else { return self }
        var graph = self
        for number in nodes.indices where nodes[number].isFrozen { graph.upstream[number] = [] }
        for number in nodes.indices { graph.downstream[number].removeAll { nodes[$0].isFrozen } }
        return graph
    }

    private static func trie(of nodes: [Node]) throws(PipelineError) -> OutputTrie {
        var trie = OutputTrie()
        for (stage, node) in nodes.enumerated() {
            for (number, path) in node.outputs.enumerated() {
                let output = OutputTrie.Output(stage: stage, number: number)
                guard let conflict = trie.insert(output, at: path.components) else { continue }
                switch conflict {
                case .same(let other):
                    throw PipelineError(
                        .outputTwice(path: path, first: nodes[other.stage].address, second: node.address))
                case .outer(let other):
                    throw PipelineError(
                        .outputsOverlap(
                            outer: nodes[other.stage].outputs[other.number],
                            outerStage: nodes[other.stage].address, inner: path, innerStage: node.address))
                case .inner(let other):
                    throw PipelineError(
                        .outputsOverlap(
                            outer: path, outerStage: node.address,
                            inner: nodes[other.stage].outputs[other.number],
                            innerStage: nodes[other.stage].address))
                }
            }
        }
        return trie
    }

    /// Each stage of a cycle with the first thing that it reads of the next.
    private func links(of cycle: [Int]) -> [PipelineError.CycleLink] {
        cycle.indices.map { place in
            let stage = nodes[cycle[place]]
            let next = nodes[cycle[(place + 1) % cycle.count]]
            var trie = OutputTrie()
            for (number, path) in next.outputs.enumerated() {
                _ = trie.insert(OutputTrie.Output(stage: 0, number: number), at: path.components)
            }
            let input = stage.inputs.first { !trie.outputs(overlapping: $0.components).isEmpty }
            // Edges come from inputs, so there is one.
            return PipelineError.CycleLink(stage: stage.address, input: input ?? stage.inputs[0])
        }
    }
}
