public import CairnCore
import CairnPipeline
import CairnSystem

/// What a picture of the pipelines shows.
public struct GraphOptions: Sendable {
    /// Outputs instead of stages.
    public var showsOutputs = false
    /// All that is connected with the target, and not only what it depends on.
    public var isFull = false
    /// One node for all stages that a template makes.
    public var collapsesGroups = false

    /// Stages, each for itself.
    public init() {}
}

/// Stages, or outputs, and which of them come from which.
public struct GraphReport: Sendable {
    /// The names, in the order in which DVC finds them.
    public internal(set) var names: [String] = []
    /// For each node those that it comes from, each once.
    public internal(set) var sources: [[Int]] = []

    /// For each node those that come from it, in their order.
    public var products: [[Int]] {
        var products = Array(repeating: [Int](), count: names.count)
        for (node, sources) in sources.enumerated() {
            for source in sources { products[source].append(node) }
        }
        return products
    }

    /// The nodes that are connected with each other, each group in the order of the nodes.
    public var pipelines: [[Int]] {
        let products = products
        var isSeen = Array(repeating: false, count: names.count)
        return names.indices.compactMap { first in
            guard !isSeen[first] else { return nil }
            isSeen[first] = true
            var group = [first]
            var next = 0
            while next < group.count {
                for other in sources[group[next]] + products[group[next]] where !isSeen[other] {
                    isSeen[other] = true
                    group.append(other)
                }
                next += 1
            }
            return group.sorted()
        }
    }
}

extension Workspace {
    /// Tells which stages or outputs come from which.
    ///
    /// - Parameter target: a stage, a group, a pointer, a pipeline file or an output, to see only what it depends on; `nil` for everything.
    /// - Throws: `CairnError` of kind `notFound` if the target is none, `conflict` for cycles and outputs that overlap.
    public func graph(
        of target: String? = nil, _ options: GraphOptions = GraphOptions(),
        reporter: any Reporter = SilentReporter()
    ) throws -> GraphReport {
        let session = try Session(self, reporter: reporter, writes: false)
        let index = try WorkspaceScan.run(session)
        let declared = try DeclaredGraph(index, self)
        let wanted = try target.map { try Self.find($0, declared, index, self) }
        if options.showsOutputs { return try Self.outputs(of: declared, wanted, options, self) }
        let graph = declared.graph
        let chosen = wanted.map { Self.closure(of: $0.nodes, graph, options) } ?? Array(graph.nodes.indices)
        let report = GraphReport(graph, chosen)
        return options.collapsesGroups ? report.collapsed(chosen.map { declared.groupName(of: $0) }) : report
    }

    /// The nodes that a target stands for, and the output if it is one.
    private static func find(
        _ target: String, _ declared: DeclaredGraph, _ index: OutputIndex, _ workspace: Workspace
    ) throws -> (nodes: [Int], output: RepoPath?) {
        do {
            let found = try StageTarget(target, index, workspace)
            let nodes = declared.nodes(of: found)
            guard !nodes.isEmpty || found.name == nil else { throw found.notFound(index, workspace) }
            return (nodes, nil)
        } catch let error as CairnError where error.kind == .notFound {
            let path = (try? workspace.pathOrRoot(of: target)) ?? nil
            guard let path, let output = index.output(at: path) ?? index.output(above: path),
                let node = declared.owners.firstIndex(of: output.owner)
            else {
                let name = Array(target.utf8).printable
                throw CairnError(
                    .notFound, "'\(name)' is neither a stage nor an output", hint: error.hint,
                    dvc:
                        "'\(name)' does not exist as an output or a stage name in 'dvc.yaml': \(error.wordsOfDVC ?? error.message)"
                )
            }
            return ([node], output.path)
        }
    }

    private static func closure(of nodes: [Int], _ graph: StageGraph, _ options: GraphOptions) -> [Int] {
        options.isFull
            ? graph.pipelines(of: nodes).flatMap { $0 }.sorted() : graph.upstreamClosure(of: nodes)
    }

    /// The graph of outputs: each comes from those that its stage reads.
    private static func outputs(
        of declared: DeclaredGraph, _ wanted: (nodes: [Int], output: RepoPath?)?, _ options: GraphOptions,
        _ workspace: Workspace
    ) throws -> GraphReport {
        var nodes: [StageGraph.Node] = []
        var places: [Int] = []
        for (number, stage) in declared.graph.nodes.enumerated() {
            for output in stage.outputs {
                if let wanted, wanted.nodes.contains(number),
                    wanted.output.map({ StagePath.inside($0) == output }) ?? true
                {
                    places.append(nodes.count)
                }
                nodes.append(
                    StageGraph.Node(
                        address: output.shown(in: workspace), file: nil, inputs: stage.inputs,
                        outputs: [output]))
            }
        }
        let graph = try StageGraph(nodes)
        let chosen = wanted == nil ? Array(nodes.indices) : closure(of: places, graph, options)
        return GraphReport(graph, chosen)
    }
}

extension GraphReport {
    /// The part of a graph with some of its nodes.
    fileprivate init(_ graph: StageGraph, _ chosen: [Int]) {
        let places = Dictionary(uniqueKeysWithValues: chosen.enumerated().map { ($1, $0) })
        names = chosen.map { graph.nodes[$0].address }
        sources = chosen.map { graph.upstream[$0].compactMap { places[$0] } }
    }

    /// The same with one node for each group; these come last, as in DVC.
    ///
    /// - Parameter groups: the name of each node's group, `nil` for nodes that are in none.
    fileprivate func collapsed(_ groups: [String?]) -> GraphReport {
        var report = GraphReport()
        var places = Array(repeating: 0, count: names.count)
        for (node, group) in groups.enumerated() where group == nil {
            places[node] = report.names.count
            report.names.append(names[node])
        }
        var known: [String: Int] = [:]
        for (node, group) in groups.enumerated() {
            guard let group else { continue }
            let place = known[group] ?? report.names.count
            if place == report.names.count { report.names.append(group) }
            known[group] = place
            places[node] = place
        }
        report.sources = Array(repeating: [], count: report.names.count)
        for (node, sources) in sources.enumerated() {
            for source in sources.map({ places[$0] })
            where source != places[node] && !report.sources[places[node]].contains(source) {
                report.sources[places[node]].append(source)
            }
        }
        return report
    }
}

extension DeclaredGraph {
    /// The nodes that a target stands for.
    fileprivate func nodes(of target: StageTarget) -> [Int] {
        owners.indices.filter { number in
            switch owners[number] {
            case .pointer(let file): target.pointer == file
            case .stage(let file, let name):
                file == target.file
                    && (target.name.map {
                        name.hasSameBytes(as: $0) || groups[number]?.hasSameBytes(as: $0) ?? false
                    } ?? true)
            }
        }
    }

    /// The address of a node's group; `nil` if it is in none.
    fileprivate func groupName(of number: Int) -> String? {
        guard groups[number] != nil,
            let mark = graph.nodes[number].address.utf8.firstIndex(of: UInt8(ascii: "@"))
        else { return nil }
        return String(graph.nodes[number].address[..<mark])
    }
}

extension StagePath {
    /// The path as the user sees it from where they stand.
    fileprivate func shown(in workspace: Workspace) -> String {
        switch self {
        case .inside(let path): workspace.display(path)
        case .workspace: workspace.relativeToUser(nil).printable
        case .outside: description
        }
    }
}
