public import CairnCore
import CairnFormats
import CairnSystem

/// What moving did.
public struct MoveReport: Sendable {
    /// Where the data was.
    public let old: RepoPath
    /// Where it is.
    public let new: RepoPath
    /// The pointer that names it now.
    public let pointer: RepoPath
    /// False if there was no data in the workspace, so that only the pointer was moved.
    public internal(set) var hasData = true
    /// Files that belong into git, changed or removed by the command.
    public internal(set) var gitFiles = GitFiles()
}

extension Workspace {
    /// Gives tracked data another place, and its pointer with it.
    ///
    /// The data is renamed in one step; what of it was not committed stays so. A pointer that is named after its data is
    /// renamed too.
    /// - Parameters:
    ///   - source: an output of a pointer.
    ///   - destination: the new place, or a folder that exists to move it into.
    ///   - isForced: whether a file in the way is replaced.
    /// - Throws: `CairnError`; nothing changed then.
    public func move(
        _ source: String, to destination: String, isForced: Bool = false,
        reporter: any Reporter = SilentReporter()
    ) throws -> MoveReport {
        let session = try Session(self, reporter: reporter, writes: true)
        let index = try WorkspaceScan.run(session)
        let relocation = try Relocation(source, destination, isForced: isForced, index, session)
        try StageLock.check([relocation.old, relocation.new], in: self, reporter: reporter)
        return try relocation.carryOut(session)
    }
}
