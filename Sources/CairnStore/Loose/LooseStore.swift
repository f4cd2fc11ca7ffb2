public import CairnCore
public import CairnSystem
import Synchronization

/// A store that keeps each object as one file, named after its hash: DVC's layout, for caches and for folder remotes.
///
/// Objects are written once and never changed. Only files that have the name and the place of an object are ever looked at;
/// symbolic links in the store are not followed. Layout: docs/formats/loose-store.md.
public final class LooseStore: Sendable {
    // A class: it owns the descriptor of its folder.

    /// The folder of the store.
    public let root: FilePath
    /// The open folder; `nil` while the store has not been made.
    public let folder: Folder?
    /// Folders of objects that were seen to be folders and no links, by algorithm and first byte of the digest.
    private let safeFolders = Mutex<Set<UInt16>>([])

    private let reflinkFails = Atomic<Bool>(false)

    /// False once a reflink into the store was refused.
    var supportsReflink: Bool { !reflinkFails.load(ordering: .relaxed) }

    /// False once a reflink between the store's file system and itself was seen to fail.
    public var mayReflink: Bool { supportsReflink }

    /// Remembers that the file systems cannot share blocks, so that nobody tries again.
    func noteThatReflinkFails() { reflinkFails.store(true, ordering: .relaxed) }

    /// The bits that new folders of the store get; `nil` leaves it to the umask.
    public let folderPermissions: UInt32?
    /// True if objects may be symbolic links to the files that have their bytes.
    private let followsLinks: Bool

    /// Opens a store.
    ///
    /// - Parameters:
    ///   - creating: whether to make the folder if it is missing; without it a missing store is an empty one.
    ///   - isGroupShared: whether everybody in the folder's group may add objects.
    ///   - followsLinks: whether objects may be symbolic links to the files that have their bytes; for folders that this process made.
    /// - Throws: `StoreError` if the folder cannot be opened or made.
    public init(
        at root: FilePath, creating: Bool = false, isGroupShared: Bool = false, followsLinks: Bool = false
    ) throws(StoreError) {
        self.root = root
        self.followsLinks = followsLinks
        // With the bit that hands the group down to what is made inside.
        folderPermissions = isGroupShared ? 0o2775 : nil
        do throws(SystemError) {
            if creating { try root.makeFolders() }
            do throws(SystemError) {
                folder = try Folder(root)
            } catch {
                guard error.errno == .noSuchFileOrDirectory, !creating else { throw error }
                folder = nil
            }
        } catch {
            throw StoreError(error)
        }
    }

    /// The folders below the root in which the object lies, and its name there.
    public static func place(of id: ObjectID) -> (folder: [ArraySlice<UInt8>], name: [UInt8]) {
        let digits = id.digest.hexDigits
        let name = Array(digits[2...]) + (id.isDirectory ? Array(".dir".utf8) : [])
        return (folders(of: id.algorithm) + [digits[..<2]], name)
    }

    /// The folders below the root that hold the 256 folders of an algorithm's objects.
    public static func folders(of algorithm: HashAlgorithm) -> [ArraySlice<UInt8>] {
        switch algorithm {
        case .md5: [ArraySlice("files".utf8), ArraySlice("md5".utf8)]
        case .md5DOS2Unix: []
        case .blake3: [ArraySlice("files".utf8), ArraySlice("blake3".utf8)]
        }
    }

    /// The path of the object below the root, with `/` between components.
    public static func relativePath(of id: ObjectID) -> [UInt8] {
        let (folders, name) = place(of: id)
        var path: [UInt8] = []
        for component in folders {
            path += component
            path.append(UInt8(ascii: "/"))
        }
        return path + name
    }

    /// True if there is a folder for objects of an algorithm.
    func hasFolder(_ algorithm: HashAlgorithm) -> Bool {
        let path = Self.folders(of: algorithm).joined(separator: [UInt8(ascii: "/")]).map(\.self)
        return (try? folder?.status(of: path)) ?? nil != nil
    }

    /// Where the object is or would be.
    public func path(of id: ObjectID) -> FilePath {
        FilePath(bytes: root.bytes + [UInt8(ascii: "/")] + Self.relativePath(of: id))
    }

    /// The status of an object's file.
    ///
    /// - Returns: `nil` if the store does not have it, or something else than a file has its name.
    public func status(of id: ObjectID) throws(StoreError) -> FileStatus? {
        guard let folder, try isSafe(id) else { return nil }
        do throws(SystemError) {
            let status = try folder.status(of: Self.relativePath(of: id), following: followsLinks)
            return status?.kind == .regular ? status : nil
        } catch {
            throw StoreError(error)
        }
    }

    /// Opens an object for reading; its bytes are not verified.
    ///
    /// - Throws: `StoreError` with `.missing` if the store does not have it, or something else than a file has its name.
    public func open(_ id: ObjectID) throws(StoreError) -> OpenFile {
        guard let folder, try isSafe(id) else { throw StoreError(.missing(id), path(of: id)) }
        do throws(SystemError) {
            let file = try OpenFile(
                reading: Self.relativePath(of: id), in: folder, followingLinks: followsLinks)
            if try file.status().kind == .regular { return file }
        } catch {
            switch error.errno {
            case .noSuchFileOrDirectory, .notDirectory, .tooManySymbolicLinkLevels: break
            default: throw StoreError(error)
            }
        }
        throw StoreError(.missing(id), path(of: id))
    }

