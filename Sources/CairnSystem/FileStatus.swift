internal import CLinux
internal import Glibc

/// What the operating system knows of a file without reading it.
public struct FileStatus: Hashable, Sendable {
    /// What sort of thing a name stands for.
    public enum Kind: Hashable, Sendable {
        case regular, folder, symbolicLink, fifo, socket, device
    }

    /// Length in bytes.
    public let size: Int64
    /// Last change of the content, in nanoseconds since 1970.
    public let mtime: Int64
    /// Last change of content or metadata, in nanoseconds since 1970.
    public let ctime: Int64
    /// The number of the inode on its device.
    public let inode: UInt64
    /// The device that holds it.
    public let device: UInt64
    /// Type and permission bits, as in stat(2).
    public let mode: UInt32
    /// How many names the file has.
    public let links: UInt32
    /// The number of the user that it belongs to.
    public let owner: UInt32

    /// Puts a status together, as a stat index does from its rows.
    public init(
        size: Int64, mtime: Int64, ctime: Int64, inode: UInt64, device: UInt64 = 0, mode: UInt32 = 0,
        links: UInt32 = 1,
        owner: UInt32 = 0
    ) {
        self.size = size
        self.mtime = mtime
        self.ctime = ctime
        self.inode = inode
        self.device = device
        self.mode = mode
        self.links = links
        self.owner = owner
    }

    init(_ status: clinux_status) {
        self.init(
            size: status.size, mtime: status.mtime, ctime: status.ctime, inode: status.inode,
            device: status.device,
            mode: status.mode, links: status.links, owner: status.owner)
    }

    /// What sort of thing it is.
    public var kind: Kind {
        switch mode_t(mode) & S_IFMT {
        case S_IFREG: .regular
        case S_IFDIR: .folder
        case S_IFLNK: .symbolicLink
        case S_IFIFO: .fifo
        case S_IFSOCK: .socket
        default: .device
        }
    }

    /// The permission bits, without the type.
    public var permissions: UInt32 { mode & 0o7777 }

    /// True if the owner may execute the file.
    public var isExecutable: Bool { mode & 0o100 != 0 }

    /// True if nothing suggests that the content changed between the two observations.
    public func hasSameContent(as other: FileStatus) -> Bool {
        ctime == other.ctime && hasSameContentByAnyName(as: other)
    }

    /// As `hasSameContent`, for a file that may have been given a name or lost one in between: that changes its ctime and
    /// nothing else.
    public func hasSameContentByAnyName(as other: FileStatus) -> Bool {
        size == other.size && mtime == other.mtime && inode == other.inode
    }

    /// True if nothing suggests that somebody wrote to the file since it was seen as `earlier`, so that it may go.
    ///
    /// Of files that share an inode, each that goes changes the ctime of the others: it says nothing then.
    public func isUntouched(since earlier: FileStatus) -> Bool {
        links > 1 || earlier.links > 1 ? hasSameContentByAnyName(as: earlier) : hasSameContent(as: earlier)
    }
}
