import CairnSystem

extension PackedStore {
    /// The file that sessions and collectors lock, in the folder of the store.
    static let lockName = "cairn.lock"

    /// Keeps everybody from writing.
    ///
    /// - Parameter patience: how long to wait for those who do, in milliseconds.
    /// - Throws: `StoreError` with `.busy`, or `.readOnly` if the store needs a newer program.
    func lockAlone(in folder: Folder, patience: Int) throws(StoreError) -> FileLock {
        if case .readOnly(let missing)? = marker?.access {
            throw StoreError(.readOnly(missing: missing), root)
        }
        return try lock(.alone, in: folder, patience: patience)
    }

    /// Locks the store, as one of those who write or alone.
    ///
    /// The lock's file can be used by everybody who may add to the store, whoever makes it.
    /// - Parameter patience: how long to wait, in milliseconds, for those who keep us out.
    /// - Throws: `StoreError` with `.busy` if somebody still does after that.
    func lock(_ hold: FileLock.Hold, in folder: Folder, patience: Int) throws(StoreError) -> FileLock {
        let lock = try system { () throws(SystemError) in
            try FileLock.wait(
                for: hold, of: Self.lockName.utf8, in: folder,
                permissions: folderPermissions == nil ? nil : 0o664, patience: patience)
        }
        guard let lock else { throw StoreError(.busy, root) }
        return lock
    }
}
