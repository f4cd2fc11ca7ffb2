internal import CLinux
internal import Glibc

/// An open folder: names in it are reached through its descriptor, so that a rename further up does not lead astray.
///
/// A class because several threads share one descriptor and an array may hold it; it has no mutable state.
public final class Folder: Sendable {
    /// The folder's path when it was opened, for messages.
    public let path: FilePath
    let descriptor: Int32

    /// Opens a folder, following symbolic links in the path.
    ///
    /// - Throws: `SystemError` if it is not there, is no folder, or may not be read.
    public convenience init(_ path: FilePath) throws(SystemError) {
        let result = path.withPlatformString { clinux_open_at(AT_FDCWD, $0, O_RDONLY | O_DIRECTORY, 0) }
        guard result >= 0 else { throw SystemError(Errno(rawValue: -result), "open", path) }
        self.init(owning: result, path)
    }

    init(owning descriptor: Int32, _ path: FilePath) {
        self.descriptor = descriptor
        self.path = path
    }

    deinit { close(descriptor) }

    /// Opens a folder below this one without following any symbolic link on the way.
    ///
    /// - Throws: `SystemError`, with ELOOP or ENOTDIR where a component is a symbolic link or a file.
    public func folder(_ components: [ArraySlice<UInt8>]) throws(SystemError) -> Folder {
        var folder = self
        for component in components { folder = try folder.folder(named: component) }
        return folder
    }

    /// Opens one folder in this one; a symbolic link is refused.
    public func folder(named name: some Collection<UInt8>) throws(SystemError) -> Folder {
        let result = Self.withCString(name) {
            clinux_open_at(descriptor, $0, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0)
        }
        guard result >= 0 else { throw SystemError(Errno(rawValue: -result), "open", path(of: name)) }
        return Folder(owning: result, path(of: name))
    }

    /// Opens a folder below this one, making what is missing; no symbolic link on the way is followed.
    ///
    /// - Parameter permissions: exactly these bits are set on what is made; `nil` leaves it to the umask.
    public func makeFolder(_ components: [ArraySlice<UInt8>], permissions: UInt32? = nil) throws(SystemError)
        -> Folder
    {
        var folder = self
        for component in components {
            do throws(SystemError) {
                folder = try folder.folder(named: component)
            } catch {
                guard error.errno == .noSuchFileOrDirectory else { throw error }
                let code = Self.withCString(component) {
                    mkdirat(folder.descriptor, $0, 0o777) == 0 ? 0 : errno
                }
                guard code == 0 || code == EEXIST else {
                    throw SystemError(Errno(rawValue: code), "make folder", folder.path(of: component))
                }
                let made = try folder.folder(named: component)
                if code == 0, let permissions, fchmod(made.descriptor, permissions) != 0 {
                    throw SystemError(Errno(rawValue: errno), "change mode of", made.path)
                }
                folder = made
            }
        }
        return folder
    }

    /// Makes a folder in this one.
    ///
    /// - Returns: false if the name is taken.
    func makeNewFolder(_ name: some Collection<UInt8>) throws(SystemError) -> Bool {
        let code = Self.withCString(name) { mkdirat(descriptor, $0, 0o777) == 0 ? 0 : errno }
        if code == EEXIST { return false }
        guard code == 0 else { throw SystemError(Errno(rawValue: code), "make folder", path(of: name)) }
        return true
    }

    /// The status of a name in the folder, or of the folder itself when the name is empty.
    ///
    /// - Returns: `nil` when there is no such name.
    /// - Throws: `SystemError` for every other failure.
    public func status(_ name: UnsafePointer<CChar>, following: Bool = false) throws(SystemError)
        -> FileStatus?
    {
        var status = clinux_status()
        let code = clinux_status_at(descriptor, name, following, &status)
        if code == ENOENT || code == ENOTDIR { return nil }
        guard code == 0 else {
            let bytes = UnsafeRawBufferPointer(start: name, count: strlen(name))
            throw SystemError(Errno(rawValue: code), "look at", path(of: bytes))
        }
        return FileStatus(status)
    }

    /// The status of a path below the folder; `nil` when there is nothing.
    public func status(of name: some Collection<UInt8>, following: Bool = false) throws(SystemError)
        -> FileStatus?
    {
        let bytes = Self.cString(name)
        return try bytes.withUnsafeBufferPointer { (buffer) throws(SystemError) in
            try status(
                UnsafeRawPointer(buffer.baseAddress!).assumingMemoryBound(to: CChar.self),
                following: following)
        }
    }

    /// Takes a name out of the folder; a name that is not there is fine.
    public func remove(_ name: some Collection<UInt8>) throws(SystemError) {
        let code = Self.withCString(name) { unlinkat(descriptor, $0, 0) == 0 ? 0 : errno }
        guard code == 0 || code == ENOENT else {
            throw SystemError(Errno(rawValue: code), "remove", path(of: name))
        }
    }

    /// Takes an empty folder out of this one.
    ///
    /// - Returns: false if it is not there or not empty.
    @discardableResult
    public func removeEmptyFolder(_ name: some Collection<UInt8>) throws(SystemError) -> Bool {
        let code = Self.withCString(name) { unlinkat(descriptor, $0, AT_REMOVEDIR) == 0 ? 0 : errno }
        if code == ENOTEMPTY || code == EEXIST || code == ENOENT { return false }
        guard code == 0 else { throw SystemError(Errno(rawValue: code), "remove", path(of: name)) }
        return true
    }

