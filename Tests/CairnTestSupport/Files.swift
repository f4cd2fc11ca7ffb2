import Glibc

/// What tests do with files: plain system calls, so that no library of ours is tested with itself.
public enum Files {
    /// Reads a whole file.
    ///
    /// - Throws: `SupportError` when it cannot be read.
    public static func read(_ path: String) throws -> [UInt8] {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw failure("read", path) }
        defer { close(file) }
        return try readAll(file, path)
    }

    /// Reads a whole file as text; bytes that are not UTF-8 are replaced.
    ///
    /// - Throws: `SupportError` when it cannot be read.
    public static func text(_ path: String) throws -> String {
        String(decoding: try read(path), as: UTF8.self)
    }

    /// Writes a file, with the folders that lead to it.
    ///
    /// - Throws: `SupportError` when it cannot be written.
    public static func write(_ bytes: some Sequence<UInt8>, to path: String, mode: mode_t = 0o644) throws {
        if let slash = path.lastIndex(of: "/"), slash != path.startIndex {
            try makeFolder(String(path[..<slash]))
        }
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
        guard file >= 0 else { throw failure("write", path) }
        defer { close(file) }
        var rest = Array(bytes)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            guard count > 0 else { throw failure("write", path) }
            rest = rest.dropFirst(count)
        }
        fchmod(file, mode)
    }

    /// Writes text to a file, with the folders that lead to it.
    ///
    /// - Throws: `SupportError` when it cannot be written.
    public static func write(_ text: String, to path: String, mode: mode_t = 0o644) throws {
        try write(text.utf8, to: path, mode: mode)
    }

    /// Makes a folder and those that lead to it; one that exists is fine.
    ///
    /// - Throws: `SupportError` when it cannot be made.
    public static func makeFolder(_ path: String) throws {
        if mkdir(path, 0o755) == 0 || isFolder(path) { return }
        guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
            throw failure("make", path)
        }
        try makeFolder(String(path[..<slash]))
        guard mkdir(path, 0o755) == 0 || isFolder(path) else { throw failure("make", path) }
    }

    /// Makes a symbolic link.
    ///
    /// - Throws: `SupportError` when it cannot be made.
    public static func link(_ path: String, to target: String) throws {
        guard symlink(target, path) == 0 else { throw failure("link", path) }
    }

    /// Deletes a file or a whole folder, whatever its permissions; something that is not there is fine.
    public static func delete(_ path: String) {
        if unlink(path) == 0 || errno == ENOENT { return }
        chmod(path, 0o700)
        for name in names(in: path) { delete("\(path)/\(name)") }
        if rmdir(path) != 0 && errno == EBUSY { umount2(path, Int32(MNT_DETACH)) }
        rmdir(path)
    }

    /// Whether something, be it a dangling link, has this path.
    public static func exists(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0
    }

    /// Whether the path leads to a folder.
    public static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// The names in a folder, sorted by bytes, without `.` and `..`; none when it cannot be read.
    ///
    /// Names that are not UTF-8 come back repaired and cannot be opened by what is returned.
    public static func names(in folder: String) -> [String] {
        guard let stream = opendir(folder) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }
    }

    /// The paths of all regular files and links below a folder, relative to it, sorted by bytes.
    public static func paths(below folder: String) -> [String] {
        var found: [String] = []
        func walk(_ relative: String) {
            for name in names(in: relative.isEmpty ? folder : "\(folder)/\(relative)") {
                let path = relative.isEmpty ? name : "\(relative)/\(name)"
                var status = stat()
                guard lstat("\(folder)/\(path)", &status) == 0 else { continue }
                if status.st_mode & S_IFMT == S_IFDIR { walk(path) } else { found.append(path) }
            }
        }
        walk("")
        return found.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }
    }

    static func readAll(_ file: Int32, _ path: String) throws -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = Glibc.read(file, &buffer, buffer.count)
            guard count >= 0 else { throw failure("read", path) }
            if count == 0 { return bytes }
            bytes += buffer[..<count]
        }
    }

    private static func failure(_ verb: String, _ path: String) -> SupportError {
        SupportError("cannot \(verb) \(path): \(String(cString: strerror(errno)))")
    }
}
