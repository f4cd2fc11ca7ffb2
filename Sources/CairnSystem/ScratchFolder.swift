internal import Glibc
import Synchronization

/// A folder for temporary files of this process, beside those of other processes.
///
/// It goes with its content when the value goes. What a killed process left is cleared away by the next one that works in
/// the same place: the owner of a living folder holds a lock on it. Only folders that have a name as we give it are touched.
public final class ScratchFolder: Sendable {
    /// The open folder.
    public var folder: Folder { own.folder }
    private let root: Folder
    private let parentName: [UInt8]
    private let parent: Folder
    private let own: Own
    private let counter = Atomic<Int>(0)

    /// A folder that was made, and the lock on it where the file system has locks.
    private struct Own: Sendable {
        let name: [UInt8]
        let folder: Folder
        let lock: FileLock?
    }

    /// Makes a folder of our own in `root/parent` and clears away what dead processes left there.
    ///
    /// - Parameter permissions: exactly these bits are set on folders that are made, so that others can work and clear away there; `nil`
    ///   leaves it to the umask.
    /// - Throws: `SystemError` if the folder cannot be made.
    public init(in root: Folder, _ parentName: String, permissions: UInt32? = nil) throws(SystemError) {
        self.root = root
        self.parentName = Array(parentName.utf8)
        var made: (parent: Folder, own: Own)?
        var attempts = 0
        while made == nil {
            do throws(SystemError) {
                let parent = try root.makeFolder([self.parentName[...]], permissions: permissions)
                Self.clear(parent)
                made = try Self.makeOwn(in: parent, permissions).map { (parent, $0) }
            } catch {
                // Whoever left last took the empty parent away between two of our steps.
                guard error.errno == .noSuchFileOrDirectory, attempts < 100 else { throw error }
            }
            attempts += 1
            guard attempts <= 1000 else { throw SystemError(.resourceBusy, "make a folder in", root.path) }
        }
        guard let made else { preconditionFailure("the loop ends with a folder") }
        (parent, own) = made
    }

    deinit {
        Self.empty(own.folder)
        _ = try? parent.removeEmptyFolder(own.name)  // whoever comes next tries again
        _ = try? root.removeEmptyFolder(parentName)  // not while others work there
    }

    /// A name for a file in the folder that nobody has asked for yet.
    public func newName() -> [UInt8] {
        Array("f\(counter.wrappingAdd(1, ordering: .relaxed).oldValue)".utf8)
    }

    /// Makes a folder and locks it; `nil` if somebody took it for one that was left behind.
    private static func makeOwn(in parent: Folder, _ permissions: UInt32?) throws(SystemError) -> Own? {
        let name = Array("\(getpid())-\(Surroundings.now)".utf8)
        guard try parent.makeNewFolder(name) else { return nil }
        if let permissions { try parent.setPermissions(name, permissions) }
        let folder = try parent.folder(named: name)
        switch FileLock.attempt(folder: folder) {
        case .held: return nil
        case .acquired(let lock):
            // From here on nobody clears it away; before, somebody may have.
            guard let there = try parent.status(of: name), try folder.status("")?.inode == there.inode else {
                return nil
            }
            return Own(name: name, folder: folder, lock: lock)
        case .impossible: return Own(name: name, folder: folder, lock: nil)
        }
    }

    /// Clears away the folders of dead processes. Where the file system has no locks, nobody can tell, and all stay.
    private static func clear(_ parent: Folder) {
        for name in names(in: parent) where isOurs(name) {
            guard let stale = try? parent.folder(named: name) else { continue }
            guard case .acquired(let lock) = FileLock.attempt(folder: stale) else { continue }
            withExtendedLifetime(lock) {
                empty(stale)
                _ = try? parent.removeEmptyFolder(name)  // whoever comes next tries again
            }
        }
    }

    /// True for the name of a folder as `makeOwn` makes it: two numbers with a dash between.
    private static func isOurs(_ name: [UInt8]) -> Bool {
        let parts = name.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        return parts.count == 2
            && parts.allSatisfy { part in
                !part.isEmpty && part.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            }
    }

    /// Takes away what is in a folder.
    private static func empty(_ folder: Folder) {
        // What stays keeps the folder from going.
        for name in names(in: folder) { try? folder.removeTree(name) }
    }

    private static func names(in folder: Folder) -> [[UInt8]] { (try? folder.names()) ?? [] }
}