    /// Gives a file of this folder a name in another one (or the same), replacing what has that name.
    public func rename(
        _ name: some Collection<UInt8>, to folder: Folder, _ newName: some Collection<UInt8>
    ) throws(SystemError) {
        let code = Self.withCString(name) { old in
            Self.withCString(newName) { renameat(descriptor, old, folder.descriptor, $0) == 0 ? 0 : errno }
        }
        guard code == 0 else { throw SystemError(Errno(rawValue: code), "rename", path(of: name)) }
    }

    /// As `rename`, but leaves alone what has the new name already.
    ///
    /// - Throws: `SystemError` with EEXIST if there is something.
    public func renameExclusively(
        _ name: some Collection<UInt8>, to folder: Folder, _ newName: some Collection<UInt8>
    ) throws(SystemError) {
        let code = Self.withCString(name) { old in
            Self.withCString(newName) { clinux_rename_exclusively(descriptor, old, folder.descriptor, $0) }
        }
        if code == EINVAL || code == ENOSYS {
            // The file system cannot do both at once.
            guard try folder.status(of: newName) == nil else {
                throw SystemError(.fileExists, "rename to", folder.path(of: newName))
            }
            return try rename(name, to: folder, newName)
        }
        guard code == 0 else {
            throw SystemError(Errno(rawValue: code), "rename to", folder.path(of: newName))
        }
    }

    /// Makes a symbolic link in the folder.
    public func makeSymbolicLink(_ name: some Collection<UInt8>, to target: FilePath) throws(SystemError) {
        let code = Self.withCString(name) { new in
            target.withPlatformString { symlinkat($0, descriptor, new) == 0 ? 0 : errno }
        }
        guard code == 0 else { throw SystemError(Errno(rawValue: code), "make a link", path(of: name)) }
    }

    /// Gives a file of this folder one more name in another one.
    public func link(
        _ name: some Collection<UInt8>, to folder: Folder, _ newName: some Collection<UInt8>
    ) throws(SystemError) {
        let code = Self.withCString(name) { old in
            Self.withCString(newName) { linkat(descriptor, old, folder.descriptor, $0, 0) == 0 ? 0 : errno }
        }
        guard code == 0 else { throw SystemError(Errno(rawValue: code), "link", path(of: name)) }
    }

    /// What a symbolic link in the folder says; `nil` if the name is something else.
    public func linkTarget(_ name: some Collection<UInt8>) throws(SystemError) -> FilePath? {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
        let count = Self.withCString(name) { readlinkat(descriptor, $0, &buffer, Int(PATH_MAX)) }
        if count < 0 {
            if errno == EINVAL || errno == ENOENT { return nil }
            throw SystemError(Errno(rawValue: errno), "read the link", path(of: name))
        }
        return FilePath(bytes: buffer.prefix(count).map { UInt8(bitPattern: $0) })
    }

    /// Sets the permission bits of a file of this folder.
    ///
    /// - Throws: `SystemError`, with ELOOP for a symbolic link: what it leads to keeps its own.
    public func setPermissions(_ name: some Collection<UInt8>, _ permissions: UInt32) throws(SystemError) {
        // fchmodat(2) follows links, and older kernels cannot be told otherwise.
        guard try status(of: name)?.kind != .symbolicLink else {
            throw SystemError(.tooManySymbolicLinkLevels, "change mode of", path(of: name))
        }
        let code = Self.withCString(name) { fchmodat(descriptor, $0, permissions, 0) == 0 ? 0 : errno }
        guard code == 0 else { throw SystemError(Errno(rawValue: code), "change mode of", path(of: name)) }
    }

    /// Makes everything written so far on the folder's file system survive a power cut.
    public func syncFileSystem() throws(SystemError) {
        let code = clinux_sync_file_system(descriptor)
        guard code == 0 else { throw SystemError(Errno(rawValue: code), "sync", path) }
    }

    /// Makes the names in the folder survive a power cut.
    ///
    /// Some file systems of other machines cannot sync a folder (EINVAL), and write names when they are made.
    public func sync() throws(SystemError) {
        guard fsync(descriptor) == 0 || errno == EINVAL else {
            throw SystemError(Errno(rawValue: errno), "sync", path)
        }
    }

    /// The path of a name in the folder, for messages.
    public func path(of name: some Collection<UInt8>) -> FilePath {
        FilePath(bytes: Array(path.bytes) + [UInt8(ascii: "/")] + Array(name))
    }

    static func cString(_ name: some Collection<UInt8>) -> [UInt8] {
        var bytes = Array(name)
        bytes.append(0)
        return bytes
    }

    static func withCString<Result>(_ name: some Collection<UInt8>, _ body: (UnsafePointer<CChar>) -> Result)
        -> Result
    {
        cString(name).withUnsafeBufferPointer {
            // Holds at least the NUL.
            body(UnsafeRawPointer($0.baseAddress!).assumingMemoryBound(to: CChar.self))
        }
    }
}

extension FilePath {
    /// A path from raw bytes, which need not be UTF-8.
    ///
    /// - Precondition: `bytes` holds no NUL.
    public init(bytes: some Collection<UInt8>) {
        let terminated = bytes.map { CChar(bitPattern: $0) } + [0]
        // Never empty.
        self = terminated.withUnsafeBufferPointer { FilePath(platformString: $0.baseAddress!) }
    }

    /// The path's raw bytes.
    public var bytes: [UInt8] {
        withPlatformString { pointer in
            Array(UnsafeRawBufferPointer(start: pointer, count: strlen(pointer)))
        }
    }
}
