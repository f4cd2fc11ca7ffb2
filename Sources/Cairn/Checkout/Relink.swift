import CairnCore
import CairnStore
import CairnSystem

/// Makes files of the workspace share bytes with the store as the configuration wants it.
struct Relink {
    let session: Session
    let store: ObjectStore
    let types: [LinkType]

    init(_ session: Session) throws {
        self.session = session
        store = try session.store()
        types = try session.workspace.linkTypes()
    }

    /// The files of a tree that do not lie in the workspace as wanted.
    ///
    /// - Precondition: every digest of the tree is known, and the store has the objects.
    func items(of tree: DataTree, _ algorithm: HashAlgorithm, isExecutable: Bool) throws -> Placement.Items {
        var items = Placement.Items()
        let prefix = tree.base.map { $0.bytes + [UInt8(ascii: "/")] } ?? []
        guard types.contains(where: \.isShared) || !tree.snapshot.links.isEmpty || hasLinks(tree) else {
            return items
        }
        for index in 0..<tree.snapshot.count {
            guard let digest = tree.digests[index] else {
                preconditionFailure("relinking needs every digest")
            }
            let kind = tree.kind(at: index)
            if kind == .symbolicLink { continue }
            let path = prefix + tree.snapshot.paths[index]
            // A link of the user's that was followed stays: it is what they edit their data through.
            if tree.form == .native, tree.snapshot.links.contains(index), try !leadsToCache(path) { continue }
            let id = ObjectID(algorithm, digest)
            guard let own = try session.folder.status(of: path), let object = try store.loose.status(of: id)
            else {
                continue
            }
            if try isAsWanted(path, own, id, object, kind) { continue }
            items.append(path, id, isExecutable: isExecutable || kind == .executable, replacing: own)
        }
        return items
    }

    private func leadsToCache(_ path: [UInt8]) throws -> Bool {
        let cache = session.workspace.cacheFolder.bytes + [UInt8(ascii: "/")]
        return try session.folder.linkTarget(path)?.bytes.starts(with: cache) ?? false
    }

    private func hasLinks(_ tree: DataTree) -> Bool { tree.snapshot.files.contains { $0.links > 1 } }

    private func isAsWanted(
        _ path: [UInt8], _ own: FileStatus, _ id: ObjectID, _ object: FileStatus, _ kind: DirListing.Kind
    ) throws -> Bool {
        let isHardLink = own.inode == object.inode && own.device == object.device
        let isSymbolicLink = own.kind == .symbolicLink
        // A file with a mode of its own shares its inode with nothing.
        switch kind == .executable ? .copy : types.first ?? .copy {
        case .copy, .reflink: return !isSymbolicLink && !isHardLink
        case .hardlink: return isHardLink || (object.size == 0 && !isSymbolicLink)
        case .symlink: return try session.folder.linkTarget(path) == store.loose.path(of: id)
        }
    }

    /// Gives an executable file the mode that a checkout would give it, as DVC does: its owner may execute it, others may read it.
    func settleMode(of path: RepoPath) throws {
        guard let own = try session.folder.status(of: path.bytes), own.kind == .regular, own.links == 1,
            own.permissions != Surroundings.newFilePermissions | 0o100
        else { return }
        try session.folder.setPermissions(path.bytes, Surroundings.newFilePermissions | 0o100)
    }

    /// Places the files.
    ///
    /// - Returns: the failures, by position in `items`.
    func place(_ items: Placement.Items) throws -> [(index: Int, error: StoreError)] {
        guard items.count > 0 else { return [] }
        session.reporter.begin("linking", items: items.count, bytes: nil)
        let placement = Placement(
            from: store, into: session.folder, scratch: try session.scratch(), types: types,
            index: session.index,
            workers: session.workers, reporter: session.reporter)
        let report = try placement.place(items)
        try? session.index?.trust(report.trusted)  // failing to remember costs time later, nothing else
        return report.failures
    }
}
