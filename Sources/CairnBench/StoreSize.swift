import Glibc

/// What a store occupies.
struct StoreSize {
    /// The bytes of its regular files.
    private(set) var bytes: Int64 = 0
    /// The blocks that the file system gave to its files and folders, in bytes.
    private(set) var diskBytes: Int64 = 0

    /// Adds up files, and folders with everything below; what is not there counts nothing.
    init(of paths: [String]) {
        for path in paths { add(path) }
    }

    private init() {}

    private mutating func add(_ path: String) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        diskBytes += Int64(status.st_blocks) * 512
        switch status.st_mode & S_IFMT {
        case S_IFREG: bytes += Int64(status.st_size)
        case S_IFDIR: for name in Disk.names(in: path) { add("\(path)/\(name)") }
        default: break
        }
    }

    static func - (now: StoreSize, before: StoreSize) -> StoreSize {
        var growth = StoreSize()
        growth.bytes = now.bytes - before.bytes
        growth.diskBytes = now.diskBytes - before.diskBytes
        return growth
    }
}
