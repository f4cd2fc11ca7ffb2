public import CairnCore
public import CairnFormats
import CairnSystem

/// What adding a stage did.
public struct StageAddReport: Sendable {
    /// The name by which the user can call the stage.
    public internal(set) var address: String
    /// The pipeline file.
    public internal(set) var file: RepoPath
    /// True if another definition of the stage was replaced.
    public internal(set) var isReplacement: Bool
    /// Folders of outputs that are not there yet, so that git cannot be told to ignore what will be in them; a run of the stage does it.
    public internal(set) var missingFolders: [RepoPath] = []
    /// Files that belong into git, changed by the command.
    public internal(set) var gitFiles = GitFiles()
}

extension Workspace {
    /// Writes a stage into the `dvc.yaml` of the folder in which the user stands.
    ///
    /// Everything is checked before anything is written: the name, the paths, and whether the stage fits to all others of the workspace.
    /// Git is told to ignore outputs that are kept in the store.
    /// - Parameters:
    ///   - draft: the stage, with its working directory as seen from where the user stands, and absolute paths where they were typed.
    ///   - isForced: whether to replace a stage of the name. What people wrote about it and its outputs goes on.
    /// - Throws: `CairnError` of kind `usage` for a name or path that cannot be, `conflict` for a stage or an output that is there already,
    ///   `notFound` for a working directory that is not there.
    public func addStage(
        _ draft: StageDraft, replacing isForced: Bool = false, reporter: any Reporter = SilentReporter()
    ) throws -> StageAddReport {
        let session = try Session(self, reporter: reporter, writes: true)
        let addition = try StageAddition(draft, isForced: isForced, session)
        return try addition.carryOut(session)
    }
}

extension StageAddition {
    /// Writes `.gitignore` entries, then the pipeline file.
    fileprivate func carryOut(_ session: Session) throws -> StageAddReport {
        let workspace = session.workspace
        var report = StageAddReport(
            address: index.address(of: .stage(file: file, name: draft.name), in: workspace), file: file,
            isReplacement: isReplacement)
        var git = try GitFiles(session)
        let hidden = try outputs.filter { output in
            guard output.isCached, git.hasGit else { return false }
            let folder = output.path.parent
            if try folder.map({ try session.folder.status(of: $0.bytes, following: true)?.kind == .folder })
                ?? true
            {
                return true
            }
            if let folder, !report.missingFolders.contains(folder) { report.missingFolders.append(folder) }
            return false
        }
        try git.ignore(hidden.map(\.path), session)
        do {
            let path = workspace.absolute(file)
            if try path.readIfPresent() != text {
                try AtomicFile.write(text, to: path)
                git.changed(file)
            }
        } catch {
            git.undoIgnoring()
            throw error
        }
        try git.stageIfWanted(session)
        report.gitFiles = git
        return report
    }
}
