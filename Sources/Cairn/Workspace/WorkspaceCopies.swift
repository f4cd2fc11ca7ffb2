import CairnCore
import CairnStore
import CairnSystem

/// Finds files of the workspace that still have the content of an object. What they have is always read: no record is believed.
struct WorkspaceCopies {
    /// Where an object was found.
    enum Copy {
        /// A file with the object's bytes.
        case file(RepoPath)
        /// The object's bytes: a listing, or what a symbolic link says.
        case bytes([UInt8], of: RepoPath)

        var path: RepoPath {
            switch self {
            case .file(let path), .bytes(_, let path): path
            }
        }
    }

    private let session: Session
    /// Files that had the content of an object when they were last read.
    private var known: [HashAlgorithm: [Digest: [RepoPath]]] = [:]

    /// Prepares to look for objects.
    init(_ ids: [ObjectID], _ session: Session) {
        self.session = session
        for (algorithm, group) in Dictionary(grouping: ids.filter { !$0.isDirectory }, by: \.algorithm) {
            // An index that cannot be read knows no places.
            known[algorithm] = try? session.index?.paths(of: Set(group.map(\.digest)), by: algorithm)
        }
    }

    /// Finds a copy.
    ///
    /// - Parameter users: where the object belongs, in the workspace of today or in a revision.
    /// - Returns: `nil` if the workspace has none.
    /// - Throws: `SystemError` when the user asked to stop. What cannot be read is no copy.
    func find(_ id: ObjectID, users: [RepoPath]) throws -> Copy? {
        let paths = users + (id.isDirectory ? [] : known[id.algorithm]?[id.digest] ?? [])
        var seen: Set<RepoPath> = []
        for path in paths where seen.insert(path).inserted {
            try Interruption.check()
            do {
                if let copy = try id.isDirectory ? listing(id, at: path) : content(id, at: path) {
                    return copy
                }
            } catch {
                if CairnError(error).kind == .interrupted { throw error }
            }
        }
        return nil
    }

    private func content(_ id: ObjectID, at path: RepoPath) throws -> Copy? {
        guard let own = try session.folder.status(of: path.bytes) else { return nil }
        if own.kind == .symbolicLink, id.algorithm == .blake3,
            let target = try session.folder.linkTarget(path.bytes)?.bytes,
            BLAKE3.digest(of: target) == id.digest
        {
            return .bytes(target, of: path)
        }
        guard try session.folder.status(of: path.bytes, following: true)?.kind == .regular else { return nil }
        let file = try OpenFile(reading: session.workspace.absolute(path))
        let reporter = session.reporter
        let digest = try file.digest(id.contentAlgorithm) { reporter.advance(items: 0, bytes: $0) }
        return digest == id.digest ? .file(path) : nil
    }

    private func listing(_ id: ObjectID, at path: RepoPath) throws -> Copy? {
        let rules = try IgnoreFiles(above: path, session: session)
        // Which links were followed, the listing itself would tell: it is what is looked for.
        for links in [FollowedLinks.none, .all] {
            guard
                var tree = try DataTree.load(
                    path, as: id.algorithm, following: links, rules: rules, session: session),
                tree.isFolder
            else { return nil }
            // The stat index may say what files have: the listing that comes of it has the id, or is not used.
            try tree.readAll(id.algorithm, session)
            let (found, bytes) = try tree.listing().identified(id.algorithm)
            if found == id { return .bytes(bytes, of: path) }
            // Only native directories tell links from files.
            if tree.form == .dvc { break }
        }
        return nil
    }
}
