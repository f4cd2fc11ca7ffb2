import CairnCore
import CairnGit
import CairnStore
import CairnSystem

/// The deletion of outputs' data from the workspace: planned first, with a look at what would be lost by it.
struct DataDeletion {
    /// Files whose content is nowhere else.
    private(set) var unsaved: [[UInt8]] = []
    private var files: [(path: RepoPath, status: FileStatus)] = []
    private var outputs: [RepoPath] = []
    private let session: Session

    init(_ session: Session) { self.session = session }

    /// How many files will go.
    var fileCount: Int { files.count }

    /// Looks at an output. What `.dvcignore` leaves out is not ours to delete.
    mutating func plan(_ output: TrackedOutput) throws {
        outputs.append(output.path)
        guard let own = try session.folder.status(of: output.path.bytes) else { return }
        guard own.kind == .folder || own.kind == .regular || own.kind == .symbolicLink else {
            throw CairnError(TreeWalkError.unsupported(session.workspace.absolute(output.path), own.kind))
        }
        if own.kind == .symbolicLink,
            try session.folder.status(of: output.path.bytes, following: true)?.kind != .regular
        {
            // A link to nothing, or to a folder: the link is all that there is to delete.
            files.append((output.path, own))
            return
        }
        let algorithm = output.record.id?.algorithm ?? session.workspace.algorithm
        let rules = try IgnoreFiles(above: output.path, session: session)
        guard
            var tree = try DataTree.load(
                output.path, as: algorithm, following: .recorded(output.record.id), rules: rules,
                session: session)
        else { return }
        try tree.readAll(algorithm, session)
        let inventory = try ObjectInventory(of: session.store(), expecting: tree.snapshot.count)
        let clean = output.record.isCached ? nil : try gitKeeps(output.path)
        var links: [RepoPath: RepoPath?] = [:]
        for position in 0..<tree.snapshot.count {
            let path =
                try tree.base.map { $0.appending(try RepoPath(validating: tree.snapshot.paths[position])) }
                ?? RepoPath(validating: tree.snapshot.paths[position])
            if let parent = path.parent, parent.isBelow(output.path),
                let link = try link(above: parent, output.path, &links)
            {
                // What lies behind a link is elsewhere and stays there.
                if let status = try session.folder.status(of: link.bytes),
                    !files.contains(where: { $0.path == link })
                {
                    files.append((link, status))
                }
                continue
            }
            guard let digest = tree.digests[position], let status = try session.folder.status(of: path.bytes)
            else { continue }
            let isStored =
                try inventory.contains(ObjectID(algorithm, digest))
                || (algorithm == .md5DOS2Unix && inventory.contains(ObjectID(.md5, digest)))
            if !isStored, clean?(path) != true { unsaved.append(path.bytes) }
            files.append((path, status))
        }
    }

    /// The symbolic link on the way from an output to a folder inside of it, if there is one.
    private func link(above folder: RepoPath, _ output: RepoPath, _ known: inout [RepoPath: RepoPath?]) throws
        -> RepoPath?
    {
        if let answer = known[folder] { return answer }
        var answer: RepoPath?
        if let parent = folder.parent, parent.isBelow(output) {
            answer = try link(above: parent, output, &known)
        }
        if answer == nil, try session.folder.status(of: folder.bytes)?.kind == .symbolicLink {
            answer = folder
        }
        known[folder] = .some(answer)
        return answer
    }

    /// Tells which files git has just as they lie in the workspace.
    private func gitKeeps(_ output: RepoPath) throws -> ((RepoPath) -> Bool)? {
        guard let git = try session.git() else { return nil }
        let workspace = session.workspace
        let changed = Set(try git.changes().filter { $0.unstaged != nil || $0.isConflicted }.map(\.path))
        let tracked = Set(
            try git.entries(below: git.relativePath(of: workspace.absolute(output))).map(\.path))
        return { path in
            git.relativePath(of: workspace.absolute(path)).map {
                tracked.contains($0) && !changed.contains($0)
            } ?? false
        }
    }

    /// Deletes the files that are still what the plan saw, and the folders of outputs that become empty.
    ///
    /// - Returns: outputs whose folder stays, because something else lies in it.
    /// - Throws: `StoreError` for a file that changed meanwhile; what was deleted until then is gone.
    func apply() throws -> [RepoPath] {
        var folders: Set<RepoPath> = []
        for (path, status) in files {
            let parent = try openParent(of: path)
            guard let now = try parent.status(of: path.name) else { continue }
            guard now.isUntouched(since: status) else {
                throw StoreError(.changing, session.workspace.absolute(path))
            }
            try parent.remove(path.name)
        }
        for output in outputs {
            folders.insert(output)
            for name in try innerFolders(of: output) { folders.insert(name) }
        }
        // The innermost first.
        for folder in folders.sorted(by: { $1 < $0 })
        where try session.folder.status(of: folder.bytes)?.kind == .folder {
            try openParent(of: folder).removeEmptyFolder(folder.name)
        }
        return try outputs.filter { try session.folder.status(of: $0.bytes) != nil }
    }

    private func openParent(of path: RepoPath) throws -> Folder {
        try session.folder.folder(path.parent?.components ?? [])
    }

    private func innerFolders(of output: RepoPath) throws -> [RepoPath] {
        guard try session.folder.status(of: output.bytes)?.kind == .folder else { return [] }
        var found: [RepoPath] = []
        var pending = [output]
        while let next = pending.popLast() {
            var names: [[UInt8]] = []
            try session.folder.folder(next.components).forEachName { name, kind in
                if kind == .folder || kind == .unknown { names.append(Array(name)) }
            }
            for name in names {
                let path = next.appending(try RepoPath(validating: name))
                guard try session.folder.status(of: path.bytes)?.kind == .folder else { continue }
                found.append(path)
                pending.append(path)
            }
        }
        return found
    }
}
