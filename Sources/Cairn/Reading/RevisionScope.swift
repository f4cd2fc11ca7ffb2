import CairnCore
import CairnGit
import CairnSystem

/// The revisions that a command works with besides the workspace.
public struct RevisionScope: Sendable {
    /// The tips of all local branches.
    public var allBranches = false
    /// All tags.
    public var allTags = false
    /// Every commit that a branch or a tag leads to.
    public var allCommits = false
    /// The commits of all experiments.
    public var allExperiments = false
    /// One revision, by any name that git knows, or a range as in `range`.
    public var revision: String?
    /// The commits that the second revision leads to and the first does not: `A..B`, where either may be left out for HEAD.
    public var range: String?
    /// How many commits along the first parents count for `revision` and for each branch; 1 if it is `nil`.
    public var count: Int?
    /// Commits of this time or later, in seconds since 1970.
    public var since: Int64?
    /// Commits that are known already, without what others have.
    var exact: PushedCommits?

    /// No revision.
    public init() {}

    /// True if no revision is meant.
    public var isEmpty: Bool {
        !allBranches && !allTags && !allCommits && !allExperiments && revision == nil && range == nil
            && since == nil && exact == nil
    }
}

/// A commit with the name by which people know it.
struct NamedCommit {
    let commit: GitCommit
    /// A branch, a tag, or the first digits of the id.
    let name: String
}

extension RevisionScope {
    /// The commits in scope, each once, in the order: revision, range, branches, tags, commits, experiments.
    ///
    /// - Throws: `GitError` for an unknown revision and for history that cannot be read.
    func commits(in git: GitRepository) throws -> [NamedCommit] {
        var result: [NamedCommit] = []
        var seen: Set<GitObjectID> = []
        func add(_ commits: [GitCommit], _ name: String? = nil) {
            for (index, commit) in commits.enumerated() where seen.insert(commit.id).inserted {
                let own = index == 0 ? name : nil
                result.append(NamedCommit(commit: commit, name: own ?? String(commit.id.hex.prefix(7))))
            }
        }
        if let revision, try git.range(revision) != nil {
            add(try Self.commits(in: revision, git))
        } else if let revision {
            add(try git.firstParents(of: git.resolve(revision), count: count ?? 1), revision)
        }
        if let exact { add(exact.commits) }
        if let range { add(try Self.commits(in: range, git)) }
        if allBranches || allCommits {
            for branch in try git.branches() {
                let tip = try git.commit(branch.commit)
                add(try allCommits ? [tip] : git.firstParents(of: tip, count: count ?? 1), branch.name)
            }
        }
        if allTags || allCommits {
            for tag in try git.tags() { add([try git.commit(tag.commit)], tag.name) }
        }
        if allCommits {
            add(try git.allCommits())
        } else if let since {
            add(try git.commits(since: since))
        }
        if allExperiments {
            for experiment in try git.references(below: "refs/exps/") {
                add(
                    try Self.commits(of: experiment, in: git),
                    experiment.name.split(separator: "/").last.map(String.init))
            }
        }
        return result
    }

    private static func commits(in range: String, _ git: GitRepository) throws -> [GitCommit] {
        let ends: (base: GitCommit, tip: GitCommit)?
        do throws(GitError) {
            ends = try git.range(range)
        } catch {
            guard error.reason == .unknownRevision, git.isShallow else { throw error }
            // It may well be there where this clone came from.
            throw CairnError(
                .notFound, "\(CairnError(error).message), and this clone is shallow",
                hint: "bring the rest of the history: `git fetch --unshallow`")
        }
        guard let (base, tip) = ends else {
            throw CairnError(
                .usage, "'\(Array(range.utf8).printable)' is no range of revisions",
                hint: "name two with two dots between them: `v1..HEAD`")
        }
        return try git.commits(from: tip, without: base)
    }

    /// The commits of an experiment (`refs/exps/ab/<rest of the baseline's id>/<name>`) after its baseline.
    private static func commits(of experiment: GitReference, in git: GitRepository) throws -> [GitCommit] {
        let tip = try git.commit(experiment.commit)
        let parts = experiment.name.split(separator: "/")
        guard parts.count == 3, let baseline = GitObjectID(hex: String(parts[0] + parts[1])) else {
            return [tip]
        }
        return try Array(git.firstParents(of: tip).prefix { $0.id != baseline })
    }
}
