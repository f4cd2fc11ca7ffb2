internal import CLinux
internal import Glibc
import Synchronization

/// A small file that appears whole or not at all.
public enum AtomicFile {
    /// Writes `bytes` to a new file, makes them durable and gives them the name `path`.
    ///
    /// A file that is there keeps its permission bits and its other content until the moment of the rename; if `path` is a
    /// symbolic link, what it leads to is replaced and the link stays.
    /// - Throws: `SystemError`; no temporary file stays, and nothing changed unless only the last sync of the folder failed.
    public static func write(_ bytes: [UInt8], to path: FilePath, permissions: UInt32? = nil)
        throws(SystemError)
    {
        let file = try PreparedFile(bytes, for: path, permissions: permissions, isDurable: true)
        try file.appear()
        try file.folder.sync()
    }

    /// Writes a file that appears whole or not at all, and that a power cut may take or empty: for what can be made or fetched again, and
    /// is checked when it is read.
    ///
    /// - Throws: `SystemError`; no temporary file stays.
    public static func writeForNow(_ bytes: [UInt8], to path: FilePath) throws(SystemError) {
        try PreparedFile(bytes, for: path, permissions: nil, isDurable: false).appear()
    }

    /// Writes several files, each of which appears whole or not at all; they are made durable together.
    ///
    /// Takes a few syncs of the file system for any number of files, which is slow for a few of them: those get their own.
    /// - Throws: `SystemError`; files that came before then have their new content, and no temporary file stays.
    public static func write(_ files: [(path: FilePath, bytes: [UInt8])]) throws(SystemError) {
        guard files.count > 8 else {
            for file in files { try write(file.bytes, to: file.path) }
            return
        }
        // Each holds its own descriptor and that of its folder.
        for start in stride(from: 0, to: files.count, by: 128) {
            try writeTogether(files[start..<min(start + 128, files.count)])
        }
    }

    private static func writeTogether(_ files: ArraySlice<(path: FilePath, bytes: [UInt8])>)
        throws(SystemError)
    {
        var prepared: [PreparedFile] = []
        for file in files {
            prepared.append(try PreparedFile(file.bytes, for: file.path, permissions: nil, isDurable: false))
        }
        try syncFileSystems(of: prepared)
        for file in prepared { try file.appear() }
        try syncFileSystems(of: prepared)
    }

    private static func syncFileSystems(of files: [PreparedFile]) throws(SystemError) {
        var devices: Set<UInt64> = []
        for file in files where devices.insert(file.device).inserted { try file.folder.syncFileSystem() }
    }
}

/// A file with its whole content that does not have its name yet; it goes with the value unless it appears.
///
/// It has no name at all where the file system knows such files, so that a process that is killed leaves nothing; elsewhere it lies
/// beside its place.
private final class PreparedFile {
    let folder: Folder
    let device: UInt64
    private let path: FilePath
    private let temporary: [UInt8]
    private let name: [UInt8]
    private let file: OpenFile
    /// True while the file has its temporary name.
    private var isBeside: Bool

    /// Writes the file.
    ///
    /// - Parameter isDurable: whether its content is to survive a power cut from here on.
    init(_ bytes: [UInt8], for path: FilePath, permissions: UInt32?, isDurable: Bool) throws(SystemError) {
        let destination = try path.status()?.kind == .symbolicLink ? path.resolved() : path
        let parent = destination.removingLastComponent()
        folder = try Folder(parent.isEmpty ? "." : parent)
        guard let name = destination.lastComponentBytes else {
            throw SystemError(.isDirectory, "write", path)
        }
        let earlier = try folder.status(of: name)
        if let earlier, earlier.kind == .folder { throw SystemError(.isDirectory, "write", path) }
        self.path = path
        self.name = name
        temporary = Folder.temporaryName()
        do throws(SystemError) {
            if let unnamed = try OpenFile.unnamed(in: folder, permissions: 0o666) {
                file = unnamed
                isBeside = false
            } else {
                file = try OpenFile(creating: temporary, in: folder, permissions: 0o666)
                isBeside = true
            }
        } catch {
            throw SystemError(error.errno, error.operation, path)
        }
        do throws(SystemError) {
            device = try file.status().device
            if let wanted = permissions ?? earlier?.permissions { try file.setPermissions(wanted) }
            try bytes.withUnsafeBufferPointer { (buffer) throws(SystemError) in
                try file.write(UnsafeRawBufferPointer(buffer))
            }
            if isDurable { try file.sync() }
        } catch {
            throw SystemError(error.errno, error.operation, path)
        }
    }

    deinit {
        if isBeside { try? folder.remove(temporary) }  // after a failure, which is the one to report
    }

    /// Gives the file its name.
    func appear() throws(SystemError) {
        do throws(SystemError) {
            if !isBeside {
                if try takeFreeName() { return }
                // What has the name can only be replaced by a file that has one too.
                try file.name(temporary, in: folder)
                isBeside = true
            }
            try folder.rename(temporary, to: folder, name)
            isBeside = false
        } catch {
            throw SystemError(error.errno, error.operation, path)
        }
    }

    /// Takes the name unless something has it.
    private func takeFreeName() throws(SystemError) -> Bool {
        do throws(SystemError) {
            try file.name(name, in: folder)
            return true
        } catch {
            guard error.errno == .fileExists else { throw error }
            return false
        }
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
