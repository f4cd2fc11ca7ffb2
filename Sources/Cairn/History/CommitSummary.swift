public import CairnCore
import CairnGit
import CairnSystem

/// A commit, as `show` introduces it.
public struct CommitSummary: Sendable {
    /// The 40 digits of its id.
    public let id: String
    /// The ids of its parents.
    public let parents: [String]
    /// Who wrote it.
    public let author: String
    /// The author's address.
    public let email: String
    /// When it was written.
    public let time: CommitTime
    /// The whole message.
    public let message: String
    /// True if its parents are not here, because the clone is shallow.
    public let isCutOff: Bool
}

extension Workspace {
    /// Looks a commit up.
    ///
    /// - Throws: `CairnError` of kind `notFound` for an unknown revision, `usage` without a git repository.
    public func commit(_ revision: String) throws -> CommitSummary {
        let git = try Session(self, reporter: SilentReporter(), writes: false).repository()
        let commit = try git.resolve(revision)
        let text = try git.authorship(of: commit)
        return CommitSummary(
            id: commit.id.hex, parents: commit.parents.map(\.hex), author: text.name, email: text.email,
            time: CommitTime(seconds: text.time, offset: text.offset), message: text.message,
            isCutOff: git.shallowCommits().contains(commit.id))
    }

    /// Compares the data of a commit with that of its first parent; of a first commit everything was added.
    ///
    /// - Throws: `CairnError` as `dataDifference`.
    public func dataChange(in revision: String, reporter: any Reporter = SilentReporter()) throws
        -> DataDifference
    {
        let session = try Session(self, reporter: reporter, writes: false)
        let git = try session.repository()
        let commit = try git.resolve(revision)
        var options = DataDifferenceOptions()
        options.new = commit.id.hex
        options.looksForMissing = false
        let hasParent = !commit.parents.isEmpty && !git.shallowCommits().contains(commit.id)
        options.old = hasParent ? commit.parents[0].hex : options.old
        let sides =
            try hasParent
            ? DifferenceSide.pair(options, session, git)
            : (DifferenceSide.empty(), DifferenceSide.commit(commit, revision, session))
        guard let sides else { return DataDifference() }
        var run = try DifferenceRun(sides, options, session)
        return try run.result()
    }
}
