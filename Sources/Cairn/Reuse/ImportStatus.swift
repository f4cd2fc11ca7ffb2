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
            var reader = sourceReader(session.reporter)
            reader.folders = [root, absolute(file).removingLastComponent()]
            let source = try ImportSource(dependency, in: self, reader)
            let repository = try source.open(source.repository.revision)
            let commit = try repository.commit(source.repository.revision)
            guard !commit.id.hex.hasSameBytes(as: pinned) else { return nil }
            return "\(source.path) (\(repository.address.shown))"
        } catch {
            let error = CairnError(error)
            session.reporter.warn(
                "whether '\(display(file))' is up to date is not known: \(error.message)", hint: error.hint)
            return nil
        }
    }
}
