public import CairnCore
public import CairnSystem

extension PackBatch {
    /// Adds a file of any size, from its start and to the size that it has now; each byte is read once.
    ///
    /// A short file is added as a blob, a long one as chunks that are not there yet and a recipe: `FileChunking`.
    /// - Parameters:
    ///   - workers: how many threads read, hash and compress a long file.
    ///   - progress: called on the caller's thread with bytes that are done.
    /// - Returns: the BLAKE3 of the file, and how many bytes that is of. Whether the file was written to meanwhile is for the caller to see,
    ///   from its statuses before and after.
    /// - Throws: `StoreError`: `.changing` if the file was truncated meanwhile, `.unsupportedFile` if it is not a regular file, `.readOnly` if the
    ///   store asks for a rule for chunks that this program does not know, or why records cannot be written. Only after the last the session
    ///   is of no use any more.
    public func add(
        _ file: borrowing OpenFile, workers: Workers, progress: (Int64) -> Void = { _ in }
    ) throws(StoreError) -> (digest: Digest, size: Int64) {
        let number = store.marker?.chunker ?? 0
        guard let rule = UInt8(exactly: number).flatMap(ChunkingRule.init(id:)) else {
            throw StoreError(.readOnly(missing: ["chunker \(number)"]), store.root)
        }
        return try FileChunking(into: self, by: rule, workers: workers).add(file, progress: progress)
    }
}
