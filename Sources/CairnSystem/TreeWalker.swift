public import CairnCore
internal import Glibc
import Synchronization

/// All files below a folder with their status, sorted by path bytes.
public struct TreeSnapshot: Sendable {
    /// Paths relative to the folder, in ascending order of their bytes.
    public fileprivate(set) var paths = PathTable()
    /// The status of each path, of what it leads to where it is a symbolic link.
    public fileprivate(set) var files: [FileStatus] = []
    /// Paths of symbolic links among the files, by position.
    public fileprivate(set) var links: Set<Int> = []
    /// Folders in which there is nothing at all, relative like the paths.
    public fileprivate(set) var emptyFolders: [[UInt8]] = []

    /// Creates an empty snapshot.
    public init() {}

    /// How many files there are.
    public var count: Int { files.count }
    /// The sum of the sizes in bytes.
    public var size: Int64 { files.reduce(0) { $0 + $1.size } }

    /// Adds a file; the caller keeps the order.
    public mutating func append(_ path: some Sequence<UInt8>, _ status: FileStatus, isLink: Bool) {
        if isLink { links.insert(files.count) }
        paths.append(path)
        files.append(status)
    }
}

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
        let top = Node(path: [], isLink: false, parent: nil)
        var frontier = [top]
        while !frontier.isEmpty {
            let level = frontier
            let next = Mutex<[Node]>([])
            try workers.forEachRange(of: level.count, stride: 4) { (range) throws(TreeWalkError) in
                for index in range {
                    try list(level[index], in: folder)
                    let children = Array(level[index].children.values)
                    next.withLock { $0 += children }
                }
            }
            frontier = next.withLock { $0 }
        }
        var result = TreeSnapshot()
        top.collect(into: &result)
        return result
    }

    private func list(_ node: Node, in root: Folder) throws(TreeWalkError) {
        do throws(SystemError) {
            try Interruption.check()
        } catch {
            throw .system(error)
        }
        let descriptor = Folder.withCString(node.path.isEmpty ? Array(".".utf8) : node.path) {
            openat(root.descriptor, $0, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        }
        let path = node.path.isEmpty ? root.path : root.path(of: node.path)
        guard descriptor >= 0, let stream = fdopendir(descriptor) else {
            throw .system(SystemError(Errno(rawValue: errno), "list", path))
        }
        defer { closedir(stream) }
        let folder = Folder(owning: dup(descriptor), path)
        do throws(SystemError) {
            node.identity = try folder.status("").map(FolderIdentity.init)
        } catch {
            throw .system(error)
        }
        if node.isLink, node.isInsideItself { throw .loop(path) }
        var entries: [Node.Entry] = []
        var candidate = node.path.isEmpty ? [] : node.path + [UInt8(ascii: "/")]
        let prefix = candidate.count
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                guard errno == 0 else { throw .system(SystemError(Errno(rawValue: errno), "list", path)) }
                break
            }
            let found = try withUnsafePointer(to: &entry.pointee.d_name) { (tuple) throws(TreeWalkError) in
                let name = UnsafeRawPointer(tuple).assumingMemoryBound(to: CChar.self)
                let bytes = UnsafeRawBufferPointer(start: name, count: strlen(name))
                if bytes.elementsEqual([46]) || bytes.elementsEqual([46, 46]) { return nil as Node.Entry? }
                candidate.removeSubrange(prefix...)
                candidate.append(contentsOf: bytes)
                return try examine(name, candidate[prefix...], entry.pointee.d_type, candidate, folder)
            }
            if let found { entries.append(found) }
        }
        node.adopt(entries)
    }

    /// Looks at one name in a folder; `nil` if it is left out.
    private func examine(
        _ name: UnsafePointer<CChar>, _ bytes: ArraySlice<UInt8>, _ type: UInt8, _ path: [UInt8], _ folder: Folder
    ) throws(TreeWalkError) -> Node.Entry? {
        let isSurelyFolder = Int32(type) == Int32(DT_DIR)
        func leftOut(isFolder: Bool) -> Bool { path.withUnsafeBufferPointer { isLeftOut($0, isFolder) } }
        if isSurelyFolder {
            return leftOut(isFolder: true) ? nil : Node.Entry(name: Array(bytes), status: nil, isLink: false)
        }
        // A regular file is filtered before it is looked at: what is ignored may be unreadable.
        if Int32(type) == Int32(DT_REG), leftOut(isFolder: false) { return nil }
        let status: FileStatus
        var isLink = false
        do throws(SystemError) {
            guard var found = try folder.status(name) else { return nil }
            if found.kind == .symbolicLink {
                isLink = true
                if followsLinks {
                    if let target = try folder.status(name, following: true) {
                        found = target
                    } else if leftOut(isFolder: false) {
                        return nil
                    } else {
                        throw SystemError(.noSuchFileOrDirectory, "follow the symbolic link", folder.path(of: bytes))
                    }
                }
            }
            status = found
        } catch {
            throw .system(error)
        }
        let isFolder = status.kind == .folder
        if leftOut(isFolder: isFolder) { return nil }
        switch status.kind {
        case .folder: return Node.Entry(name: Array(bytes), status: nil, isLink: isLink)
        case .regular, .symbolicLink: return Node.Entry(name: Array(bytes), status: status, isLink: isLink)
        case .fifo, .socket, .device: throw .unsupported(folder.path(of: bytes), status.kind)
        }
    }
}

