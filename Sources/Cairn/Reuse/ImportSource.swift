public import CairnCore
import CairnFormats
import CairnGit
import CairnStore
import CairnSystem

/// The place in another repository that a pointer file imports from.
struct ImportSource {
    let dependency: DependencyRecord
    let repository: ImportedRepository
    private let reader: SourceReader

    /// - Parameters:
    ///   - workspace: whose pointer it is.
    ///   - reader: who looks.
    /// - Throws: `CairnError` for settings in the pointer that make no sense.
    init(_ dependency: DependencyRecord, in workspace: Workspace, _ reader: SourceReader) throws {
        guard let repository = dependency.repository else {
            preconditionFailure("an import from a repository says which")
        }
        self.dependency = dependency
        self.repository = repository
        var own = reader
        own.overrides = try SourceOverrides(recordedIn: repository, workspace)
        self.reader = own
    }

    /// The path there, as text.
    var path: String { dependency.path ?? "" }

    /// Opens the repository for a revision.
    func open(_ revision: String?) throws -> SourceRepository {
        try SourceRepository(repository.url, revision: revision, reader)
    }

    /// What is imported, at the commit that it is pinned to.
    ///
    /// - Throws: `CairnError` also for a pointer that was never pinned.
    func pinnedView() throws -> SourceView {
        guard let commit = repository.lockedRevision else {
            throw CairnError(
                .missing,
                "the import of '\(Array(path.utf8).printable)' from '\(SourceAddress.shown(repository.url))' was never carried out",
                hint: "carry it out: `\(reader.personality.command) update`")
        }
        let source = try open(commit)
        return try source.view(at: source.commit(commit), around: SourcePath.parse(path))
    }

    /// Brings the data of an output into a cache, and makes sure that it is what the output says.
    ///
    /// - Throws: `CairnError` of kind `damaged` if the source has something else at that commit.
    func bring(_ target: TargetedOutput, into session: Session) throws {
        guard let wanted = target.output.record.id else { return }
        let view = try pinnedView()
        let selection = try view.selection()
        if let only = selection.onlyOutput, only.part == nil, only.output.record.id == wanted {
            return try SourceSupply(view, into: session).bring([only])
        }
        // A part of something else, files of git, or data by ids of the other kind: what counts is the content.
        try session.workspace.stateFolder.makeFolders()
        let staged = try StagedSource(selection, of: view, in: Folder(session.workspace.stateFolder), "reuse")
        let id = try staged.record(as: wanted.algorithm, into: session).id
        guard id == wanted else {
            throw CairnError(
                .damaged,
                "'\(Array(path.utf8).printable)' of '\(view.shown)' has another content at \(repository.lockedRevision?.prefix(7) ?? "") than the import of it says",
                hint: "take what is there now: `\(reader.personality.command) update`")
        }
    }
}

/// Paths in other repositories.
public enum SourcePath {
    /// Understands a path as somebody types it.
    ///
    /// - Returns: `nil` for the whole repository.
    /// - Throws: `CairnError` of kind `usage` for one that leads out of the repository.
    public static func parse(_ text: String) throws -> RepoPath? {
        let bytes = Array(text.utf8)
        guard !bytes.isEmpty, let resolved = SourceView.resolve(bytes, from: nil) else {
            throw CairnError(
                .usage, "'\(bytes.printable)' is not a path inside of a repository",
                hint: "give it from the root of the repository on, without a slash in front")
        }
        return resolved.isEmpty ? nil : try RepoPath(validating: resolved)
    }
}
