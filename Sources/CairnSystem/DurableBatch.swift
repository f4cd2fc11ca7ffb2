internal import CLinux
internal import Glibc
import Synchronization

/// Many files that become durable together and only then get their names.
///
/// Files are written under temporary names into a folder of the batch's own; `commit` makes their content durable, gives all of
/// them their names, and makes the names durable: two syncs of the file system for any number of files. (A rename
/// before the sync could leave an empty file under a valid name after a power cut.)
///
/// A batch that is dropped, or whose process dies, leaves only its own folder, which the next batch in the same place clears away.
public final class DurableBatch: Sendable {
    /// The name of the folder, below the root, that holds the folders of batches. Longer than two characters, so that
    /// DVC, which looks for objects in folders with names of two, passes over it.
    public static let folderName = "cairn.tmp"

    private let root: Folder
    private let scratch: ScratchFolder
    private let counter = Atomic<Int>(0)

    /// Starts a batch of files for places below `root`.
    ///
    /// - Throws: `SystemError` if the batch's folder cannot be made.
    public init(in root: Folder) throws(SystemError) {
        self.root = root
        _ = Surroundings.newFilePermissions  // asked for before there are threads
        scratch = try ScratchFolder(in: root, Self.folderName)
    }

    private var folder: Folder { scratch.folder }

    /// A file of the batch that has no place yet.
    public struct Temporary: Sendable {
        let number: Int
        var name: [UInt8] { Array(String(number).utf8) }
    }

    /// Names a file to be made in the batch.
    public func newTemporary() -> Temporary {
        Temporary(number: counter.wrappingAdd(1, ordering: .relaxed).oldValue)
    }

    /// Makes the file, empty.
    ///
    /// - Parameter permissions: exactly these bits are set, whatever the umask.
    public func create(_ temporary: Temporary, permissions: UInt32) throws(SystemError) -> OpenFile {
        let file = try OpenFile(creating: temporary.name, in: folder, permissions: permissions)
        if permissions & ~Surroundings.newFilePermissions & 0o666 != 0 { try file.setPermissions(permissions) }
        return file
    }

    /// Adds another name of an existing file.
    ///
    /// - Returns: `nil` if the file systems differ or cannot link.
    public func link(_ path: UnsafePointer<CChar>, in other: Folder) throws(SystemError) -> Temporary? {
        let temporary = newTemporary()
        let code = Folder.withCString(temporary.name) {
            linkat(other.descriptor, path, folder.descriptor, $0, 0) == 0 ? 0 : errno
        }
        if [EXDEV, EPERM, EMLINK, EOPNOTSUPP].contains(code) { return nil }
        guard code == 0 else {
            throw SystemError(Errno(rawValue: code), "link", other.path.appending(String(cString: path)))
        }
        return temporary
    }

    /// Makes a file of the batch read-only.
    public func protect(_ temporary: Temporary) throws(SystemError) {
        try folder.setPermissions(temporary.name, 0o444)
    }

    /// Drops a file of the batch.
    public func discard(_ temporary: Temporary) throws(SystemError) { try folder.remove(temporary.name) }

    /// Makes the content of all files durable and gives each its name.
    ///
    /// - Parameters:
    ///   - count: how many files there are.
    ///   - place: for each, the file and its place: folder components below the root, and a name.
    /// - Throws: `SystemError`; files renamed until then have their names, and their content is durable.
    public func commit(
        count: Int, place: (Int) -> (file: Temporary, folder: [ArraySlice<UInt8>], name: [UInt8])
    ) throws(SystemError) {
        guard count > 0 else { return }
        try root.syncFileSystem()
        var folders: [[ArraySlice<UInt8>]: Folder] = [:]
        for index in 0..<count {
            let (file, components, name) = place(index)
            let destination: Folder
            if let known = folders[components] {
                destination = known
            } else {
                destination = try root.makeFolder(components)
                // A store has 256 folders; elsewhere the descriptors must stay few.
                if folders.count >= 300 { folders.removeAll() }
                folders[components] = destination
            }
            do throws(SystemError) {
                try folder.renameExclusively(file.name, to: destination, name)
            } catch {
                // Somebody else brought the same object: theirs stays.
                guard error.errno == .fileExists else { throw error }
                try folder.remove(file.name)
            }
        }
        try root.syncFileSystem()
    }
}
