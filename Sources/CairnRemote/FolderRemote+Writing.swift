import CairnSystem
import Synchronization

extension FolderRemote {
    /// With more files than this the file system is synced, instead of each file and folder.
    private static let fewFiles = 4

    @discardableResult
    public func write(_ uploads: [RemoteUpload], jobs: Int) async throws(RemoteError) -> Set<String> {
        let uploads = try Self.distinct(uploads)
        guard !uploads.isEmpty else { return [] }
        let root = try system { () throws(SystemError) in
            try self.root.makeFolders()
            return try Folder(self.root)
        }
        let missing = try checkSizes(uploads, in: root)
        let lost = try await add(missing.sorted().compactMap { uploads[$0] }, to: root, jobs: jobs)
        try makeDurable(uploads.keys.filter { !missing.contains($0) }, in: root, beside: missing.count)
        for case .file(let file, _, isExpendable: true) in uploads.values.map(\.upload.content) {
            // All is written: a file that cannot be removed is no failure, and the caller's to remove.
            if let (folder, name) = try? Self.place(of: file) { try? folder.remove(name) }
        }
        return Set(uploads.keys).subtracting(missing).union(lost)
    }

    /// An upload with its key taken apart.
    private struct Item: Sendable {
        let key: RemoteKey
        let upload: RemoteUpload
    }

    /// Uploads by key.
    ///
    /// - Throws: `RemoteError` with `.conflict` if two of different sizes are to get the same key.
    private static func distinct(_ uploads: [RemoteUpload]) throws(RemoteError) -> [String: Item] {
        var items: [String: Item] = [:]
        for upload in uploads {
            let key = try RemoteKey(upload.key)
            if let other = items[upload.key], other.upload.size != upload.size {
                throw RemoteError(.conflict, upload.key)
            }
            items[upload.key] = Item(key: key, upload: upload)
        }
        return items
    }

    /// Looks which of the objects are there, which have to have the size that they are to have.
    ///
    /// - Returns: the keys of the others.
    private func checkSizes(_ items: [String: Item], in root: Folder) throws(RemoteError) -> Set<String> {
        var missing: Set<String> = []
        try forEachFolder(of: items.values.map(\.key), in: root) { (folder, key) throws(RemoteError) in
            let status = try system(key.text) { () throws(SystemError) in try folder?.status(of: key.name) }
            guard let status else {
                missing.insert(key.text)
                return
            }
            guard status.kind == .regular, status.size == items[key.text]?.upload.size else {
                throw RemoteError(.conflict, key.text)
            }
        }
        return missing
    }

    /// Writes objects aside, makes them durable, gives them their keys, and makes these durable.
    ///
    /// - Returns: the keys that somebody else's objects got meanwhile.
    private func add(_ items: [Item], to root: Folder, jobs: Int) async throws(RemoteError) -> Set<String> {
        guard !items.isEmpty else { return [] }
        let batch = try system { () throws(SystemError) in
            try DurableBatch(in: root, expecting: items.count, folderPermissions: folderPermissions)
        }
        let written = TemporaryFiles(count: items.count)
        try await Jobs.run(Array(items.indices), atATime: jobs) { (index) throws(RemoteError) in
            written[index] = try Self.write(items[index], into: batch)
        }
        let taken = Mutex<Set<String>>([])
        do throws(SystemError) {
            try batch.commit(
                count: items.count, syncing: items.count <= Self.fewFiles ? .eachFile : .fileSystem
            ) { index in
                let key = items[index].key
                return (written[index], (key.folder, key.name))
            } isTaken: { index in
                taken.withLock { _ = $0.insert(items[index].key.text) }
            }
        } catch {
            throw error.errno == .fileExists ? RemoteError(.conflict) : RemoteError(error)
        }
        // Somebody may have brought another object of the same key meanwhile: that one stayed.
        let byKey = Dictionary(items.map { ($0.key.text, $0) }) { first, _ in first }
        if let gone = try checkSizes(byKey, in: root).min() { throw RemoteError(.notFound, gone) }
        return taken.withLock { $0 }
    }

    /// Writes one object aside.
    private static func write(_ item: Item, into batch: DurableBatch) throws(RemoteError)
        -> DurableBatch.Temporary
    {
        let key = item.key
        switch item.upload.content {
        case .bytes(let bytes):
            return try system(key.text) { () throws(SystemError) in
                try Interruption.check()
                let temporary = batch.newTemporary(for: (key.folder, key.name))
                try batch.write(bytes, as: temporary)
                return temporary
            }
        case .file(let path, let size, let isExpendable):
            if isExpendable, let linked = try link(path, size: size, into: batch, key: key.text) {
                return linked
            }
            let temporary = batch.newTemporary(for: (key.folder, key.name))
            let copied = try system(key.text) { () throws(SystemError) in
                let source = try OpenFile(reading: path)
                let copy = try batch.create(temporary, permissions: 0o444)
                return try copy.clone(from: source) ? copy.status().size : copy.append(source)
            }
            try check(copied, is: size, key: key.text)
            return temporary
        }
    }

    /// Takes a file in under another name: if nothing comes of the upload, it is still there to be written again.
    ///
    /// - Returns: `nil` if it has to be copied.
    private static func link(
        _ path: FilePath, size: Int64, into batch: DurableBatch, key: String
    ) throws(RemoteError) -> DurableBatch.Temporary? {
        try system(key) { () throws(SystemError) in
            guard let (folder, name) = try place(of: path), let status = try folder.status(of: name),
                status.kind == .regular, status.size == size,
                case .linked(let temporary) = try batch.link(name, in: folder, seenAs: status)
            else { return nil }
            guard try batch.protect(temporary, seenAs: status) else {
                try batch.discard(temporary)
                return nil
            }
            return temporary
        }
    }

    /// The folder of a local file, and its name there.
    private static func place(of path: FilePath) throws(SystemError) -> (folder: Folder, name: [UInt8])? {
        guard let name = path.lastComponentBytes else { return nil }
        let parent = path.removingLastComponent()
        return (try Folder(parent.isEmpty ? "." : parent), name)
    }

    private static func check(_ count: Int64, is size: Int64, key: String) throws(RemoteError) {
        if count < size { throw RemoteError(.truncated, key) }
        if count > size { throw RemoteError(.tooLarge(count), key) }
    }

    /// Makes durable what was there: who wrote it may not be that far yet.
    ///
    /// - Parameter others: how many were written, and made durable, since it was found.
    private func makeDurable(_ keys: [String], in root: Folder, beside others: Int) throws(RemoteError) {
        guard !keys.isEmpty, others <= Self.fewFiles else { return }
        guard keys.count <= Self.fewFiles else {
            return try system { () throws(SystemError) in try root.syncFileSystem() }
        }
        for text in keys {
            let key = try RemoteKey(text)
            guard let folder = try folder(key.folder, in: root, for: text) else {
                throw RemoteError(.notFound, text)
            }
            try system(text) { () throws(SystemError) in
                try OpenFile(reading: key.name, in: folder, followingLinks: false).sync()
                try root.syncNames(in: [key.folder])
            }
        }
    }
}

/// What was written aside, by the position of what it is for.
private final class TemporaryFiles: Sendable {
    private let files: Mutex<[DurableBatch.Temporary?]>

    init(count: Int) { files = Mutex(Array(repeating: nil, count: count)) }

    subscript(index: Int) -> DurableBatch.Temporary {
        get {
            guard let file = files.withLock({ $0[index] }) else {
                preconditionFailure("every object was written before the commit")
            }
            return file
        }
        set { files.withLock { $0[index] = newValue } }
    }
}
