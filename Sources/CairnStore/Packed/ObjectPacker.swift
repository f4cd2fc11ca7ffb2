public import CairnCore
public import CairnSystem

/// Where whole objects are packed: files are cut into chunks, listings into pages.
public protocol ObjectPacker: ChunkSink {
    /// Adds a file of any size; see `PackBatch.add(_:workers:progress:)`.
    func add(
        _ file: borrowing OpenFile, workers: Workers, progress: (Int64) -> Void
    ) throws(StoreError) -> (digest: Digest, size: Int64)

    /// Adds the pages of a directory and its record; see `PackBatch.add(listing:id:)`.
    func add(listing bytes: [UInt8], id: ObjectID) throws(StoreError)
}

extension PackBatch: ObjectPacker {}
extension PackSpool: ObjectPacker {}
