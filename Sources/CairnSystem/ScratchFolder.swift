internal import Glibc

/// A folder for temporary files of this process, beside those of other processes.
///
/// It goes with its content when the value goes. What a killed process left is cleared away by the next one that works in
/// the same place: the owner of a living folder holds a lock on it.
public final class ScratchFolder: Sendable {
    /// The open folder.
    public let folder: Folder
    private let root: Folder
    private let parentName: [UInt8]
    private let parent: Folder
    private let name: [UInt8]
    private let lock: FileLock?

    /// Makes a folder of our own in `root/parent` and clears away what dead processes left there.
    ///
    /// - Throws: `SystemError` if the folder cannot be made.
    public init(in root: Folder, _ parentName: String) throws(SystemError) {
        self.root = root
        self.parentName = Array(parentName.utf8)
        parent = try root.makeFolder([self.parentName[...]])
        for name in Self.names(in: parent) {
            guard let stale = try? parent.folder(named: name), FileLock.attempt(folder: stale) != nil else { continue }
            Self.empty(stale)
            _ = try? parent.removeEmptyFolder(name)  // whoever comes next tries again
        }
        name = Array("\(getpid())-\(Surroundings.now)".utf8)
        folder = try parent.makeFolder([name[...]])
        lock = FileLock.attempt(folder: folder)
    }

    deinit {
        Self.empty(folder)
        _ = try? parent.removeEmptyFolder(name)  // whoever comes next tries again
        _ = try? root.removeEmptyFolder(parentName)  // not while others work there
    }

    private static func empty(_ folder: Folder) {
        for name in names(in: folder) { try? folder.remove(name) }
    }

    private static func names(in folder: Folder) -> [[UInt8]] { (try? folder.names()) ?? [] }
}
