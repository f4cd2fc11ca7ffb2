public import CairnCore
import CairnSystem

/// What unprotecting did.
public struct UnprotectReport: Sendable {
    /// How many links became files of their own.
    public internal(set) var copied = 0
    /// How many read-only files were made writable.
    public internal(set) var madeWritable = 0
}

extension Workspace {
    /// Makes files that share bytes with the cache into copies that may be edited.
    ///
    /// - Parameter targets: files and folders of the workspace; a pointer file stands for its outputs.
    /// - Throws: `CairnError` for a target that is not there, and for a link to data that the cache does not have.
    public func unprotect(_ targets: [String], reporter: any Reporter = SilentReporter()) throws
        -> UnprotectReport
    {
        let session = try Session(self, reporter: reporter, writes: true)
        var paths: [RepoPath] = []
        for target in targets {
            let path = try path(of: target)
            if path.name.count > 4, path.name.suffix(4).elementsEqual(".dvc".utf8) {
                let outputs = try WorkspaceScan.run(session).outputs.filter { $0.owner.file == path }
                paths += outputs.isEmpty ? [path] : outputs.map(\.path)
            } else {
                paths.append(path)
            }
        }
        for path in paths where try session.folder.status(of: path.bytes) == nil {
            throw CairnError(
                .notFound, "'\(display(path))' does not exist",
                dvc: "unexpected error - can't unprotect non-existing data '\(display(path))'")
        }
        try StageLock.check(paths, in: self, reporter: reporter)
        let unprotection = try Unprotection(session)
        var report = UnprotectReport()
        for path in paths { try unprotection.run(path, &report) }
        return report
    }
}
