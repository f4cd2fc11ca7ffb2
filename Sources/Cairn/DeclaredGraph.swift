import CairnCore
import CairnFormats
import CairnPipeline
import CairnSystem

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
        var owners: [TrackedOutput.Owner] = []
        var groups: [String?] = []
        var nodes: [StageGraph.Node] = []
        let files = (Array(index.pointers.keys) + Array(index.pipelines.keys)).sorted(by: Self.isFoundBefore)
        for file in files {
            if let pointer = index.pointers[file] {
                let owner = TrackedOutput.Owner.pointer(file)
                owners.append(owner)
                groups.append(nil)
                nodes.append(try Self.node(pointer, file, index.address(of: owner, in: workspace), workspace))
                continue
            }
            for stage in try index.definitions(in: file, workspace) {
                let owner = TrackedOutput.Owner.stage(file: file, name: stage.name)
                owners.append(owner)
                groups.append(stage.group)
                nodes.append(try Self.node(stage, file, index.address(of: owner, in: workspace), workspace))
            }
        }
        self.owners = owners
        self.groups = groups
        graph = try StageGraph(nodes)
    }

    private static func node(
        _ stage: StageDefinition, _ file: RepoPath, _ address: String, _ workspace: Workspace
    ) throws -> StageGraph.Node {
        let folder = try OutputIndex.folder(
            of: file, workingDirectory: stage.workingDirectory, shownAs: workspace.display(file))
        let inputs =
            stage.dependencies.filter { !$0.utf8.starts(with: "ds://".utf8) } + stage.parameters.map(\.file)
        return StageGraph.Node(
            address: address, file: file, inputs: inputs.map { StagePath($0, in: folder, workspace) },
            outputs: stage.outputs.map { StagePath($0.path, in: folder, workspace) }, isFrozen: stage.isFrozen
        )
    }

    private static func node(
        _ pointer: PointerFile, _ file: RepoPath, _ address: String, _ workspace: Workspace
    ) throws -> StageGraph.Node {
        let folder = try OutputIndex.folder(
            of: file, workingDirectory: pointer.workingDirectory, shownAs: workspace.display(file))
        // What comes from another repository is no file of this one, whatever its path is there.
        let inputs = pointer.dependencies.filter { $0.repository == nil }.compactMap(\.path)
        return StageGraph.Node(
            address: address, file: file, inputs: inputs.map { StagePath($0, in: folder, workspace) },
            outputs: pointer.outputs.map { StagePath($0.path, in: folder, workspace) },
            isFrozen: pointer.isFrozen)
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

extension StagePath {
    /// The place that a text leads to from a folder of the workspace (`nil` for its top).
    init(_ text: String, in folder: RepoPath?, _ workspace: Workspace) {
        let bytes = Array(text.utf8)
        if bytes.firstRange(of: Array("://".utf8)) != nil {
            self = .outside(bytes)
            return
        }
        let base = folder.map { workspace.absolute($0) } ?? workspace.root
        let whole = base.pushing(FilePath(bytes: bytes)).lexicallyNormalized().bytes
        let prefix = workspace.root.bytes + [UInt8(ascii: "/")]
        if whole == workspace.root.bytes {
            self = .workspace
        } else if whole.starts(with: prefix),
            let path = try? RepoPath(validating: whole.dropFirst(prefix.count))
        {
            self = .inside(path)
        } else {
            self = .outside(whole)
        }
    }
}
