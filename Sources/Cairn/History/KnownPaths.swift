import CairnCore
import CairnGit
import CairnSystem

/// The paths that were ever tracked, for what a user may have meant by one that was not.
struct KnownPaths {
    private let session: Session
    private let git: GitRepository

    init(_ session: Session, _ git: GitRepository) {
        self.session = session
        self.git = git
    }

    /// Every output that a branch or tag leads to, with the newest commit that has it.
    private func outputs() throws -> [(path: RepoPath, commit: GitCommit)] {
        var reader = try RevisionReader(session)
        var seen: Set<RepoPath> = []
        var result: [(RepoPath, GitCommit)] = []
        for commit in try git.allCommits() {
            let name = String(commit.id.hex.prefix(7))
            guard let content = try reader.read(NamedCommit(commit: commit, name: name), onlyNew: true) else {
                continue
            }
            for output in content.index.outputs where seen.insert(output.path).inserted {
                result.append((output.path, commit))
            }
        }
        return result
    }

    /// What is wrong with a path that a revision does not have, and with its history where that is asked for.
    ///
    /// - Parameter revision: as the user named it.
    func unknown(_ path: RepoPath?, in revision: String) throws -> CairnError {
        let shownRevision = Array(revision.utf8).printable
        guard let path else {
            return CairnError(.notFound, "no commit that '\(shownRevision)' leads to tracks any data")
        }
        let name = session.workspace.display(path)
        let known = try outputs()
        if let other = known.first(where: { $0.path == path || path.isBelow($0.path) }) {
            let short = String(other.commit.id.hex.prefix(7))
            return CairnError(
                .notFound, "'\(name)' is not tracked in '\(shownRevision)', nor where it comes from",
                hint:
                    "another commit has it: `\(session.workspace.personality.command) show \(short):\(Shell.quoted(path.description))`"
            )
        }
        let tail = git.isShallow ? ", as far as this shallow clone has the history" : ""
        return CairnError(
            .notFound, "'\(name)' was never tracked\(tail)", hint: hint(name, known.map(\.path)))
    }

    /// What may have been meant by a path.
    func hint(for path: RepoPath) throws -> String? {
        hint(session.workspace.display(path), try outputs().map(\.path))
    }

    private func hint(_ name: String, _ known: [RepoPath]) -> String? {
        EditDistance.closest(to: name, among: known.map { session.workspace.display($0) })
            .map { "did you mean '\($0)'?" }
    }
}
