public import CairnCore
public import CairnSystem

/// Who brings the packs of a store that do not lie in its folder: what stands in their places has their sizes and nothing else.
public protocol PackSource: Sendable {
    /// Brings a pack and opens it. The file can be read as long as it is open, whatever becomes of its name.
    ///
    /// - Parameter folder: that of the store.
    /// - Throws: `StoreError`, with ENOENT if there is no such pack.
    func open(_ pack: Digest, in folder: Folder) throws(StoreError) -> OpenFile
}

extension Folder {
    /// Opens a pack below the folder of a store.
    func open(_ pack: Digest, from source: (any PackSource)?) throws(StoreError) -> OpenFile {
        if let source { return try source.open(pack, in: self) }
        return try system { () throws(SystemError) in
            try OpenFile(readingBelow: self, PackedLayout.path(ofPack: pack).utf8)
        }
    }
}
