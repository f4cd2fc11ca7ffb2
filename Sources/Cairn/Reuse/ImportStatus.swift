import CairnCore
import CairnFormats
import CairnSystem

extension Workspace {
    /// Whether an import's repository has gone on since the import was pinned.
    ///
    /// Commits are compared and not content, as DVC does.
    /// - Returns: the source as DVC writes it; `nil` if nothing changed, it is no import from a repository, or nobody can be asked.
    func availableUpdate(of pointer: PointerFile, at file: RepoPath, _ session: Session) -> String? {
        guard let dependency = pointer.dependencies.first(where: { $0.repository != nil }),
            let pinned = dependency.repository?.lockedRevision
        else { return nil }
        do {
            let (commit, shown) = try latest(of: dependency, at: file, session)
            return commit.hasSameBytes(as: pinned) ? nil : shown
        } catch {
            let error = CairnError(error)
            session.reporter.warn(
                "whether '\(display(file))' is up to date is not known: \(error.message)", hint: error.hint)
            return nil
        }
    }

    /// The commit that an import from a repository would be pinned to today.
    ///
    /// - Throws: `CairnError` if the repository cannot be asked.
    func latestCommit(of dependency: DependencyRecord, at file: RepoPath, _ session: Session) throws -> String
    {
        try latest(of: dependency, at: file, session).commit
    }

    private func latest(
        of dependency: DependencyRecord, at file: RepoPath, _ session: Session
    ) throws -> (commit: String, shown: String) {
        var reader = sourceReader(session.reporter)
        reader.folders = [root, absolute(file).removingLastComponent()]
        let source = try ImportSource(dependency, in: self, reader)
        let repository = try source.open(source.repository.revision)
        let commit = try repository.commit(source.repository.revision)
        return (commit.id.hex, "\(source.path) (\(repository.address.shown))")
    }
}
