public import CairnCore
import CairnFormats
import CairnSystem

/// How data is no longer tracked.
public struct RemoveOptions: Sendable {
    /// Deletes the data from the workspace too.
    public var removesData = false
    /// Deletes data even where its content is nowhere else.
    public var isForced = false

    /// Keeps the data.
    public init() {}
}

/// What removing did.
public struct RemoveReport: Sendable {
    /// What is no longer there: pointers by path, stages by name.
    public internal(set) var addresses: [String] = []
    /// The outputs that are no longer tracked.
    public internal(set) var outputs: [RepoPath] = []
    /// How many data files were deleted.
    public internal(set) var deletedFiles = 0
    /// Folders of outputs that stay because of files in them that are not tracked.
    public internal(set) var keptFolders: [RepoPath] = []
    /// Files that belong into git, changed or removed by the command.
    public internal(set) var gitFiles = GitFiles()
}

extension Workspace {
    /// Stops tracking what pointers and stages declare.
    ///
    /// The data stays, as files of its own where it was linked to the cache. Where it is to be deleted, everything is looked at
    /// first: without force, nothing changes if the content of any file is nowhere else.
    /// - Parameter targets: pointer files, stages, and pipeline files for all of their stages.
    /// - Throws: `CairnError` of kind `conflict` that lists the files that would be lost; `notFound` for a target that is none.
    public func remove(
        _ targets: [String], _ options: RemoveOptions = RemoveOptions(),
        reporter: any Reporter = SilentReporter()
    ) throws -> RemoveReport {
        let session = try Session(self, reporter: reporter, writes: true)
        let index = try WorkspaceScan.run(session)
        var owners: [TrackedOutput.Owner] = []
        for target in targets {
            for owner in try RemovalTargets.owners(of: target, index, self) where !owners.contains(owner) {
                owners.append(owner)
            }
        }
        let wanted = Set(owners)
        let outputs = index.outputs.filter { wanted.contains($0.owner) }
        try StageLock.check(outputs.map(\.path), in: self, reporter: reporter)
        let texts = try RemovalTexts(owners, index, self)
        var deletion = DataDeletion(session)
        if options.removesData {
            for output in outputs { try deletion.plan(output) }
            guard deletion.unsaved.isEmpty || options.isForced else { throw unsaved(deletion.unsaved) }
        } else {
            let unprotection = try Unprotection(session)
            var report = UnprotectReport()
            for output in outputs where output.record.isCached { try unprotection.run(output.path, &report) }
        }
        var report = RemoveReport()
        var git = try GitFiles(session)
        // What names the data goes first: a pointer to data that is half gone would be worse than data without a pointer.
        try texts.write(&git)
        for output in outputs {
            // Only a memory of what was put where, but a checkout would take the file for a former output and delete it.
            try? session.index?.forgetOutput(output.path)
        }
        if options.removesData {
            report.deletedFiles = deletion.fileCount
            report.keptFolders = try deletion.apply()
        }
        for output in outputs where output.record.isCached { try git.unignore(output.path, session) }
        try git.forgetUntracked(session)
        report.addresses = owners.map { index.address(of: $0, in: self) }
        report.outputs = outputs.map(\.path)
        report.gitFiles = git
        return report
    }
}
