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
    /// The folders of files whose place is known and is in a folder that does not exist; `nil` where there is no such folder.
    private let rooms = Mutex<[[ArraySlice<UInt8>]: Room?]>([:])
    /// How many rooms there may be at a time: each holds a descriptor, and a store has 256 folders.
    private static let roomLimit = 300
    private let isLarge: Bool
    private let folderPermissions: UInt32?

    /// A folder that becomes one of the destination, with all that is in it, in a single step.
    private final class Room: Sendable {
        let name: [UInt8]
        let folder: Folder
        init(_ name: [UInt8], _ folder: Folder) {
            self.name = name
            self.folder = folder
        }
    }

    /// Starts a batch of about `expected` files for places below `root`.
    ///
    /// - Parameter folderPermissions: exactly these bits are set on folders that are made for places; `nil` leaves it to the umask.
    /// - Throws: `SystemError` if the batch's folder cannot be made.
    public init(in root: Folder, expecting expected: Int = 0, folderPermissions: UInt32? = nil)
        throws(SystemError)
    {
        self.root = root
        self.folderPermissions = folderPermissions
        isLarge = expected >= 1000
        var scratch: [ScratchFolder] = []
        for _ in 0..<(isLarge ? 8 : 1) {
            scratch.append(try ScratchFolder(in: root, Self.folderName, permissions: folderPermissions))
        }
        self.scratch = scratch
    }

    private func folder(of temporary: Temporary) -> Folder {
        temporary.room ?? scratch[temporary.number % scratch.count].folder
    }

    /// Where a file will be: the names of folders below the root, and its own.
    public typealias Place = (folder: [ArraySlice<UInt8>], name: [UInt8])

    /// A file of the batch that has no place yet.
    public struct Temporary: Sendable {
        let number: Int
        /// The room that it is in; `nil` for one of the common folders.
        let room: Folder?
        /// Its name in a room, where it has that of its place.
        fileprivate let nameInRoom: [UInt8]?

        /// The same file without its name, to be kept until the commit, where its place tells: there may be a million.
        public var withoutName: Temporary { Temporary(number: number, room: room, nameInRoom: nil) }

        fileprivate var name: [UInt8] {
            guard room != nil else { return Array(String(number).utf8) }
            guard let nameInRoom else {
                preconditionFailure("a file whose name was given up waits for its place")
            }
            return nameInRoom
        }
    }

    /// Names a file to be made in the batch.
    ///
    /// - Parameter place: where the file will be, as far as it is known; no other file that the batch has at that time may go there.
    ///   Many files that fill new folders come to their places sooner that way.
    public func newTemporary(for place: Place? = nil) -> Temporary {
        let number = counter.wrappingAdd(1, ordering: .relaxed).oldValue
        if isLarge, let place, let room = room(for: place.folder) {
            return Temporary(number: number, room: room.folder, nameInRoom: place.name)
        }
        return Temporary(number: number, room: nil, nameInRoom: nil)
    }

    /// The room for the files of a folder; `nil` if the folder exists, or there is no room.
    private func room(for components: [ArraySlice<UInt8>]) -> Room? {
        rooms.withLock { rooms in
            if let known = rooms[components] { return known }
            guard rooms.count < Self.roomLimit else { return nil }
            let room = try? makeRoom(for: components)  // without one the files are renamed one by one
            rooms[components] = .some(room)
            return room
        }
    }

    private func makeRoom(for components: [ArraySlice<UInt8>]) throws(SystemError) -> Room? {
        let path = components.joined(separator: [UInt8(ascii: "/")]).map(\.self)
        guard !path.isEmpty, try root.status(of: path) == nil else { return nil }
        let name = Array("in-".utf8) + components.joined(separator: [UInt8(ascii: "-")])
        let folder = try scratch[0].folder.makeFolder([name[...]], permissions: folderPermissions)
        return Room(name, folder)
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

    /// Writes a whole file that nobody may change.
    public func write(_ bytes: [UInt8], as temporary: Temporary) throws(SystemError) {
        let file = try create(temporary, permissions: 0o444)
        try bytes.withUnsafeBufferPointer { (bytes) throws(SystemError) in
            try file.write(UnsafeRawBufferPointer(bytes))
        }
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

    /// How files and names are made durable.
    public enum Syncing: Sendable {
        /// The file system as a whole, twice for any number of files.
        case fileSystem
        /// Each file, and each folder that gets one: for a few files, which then do not wait for what others have written.
        case eachFile
        /// Not at all: for files that a crash may take.
        case nothing
    }

    /// Makes the content of all files durable and gives each its name.
    ///
    /// - Parameters:
    ///   - count: how many files there are.
    ///   - syncing: how they are made durable; the files must have been closed by those who wrote them.
    ///   - last: the position from which on files get their names after all before them have theirs.
    ///   - place: for each, the file and its place.
    ///   - isTaken: called on any thread with the position of each file that is dropped because somebody else's has its name.
    /// - Throws: `SystemError`, with EEXIST where something that is no file has the name of one. Files renamed until then have
    ///   their names, and their content is durable.
    public func commit(
        count: Int, last: Int? = nil, syncing: Syncing = .fileSystem, workers: Workers = .perProcessor,
        place: @Sendable (Int) -> (file: Temporary, place: Place), isTaken: @Sendable (Int) -> Void = { _ in }
    ) throws(SystemError) {
        guard count > 0 else { return }
        switch syncing {
        case .nothing: break
        case .fileSystem: try root.syncFileSystem()
        case .eachFile:
            for index in 0..<count {
                let (file, place) = place(index)
                try sync(file, for: place.name)
            }
        }
        var destinations: Set<[ArraySlice<UInt8>]> = []
        for range in [0..<(last ?? count), (last ?? count)..<count] {
            // Positions only: there may be a million files, and names are made again when their folder's turn comes.
            var groups: [[ArraySlice<UInt8>]: [Int]] = [:]
            for index in range { groups[place(index).place.folder, default: []].append(index) }
            destinations.formUnion(groups.keys)
            let folders = groups.map { (components: $0.key, files: $0.value) }
            // Threads that rename into different folders do not wait for each other.
            try workers.forEachRange(of: folders.count, stride: 4) { (range) throws(SystemError) in
                for index in range {
                    let files = folders[index].files.map { position in
                        let (file, place) = place(position)
                        return (file: file, name: place.name)
                    }
                    for number in try name(files, in: folders[index].components) {
                        isTaken(folders[index].files[number])
                    }
                }
            }
        }
        switch syncing {
        case .nothing: break
        case .fileSystem: try root.syncFileSystem()
        case .eachFile: try root.syncNames(in: destinations)
        }
    }

    private func sync(_ temporary: Temporary, for name: [UInt8]) throws(SystemError) {
        // A file is synced through any descriptor.
        try OpenFile(
            reading: self.name(of: temporary, for: name), in: folder(of: temporary), followingLinks: false
        )
        .sync()
    }

    /// What a file is called in the batch; in a room it has the name of its place.
    private func name(of file: Temporary, for name: [UInt8]) -> [UInt8] {
        file.room == nil ? file.name : name
    }

    /// Gives files of one folder their names.
    ///
    /// - Returns: which of them were dropped because their names were taken.
    private func name(
        _ files: [(file: Temporary, name: [UInt8])], in components: [ArraySlice<UInt8>]
    ) throws(SystemError) -> [Int] {
        let room = rooms.withLock { $0.removeValue(forKey: components) } ?? nil
        if let room, files.allSatisfy({ $0.file.room === room.folder }),
            try move(room, holding: files.count, to: components)
        {
            return []
        }
        var dropped: [Int] = []
        let destination = try root.makeFolder(components, permissions: folderPermissions)
        for (number, (file, name)) in files.enumerated() {
            do throws(SystemError) {
                try folder(of: file).renameExclusively(self.name(of: file, for: name), to: destination, name)
            } catch {
                // Somebody else brought the same object: theirs stays. Anything but a file is none.
                guard error.errno == .fileExists, try destination.status(of: name)?.kind == .regular else {
                    throw error
                }
                try folder(of: file).remove(self.name(of: file, for: name))
                dropped.append(number)
            }
        }
        return dropped
    }

    /// Makes a room the folder that its files are for.
    ///
    /// - Parameter count: how many files of the room the folder is to get.
    /// - Returns: false if the room has further files, or somebody else made the folder.
    private func move(_ room: Room, holding count: Int, to components: [ArraySlice<UInt8>])
        throws(SystemError) -> Bool
    {
        guard let last = components.last else { return false }
        var found = 0
        try room.folder.forEachName { _, _ in found += 1 }
        guard found == count else { return false }
        let parent = try root.makeFolder(Array(components.dropLast()), permissions: folderPermissions)
        do throws(SystemError) {
            try scratch[0].folder.renameExclusively(room.name, to: parent, last)
            return true
        } catch {
            guard error.errno == .fileExists || error.errno == .directoryNotEmpty else { throw error }
            return false
        }
    }
}
