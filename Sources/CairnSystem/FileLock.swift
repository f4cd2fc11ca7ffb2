internal import CLinux
internal import Glibc

/// A lock that processes hold on a file through flock(2); it goes when the process ends, however it ends.
public final class FileLock: Sendable {
    private let descriptor: Int32

    private init(owning descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    /// What an attempt to lock found.
    public enum Attempt: Sendable {
        /// The lock is ours until the value goes.
        case acquired(FileLock)
        /// Somebody else has it; the text is what the holder wrote into the file.
        case held(by: [UInt8])
    }

    /// Tries once to lock `path`, making the file if it is not there. A symbolic link is refused: the note would go elsewhere.
    ///
    /// - Parameter note: written into the file once the lock is ours.
    /// - Throws: `SystemError` if the file cannot be made or written.
    public static func attempt(_ path: FilePath, note: [UInt8]) throws(SystemError) -> Attempt {
        let result = path.withPlatformString {
            clinux_open_at(AT_FDCWD, $0, O_RDWR | O_CREAT | O_NOFOLLOW, 0o666)
        }
        guard result >= 0 else { throw SystemError(Errno(rawValue: -result), "open", path) }
        let lock = FileLock(owning: result)
        while flock(result, LOCK_EX | LOCK_NB) != 0 {
            if errno == EINTR { continue }
            guard errno == EWOULDBLOCK else { throw SystemError(Errno(rawValue: errno), "lock", path) }
            var holder = [UInt8](repeating: 0, count: 256)
            let count = pread(result, &holder, holder.count, 0)
            return .held(by: Array(holder.prefix(max(0, count))))
        }
        guard ftruncate(result, 0) == 0 else { throw SystemError(Errno(rawValue: errno), "write", path) }
        let written = pwrite(result, note, note.count, 0)
        guard written == note.count else {
            throw SystemError(written < 0 ? Errno(rawValue: errno) : .noSpace, "write", path)
        }
        return .acquired(lock)
    }

    /// Who may have a lock at the same time as others.
    public enum Hold: Sendable {
        /// Everybody who wants no more than that.
        case shared
        /// Nobody else.
        case alone
    }

    /// Waits for a lock, making its file if it is not there. A symbolic link is refused.
    ///
    /// - Parameters:
    ///   - permissions: those that the file has if it is ours; `nil` leaves it to the umask.
    ///   - patience: how long to wait, in milliseconds, for those who keep us out.
    /// - Returns: `nil` if somebody still does after that.
    /// - Throws: `SystemError` if the file cannot be made or locked, with EINTR when the user asked to stop.
    public static func wait(
        for hold: Hold, of name: some Collection<UInt8>, in folder: Folder, permissions: UInt32? = nil,
        patience: Int
    ) throws(SystemError) -> FileLock? {
        // Reading is enough to lock it: the file may be somebody else's.
        let result = Folder.withCString(name) {
            clinux_open_at(folder.descriptor, $0, O_RDONLY | O_CREAT | O_NOFOLLOW, 0o666)
        }
        guard result >= 0 else { throw SystemError(Errno(rawValue: -result), "open", folder.path(of: name)) }
        let lock = FileLock(owning: result)
        // Whoever made the file does this.
        if let permissions { _ = fchmod(result, permissions) }
        var waited = 0
        let kind = hold == .alone ? LOCK_EX : LOCK_SH
        while flock(result, kind | LOCK_NB) != 0 {
            if errno == EINTR { continue }
            guard errno == EWOULDBLOCK else {
                throw SystemError(Errno(rawValue: errno), "lock", folder.path(of: name))
            }
            try Interruption.check()
            guard waited < patience else { return nil }
            Surroundings.sleep(milliseconds: 10)
            waited += 10
        }
        return lock
    }

    /// What the holder of a lock wrote into its file; `nil` if nobody holds it.
    ///
    /// Nothing is written. For a moment the lock may be ours: others that try then have to try again.
    /// - Throws: `SystemError` if the file is there and cannot be read.
    public static func holder(of path: FilePath) throws(SystemError) -> [UInt8]? {
        let file: OpenFile
        do throws(SystemError) {
            file = try OpenFile(reading: path)
        } catch {
            if error.errno == .noSuchFileOrDirectory || error.errno == .notDirectory { return nil }
            throw error
        }
        if flock(file.descriptor, LOCK_SH | LOCK_NB) == 0 { return nil }
        guard errno == EWOULDBLOCK else {
            throw SystemError(Errno(rawValue: errno), "look at the lock", path)
        }
        return try file.readAll(limit: 4096)
    }

    /// What an attempt to lock a folder found.
    public enum FolderAttempt: Sendable {
        /// The lock is ours until the value goes.
        case acquired(FileLock)
        /// Somebody else has it.
        case held
        /// The file system has no such locks.
        case impossible
    }

    /// Tries once to lock a folder.
    public static func attempt(folder: Folder) -> FolderAttempt {
        // Opened anew, close-on-exec: a duplicate would share the lock with every process that inherits it.
        let descriptor = clinux_open_at(folder.descriptor, ".", O_RDONLY | O_DIRECTORY, 0)
        guard descriptor >= 0 else { return .impossible }
        let lock = FileLock(owning: descriptor)
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            if errno == EINTR { continue }
            return errno == EWOULDBLOCK ? .held : .impossible
        }
        return .acquired(lock)
    }
}
