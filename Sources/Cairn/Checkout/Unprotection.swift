import CairnCore
import CairnStore
import CairnSystem
import Synchronization

/// Replaces links into the cache by copies of the bytes that they lead to; each file is replaced in one step.
///
/// The bytes come through the link itself and not by their id: whoever changed a file through a hard link keeps what they wrote.
struct Unprotection {
    private enum Action {
        case copyLink, copyHardLink, makeWritable
    }

    private let session: Session
    private let scratch: ScratchFolder
    private let cache: [UInt8]

    init(_ session: Session) throws {
        self.session = session
        scratch = try session.scratch()
        let folder = session.workspace.cacheFolder
        cache = ((try? folder.resolved()) ?? folder).bytes + [UInt8(ascii: "/")]
    }

    /// Unprotects a file, or all files below a folder; symbolic links to elsewhere are left alone.
    func run(_ path: RepoPath, _ report: inout UnprotectReport) throws {
        let files = try files(at: path)
        var work: [(path: RepoPath, status: FileStatus, action: Action)] = []
        for (file, status) in files {
            if let action = try action(for: file, status) { work.append((file, status, action)) }
        }
        guard !work.isEmpty else { return }
        session.reporter.begin("unprotecting", items: work.count, bytes: nil)
        let time = session.fileSystemTime()
        let rows = Mutex<[StatIndex.Row]>([])
        let algorithm = session.workspace.algorithm
        let (folder, reporter, scratch) = (session.folder, session.reporter, scratch)
        try session.workers.forEachRange(of: work.count, stride: 16) { [work] (range) throws(SystemError) in
            for index in range {
                try Interruption.check()
                let item = work[index]
                let parent = try folder.folder(item.path.parent?.components ?? [])
                if item.action == .makeWritable {
                    try parent.setPermissions(item.path.name, item.status.permissions | 0o200)
                } else if let digest = try Self.replace(
                    item.path, item.status, item.action, parent, scratch, "\(index)", algorithm),
                    let now = try parent.status(of: item.path.name)
                {
                    let row = StatIndex.Row(path: item.path.bytes, status: now, digest: digest)
                    rows.withLock { $0.append(row) }
                }
                reporter.advance(items: 1, bytes: 0)
            }
        }
        // Failing to remember costs time, nothing else.
        try? session.index?.record(rows.withLock { $0 }, by: algorithm, at: time)
        report.madeWritable += work.count { $0.action == .makeWritable }
        report.copied += work.count { $0.action != .makeWritable }
    }

    /// The files with their own status, links as such.
    private func files(at path: RepoPath) throws -> [(RepoPath, FileStatus)] {
        guard let own = try session.folder.status(of: path.bytes) else { return [] }
        guard own.kind == .folder else { return [(path, own)] }
        let rules = try IgnoreFiles(above: path, session: session)
        let walker = TreeWalker(
            workers: session.workers, following: .none, leavingOut: rules.filter(in: path))
        let snapshot = try walker.snapshot(of: session.workspace.absolute(path))
        return try (0..<snapshot.count).map { index in
            (path.appending(try RepoPath(validating: snapshot.paths[index])), snapshot.files[index])
        }
    }

    private func action(for path: RepoPath, _ status: FileStatus) throws -> Action? {
        switch status.kind {
        case .regular:
            if status.links > 1 { return .copyHardLink }
            return status.permissions & 0o200 == 0 ? .makeWritable : nil
        case .symbolicLink:
            guard let target = try session.folder.linkTarget(path.bytes), target.isAbsolute else {
                return nil
            }
            let folder = target.removingLastComponent()
            let place = ((try? folder.resolved()) ?? folder.lexicallyNormalized()).bytes
            guard place.starts(with: cache) else { return nil }
            guard try session.folder.status(of: path.bytes, following: true) != nil else {
                throw CairnError(
                    .missing,
                    "'\(session.workspace.display(path))' is a link to data that the cache does not have",
                    hint: "bring it: `\(session.workspace.personality.command) pull`")
            }
            return .copyLink
        case .folder, .fifo, .socket, .device: return nil
        }
    }

    /// Makes a copy aside and gives it the file's name.
    ///
    /// - Returns: the digest of the bytes, where they were read for it.
    private static func replace(
        _ path: RepoPath, _ status: FileStatus, _ action: Action, _ parent: Folder, _ scratch: ScratchFolder,
        _ name: String, _ algorithm: HashAlgorithm
    ) throws(SystemError) -> Digest? {
        let temporary = Array(name.utf8)
        do throws(SystemError) {
            return try replace(path, status, action, parent, in: scratch.folder, temporary, algorithm)
        } catch {
            // Another file system: beside its place, then.
            guard error.errno == .improperLink else { throw error }
            let aside = Array(".cairn-\(Surroundings.processID)-".utf8) + temporary
            return try replace(path, status, action, parent, in: parent, aside, algorithm)
        }
    }

    private static func replace(
        _ path: RepoPath, _ status: FileStatus, _ action: Action, _ parent: Folder, in aside: Folder,
        _ temporary: [UInt8], _ algorithm: HashAlgorithm
    ) throws(SystemError) -> Digest? {
        do throws(SystemError) {
            let source = try OpenFile(reading: path.name, in: parent, followingLinks: action == .copyLink)
            let before = try source.status()
            guard before.kind == .regular else { throw SystemError(.invalidArgument, "copy", source.path) }
            let permissions: UInt32 = before.isExecutable ? 0o766 : 0o666
            let copy = try OpenFile(creating: temporary, in: aside, permissions: permissions)
            var digest: Digest?
            if try !copy.clone(from: source) {
                digest = try source.digest(algorithm, copyingTo: copy) { _ in }
            }
            guard try source.status().isUntouched(since: before), let now = try parent.status(of: path.name),
                now.isUntouched(since: status)
            else { throw SystemError(.resourceTemporarilyUnavailable, "replace", parent.path(of: path.name)) }
            try aside.rename(temporary, to: parent, path.name)
            return digest
        } catch {
            try? aside.remove(temporary)  // the first failure is the one to report
            throw error
        }
    }
}
