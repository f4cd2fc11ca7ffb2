public import CairnCore
public import CairnSystem
import Synchronization

extension PackedStore {
    /// The chunks that a file is kept as, in order, with their lengths; a file that is kept whole is one.
    ///
    /// Recipes are read, and heads of records; no bytes of files.
    /// - Returns: `nil` if the store does not have the file, or what lists its chunks is damaged.
    /// - Throws: `StoreError` if the index cannot be read, or the user asked to stop.
    public func chunks(of id: ObjectID) throws(StoreError) -> [RecipePart]? {
        guard let key = try index().key(of: id) else { return nil }
        do throws(StoreError) {
            guard key.kind == .recipe else {
                return [RecipePart(id: id.digest, length: UInt64(try recordLength(key)))]
            }
            let bytes = try record(key)
            guard let recipe = try? Recipe(parsing: bytes.span, of: key.digest) else { return nil }
            guard recipe.isIndirect else { return recipe.parts }
            var chunks: [RecipePart] = []
            for part in recipe.parts {
                let bytes = try record(RecordKey(.span, part.id))
                guard let span = try? RecipeSpan(parsing: bytes.span, of: part.id) else { return nil }
                chunks += span.chunks
            }
            return chunks
        } catch {
            if error.reason == .io(.interrupted) { throw error }
            return nil
        }
    }

    /// Cuts a file that is not stored into the chunks that it would be kept as. It is read, and nothing is written.
    ///
    /// - Returns: the chunks in no particular order, each once; a file that would be kept whole is one.
    /// - Throws: `StoreError` as `FileChunking.add`; `.readOnly` if the store asks for a rule that this program does not know.
    public func chunks(
        of file: borrowing OpenFile, workers: Workers
    ) throws(StoreError) -> [RecipePart] {
        let number = marker?.chunker ?? Int(ChunkingRule.cdc64.id)
        guard let rule = UInt8(exactly: number).flatMap(ChunkingRule.init(id:)) else {
            throw StoreError(.readOnly(missing: ["chunker \(number)"]), root)
        }
        let sink = ChunkCollector()
        _ = try FileChunking(into: sink, by: rule, workers: workers).add(file)
        return sink.chunks
    }
}

/// Takes note of chunks, and keeps nothing of them.
private final class ChunkCollector: ChunkSink {
    private let found = Mutex<Set<RecipePart>>([])

    var chunks: [RecipePart] { Array(found.withLock { $0 }) }

    func contains(_ key: RecordKey) -> Bool { key.kind != .chunk && key.kind != .blob }

    func add(_ records: [(key: RecordKey, bytes: UnsafeRawBufferPointer)]) throws(StoreError) {
        found.withLock { found in
            for (key, bytes) in records where key.kind == .chunk || key.kind == .blob {
                found.insert(RecipePart(id: key.digest, length: UInt64(bytes.count)))
            }
        }
    }
}
