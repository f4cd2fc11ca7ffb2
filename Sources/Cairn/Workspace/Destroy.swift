public import CairnCore
import CairnSystem

/// What was taken away.
public struct DestroyReport: Sendable {
    /// Pointer and pipeline files that are gone.
    public let files: [RepoPath]
    /// How many files of the workspace got bytes of their own, because they were links into the cache.
    public let detachedCount: Int
    /// True if the cache lies outside of `.dvc` and was left.
    public let isCacheKept: Bool
}

extension Workspace {
    /// Makes the folder an ordinary one again: data files stay, everything that is known about them goes, with the cache in `.dvc`.
    ///
    /// Files that share bytes with the cache become copies first, and durable, before anything is deleted.
    /// - Throws: `CairnError` if a file cannot be read; what is deleted then is gone, data files are all there.
    public func destroy(reporter: any Reporter = SilentReporter()) throws -> DestroyReport {
        let session = try Session(self, reporter: reporter, writes: true)
        let index = try WorkspaceScan.run(session)
        var detached = 0
        session.reporter.begin("copying", items: nil, bytes: nil)
        for output in index.outputs { detached += try detach(output.path, session) }
        if detached > 0 { try session.folder.syncFileSystem() }

        let declaring = Set(index.outputs.map(\.owner.file)).union(index.pointers.keys).union(
            index.pipelines.keys)
        var removed: [RepoPath] = []
        for file in declaring.sorted() {
            try session.folder.remove(file.bytes)
            removed.append(file)
            guard index.pipelines[file] != nil else { continue }
            let lock = file.sibling("dvc.lock")
            if try session.folder.status(of: lock.bytes) != nil {
                try session.folder.remove(lock.bytes)
                removed.append(lock)
            }
        }
        try session.folder.remove(IgnoreFiles.name)
        let inside = controlFolder.bytes + [UInt8(ascii: "/")]
        let isCacheKept = !cacheFolder.bytes.starts(with: inside)
        // Last: as long as it is there, the command can be given again.
        try session.folder.removeTree(Array(".dvc".utf8))
        return DestroyReport(files: removed, detachedCount: detached, isCacheKept: isCacheKept)
    }

    /// Gives the files of an output bytes of their own.
    ///
    /// - Returns: how many were links.
    private func detach(_ path: RepoPath, _ session: Session) throws -> Int {
        // What .dvcignore leaves out is no link of ours, but a copy of it does no harm, a missed link would.
        guard let own = try session.folder.status(of: path.bytes) else { return 0 }
        guard own.kind != .symbolicLink else {
            let isFile = try session.folder.status(of: path.bytes, following: true)?.kind == .regular
            guard isFile, try leadsToCache(path.bytes, session) else { return 0 }
            try session.folder.detach(path.bytes)
            return 1
        }
        guard own.kind == .folder else {
            guard own.kind == .regular, own.links > 1 else { return 0 }
            try session.folder.detach(path.bytes)
            return 1
        }
        let walker = TreeWalker(workers: session.workers, following: .none, leavingOut: { _, _ in false })
        let snapshot = try walker.snapshot(of: absolute(path))
        var count = 0
        for index in 0..<snapshot.count {
            let file = path.bytes + [UInt8(ascii: "/")] + snapshot.paths[index]
            let isShared =
                try snapshot.links.contains(index)
                ? leadsToCache(file, session) : snapshot.files[index].links > 1
            guard isShared else { continue }
            try session.folder.detach(file)
            session.reporter.advance(items: 1, bytes: snapshot.files[index].size)
            count += 1
        }
        return count
    }

    /// True for a symbolic link to a file in the cache; one that the user made is theirs.
    private func leadsToCache(_ path: [UInt8], _ session: Session) throws -> Bool {
        guard let target = try session.folder.linkTarget(path) else { return false }
        let parent = FilePath(bytes: root.bytes + [UInt8(ascii: "/")] + path).removingLastComponent()
        guard let resolved = try? parent.pushing(target).resolved(), let cache = try? cacheFolder.resolved()
        else {
            return false
        }
        return resolved.bytes.starts(with: cache.bytes + [UInt8(ascii: "/")])
    }
}
