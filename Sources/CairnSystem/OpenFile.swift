internal import CLinux
internal import Glibc

/// An open file with its path for messages; closed when the value goes.
public struct OpenFile: ~Copyable, Sendable {
    /// The file's path when it was opened.
    public let path: FilePath
    let descriptor: Int32

    init(owning descriptor: Int32, _ path: FilePath) {
        self.descriptor = descriptor
        self.path = path
    }

    /// Opens a file for reading.
    ///
    /// - Throws: `SystemError` if it is not there or may not be read, or is a symbolic link and those are not followed.
    public init(reading path: FilePath, followingLinks: Bool = true) throws(SystemError) {
        let flags = O_RDONLY | O_NONBLOCK | (followingLinks ? 0 : O_NOFOLLOW)
        let result = path.withPlatformString { clinux_open_at(AT_FDCWD, $0, flags, 0) }
        guard result >= 0 else { throw SystemError(Errno(rawValue: -result), "open", path) }
        self.init(owning: result, path)
    }

    /// Opens the path `name` below `folder` for reading.
    ///
    /// - Parameter followingLinks: whether the last component may be a symbolic link.
    /// - Throws: `SystemError`, with ELOOP for a symbolic link that is not followed.
    public init(
        reading name: some Collection<UInt8>, in folder: Folder, followingLinks: Bool
    ) throws(SystemError) {
        // O_NONBLOCK: a FIFO under this name must not hang the command.
        let flags = O_RDONLY | O_NONBLOCK | (followingLinks ? 0 : O_NOFOLLOW)
        let result = Folder.withCString(name) { clinux_open_at(folder.descriptor, $0, flags, 0) }
        guard result >= 0 else { throw SystemError(Errno(rawValue: -result), "open", folder.path(of: name)) }
        self.init(owning: result, folder.path(of: name))
    }

    /// Makes a new file `name` in `folder` for writing.
    ///
    /// - Parameter permissions: those that it gets, less what the process's umask takes away.
    /// - Throws: `SystemError` with EEXIST if the name is taken.
    public init(creating name: some Collection<UInt8>, in folder: Folder, permissions: UInt32)
        throws(SystemError)
    {
        let result = Folder.withCString(name) {
            clinux_open_at(folder.descriptor, $0, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, permissions)
        }
        guard result >= 0 else {
            throw SystemError(Errno(rawValue: -result), "create", folder.path(of: name))
        }
        self.init(owning: result, folder.path(of: name))
    }

    /// Opens the file `name` in `folder` for reading and writing, and makes it if it is not there.
    ///
    /// - Throws: `SystemError`, with ELOOP for a symbolic link.
    public init(updating name: some Collection<UInt8>, in folder: Folder, permissions: UInt32)
        throws(SystemError)
    {
        let result = Folder.withCString(name) {
            clinux_open_at(folder.descriptor, $0, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, permissions)
        }
        guard result >= 0 else { throw SystemError(Errno(rawValue: -result), "open", folder.path(of: name)) }
        self.init(owning: result, folder.path(of: name))
    }

    /// Makes a new file that has no name and is gone when it is closed before it gets one.
    ///
    /// - Parameter folder: where it may get its name.
    /// - Returns: `nil` where the system has no such files.
    /// - Throws: `SystemError` if no file can be made at all.
    static func unnamed(in folder: Folder, permissions: UInt32) throws(SystemError) -> OpenFile? {
        guard namesFiles else { return nil }
        let result = clinux_open_unnamed(folder.descriptor, permissions)
        if [-EOPNOTSUPP, -EISDIR, -ENOENT, -EINVAL].contains(result) { return nil }
        guard result >= 0 else {
            throw SystemError(Errno(rawValue: -result), "create a file in", folder.path)
        }
        return OpenFile(owning: result, folder.path)
    }

    /// Without proc(5) a file cannot be named by its descriptor.
    private static let namesFiles = access("/proc/self/fd", X_OK) == 0

    /// Gives a file without a name its first one.
    ///
    /// - Throws: `SystemError` with EEXIST if the name is taken.
    func name(_ name: some Collection<UInt8>, in folder: Folder) throws(SystemError) {
        let code = Folder.withCString(name) { clinux_name(descriptor, folder.descriptor, $0) }
        guard code == 0 else { throw SystemError(Errno(rawValue: code), "create", folder.path(of: name)) }
    }

