import CairnCore
import CairnPipeline

/// All stages and pointers of a workspace, and which of them has to run before which.
struct DeclaredGraph {
    /// The stages and pointers in the order in which DVC finds them: files of a folder before those of its folders.
    let owners: [TrackedOutput.Owner]
    /// For each of them the group that a template made it one of.
    let groups: [String?]
    /// Who waits for whom.
    let graph: StageGraph

    /// Puts together what is declared.
    ///
    /// - Throws: `CairnError` for a template that cannot be filled in, and for what cannot be run: outputs that overlap, cycles.
    init(_ index: OutputIndex, _ workspace: Workspace) throws {
        let nodes = try index.stageNodes(in: workspace).enumerated().sorted { left, right in
            let (one, two) = (left.element.owner.file, right.element.owner.file)
            return one == two ? left.offset < right.offset : Self.isFoundBefore(one, two)
        }.map(\.element)
        owners = nodes.map(\.owner)
        groups = nodes.map { $0.stage?.definition.group }
        graph = try StageGraph(nodes.map { StageGraph.Node($0) })
    }

    /// Files of a folder come before what is in its folders; otherwise names decide.
    private static func isFoundBefore(_ left: RepoPath, _ right: RepoPath) -> Bool {
        let (one, two) = (left.components, right.components)
        for (depth, (first, second)) in zip(one, two).enumerated() where first != second {
            let (isFile, isOtherFile) = (depth == one.count - 1, depth == two.count - 1)
            return isFile == isOtherFile ? first.lexicographicallyPrecedes(second) : isFile
        }
        return one.count < two.count
    }
}
