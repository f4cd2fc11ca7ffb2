import CairnSystem

/// The few questions about files that finding a repository and reading its ignore rules need; what cannot be seen counts as not there.
enum GitFiles {
    /// What a name stands for; a symbolic link is not followed. `nil` when there is nothing, or nothing that may be seen.
    static func status(_ path: FilePath) -> FileStatus? { (try? path.status()) ?? nil }

    /// True for a folder or a symbolic link to one.
    static func isFolder(_ path: FilePath) -> Bool {
        ((try? path.status(following: true)) ?? nil)?.kind == .folder
    }

    /// The bytes of a small file; `nil` when there is none, when it is a symbolic link and those are not followed, or when it is
    /// longer than `limit` bytes (a hostile repository must not fill the memory).
    static func read(_ path: FilePath, followingLinks: Bool = true, limit: Int = 16 << 20) -> [UInt8]? {
        guard let file = try? OpenFile(reading: path, followingLinks: followingLinks) else { return nil }
        return try? file.readAll(limit: limit)
    }

    /// The last bytes of a file; `nil` when there is none.
    static func readEnd(of path: FilePath, count: Int) -> [UInt8]? {
        guard let file = try? OpenFile(reading: path), let size = try? file.status().size else { return nil }
        let wanted = Int(min(size, Int64(count)))
        return try? [UInt8](unsafeUninitializedCapacity: wanted) { buffer, filled in
            filled = try file.read(into: UnsafeMutableRawBufferPointer(buffer), at: size - Int64(wanted))
        }
    }

    /// The names in a folder without `.` and `..`, in the order of their bytes; `nil` when it cannot be read.
    static func names(in folder: FilePath) -> [[UInt8]]? {
        guard let names = try? Folder(folder).names() else { return nil }
        return names.sorted { $0.lexicographicallyPrecedes($1) }
    }

    /// The path without symbolic links; `nil` when something on the way does not exist.
    static func realPath(_ path: FilePath) -> FilePath? { try? path.resolved() }
}

extension FilePath {
    /// The path with more components behind it; `path` is relative and may have slashes.
    func appending(bytes path: some Collection<UInt8>) -> FilePath {
        path.isEmpty ? self : FilePath(bytes: bytes + [UInt8(ascii: "/")] + Array(path))
    }
}