    deinit { close(descriptor) }

    /// The file's status now.
    public func status() throws(SystemError) -> FileStatus {
        var status = clinux_status()
        let code = clinux_status_at(descriptor, "", false, &status)
        guard code == 0 else { throw SystemError(Errno(rawValue: code), "look at", path) }
        return FileStatus(status)
    }

    /// Reads up to the buffer's size at the current position.
    ///
    /// - Returns: the number of bytes, less than the buffer only at the end of the file.
    public func read(into buffer: UnsafeMutableRawBufferPointer) throws(SystemError) -> Int {
        var filled = 0
        while filled < buffer.count {
            // Not empty.
            let count = Glibc.read(descriptor, buffer.baseAddress! + filled, buffer.count - filled)
            if count < 0 {
                if errno == EINTR { continue }
                throw SystemError(Errno(rawValue: errno), "read", path)
            }
            if count == 0 { break }
            filled += count
        }
        return filled
    }

    /// Reads up to the buffer's size at a place of the file, leaving the current position alone; threads may do so at the same time.
    ///
    /// - Returns: the number of bytes, less than the buffer only at the end of the file.
    public func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws(SystemError) -> Int
    {
        var filled = 0
        while filled < buffer.count {
            // Not empty.
            let place = buffer.baseAddress! + filled
            let count = pread(descriptor, place, buffer.count - filled, Int(offset) + filled)
            if count < 0 {
                if errno == EINTR { continue }
                throw SystemError(Errno(rawValue: errno), "read", path)
            }
            if count == 0 { break }
            filled += count
        }
        return filled
    }

    /// Writes all of the buffer at the current position.
    public func write(_ buffer: UnsafeRawBufferPointer) throws(SystemError) {
        var done = 0
        while done < buffer.count {
            let count = Glibc.write(descriptor, buffer.baseAddress! + done, buffer.count - done)  // not empty
            if count < 0 {
                if errno == EINTR { continue }
                throw SystemError(Errno(rawValue: errno), "write", path)
            }
            done += count
        }
    }

    /// Writes all of the buffer at a place of the file, leaving the current position alone; threads may do so at the same time.
    public func write(_ buffer: UnsafeRawBufferPointer, at offset: Int64) throws(SystemError) {
        var done = 0
        while done < buffer.count {
            let place = buffer.baseAddress! + done  // not empty
            let count = pwrite(descriptor, place, buffer.count - done, Int(offset) + done)
            if count < 0 {
                if errno == EINTR { continue }
                throw SystemError(Errno(rawValue: errno), "write", path)
            }
            done += count
        }
    }

    /// Goes back to the start, for another read.
    public func rewind() throws(SystemError) {
        guard lseek(descriptor, 0, SEEK_SET) == 0 else {
            throw SystemError(Errno(rawValue: errno), "rewind", path)
        }
    }

    /// Drops everything that was written.
    public func truncate() throws(SystemError) {
        guard ftruncate(descriptor, 0) == 0 else {
            throw SystemError(Errno(rawValue: errno), "truncate", path)
        }
        try rewind()
    }

    /// Drops everything behind so many bytes.
    public func truncate(to count: Int64) throws(SystemError) {
        guard ftruncate(descriptor, off_t(count)) == 0 else {
            throw SystemError(Errno(rawValue: errno), "truncate", path)
        }
    }

