internal import CLinux
internal import Glibc
import Synchronization

/// A small file that appears whole or not at all.
public enum AtomicFile {
    /// Writes `bytes` beside `path`, makes them durable and gives them the name `path`.
    ///
    /// A file that is there keeps its permission bits and its other content until the moment of the rename; if `path` is a
    /// symbolic link, what it leads to is replaced and the link stays.
    /// - Throws: `SystemError`; no temporary file stays, and nothing changed unless only the last sync of the folder failed.
    public static func write(_ bytes: [UInt8], to path: FilePath, permissions: UInt32? = nil)
        throws(SystemError)
    {
        let destination = try path.status()?.kind == .symbolicLink ? path.resolved() : path
        let folder = try Folder(
            destination.removingLastComponent().isEmpty ? "." : destination.removingLastComponent())
        guard let fileName = destination.lastComponentBytes else {
            throw SystemError(.isDirectory, "write", path)
        }
        let earlier = try folder.status(of: fileName)
        if let earlier, earlier.kind == .folder { throw SystemError(.isDirectory, "write", path) }
        let temporary = Folder.temporaryName()
        do throws(SystemError) {
            let file = try OpenFile(creating: temporary, in: folder, permissions: 0o666)
            if let wanted = permissions ?? earlier?.permissions { try file.setPermissions(wanted) }
            try bytes.withUnsafeBufferPointer { (buffer) throws(SystemError) in
                try file.write(UnsafeRawBufferPointer(buffer))
            }
            try file.sync()
            try folder.rename(temporary, to: folder, fileName)
        } catch {
            try? folder.remove(temporary)  // the first failure is the one to report
            throw SystemError(error.errno, error.operation, path)
        }
        try folder.sync()
    }
}

extension Folder {
    private static let temporaryNames = Atomic<Int>(0)

    /// A name for a file that is not complete yet, which nobody else uses.
    ///
    /// The process's number alone would not do: in containers several processes have the same.
    public static func temporaryName() -> [UInt8] {
        let number = temporaryNames.wrappingAdd(1, ordering: .relaxed).oldValue
        return Array(".cairn-\(Surroundings.processID)-\(Surroundings.now)-\(number)".utf8)
    }
}

extension FilePath {
    /// The last name of the path as bytes; `nil` for a root.
    public var lastComponentBytes: [UInt8]? {
        let bytes = bytes
        guard let last = bytes.split(separator: UInt8(ascii: "/")).last else { return nil }
        return Array(last)
    }

    /// Sets a file's time of change to now, making the file if it is missing. A symbolic link is not followed.
    ///
    /// - Returns: the time that the file system gave it, in nanoseconds since 1970.
    /// - Throws: `SystemError`, with ELOOP for a symbolic link.
    public func touch() throws(SystemError) -> Int64 {
        let result = withPlatformString {
            clinux_open_at(AT_FDCWD, $0, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o666)
        }
        guard result >= 0 else { throw SystemError(Errno(rawValue: -result), "open", self) }
        let file = OpenFile(owning: result, self)
        guard futimens(result, nil) == 0 else { throw SystemError(Errno(rawValue: errno), "touch", self) }
        return try file.status().mtime
    }

    /// The path with all symbolic links on the way resolved.
    ///
    /// - Throws: `SystemError` if it does not exist.
    public func resolved() throws(SystemError) -> FilePath {
        guard let resolved = withPlatformString({ realpath($0, nil) }) else {
            throw SystemError(Errno(rawValue: errno), "resolve", self)
        }
        defer { free(resolved) }
        return FilePath(platformString: resolved)
    }
}