/// Which folder it is, whatever its name.
private struct FolderIdentity: Hashable {
    let device: UInt64
    let inode: UInt64
    init(_ status: FileStatus) {
        device = status.device
        inode = status.inode
    }
}

/// A folder of the walk: filled by one thread, then read by the one that collects.
private final class Node: @unchecked Sendable {
    // Sendable: each node is handed to exactly one thread of a level, and levels are separated by a join.
    struct Entry {
        let name: [UInt8]
        /// `nil` for a folder.
        let status: FileStatus?
        let isLink: Bool
    }

    let path: [UInt8]
    /// True for a folder reached through a symbolic link, where a loop is possible.
    let isLink: Bool
    let parent: Node?
    /// Set when the folder is opened, before any of its children is.
    var identity: FolderIdentity?
    private(set) var entries: [Entry] = []
    private(set) var children: [Int: Node] = [:]

    init(path: [UInt8], isLink: Bool, parent: Node?) {
        self.path = path
        self.isLink = isLink
        self.parent = parent
    }

    /// True if a folder above is this very folder.
    var isInsideItself: Bool {
        var above = parent
        while let node = above {
            if node.identity == identity { return true }
            above = node.parent
        }
        return false
    }

    /// Takes the folder's entries and sorts them so that walking them in order gives whole paths in order.
    func adopt(_ found: [Entry]) {
        entries = found.sorted { left, right in
            // A folder sorts as its name with a slash, for that is what follows it in every path below.
            Self.precedes(left.name, left.status == nil, right.name, right.status == nil)
        }
        for (index, entry) in entries.enumerated() where entry.status == nil {
            let child = path.isEmpty ? entry.name : path + [UInt8(ascii: "/")] + entry.name
            children[index] = Node(path: child, isLink: entry.isLink, parent: self)
        }
    }

    private static func precedes(_ left: [UInt8], _ leftIsFolder: Bool, _ right: [UInt8], _ rightIsFolder: Bool) -> Bool {
        let common = min(left.count, right.count)
        let order = memcmp(left, right, common)
        if order != 0 { return order < 0 }
        let slash = UInt8(ascii: "/")
        let next = left.count > common ? left[common] : (leftIsFolder ? slash : 0)
        let other = right.count > common ? right[common] : (rightIsFolder ? slash : 0)
        return next < other
    }

    func collect(into snapshot: inout TreeSnapshot) {
        if entries.isEmpty, !path.isEmpty { snapshot.emptyFolders.append(path) }
        for (index, entry) in entries.enumerated() {
            if let status = entry.status {
                let file = path.isEmpty ? entry.name : path + [UInt8(ascii: "/")] + entry.name
                snapshot.append(file, status, isLink: entry.isLink)
            } else {
                children[index]?.collect(into: &snapshot)
            }
        }
    }
}
