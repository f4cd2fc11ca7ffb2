public import CairnCore
import CairnGit
import CairnSystem

/// Which versions of a path `log` is to list.
public struct DataLogOptions: Sendable {
    /// Where to start: a revision, or a range `A..B` of which only commits count that A does not lead to.
    public var revision = "HEAD"
    /// How many versions at most; `nil` for all.
    public var count: Int?
    /// Whether a path that was renamed is followed under its older name.
    public var followsRenames = true

    /// Every version that HEAD leads to.
    public init() {}
}

/// A commit in which the data of a path became what it is.
public struct DataVersion: Sendable {
    /// What the commit did.
    public enum Change: Sendable, Equatable {
        /// No parent has the path.
        case added
        /// Every parent has something else there.
        case modified
        /// The path is tracked no more.
        case deleted
        /// A parent has the same content under this path.
        case renamed(from: [UInt8])
    }

    /// The 40 digits of the commit's id.
    public let commit: String
    /// Who wrote the commit.
    public let author: String
    /// The author's address.
    public let email: String
    /// When it was written.
    public let time: CommitTime
    /// The first paragraph of the message, on one line.
    public let summary: String
    /// What the commit did.
    public let change: Change
    /// The path in this commit; of what was deleted, in its parents. Empty for the whole workspace.
    public let path: [UInt8]
    /// What is recorded: of a folder inside of a directory, the id of a listing of it; `nil` for a folder that holds several outputs,
    /// for what was deleted, and where nothing is known.
    public let id: ObjectID?
    /// True for a folder.
    public let isFolder: Bool
    /// Bytes; `nil` where they are not known.
    public let size: Int64?
    /// How many files there are in a folder, as far as that is known.
    public let fileCount: Int?
    /// False where the listing that would tell is not here.
    public let isKnown: Bool
}

/// The versions of a path over the history, newest first.
public struct DataLog: Sendable {
    /// The versions.
    public internal(set) var versions: [DataVersion] = []
    /// True if older versions may exist that this clone, which is a shallow one, does not have.
    public internal(set) var isCutOff = false
    /// Pointers and pipeline files that could not be read in some commit.
    public internal(set) var problems: [CairnError] = []
}

extension Workspace {
    /// Lists the commits in which the data of a path changed.
    ///
    /// Sides of a merge in which the path is the same as after it are followed, the others are not, as `git log` does it.
    /// - Parameter path: an output, a path inside of one, or a folder that holds some; `nil` for the whole workspace.
    /// - Throws: `CairnError` of kind `notFound` for an unknown revision and for a path that no commit ever tracked.
    public func dataLog(
        _ path: RepoPath?, _ options: DataLogOptions = DataLogOptions(),
        reporter: any Reporter = SilentReporter()
    ) throws -> DataLog {
        if let count = options.count, count < 1 {
            throw CairnError(.usage, "\(count) versions cannot be listed: 1 is the least")
        }
        let session = try Session(self, reporter: reporter, writes: false)
        let git = try session.repository()
        var walk = try DataLogWalk(path, options, git, session)
        let log = try walk.run()
        guard log.versions.isEmpty, !walk.hasSeenData else { return log }
        throw try KnownPaths(session, git).unknown(path, in: options.revision)
    }
}
