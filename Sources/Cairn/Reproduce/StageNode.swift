import CairnCore
import CairnFormats
import CairnPipeline

/// A stage of a pipeline, or a pointer file, as a node of the graph of what depends on what.
struct StageNode {
    /// What makes it up to date.
    enum Kind {
        /// A stage that runs a command, whichever file has it.
        case stage(ResolvedStage)
        /// A pointer file: data that people change, or an import.
        case pointer(PointerFile)
    }

    let owner: TrackedOutput.Owner
    let kind: Kind
    /// How the user can name it.
    let address: String
    /// The folder that its paths start from; `nil` for the workspace itself.
    let folder: RepoPath?
    /// What it declares, in the order of the file.
    let outputs: [TrackedOutput]
    /// What it reads: data, then files of parameters.
    let inputs: [StagePath]
    /// True if it never runs by itself.
    let isFrozen: Bool

    /// The stage; `nil` for a pointer.
    var stage: ResolvedStage? { if case .stage(let stage) = kind { stage } else { nil } }
}

extension OutputIndex {
    /// All stages and pointers: pipeline files in the order of their paths, their stages in the order of the file, then pointers.
    func stageNodes(in workspace: Workspace) throws -> [StageNode] {
        let byOwner = Dictionary(grouping: outputs) { $0.owner }
        let stages = pipelines.keys.sorted().flatMap { file in
            (pipelines[file]?.stages ?? []).map { TrackedOutput.Owner.stage(file: file, name: $0.name) }
        }
        return try (stages + pointers.keys.sorted().map { .pointer($0) }).compactMap {
            try stageNode(of: $0, outputs: byOwner[$0] ?? [], in: workspace)
        }
    }

    /// The node of one owner; `nil` if this index does not have it.
    func stageNode(of owner: TrackedOutput.Owner, in workspace: Workspace) throws -> StageNode? {
        try stageNode(of: owner, outputs: outputs.filter { $0.owner == owner }, in: workspace)
    }

    private func stageNode(
        of owner: TrackedOutput.Owner, outputs: [TrackedOutput], in workspace: Workspace
    ) throws -> StageNode? {
        let kind: StageNode.Kind
        let (workingDirectory, isFrozen): (String?, Bool)
        let read: [String]
        switch owner {
        case .stage:
            guard let stage = stage(of: owner) else { return nil }
            kind = .stage(stage)
            (workingDirectory, isFrozen) = (stage.workingDirectory, stage.isFrozen)
            read = stage.definition.dependencies + stage.definition.parameters.map(\.file)
        case .pointer(let file):
            guard let pointer = pointers[file] else { return nil }
            kind = stage(of: owner).map { .stage($0) } ?? .pointer(pointer)
            (workingDirectory, isFrozen) = (pointer.workingDirectory, pointer.isFrozen)
            read = pointer.dependencies.filter { $0.repository == nil }.compactMap(\.path)
        }
        let folder = try Self.folder(
            of: owner.file, workingDirectory: workingDirectory, shownAs: workspace.display(owner.file))
        return StageNode(
            owner: owner, kind: kind, address: address(of: owner, in: workspace), folder: folder,
            outputs: outputs, inputs: read.map { StagePath($0, in: folder) }, isFrozen: isFrozen)
    }
}

extension StageGraph.Node {
    init(_ node: StageNode) {
        self.init(
            address: node.address, file: node.owner.file, inputs: node.inputs,
            outputs: node.outputs.map { .inside($0.path) }, isFrozen: node.isFrozen)
    }
}

extension StagePath {
    /// What a path in a file of stages means.
    init(_ text: String, in folder: RepoPath?) {
        self =
            (try? OutputIndex.path(text, in: folder, shownAs: "")).map { .inside($0) }
            ?? .outside(Array(text.utf8))
    }
}
