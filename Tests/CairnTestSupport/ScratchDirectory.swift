import Glibc
import Synchronization

/// A folder of its own for one test, deleted with everything in it when the last reference goes.
///
/// Further clean-up (stopping a process, unmounting) is registered with `atEnd` and runs before the folder goes, latest first.
public final class ScratchDirectory: Sendable {
    private let cleanups = Mutex<[@Sendable () -> Void]>([])

    /// The folder's absolute path, without symbolic links in it.
    public let path: String

    /// Makes a new folder below `$TMPDIR` or `/tmp`, readable by every user.
    ///
    /// - Parameter inMemory: whether it may lie in a file system that keeps nothing, where there is one.
    /// - Throws: `SupportError` when it cannot be made.
    public init(_ name: String = "cairn-test", inMemory: Bool = false) throws {
        let usual = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        let base = inMemory && access("/dev/shm", W_OK | X_OK) == 0 ? "/dev/shm" : usual
        var template = Array("\(base)/\(name).XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil, let resolved = realpath(template, nil) else {
            throw SupportError("no scratch directory in \(base): \(String(cString: strerror(errno)))")
        }
        path = String(cString: resolved)
        free(resolved)
        chmod(path, 0o755)
    }

    deinit {
        for cleanup in cleanups.withLock({ $0 }).reversed() { cleanup() }
        Files.delete(path)
    }

    /// Has `cleanup` run when this folder is about to go; the last one registered runs first.
    public func atEnd(_ cleanup: @escaping @Sendable () -> Void) {
        cleanups.withLock { $0.append(cleanup) }
    }

    /// The path of something in this folder.
    public func callAsFunction(_ relative: String) -> String { "\(path)/\(relative)" }
}

/// Why a test could not be set up, in words.
public struct SupportError: Error, CustomStringConvertible {
    /// What failed, on what.
    public let description: String

    /// An error with these words.
    public init(_ description: String) { self.description = description }
}
