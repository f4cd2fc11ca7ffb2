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

    private let workers: Workers
    private let isLeftOut: Filter
    private let followsLinks: Bool

    /// Describes a walk.
    ///
    /// - Parameters:
    ///   - followsLinks: whether a symbolic link counts as what it leads to. If not, it counts as a file.
    ///   - isLeftOut: the paths to leave out, folders with all that is in them.
    public init(workers: Workers, followsLinks: Bool, leavingOut isLeftOut: @escaping Filter) {
        self.workers = workers
        self.followsLinks = followsLinks
        self.isLeftOut = isLeftOut
    }

    /// Lists all files below `root`.
    ///
    /// - Throws: `TreeWalkError`: the first folder that cannot be read, a link that leads nowhere, and what is no file.
    public func snapshot(of root: FilePath) throws(TreeWalkError) -> TreeSnapshot {
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
        var result = TreeSnapshot()
        top.collect(into: &result)
        return result
    }

    private func list(_ node: WalkedFolder, in root: Folder) throws(TreeWalkError) {
        let path = node.path.isEmpty ? root.path : root.path(of: node.path)
        let descriptor = Folder.withCString(node.path.isEmpty ? Array(".".utf8) : node.path) {
            openat(root.descriptor, $0, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        }
        guard descriptor >= 0, let stream = fdopendir(descriptor) else {
            throw .system(SystemError(Errno(rawValue: errno), "list", path))
        }
        defer { closedir(stream) }
        let folder = Folder(owning: dup(descriptor), path)
        do throws(SystemError) {
            try Interruption.check()
            node.identity = try folder.status("").map(WalkedFolder.Identity.init)
        } catch {
            throw .system(error)
        }
        if node.isLink, node.isInsideItself { throw .loop(path) }
        var candidate = node.path.isEmpty ? [] : node.path + [UInt8(ascii: "/")]
        let prefix = candidate.count
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                guard errno == 0 else { throw .system(SystemError(Errno(rawValue: errno), "list", path)) }
                break
            }
            let type = Int32(entry.pointee.d_type)
            try withUnsafePointer(to: &entry.pointee.d_name) { (tuple) throws(TreeWalkError) in
                let name = UnsafeRawPointer(tuple).assumingMemoryBound(to: CChar.self)
                let bytes = UnsafeRawBufferPointer(start: name, count: strlen(name))
                if bytes[0] == 46, bytes.count == 1 || (bytes.count == 2 && bytes[1] == 46) { return }
                candidate.removeSubrange(prefix...)
                candidate.append(contentsOf: bytes)
                try examine(name, bytes, type, candidate, folder, into: node)
            }
        }
        node.finish()
    }

    /// Looks at one name in a folder, and notes it unless it is left out.
    private func examine(
        _ name: UnsafePointer<CChar>, _ bytes: UnsafeRawBufferPointer, _ type: Int32, _ path: [UInt8], _ folder: Folder,
        into node: WalkedFolder
    ) throws(TreeWalkError) {
        func leftOut(isFolder: Bool) -> Bool { path.withUnsafeBufferPointer { isLeftOut($0, isFolder) } }
        if type == Int32(DT_DIR) {
            if !leftOut(isFolder: true) { node.append(bytes, status: nil, isLink: false) }
            return
        }
        // A regular file is filtered before it is looked at: what is ignored may be unreadable.
        let isRegular = type == Int32(DT_REG)
        if isRegular, leftOut(isFolder: false) { return }
        var status: FileStatus
        var isLink = false
        do throws(SystemError) {
            guard let found = try folder.status(name) else { return }
            status = found
            if found.kind == .symbolicLink {
                isLink = true
                if followsLinks {
                    if let target = try folder.status(name, following: true) {
                        status = target
                    } else if leftOut(isFolder: false) {
                        return
                    } else {
                        throw SystemError(.noSuchFileOrDirectory, "follow the symbolic link", folder.path(of: bytes))
                    }
                }
            }
        } catch {
            throw .system(error)
        }
        if !isRegular, leftOut(isFolder: status.kind == .folder) { return }
        switch status.kind {
        case .folder: node.append(bytes, status: nil, isLink: isLink)
        case .regular, .symbolicLink: node.append(bytes, status: status, isLink: isLink)
        case .fifo, .socket, .device: throw .unsupported(folder.path(of: bytes), status.kind)
        }
    }
}
