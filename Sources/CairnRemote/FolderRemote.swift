public import CairnSystem

/// A remote in a folder: of this machine, or of another one that is mounted.
///
/// The key of an object is its path. No symbolic link below the folder is followed, and what is no regular file is no object.
public struct FolderRemote: Remote {
    /// The folder.
    public let root: FilePath
    /// The bits that new folders get; `nil` leaves it to the umask.
    let folderPermissions: UInt32?

    /// Describes a remote; nothing is opened or made yet.
    ///
    /// - Parameter isGroupShared: whether everybody in the folder's group may add objects.
    public init(_ root: FilePath, isGroupShared: Bool = false) {
        self.root = root
        // With the bit that hands the group down to what is made inside.
        folderPermissions = isGroupShared ? 0o2775 : nil
    }

    public var place: String { String(decoding: root.bytes, as: UTF8.self) }

    public func list(_ prefix: String) async throws(RemoteError) -> RemoteListing {
        let start = try RemoteKey(prefix: prefix)
        guard let root = try openRoot() else {
            return RemoteListing(objects: [], now: SystemClock().date)
        }
        // Before the look: what comes while it lasts is new.
        let now = currentTime(in: root)
        var walk = FolderRemoteWalk()
        if let folder = try folder(start.folder, in: root, for: prefix) {
            let path = prefix.utf8.dropLast(start.name.count)
            try walk.add(folder, below: Array(path), beginningWith: start.name)
        }
        walk.objects.sort { $0.key < $1.key }
        return RemoteListing(objects: walk.objects, now: now)
    }

    public var isLocal: Bool { true }

    public func top() async throws(RemoteError) -> Set<String> {
        guard let root = try openRoot() else { return [] }
        return try FolderRemoteWalk.top(of: root)
    }

    public func size(of key: String) async throws(RemoteError) -> Int64? {
        let path = try RemoteKey(key)
        guard let root = try openRoot(), let folder = try folder(path.folder, in: root, for: key) else {
            return nil
        }
        let status = try system(key) { () throws(SystemError) in try folder.status(of: path.name) }
        return status?.kind == .regular ? status?.size : nil
    }

    public func read(_ key: String, _ range: Range<Int64>?, limit: Int) async throws(RemoteError) -> [UInt8] {
        let path = try RemoteKey(key)
        guard let root = try openRoot(), let folder = try folder(path.folder, in: root, for: key) else {
            throw RemoteError(.notFound, key)
        }
        let file = try Self.open(path, in: folder)
        let status = try system(key) { () throws(SystemError) in try file.status() }
        guard status.kind == .regular else { throw RemoteError(.notFound, key) }
        let wanted = try wantedBytes(range, of: status.size, limit: limit, key: key)
        let bytes = try system(key) { () throws(SystemError) in try file.read(wanted) }
        guard bytes.count == wanted.count else { throw RemoteError(.truncated, key) }
        return bytes
    }

    public func delete(_ keys: [String]) async throws(RemoteError) {
        var paths: [RemoteKey] = []
        for key in keys { paths.append(try RemoteKey(key)) }
        guard !paths.isEmpty, let root = try openRoot() else { return }
        try forEachFolder(of: paths, in: root) { (folder, path) throws(RemoteError) in
            guard let folder else { return }
            try system(path.text) { () throws(SystemError) in
                try Interruption.check()
                guard try folder.status(of: path.name)?.kind == .regular else { return }
                try folder.remove(path.name)
            }
        }
    }

    private static func open(_ path: RemoteKey, in folder: Folder) throws(RemoteError) -> OpenFile {
        do throws(SystemError) {
            return try OpenFile(reading: path.name, in: folder, followingLinks: false)
        } catch {
            guard error.errno != .noSuchFileOrDirectory else { throw RemoteError(.notFound, path.text) }
            throw RemoteError(error, path.text)
        }
    }

    /// The folder, open; `nil` if it is not there.
    private func openRoot() throws(RemoteError) -> Folder? {
        do throws(SystemError) {
            return try Folder(root)
        } catch {
            guard error.errno == .noSuchFileOrDirectory else { throw RemoteError(error) }
            return nil
        }
    }

    /// The time by the clock of the file system, in milliseconds since 1970; by that of this machine if nothing can be written there.
    private func currentTime(in folder: Folder) -> Int64 {
        let time = try? folder.currentTime(
            scratchName: DurableBatch.folderName, permissions: folderPermissions)
        return (time ?? Surroundings.now) / 1_000_000
    }

    /// Opens a folder below the root.
    ///
    /// - Returns: `nil` if it is not there: a file in its place has nothing below it.
    /// - Throws: `RemoteError` with ELOOP for a symbolic link on the way.
    func folder(
        _ components: [ArraySlice<UInt8>], in root: Folder, for key: String
    ) throws(RemoteError) -> Folder? {
        var folder = root
        for component in components {
            do throws(SystemError) {
                folder = try folder.folder(named: component)
            } catch {
                switch error.errno {
                case .noSuchFileOrDirectory: return nil
                case .notDirectory:
                    let there = try system(key) { () throws(SystemError) in try folder.status(of: component) }
                    guard there?.kind == .symbolicLink else { return nil }
                    throw RemoteError(.io(.tooManySymbolicLinkLevels), key)
                default: throw RemoteError(error, key)
                }
            }
        }
        return folder
    }

    /// Visits objects folder by folder, so that few are open at a time.
    ///
    /// - Parameter body: called for each with its folder, `nil` if that is not there.
    func forEachFolder(
        of paths: [RemoteKey], in root: Folder,
        _ body: (Folder?, RemoteKey) throws(RemoteError) -> Void
    ) throws(RemoteError) {
        var current: (components: [ArraySlice<UInt8>], folder: Folder?)?
        for path in paths.sorted(by: { $0.text < $1.text }) {
            if current?.components != path.folder {
                current = (path.folder, try folder(path.folder, in: root, for: path.text))
            }
            try body(current?.folder, path)
        }
    }
}

extension OpenFile {
    /// Reads a range of the file, or as much of it as there is.
    ///
    /// - Throws: `SystemError`, with EINTR when the user asked to stop.
    fileprivate func read(_ range: Range<Int64>) throws(SystemError) -> [UInt8] {
        let pieceSize = 4 << 20
        var failure: SystemError?
        let bytes = [UInt8](unsafeUninitializedCapacity: Int(range.count)) { buffer, count in
            let buffer = UnsafeMutableRawBufferPointer(buffer)
            do throws(SystemError) {
                while count < range.count {
                    try Interruption.check()
                    let piece = buffer[count..<min(count + pieceSize, range.count)]
                    let read = try read(
                        into: UnsafeMutableRawBufferPointer(rebasing: piece),
                        at: range.lowerBound + Int64(count))
                    count += read
                    if read < piece.count { break }
                }
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return bytes
    }
}
