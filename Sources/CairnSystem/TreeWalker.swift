internal import CLinux
internal import Glibc
import Synchronization

/// Why a tree cannot be walked.
public enum TreeWalkError: Error, Sendable {
    /// The operating system refused.
    case system(SystemError)
    /// Something that is neither file nor folder: a FIFO, a socket or a device.
    case unsupported(FilePath, FileStatus.Kind)
    /// A symbolic link that leads back to a folder above it.
    case loop(FilePath)
}

/// Walks a folder with descriptors, several folders at a time.
public struct TreeWalker: Sendable {
    /// Tells whether a path (relative to the folder walked) is left out; called from several threads.
    public typealias Filter = @Sendable (_ path: UnsafeBufferPointer<UInt8>, _ isFolder: Bool) -> Bool

    /// Which symbolic links count as what they lead to; all others count as files.
    public enum LinkRule: Sendable {
        case all, none
        /// Those whose text begins with these bytes; and those whose path the second part accepts, as far as they lead to a file, or to a
        /// folder that is not above them.
        case into([UInt8], besides: (@Sendable (_ path: UnsafeBufferPointer<UInt8>) -> Bool)?)
    }

    private let workers: Workers
    private let isLeftOut: Filter
    private let linkRule: LinkRule

    /// Describes a walk.
    ///
    /// - Parameters:
    ///   - linkRule: which symbolic links are followed.
    ///   - isLeftOut: the paths to leave out, folders with all that is in them.
    public init(workers: Workers, following linkRule: LinkRule, leavingOut isLeftOut: @escaping Filter) {
        self.workers = workers
        self.linkRule = linkRule
        self.isLeftOut = isLeftOut
    }

    /// Lists all files below `root`.
    ///
    /// - Throws: `TreeWalkError`: the first folder that cannot be read, a link that leads nowhere, and what is no file.
    public func snapshot(of root: FilePath) throws(TreeWalkError) -> TreeSnapshot {
        try walk(root).takeSnapshot()
    }

    /// Looks at all files below `root`, without putting them into one list yet.
    ///
    /// - Throws: as `snapshot(of:)`.
    public func walk(_ root: FilePath) throws(TreeWalkError) -> WalkedTree {
        let folder: Folder
        do throws(SystemError) {
            folder = try Folder(root)
        } catch {
            throw .system(error)
        }
        let top = WalkedFolder(path: [], isLink: false, parent: nil)
        var frontier = [top]
        while !frontier.isEmpty {
            let level = frontier
            let next = Mutex<[WalkedFolder]>([])
            try workers.forEachRange(of: level.count, stride: 4) { (range) throws(TreeWalkError) in
                for index in range {
                    try list(level[index], in: folder)
                    let children = level[index].children
                    next.withLock { $0 += children }
                }
            }
            frontier = next.withLock { $0 }
        }
        return WalkedTree(top: top)
    }

    private func list(_ node: WalkedFolder, in root: Folder) throws(TreeWalkError) {
        let folder = try system { () throws(SystemError) in
            try Interruption.check()
            return try open(node.path, in: root)
        }
        node.identity = try system { () throws(SystemError) in
            try folder.status("").map(WalkedFolder.Identity.init)
        }
        if node.isLink, node.isInsideItself { throw .loop(folder.path) }
        let entries = FolderEntries(ofUnread: folder)
        var path = node.path.isEmpty ? [] : node.path + [UInt8(ascii: "/")]
        let prefix = path.count
        while let entry = try system({ () throws(SystemError) in try entries.next() }) {
            path.removeSubrange(prefix...)
            path.append(contentsOf: entry.bytes)
            try examine(entry, path, folder, into: node)
        }
        node.finish()
    }

    private func open(_ path: [UInt8], in root: Folder) throws(SystemError) -> Folder {
        let result = Folder.withCString(path.isEmpty ? Array(".".utf8) : path) {
            clinux_open_at(root.descriptor, $0, O_RDONLY | O_DIRECTORY, 0)
        }
        let whole = path.isEmpty ? root.path : root.path(of: path)
        guard result >= 0 else { throw SystemError(Errno(rawValue: -result), "list", whole) }
        return Folder(owning: result, whole)
    }

    /// Looks at one name in a folder, and notes it unless it is left out.
    private func examine(
        _ entry: FolderEntries.Entry, _ path: [UInt8], _ folder: Folder, into node: WalkedFolder
    ) throws(TreeWalkError) {
        func isKept(isFolder: Bool) -> Bool { path.withUnsafeBufferPointer { !isLeftOut($0, isFolder) } }
        if entry.kind == .folder {
            if isKept(isFolder: true) { node.append(entry.bytes, status: nil, isLink: false) }
            return
        }
        // A regular file is filtered before it is looked at: what is ignored may be unreadable.
        if entry.kind == .regular, !isKept(isFolder: false) { return }
        let found = try system { () throws(SystemError) in try folder.status(entry.name) }
        guard var status = found else { return }
        var isLink = false
        if status.kind == .symbolicLink {
            do throws(SystemError) {
                if let target = try target(of: entry, path, in: folder, node) {
                    status = target
                    isLink = true
                }
            } catch {
                // What is ignored may lead nowhere.
                if isKept(isFolder: false) { throw .system(error) }
                return
            }
        }
        if entry.kind != .regular, !isKept(isFolder: status.kind == .folder) { return }
        switch status.kind {
        case .folder: node.append(entry.bytes, status: nil, isLink: isLink)
        case .regular, .symbolicLink: node.append(entry.bytes, status: status, isLink: isLink)
        case .fifo, .socket, .device: throw .unsupported(folder.path(of: entry.bytes), status.kind)
        }
    }

    /// What a symbolic link counts as; `nil` if it is not followed.
    ///
    /// - Throws: `SystemError` for one that must be followed and leads nowhere.
    private func target(
        of link: FolderEntries.Entry, _ path: [UInt8], in folder: Folder, _ node: WalkedFolder
    ) throws(SystemError) -> FileStatus? {
        switch linkRule {
        case .none: return nil
        case .all: break
        case .into(let prefix, let isWanted):
            if try folder.linkTarget(link.bytes)?.bytes.starts(with: prefix) == true { break }
            guard let isWanted, path.withUnsafeBufferPointer(isWanted) else { return nil }
            // What cannot be followed is a link and nothing else.
            guard let target = try? folder.status(link.name, following: true) else { return nil }
            switch target.kind {
            case .regular: return target
            case .folder: return node.isInside(WalkedFolder.Identity(target)) ? nil : target
            case .symbolicLink, .fifo, .socket, .device: return nil
            }
        }
        if let target = try folder.status(link.name, following: true) { return target }
        throw SystemError(.noSuchFileOrDirectory, "follow the symbolic link", folder.path(of: link.bytes))
    }

    private func system<Result>(_ body: () throws(SystemError) -> Result) throws(TreeWalkError) -> Result {
        do throws(SystemError) { return try body() } catch { throw .system(error) }
    }
}
