import CairnCore
import CairnRemote
import CairnStore
import CairnSystem

/// The bytes of an object on their way to a remote, compared with its id: small ones in memory, large ones as the file that they are in.
final class PushedContent: Sendable {
    // A class: it owns a file, which goes with it.

    /// What is sent.
    let upload: RemoteUpload.Content
    private let id: ObjectID
    /// The file of the cache as it was when its bytes were compared.
    private let seen: FileStatus?
    /// A file of our own, and the folder that it is in.
    private let temporary: (scratch: ScratchFolder, name: [UInt8])?

    /// Reads an object.
    ///
    /// - Parameter scratch: where a large file is put together that lies in packs.
    /// - Throws: `StoreError` as `ObjectStore.read`.
    init(_ object: ObjectReader.Object, of cache: ObjectStore, by scratch: ScratchFolder) throws(StoreError) {
        id = object.id
        if object.size <= Int64(LooseRemote.partSize) {
            upload = .bytes(try cache.read(object.id))
            (seen, temporary) = (nil, nil)
        } else if try cache.loose.status(of: object.id) != nil {
            let status = try cache.loose.verify(object.id)
            upload = .file(cache.loose.path(of: object.id), size: status.size, isExpendable: false)
            (seen, temporary) = (status, nil)
        } else {
            let name = scratch.newName()
            // From here on the file goes with the value, also if it is not completed.
            temporary = (scratch, name)
            seen = nil
            upload = .file(
                scratch.folder.path(of: name), size: try Self.write(object.id, of: cache, to: scratch, name),
                isExpendable: true)
        }
    }

    private static func write(
        _ id: ObjectID, of cache: ObjectStore, to scratch: ScratchFolder, _ name: [UInt8]
    ) throws(StoreError) -> Int64 {
        let file: OpenFile
        do throws(SystemError) {
            file = try OpenFile(creating: name, in: scratch.folder, permissions: 0o600)
        } catch {
            throw StoreError(error)
        }
        do throws(StoreError) {
            try cache.copy(id, to: file)
            do throws(SystemError) { return try file.status().size } catch { throw StoreError(error) }
        } catch {
            try? scratch.folder.remove(name)  // the first failure is the one to report
            throw error
        }
    }

    /// False if the file was written to since its bytes were compared with the id.
    func isUnchanged(in cache: ObjectStore) throws(StoreError) -> Bool {
        guard let seen else { return true }
        return try cache.loose.status(of: id)?.hasSameContentByAnyName(as: seen) ?? true
    }

    deinit {
        guard let temporary else { return }
        try? temporary.scratch.folder.remove(temporary.name)  // it goes with the folder at the latest
    }
}