    /// Reads an object and checks its bytes against its id.
    ///
    /// - Throws: `StoreError` with `.missing` or `.damaged`, or `.unreadableListing` for one that is too large. Meant for listings: the object
    ///   is held in memory.
    public func read(_ id: ObjectID) throws(StoreError) -> [UInt8] {
        let file = try open(id)
        if id.isDirectory {
            let size = try system { () throws(SystemError) in try file.status().size }
            if size > DirListing.largestSize { throw StoreError(tooLarge: id, size, path(of: id)) }
        }
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try file.readAll()
        } catch {
            throw StoreError(error)
        }
        var hasher = ContentHasher(id.contentAlgorithm)
        bytes.withUnsafeBytes { hasher.update($0) }
        guard hasher.finish() == id.digest else { throw StoreError(.damaged(id), path(of: id)) }
        return bytes
    }

    /// Reads the listing of a directory and checks it.
    ///
    /// - Throws: `StoreError` with `.missing`, or `.damaged` when its bytes are not what its id says or are no listing.
    public func listing(_ id: ObjectID) throws(StoreError) -> DirListing {
        let bytes = try read(id)
        do {
            return try DirListing(parsing: bytes, as: DirListing.Form(of: id.algorithm))
        } catch {
            throw StoreError(.unreadableListing(id, "\(error)"), path(of: id))
        }
    }

    /// Reads every byte of an object and compares it with its id.
    ///
    /// - Returns: the file's status, taken when it was found to be sound.
    /// - Throws: `StoreError` with `.missing` or `.damaged`.
    @discardableResult
    public func verify(_ id: ObjectID, reporter: any Reporter = SilentReporter()) throws(StoreError)
        -> FileStatus
    {
        let file = try open(id)
        do throws(SystemError) {
            let status = try file.status()
            let digest = try file.digest(id.contentAlgorithm) {
                reporter.advance(items: 0, bytes: $0)
            }
            if digest == id.digest { return status }
        } catch {
            throw StoreError(error)
        }
        throw StoreError(.damaged(id), path(of: id))
    }

    /// Takes an object out of the store.
    ///
    /// - Returns: the bytes that became free; 0 if it was not there.
    @discardableResult
    public func remove(_ id: ObjectID) throws(StoreError) -> Int64 {
        guard let folder, let status = try status(of: id) else { return 0 }
        do throws(SystemError) {
            try folder.remove(Self.relativePath(of: id))
            // The folder of an object that was the last one there; others are left alone.
            let (folders, _) = Self.place(of: id)
            try folder.removeEmptyFolder(folders.joined(separator: [UInt8(ascii: "/")]).map(\.self))
        } catch {
            throw StoreError(error)
        }
        return status.size
    }

    /// Moves an object whose bytes are wrong out of the way; it may be the only copy of something.
    ///
    /// - Returns: where it lies now.
    /// - Throws: `StoreError`, with `.missing` if the store does not have it.
    public func moveAside(_ id: ObjectID, into quarantine: FilePath) throws(StoreError) -> FilePath {
        guard let folder, try status(of: id) != nil else { throw StoreError(.missing(id), path(of: id)) }
        return try system { () throws(SystemError) in
            try quarantine.makeFolders()
            let target = try Folder(quarantine)
            let name = Array("\(id.text).\(Surroundings.now)".utf8)
            let source = Self.relativePath(of: id)
            do throws(SystemError) {
                try folder.renameExclusively(source, to: target, name)
            } catch {
                guard error.errno == .improperLink else { throw error }
                // Another file system: copy, then remove.
                try copyOut(source, of: folder, to: target, name)
                try folder.remove(source)
            }
            return target.path(of: name)
        }
    }

    /// Copies a file durably, whatever its bytes are; a copy that is not whole does not stay.
    private func copyOut(
        _ source: [UInt8], of folder: Folder, to target: Folder, _ name: [UInt8]
    ) throws(SystemError) {
        let file = try OpenFile(reading: source, in: folder, followingLinks: false)
        let copy = try OpenFile(creating: name, in: target, permissions: 0o444)
        do throws(SystemError) {
            _ = try file.digest(.md5, copyingTo: copy) { _ in }
            try copy.sync()
            try target.sync()
        } catch {
            try? target.remove(name)  // the first failure is the one to report
            throw error
        }
    }

    /// False if a folder on the object's path is missing or is a symbolic link.
    private func isSafe(_ id: ObjectID) throws(StoreError) -> Bool {
        guard let folder else { return false }
        let key = UInt16(id.algorithm.rawValue) << 8 | UInt16(id.digest.firstByte)
        if safeFolders.withLock({ $0.contains(key) }) { return true }
        let (components, _) = Self.place(of: id)
        var path: [UInt8] = []
        for component in components {
            path += path.isEmpty ? Array(component) : [UInt8(ascii: "/")] + component
            do throws(SystemError) {
                guard try folder.status(of: path)?.kind == .folder else { return false }
            } catch {
                throw StoreError(error)
            }
        }
        safeFolders.withLock { _ = $0.insert(key) }
        return true
    }
}
