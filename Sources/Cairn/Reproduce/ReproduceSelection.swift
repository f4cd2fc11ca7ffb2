import CairnCore
import CairnPipeline
import CairnSystem

/// Which stages the user means.
struct ReproduceSelection {
    private let nodes: [StageNode]
    private let graph: StageGraph
    private let workspace: Workspace
    private let index: OutputIndex

    init(_ nodes: [StageNode], _ graph: StageGraph, _ index: OutputIndex, _ workspace: Workspace) {
        self.nodes = nodes
        self.graph = graph
        self.index = index
        self.workspace = workspace
    }

    /// The stages to look at, in the order in which one at a time would run.
    ///
    /// - Throws: `CairnError` of kind `notFound` for a target that means nothing, with what may have been meant.
    func stages(_ targets: [String], _ options: ReproduceOptions) throws -> [Int] {
        if options.allPipelines { return graph.order(of: .all) }
        let named = try self.named(targets, options)
        if options.wholePipelines { return graph.order(of: .pipelines(of: named)) }
        if options.isSingle { return graph.order(of: .only(named)) }
        return graph.order(of: options.isDownstream ? .downstream(of: named) : .needed(for: named))
    }

    /// The stages that targets name; those of the pipeline file in the user's folder for no targets.
    func named(_ targets: [String], _ options: ReproduceOptions) throws -> [Int] {
        guard !targets.isEmpty else {
            let file = try workspace.path(of: "dvc.yaml")
            guard index.pipelines[file] != nil else {
                throw CairnError(
                    .notFound, "there is no 'dvc.yaml' in this folder",
                    hint:
                        "run all stages of the workspace with `\(workspace.personality.command) repro --all-pipelines`",
                    dvc: "'dvc.yaml' does not exist")
            }
            return nodes.indices.filter { nodes[$0].owner.file == file }
        }
        var result: [Int] = []
        for target in targets {
            let found = try find(target, options)
            guard
                try !found.isEmpty || index.isEmptyDeclaration(target, in: workspace)
                    || isFolder(target, options)
            else {
                throw notFound(target)
            }
            result += found.filter { !result.contains($0) }
        }
        return result
    }

    private func find(_ target: String, _ options: ReproduceOptions) throws -> [Int] {
        if try isFolder(target, options) { return graph.stages(below: try workspace.pathOrRoot(of: target)) }
        let (file, name) = Self.split(target)
        if let name, let path = try? workspace.pathOrRoot(of: file ?? "dvc.yaml") {
            let pattern = options.isGlob ? GlobPattern(Array(name.utf8)) : nil
            let prefix = Array("\(name)@".utf8)
            let found = nodes.indices.filter { place in
                guard case .stage(path, let own) = nodes[place].owner else { return false }
                if let pattern { return pattern.matches(Array(own.utf8)) }
                return own.hasSameBytes(as: name) || own.utf8.starts(with: prefix)
            }
            if !found.isEmpty || file != nil { return found }
        }
        guard let path = try? workspace.pathOrRoot(of: target) else { return [] }
        let declared = nodes.indices.filter { nodes[$0].owner.file == path }
        if !declared.isEmpty { return declared }
        return nodes.indices.filter { place in nodes[place].outputs.contains { $0.path == path } }
    }

    /// True for a folder that stands for all stages below it.
    private func isFolder(_ target: String, _ options: ReproduceOptions) throws -> Bool {
        guard options.isRecursive else { return false }
        let place = try workspace.pathOrRoot(of: target).map { workspace.absolute($0) } ?? workspace.root
        return try place.status(following: true)?.kind == .folder
    }

    /// `path/dvc.yaml:stage`, or a name that may be a stage's.
    private static func split(_ target: String) -> (file: String?, stage: String?) {
        guard let colon = target.utf8.lastIndex(of: UInt8(ascii: ":")) else {
            return target.utf8.contains(UInt8(ascii: "/")) ? (nil, nil) : (nil, target)
        }
        let file = String(target[..<colon])
        return (file.isEmpty ? nil : file, String(target[target.utf8.index(after: colon)...]))
    }

    private func notFound(_ target: String) -> CairnError {
        let name = Array(target.utf8).printable
        let near = EditDistance.closest(to: target, among: nodes.map(\.address))
        return CairnError(
            .notFound, "'\(name)' is neither a stage nor a file of stages",
            hint: near.map { "did you mean '\($0)'?" },
            dvc: "'\(name)' does not exist as an output or a stage name in 'dvc.yaml'")
    }
}
