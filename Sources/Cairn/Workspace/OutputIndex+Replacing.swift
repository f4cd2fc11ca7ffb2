import CairnCore
import CairnFormats

extension OutputIndex {
    /// The same with a pipeline file in another version, or with one more.
    ///
    /// - Throws: `CairnError` for a path in it that leads out of the workspace.
    func replacing(_ file: RepoPath, with pipeline: Pipeline, in workspace: Workspace) throws -> OutputIndex {
        var index = OutputIndex()
        var pipelines = self.pipelines
        pipelines[file] = pipeline
        for path in (Array(pointers.keys) + Array(pipelines.keys)).sorted() {
            if let pointer = pointers[path] {
                try index.add(pointer, at: path, shownAs: workspace.display(path))
            } else if let pipeline = pipelines[path] {
                try index.add(pipeline, at: path, shownAs: workspace.display(path))
            }
        }
        index.problems = problems
        return index
    }

    /// Refuses outputs of a stage that another one has, that lie in those of another or around them, and a stage that is described in an
    /// output.
    func refuseOverlaps(of owner: TrackedOutput.Owner, with paths: [RepoPath], in workspace: Workspace) throws
    {
        let own = address(of: owner, in: workspace)
        let command = workspace.personality.command
        if let above = output(above: owner.file) {
            let name = workspace.display(above.path)
            throw CairnError(
                .conflict, "'\(workspace.display(owner.file))' would lie in the output '\(name)'",
                hint: "describe the stage in a folder that is no output",
                dvc: "stage: '\(own)' is within an output '\(name)' of another stage")
        }
        for (number, path) in paths.enumerated() {
            let name = workspace.display(path)
            let others =
                outputs.filter { $0.owner != owner && $0.path.overlaps(path) }.map { ($0.path, $0.owner) }
                + paths[..<number].filter { $0.overlaps(path) }.map { ($0, owner) }
            guard let (other, otherOwner) = others.first else { continue }
            let stage = address(of: otherOwner, in: workspace)
            if other == path {
                throw CairnError(
                    .conflict, "the output '\(name)' belongs to '\(stage)' already",
                    hint: "take it away there first: `\(command) remove \(Shell.quoted(stage))`",
                    dvc:
                        "output '\(name)' is already specified in stage: '\(stage)'.\nUse `dvc remove \(stage)` to stop tracking the overlapping output."
                )
            }
            let isInner = path.isBelow(other)
            let otherName = workspace.display(other)
            let (outer, inner) =
                isInner ? ((otherName, stage), (name, own)) : ((name, own), (otherName, stage))
            throw CairnError(
                .conflict,
                "the output '\(inner.0)' of '\(inner.1)' lies inside of the output '\(outer.0)' of '\(outer.1)'",
                hint: "give each output a place of its own",
                dvc:
                    "The output paths:\n'\(outer.0)'('\(outer.1)')\n'\(inner.0)'('\(inner.1)')\noverlap and are thus in the same tracked directory.\nTo keep reproducibility, outputs should be in separate tracked directories or tracked individually."
            )
        }
    }
}
