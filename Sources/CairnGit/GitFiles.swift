import CairnSystem
import Glibc

/// The few questions about files that finding a repository and reading its ignore rules need.
enum GitFiles {
    /// What a name stands for; a symbolic link is not followed.
    enum Kind { case file, folder, link, other }

    struct Status {
        let kind: Kind
        let owner: UInt32
        let device: UInt64
    }

    /// lstat(2); `nil` when there is nothing, or nothing that may be seen.
    static func status(_ path: FilePath) -> Status? {
        var status = stat()
        guard path.withPlatformString({ lstat($0, &status) }) == 0 else { return nil }
        let kind: Kind =
            switch status.st_mode & S_IFMT {
            case S_IFREG: .file
            case S_IFDIR: .folder
            case S_IFLNK: .link
            default: .other
            }
        return Status(kind: kind, owner: status.st_uid, device: UInt64(status.st_dev))
    }

    /// True for a folder or a symbolic link to one.
    static func isFolder(_ path: FilePath) -> Bool {
        var status = stat()
        return path.withPlatformString({ fstatat(AT_FDCWD, $0, &status, 0) }) == 0
            && status.st_mode & S_IFMT == S_IFDIR
    }

    /// The bytes of a small file; `nil` when there is none, when it is a symbolic link and those are not followed, or when it is
    /// longer than `limit` bytes (a hostile repository must not fill the memory).
    static func read(_ path: FilePath, followingLinks: Bool = true, limit: Int = 16 << 20) -> [UInt8]? {
        var options: FileDescriptor.OpenOptions = [.closeOnExec, .nonBlocking]
        if !followingLinks { options.insert(.noFollow) }
        guard let descriptor = try? FileDescriptor.open(path, .readOnly, options: options) else { return nil }
        return try? descriptor.closeAfter {
            var bytes: [UInt8] = []
            var part = [UInt8](repeating: 0, count: 16384)
            while true {
                let count = try part.withUnsafeMutableBytes { try descriptor.read(into: $0) }
                if count == 0 { return bytes }
                bytes += part[..<count]
                if bytes.count > limit { return nil }
            }
        }
    }

    /// The names in a folder without `.` and `..`, in the order of their bytes; `nil` when it cannot be read.
    static func names(in folder: FilePath) -> [[UInt8]]? {
        guard let stream = folder.withPlatformString({ opendir($0) }) else { return nil }
        defer { closedir(stream) }
        var names: [[UInt8]] = []
        while let entry = readdir(stream) {
            // The name is read where it lies: copying the struct would cut it at the declared size.
            let offset = MemoryLayout<dirent>.offset(of: \dirent.d_name)!  // a stored field has an offset
            let name = [UInt8](
                cString: UnsafeRawPointer(entry).advanced(by: offset).assumingMemoryBound(to: CChar.self))
            if name != Array(".".utf8) && name != Array("..".utf8) { names.append(name) }
        }
        return names.sorted { $0.lexicographicallyPrecedes($1) }
    }

    /// realpath(3); `nil` when something on the way does not exist.
    static func realPath(_ path: FilePath) -> FilePath? {
        guard let real = path.withPlatformString({ realpath($0, nil) }) else { return nil }
        defer { free(real) }
        return FilePath(platformString: real)
    }

    /// The user that the process acts as.
    static func effectiveUser() -> UInt32 { geteuid() }

    /// A variable of the process's environment.
    static func environment(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
}

extension FilePath {
    /// A path of the operating system from its bytes, which must have no NUL.
    init(bytes: some Collection<UInt8>) {
        let ended = bytes.map { CChar(bitPattern: $0) } + [0]
        // The base address is never nil: the array ends in a NUL.
        self = ended.withUnsafeBufferPointer { FilePath(platformString: $0.baseAddress!) }
    }

    /// The path's bytes as the operating system takes them.
    var bytes: [UInt8] { withPlatformString { [UInt8](cString: $0) } }

    /// The path with more components behind it; `path` is relative and may have slashes.
    func appending(bytes path: some Collection<UInt8>) -> FilePath {
        path.isEmpty ? self : FilePath(bytes: bytes + [UInt8(ascii: "/")] + Array(path))
    }
}