    /// Locks the file for this value alone, through flock(2), until it goes.
    ///
    /// - Returns: false if somebody else has locked it.
    public func lock() throws(SystemError) -> Bool {
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            if errno == EINTR { continue }
            if errno == EWOULDBLOCK { return false }
            throw SystemError(Errno(rawValue: errno), "lock", path)
        }
        return true
    }

    /// Asks the kernel to begin writing a range back to the disk, so that a later sync has less to wait for.
    public func startWriteback(at offset: Int64, count: Int64) {
        // Advice only: a file system that cannot do it syncs at the end all the same.
        _ = clinux_start_writeback(descriptor, offset, count)
    }

    /// Sets the permission bits.
    public func setPermissions(_ permissions: UInt32) throws(SystemError) {
        guard fchmod(descriptor, permissions) == 0 else {
            throw SystemError(Errno(rawValue: errno), "change mode of", path)
        }
    }

    /// Makes the content survive a power cut.
    public func sync() throws(SystemError) {
        guard fsync(descriptor) == 0 else { throw SystemError(Errno(rawValue: errno), "sync", path) }
    }

    /// Makes this file share all blocks of another one (reflink).
    ///
    /// - Returns: false if the file systems cannot do it.
    /// - Throws: `SystemError` for every other failure.
    public func clone(from source: borrowing OpenFile) throws(SystemError) -> Bool {
        let code = clinux_clone(source.descriptor, descriptor)
        if [EOPNOTSUPP, EXDEV, ENOTTY, EINVAL, ENOSYS, EPERM, ETXTBSY].contains(code) { return false }
        guard code == 0 else { throw SystemError(Errno(rawValue: code), "reflink", path) }
        return true
    }

    /// Reads what is left of the file, which must not be longer than `limit` bytes.
    ///
    /// - Throws: `SystemError` with EFBIG for a longer file.
    public func readAll(limit: Int = 1 << 30) throws(SystemError) -> [UInt8] {
        let expected = try status().size
        guard expected <= limit else { throw SystemError(.fileTooLarge, "read", path) }
        // One byte more than there should be shows a file that is longer than it says.
        var bytes = try readPiece(Int(expected) + 1)
        var count = Int(expected) + 1
        while bytes.count == count {
            let piece = try readPiece(64 << 10)
            bytes += piece
            count += 64 << 10
            guard bytes.count <= limit else { throw SystemError(.fileTooLarge, "read", path) }
        }
        guard bytes.count <= limit else { throw SystemError(.fileTooLarge, "read", path) }
        return bytes
    }

    /// Up to `capacity` bytes from the current position, less only at the end.
    private func readPiece(_ capacity: Int) throws(SystemError) -> [UInt8] {
        var failure: SystemError?
        let bytes = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
            do throws(SystemError) {
                count = try read(into: UnsafeMutableRawBufferPointer(buffer))
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return bytes
    }
}

extension FilePath {
    /// Reads a whole file of at most `limit` bytes.
    ///
    /// - Returns: `nil` if there is no such file.
    /// - Throws: `SystemError` for every other failure.
    public func readIfPresent(limit: Int = 1 << 30) throws(SystemError) -> [UInt8]? {
        do throws(SystemError) {
            return try OpenFile(reading: self).readAll(limit: limit)
        } catch {
            if error.errno == .noSuchFileOrDirectory || error.errno == .notDirectory { return nil }
            throw error
        }
    }

    /// The status of what the path names; `nil` if there is nothing.
    public func status(following: Bool = false) throws(SystemError) -> FileStatus? {
        var status = clinux_status()
        let code = withPlatformString { clinux_status_at(AT_FDCWD, $0, following, &status) }
        if code == ENOENT || code == ENOTDIR { return nil }
        guard code == 0 else { throw SystemError(Errno(rawValue: code), "look at", self) }
        return FileStatus(status)
    }

    /// Makes the folder and those above it that are missing.
    public func makeFolders() throws(SystemError) {
        let code = withPlatformString { mkdir($0, 0o777) == 0 ? 0 : errno }
        switch code {
        case 0: return
        case EEXIST:
            guard try status(following: true)?.kind == .folder else {
                throw SystemError(.fileExists, "make folder", self)
            }
        case ENOENT:
            let parent = removingLastComponent()
            guard parent != self, !parent.isEmpty else {
                throw SystemError(.noSuchFileOrDirectory, "make folder", self)
            }
            try parent.makeFolders()
            try makeFolders()
        default: throw SystemError(Errno(rawValue: code), "make folder", self)
        }
    }

    /// Bytes that may still be written on the path's file system; `nil` where it does not tell.
    public var freeSpace: Int64? {
        let free = withPlatformString { clinux_free_space($0) }
        return free < 0 ? nil : free
    }
}
