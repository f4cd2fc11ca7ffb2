public import CairnCore

/// All files below a folder with their status, sorted by path bytes.
public struct TreeSnapshot: Sendable {
    /// Paths relative to the folder, in ascending order of their bytes.
    public private(set) var paths = PathTable()
    /// The status of each path, of what it leads to where it is a symbolic link.
    public private(set) var files: [FileStatus] = []
    /// Paths of symbolic links among the files, by position.
    public private(set) var links: Set<Int> = []
    /// Folders in which there is nothing at all, relative like the paths.
    public internal(set) var emptyFolders: [[UInt8]] = []
    /// Folders that were reached through a symbolic link of this path, relative like the paths.
    public internal(set) var linkedFolders: [[UInt8]] = []

    /// Creates an empty snapshot.
    public init() {}

    /// Creates an empty snapshot with room for files whose paths have `bytes` bytes in all.
    init(reserving count: Int, bytes: Int) {
        files.reserveCapacity(count)
        paths.reserve(count: count, bytes: bytes)
    }

    /// How many files there are.
    public var count: Int { files.count }
    /// The sum of the sizes in bytes.
    public var size: Int64 { files.reduce(0) { $0 + $1.size } }

    /// Takes over what a file turned out to be when it was read.
    public mutating func update(_ index: Int, _ status: FileStatus) { files[index] = status }

    /// Adds a file; the caller keeps the order.
    public mutating func append(_ path: some Sequence<UInt8>, _ status: FileStatus, isLink: Bool) {
        append(folder: [], path, status, isLink: isLink)
    }

    /// Adds the file `folder/name`; the caller keeps the order.
    mutating func append(folder: [UInt8], _ name: some Sequence<UInt8>, _ status: FileStatus, isLink: Bool) {
        if isLink { links.insert(files.count) }
        paths.append(folder: folder, name: name)
        files.append(status)
    }
}
