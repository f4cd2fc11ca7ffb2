import CairnCore
import CairnFormats
import CairnGit
import CairnPipeline
import CairnStore
import CairnSystem

/// The small files of the workspace or of one revision, whether they lie there or only the cache has them.
struct DataView {
    private enum Place {
        case workspace
        case revision(GitRepository, GitCommit, top: [UInt8])
    }

    /// What is declared there.
    let index: OutputIndex
    private let place: Place
    private let session: Session
    /// Files that are larger than this are no parameters and no metrics.
    private static let limit = 256 << 20

    /// The workspace as it is.
    init(workspace session: Session) throws {
        index = try WorkspaceScan.run(session, keepsGoing: true)
        place = .workspace
        self.session = session
    }

    /// A revision.
    ///
    /// - Returns: `nil` if it has no such workspace.
    init?(_ commit: NamedCommit, _ reader: inout RevisionReader, _ git: GitRepository, _ session: Session)
        throws
    {
        guard let content = try reader.read(commit, onlyNew: false) else { return nil }
        index = content.index
        place = .revision(
            git, commit.commit, top: git.relativePath(of: session.workspace.root) ?? [])
        self.session = session
    }

    /// The bytes of a file.
    ///
    /// - Returns: `nil` if there is none.
    /// - Throws: `CairnError` of kind `missing` if only a remote has it.
    func bytes(of path: RepoPath) throws -> [UInt8]? {
        switch place {
        case .workspace:
            let absolute = session.workspace.absolute(path)
            if try absolute.status(following: true)?.kind == .regular {
                return try absolute.readIfPresent(limit: Self.limit)
            }
        case .revision(let git, let commit, let top):
            if let entry = try git.entry(at: Self.whole(path, top), in: commit),
                entry.mode != .folder && entry.mode != .submodule
            {
                return try git.blob(entry.id)
            }
        }
        return try trackedID(of: path).map { try stored($0, path) }
    }

    /// The files in a folder, at any depth, in order; the path itself if it is no folder.
    func files(at path: RepoPath) throws -> [RepoPath] {
        switch place {
        case .workspace:
            if try session.folder.status(of: path.bytes, following: true)?.kind == .folder {
                return try namesInWorkspace(path)
            }
        case .revision(let git, let commit, let top):
            if let entry = try git.entry(at: Self.whole(path, top), in: commit), entry.mode == .folder {
                return try Self.names(in: entry.id, path, git)
            }
        }
        guard let output = index.output(at: path), let id = output.record.id, id.isDirectory,
            let listing = try? session.store().listing(id)
        else { return [path] }
        return try (0..<listing.count).map {
            path.appending(try RepoPath(validating: Array(listing.paths[$0])))
        }.sorted()
    }

    private static func whole(_ path: RepoPath, _ top: [UInt8]) -> [UInt8] {
        top.isEmpty ? path.bytes : top + [UInt8(ascii: "/")] + path.bytes
    }

    private static func names(in tree: GitObjectID, _ folder: RepoPath, _ git: GitRepository) throws
        -> [RepoPath]
    {
        var result: [RepoPath] = []
        for (name, entry) in try git.tree(tree) {
            let path = folder.appending(try RepoPath(validating: name))
            if entry.mode == .folder {
                result += try names(in: entry.id, path, git)
            } else if entry.mode != .submodule {
                result.append(path)
            }
        }
        return result.sorted()
    }

    private func namesInWorkspace(_ folder: RepoPath) throws -> [RepoPath] {
        var result: [RepoPath] = []
        for name in try session.folder.folder(folder.components).names() {
            let path = folder.appending(try RepoPath(validating: name))
            let kind = try session.folder.status(of: path.bytes)?.kind
            if kind == .folder { result += try namesInWorkspace(path) } else { result.append(path) }
        }
        return result.sorted()
    }

    // MARK: the cache

    private func trackedID(of path: RepoPath) throws -> ObjectID? {
        if let output = index.output(at: path) {
            return output.record.isCached && !output.isFolder ? output.record.id : nil
        }
        guard let output = index.output(above: path), let id = output.record.id, id.isDirectory,
            let inside = path.relative(to: output.path)
        else { return nil }
        let store = try session.store()
        guard try store.contains(id) else { throw missing(path) }
        let listing = try store.listing(id)
        return (0..<listing.count).first { listing.paths[$0].elementsEqual(inside.bytes) }
            .map { ObjectID(id.algorithm, listing.digest(at: $0)) }
    }

    private func stored(_ id: ObjectID, _ path: RepoPath) throws -> [UInt8] {
        let store = try session.store()
        guard try store.contains(id) else { throw missing(path) }
        var bytes: [UInt8] = []
        try withoutActuallyEscaping({ (piece: UnsafeRawBufferPointer) in bytes.append(contentsOf: piece) }) {
            try ContentReading(id, store: store, session, users: [path], body: $0).run(0..<Int64(Self.limit))
        }
        return bytes
    }

    private func missing(_ path: RepoPath) -> CairnError {
        let command = session.workspace.personality.command
        let name = session.workspace.display(path)
        let flags = if case .revision = place { "--all-commits " } else { "" }
        return CairnError(
            .missing, "'\(name)' is neither here nor in the cache",
            hint: "bring it: `\(command) fetch \(flags)\(Shell.quoted(name))`")
    }
}
