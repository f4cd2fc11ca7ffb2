import CairnCore
public import CairnSystem

extension PackedStore {
    /// Tells why the marker of a packed store cannot be read, although packs are there: it is damaged, or gone.
    ///
    /// - Returns: `nil` if there is no packed store, or its marker can be read, or is for a newer program.
    /// - Throws: `StoreError` if the folder cannot be looked at.
    public static func markerDamage(at root: FilePath) throws(StoreError) -> StoreError? {
        let folder: Folder
        do throws(SystemError) {
            folder = try Folder(root)
        } catch {
            guard error.errno == .noSuchFileOrDirectory else { throw StoreError(error) }
            return nil
        }
        do throws(StoreError) {
            guard try readMarker(in: folder) == nil, try !folder.packs().isEmpty else { return nil }
            return StoreError(.io(.noSuchFileOrDirectory), folder.path(of: PackedLayout.marker.utf8))
        } catch {
            guard case .malformed(let fault) = error.reason else { throw error }
            // A newer format has a marker of another name, so that the version in this one never changes.
            if case .unknownFeatures = fault.problem { return nil }
            return error
        }
    }

    /// Writes a new marker for a store that has packs; a damaged one is moved into the quarantine before.
    ///
    /// - Throws: `StoreError` if it cannot be written or moved.
    public static func restoreMarker(at root: FilePath, into quarantine: FilePath) throws(StoreError) {
        try removeMarker(at: root, into: quarantine)
        _ = try PackedStore(at: root, creating: true)
    }

    /// Moves a damaged marker into the quarantine, or on another file system to another name beside it.
    ///
    /// - Throws: `StoreError` if it cannot be moved.
    public static func removeMarker(at root: FilePath, into quarantine: FilePath) throws(StoreError) {
        let folder = try system { () throws(SystemError) in try Folder(root) }
        let name = Array(PackedLayout.marker.utf8)
        try system { () throws(SystemError) in
            guard try folder.status(of: name) != nil else { return }
            try quarantine.makeFolders()
            let target = try Folder(quarantine)
            let newName = Array("\(PackedLayout.marker).\(Surroundings.now)".utf8)
            do throws(SystemError) {
                try folder.renameExclusively(name, to: target, newName)
            } catch {
                guard error.errno == .improperLink else { throw error }
                // Another file system: it keeps a name of its own beside its old one.
                try folder.renameExclusively(name, to: folder, newName)
            }
        }
    }
}
