import CairnCore
import CairnFormats
import CairnSystem

/// Which pointers and stages a user means to remove.
enum RemovalTargets {
    /// The pointer, the stage, or all stages of the pipeline file that a target names.
    ///
    /// - Throws: `CairnError` of kind `notFound` for anything else, with what may have been meant; `usage` for a stage that a
    ///   template makes.
    static func owners(of target: String, _ index: OutputIndex, _ workspace: Workspace) throws
        -> [TrackedOutput.Owner]
    {
        let shown = Array(target.utf8).printable
        if let path = try? workspace.pathOrRoot(of: target) {
            if index.pointers[path] != nil { return [.pointer(path)] }
            if let pipeline = index.pipelines[path] {
                return try pipeline.file.stages.map { try owner(path, $0.name, pipeline, workspace) }
            }
        }
        let colon = target.utf8.lastIndex(of: UInt8(ascii: ":"))
        let file = colon.map { String(target[..<$0]) } ?? ""
        let name = colon.map { String(target[target.utf8.index(after: $0)...]) } ?? target
        let path = try? workspace.pathOrRoot(of: file.isEmpty ? "dvc.yaml" : file)
        if let path, let pipeline = index.pipelines[path] {
            if pipeline.file.stage(name) != nil || pipeline.lock?.stage(name) != nil {
                return [try owner(path, name, pipeline, workspace)]
            }
        }
        let pipelineName = file.isEmpty ? "dvc.yaml" : Array(file.utf8).printable
        let reason =
            path.flatMap { index.pipelines[$0] } == nil
            ? "'\(pipelineName)' does not exist"
            : "Stage '\(Array(name.utf8).printable)' not found inside '\(pipelineName)' file"
        if let output = (try? workspace.pathOrRoot(of: target)).flatMap({ index.output(at: $0) }) {
            let address = index.address(of: output.owner, in: workspace)
            throw CairnError(
                .notFound, "'\(shown)' is data, not what declares it",
                hint:
                    "stop tracking it with `\(workspace.personality.command) remove \(Shell.quoted(address))`",
                dvc: "'\(shown)' is not a .dvc file. Do you mean '\(address)'?: \(reason)")
        }
        let known =
            index.pointers.keys.map { workspace.display($0) }
            + index.pipelines.values.flatMap { $0.file.stages.map(\.name) }
        throw CairnError(
            .notFound, "'\(shown)' is neither a pointer file nor a stage",
            hint: EditDistance.closest(to: target, among: known).map { "did you mean `\($0)`?" }, dvc: reason)
    }

    private static func owner(
        _ file: RepoPath, _ name: String, _ pipeline: OutputIndex.Pipeline, _ workspace: Workspace
    ) throws -> TrackedOutput.Owner {
        guard let stage = pipeline.file.stage(name), !stage.isTemplated else {
            throw CairnError(
                .usage, "cannot remove a parametrized stage: '\(Array(name.utf8).printable)'",
                hint: "edit '\(workspace.display(file))' by hand")
        }
        return .stage(file: file, name: name)
    }
}

/// The files that declare data, as they will be without some pointers and stages.
struct RemovalTexts {
    /// New texts by file, `nil` for a file that goes, in the order in which to write them.
    private var texts: [(file: RepoPath, text: [UInt8]?)] = []
    private let workspace: Workspace

    /// Makes the texts; nothing is written.
    ///
    /// - Throws: `FormatsError` if a stage cannot be taken out of its file alone.
    init(_ owners: [TrackedOutput.Owner], _ index: OutputIndex, _ workspace: Workspace) throws {
        self.workspace = workspace
        var stages: [RepoPath: [String]] = [:]
        for owner in owners {
            switch owner {
            case .pointer(let file): texts.append((file, nil))
            case .stage(let file, let name): stages[file, default: []].append(name)
            }
        }
        for (file, names) in stages.sorted(by: { $0.key < $1.key }) {
            guard let pipeline = index.pipelines[file] else { continue }
            var declared: PipelineFile? = pipeline.file
            var text: [UInt8]?
            for name in names {
                text = try declared?.removingText(stage: name)
                declared = try text.map { try PipelineFile(parsing: $0, file: workspace.display(file)) }
            }
            // The declaration before its record: a record alone is harmless.
            texts.append((file, text))
            guard var lock = pipeline.lock else { continue }
            let lockFile = file.sibling("dvc.lock")
            var isGone = false
            for name in names where !isGone && lock.stage(name) != nil {
                if let text = try lock.removingText(stage: name) {
                    lock = try PipelineLock(parsing: text, file: workspace.display(lockFile))
                } else {
                    isGone = true
                }
            }
            texts.append((lockFile, isGone ? nil : lock.text))
        }
    }

    /// Writes or removes the files.
    func write(_ git: inout GitFiles) throws {
        for (file, text) in texts {
            let path = workspace.absolute(file)
            if let text {
                guard try path.readIfPresent() != text else { continue }
                try AtomicFile.write(text, to: path)
                git.changed(file)
            } else {
                let folder = try Folder(path.removingLastComponent())
                try folder.remove(file.name)
                try folder.sync()
                git.removed(file)
            }
        }
    }
}
