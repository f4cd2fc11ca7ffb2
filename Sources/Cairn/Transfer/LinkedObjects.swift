import CairnCore
import CairnStore
import CairnSystem

/// Files that lie anywhere as the objects of a store: each object is a link to the file that has its bytes. Nothing is copied.
struct LinkedObjects {
    /// The store; it goes with the scratch folder.
    let store: ObjectStore
    /// All objects: files, and the listing of a directory.
    let ids: [ObjectID]
    /// Where the bytes of objects are.
    let paths: [ObjectID: FilePath]

    /// Makes links.
    ///
    /// - Parameters:
    ///   - tree: the files, with every digest.
    ///   - id: that of the file, or of the directory's listing.
    /// - Throws: `StoreError` or `SystemError` if the links cannot be made.
    init(_ tree: DataTree, _ id: ObjectID, in scratch: ScratchFolder, _ session: Session) throws {
        let root = scratch.folder.path(of: scratch.newName())
        let loose = try LooseStore(at: root, creating: true, followsLinks: true)
        guard let folder = loose.folder else { preconditionFailure("a store that was made has a folder") }
        let base = try tree.openBase(session)
        var paths: [ObjectID: FilePath] = [:]
        for position in 0..<tree.snapshot.count {
            guard let digest = tree.digests[position] else {
                preconditionFailure("files that were read have digests")
            }
            let object = ObjectID(id.algorithm, digest)
            guard paths[object] == nil else { continue }
            let name = tree.snapshot.paths[position]
            paths[object] = base.path(of: name)
            let place = try Self.place(of: object, in: folder)
            if tree.kind(at: position) == .symbolicLink, let target = try base.linkTarget(name) {
                // The bytes of a link that is kept as one are where it leads.
                try Self.write(target.bytes, as: place.name, in: place.folder)
            } else {
                try place.folder.makeSymbolicLink(
                    place.name, to: base.path(of: name).absolute(in: session.workspace))
            }
        }
        if id.isDirectory {
            let place = try Self.place(of: id, in: folder)
            try Self.write(try tree.listing().serialized, as: place.name, in: place.folder)
        }
        store = ObjectStore(loose)
        self.paths = paths
        ids = paths.keys.sorted() + (id.isDirectory ? [id] : [])
    }

    private static func place(of id: ObjectID, in root: Folder) throws -> (folder: Folder, name: [UInt8]) {
        let place = LooseStore.place(of: id)
        return (try root.makeFolder(place.folder, permissions: nil), place.name)
    }

    private static func write(_ bytes: [UInt8], as name: [UInt8], in folder: Folder) throws {
        let file = try OpenFile(creating: name, in: folder, permissions: 0o600)
        try bytes.withUnsafeBytes { try file.write($0) }
    }
}

extension FilePath {
    /// The path from the root on.
    fileprivate func absolute(in workspace: Workspace) -> FilePath {
        isAbsolute ? self : workspace.surroundings.workingDirectory.pushing(self)
    }
}
