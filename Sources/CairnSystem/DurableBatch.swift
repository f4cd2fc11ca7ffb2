internal import CLinux
internal import Glibc
import Synchronization

/// Many files that become durable together and only then get their names.
///
/// Files are written under temporary names into folders of the batch's own; `commit` makes their content durable, gives all of
/// them their names, and makes the names durable: two syncs of the file system for any number of files. (A rename
/// before the sync could leave an empty file under a valid name after a power cut.)
///
/// A batch that is dropped, or whose process dies, leaves only its own folders, which the next batch in the same place clears away.
public final class DurableBatch: Sendable {
    /// The name of the folder, below the root, that holds the folders of batches. Longer than two characters, so that
    /// DVC, which looks for objects in folders with names of two, passes over it.
    public static let folderName = "cairn.tmp"

    private let root: Folder
    /// Several where there are many files: threads that make files in one folder wait for each other.
    private let scratch: [ScratchFolder]
    private let counter = Atomic<Int>(0)

    /// Starts a batch of about `expected` files for places below `root`.
    ///
    /// - Throws: `SystemError` if the batch's folder cannot be made.
    public init(in root: Folder, expecting expected: Int = 0) throws(SystemError) {
        self.root = root
        var scratch: [ScratchFolder] = []
        for _ in 0..<(expected < 1000 ? 1 : 8) {
            scratch.append(try ScratchFolder(in: root, Self.folderName))
        }
        self.scratch = scratch
    }

    private func folder(of temporary: Temporary) -> Folder {
        scratch[temporary.number % scratch.count].folder
    }

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
        let file = try OpenFile(creating: temporary.name, in: folder(of: temporary), permissions: permissions)
        if permissions & ~Surroundings.newFilePermissions & 0o666 != 0 {
            try file.setPermissions(permissions)
        }
        return file
    }

    /// What came of an attempt to take a file in under another name.
    public enum LinkResult: Sendable {
        /// The file has one more name, in the batch.
        case linked(Temporary)
        /// The file is not what it was any more.
        case changed
        /// The file systems differ, or the file cannot be linked or protected by this user.
        case impossible
    }

    /// Adds another name of a file of the folder; a symbolic link is not followed.
    ///
    /// - Parameter status: what the file was when its content was known.
    public func link(
        _ name: some Collection<UInt8>, in other: Folder, seenAs status: FileStatus
    ) throws(SystemError) -> LinkResult {
        let temporary = newTemporary()
        let folder = folder(of: temporary)
        do throws(SystemError) {
            try other.link(name, to: folder, temporary.name)
        } catch {
            switch error.errno {
            case .improperLink, .notPermitted, .tooManyLinks, .notSupported, .noFunction: return .impossible
            case .noSuchFileOrDirectory: return .changed
            default: throw error
            }
        }
        do throws(SystemError) {
            guard let now = try folder.status(of: temporary.name), now.kind == .regular,
                now.hasSameContentByAnyName(as: status)
            else {
                try discard(temporary)
                return .changed
            }
            // Changes nothing, but fails for a file of somebody else, which could not be made read-only later.
            try folder.setPermissions(temporary.name, now.permissions)
            return .linked(temporary)
        } catch {
            try? discard(temporary)  // the first failure is the one to report
            guard error.errno == .notPermitted else { throw error }
            return .impossible
        }
    }

    /// Makes a file of the batch read-only.
    ///
    /// - Parameter status: what the file was when its content was known.
    /// - Returns: false if it was written to since; it stays as it is then.
    public func protect(_ temporary: Temporary, seenAs status: FileStatus) throws(SystemError) -> Bool {
        let folder = folder(of: temporary)
        guard try folder.status(of: temporary.name)?.hasSameContentByAnyName(as: status) == true else {
            return false
        }
        try folder.setPermissions(temporary.name, 0o444)
        return true
    }

    /// Drops a file of the batch.
    public func discard(_ temporary: Temporary) throws(SystemError) {
        try folder(of: temporary).remove(temporary.name)
    }

    /// Makes the content of all files durable and gives each its name.
    ///
    /// - Parameters:
    ///   - count: how many files there are.
    ///   - place: for each, the file and its place: folder components below the root, and a name.
    /// - Throws: `SystemError`, with EEXIST where something that is no file has the name of one. Files renamed until then have
    ///   their names, and their content is durable.
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
                try folder(of: file).renameExclusively(file.name, to: destination, name)
            } catch {
                // Somebody else brought the same object: theirs stays. Anything but a file is none.
                guard error.errno == .fileExists, try destination.status(of: name)?.kind == .regular else {
                    throw error
                }
                try folder(of: file).remove(file.name)
            }
        }
        try root.syncFileSystem()
    }
}
