import Glibc

/// Files and folders by path, as far as preparing needs them.
enum Disk {
    /// Makes a folder and the folders above it.
    static func makeFolder(_ path: String) throws(BenchError) {
        var built = path.hasPrefix("/") ? "" : "."
        for part in path.split(separator: "/") {
            built += "/\(part)"
            guard mkdir(built, 0o777) == 0 || errno == EEXIST else { throw failure("make", built) }
        }
    }

    /// Makes a file of these bytes.
    static func write(_ bytes: [UInt8], to path: String) throws(BenchError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw failure("make", path) }
        defer { close(descriptor) }
        try write(bytes, to: descriptor, path)
    }

    private static func write(_ bytes: [UInt8], to descriptor: Int32, _ path: String) throws(BenchError) {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress! + done, $0.count - done)
            }  // not empty
            guard count >= 0 || errno == EINTR else { throw failure("write", path) }
            done += max(count, 0)
        }
    }

    /// Makes a file of `byteCount` bytes, piece by piece; `next` refills the piece, whose size divides the whole.
    static func write(
        _ byteCount: Int, to path: String, piece: Int = 1 << 20, _ next: (inout [UInt8]) -> Void
    ) throws(BenchError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw failure("make", path) }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: piece)
        for _ in 0..<(byteCount / piece) {
            next(&bytes)
            try write(bytes, to: descriptor, path)
        }
    }

    /// Writes over a part of a file.
    static func overwrite(_ path: String, at offset: Int, with bytes: [UInt8]) throws(BenchError) {
        let descriptor = open(path, O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0, lseek(descriptor, off_t(offset), SEEK_SET) >= 0 else {
            throw failure("write", path)
        }
        defer { close(descriptor) }
        try write(bytes, to: descriptor, path)
    }

    /// The bytes of a file that is known to be small; `nil` if it cannot be read.
    static func read(_ path: String) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            guard count >= 0 else { return nil }
            if count == 0 { return bytes }
            bytes += buffer.prefix(count)
        }
    }

    /// The names in a folder, in no order; none if it is no folder.
    static func names(in path: String) -> [String] {
        guard let folder = opendir(path) else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names
    }

    /// The bytes of a file; 0 if there is none.
    static func size(of path: String) -> Int64 {
        var status = stat()
        return stat(path, &status) == 0 ? Int64(status.st_size) : 0
    }

    /// Gives a file or folder another name.
    static func move(_ path: String, to other: String) throws(BenchError) {
        guard rename(path, other) == 0 else { throw failure("move", path) }
    }

    /// The path without symbolic links; `nil` if there is nothing.
    static func resolve(_ path: String) -> String? {
        guard let found = realpath(path, nil) else { return nil }
        defer { free(found) }
        return String(cString: found)
    }

    static func isExecutable(_ path: String) -> Bool { access(path, X_OK) == 0 }

    /// Makes everything that was written durable, so that no run pays for the one before.
    static func sync() { Glibc.sync() }

    /// Makes a new folder with this beginning of its name.
    static func makeScratch(_ prefix: String) throws(BenchError) -> String {
        var template = Array("\(prefix)XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw failure("make a folder like", prefix) }
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func failure(_ verb: String, _ path: String) -> BenchError {
        BenchError("cannot \(verb) '\(path)': \(String(cString: strerror(errno)))")
    }
}
