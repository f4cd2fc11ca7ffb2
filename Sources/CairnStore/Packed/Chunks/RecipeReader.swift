public import CairnCore
public import CairnSystem
import Synchronization

/// Reads a file that is kept as a recipe and chunks, all of it or a part. Several threads may read at the same time.
///
/// No byte leaves it unverified: what lies in a group of the file that is read whole is checked against the group's chaining value, and so
/// against the file's id; everything else against the id of its chunk. Damage is told as that of the file, whichever record it is in.
public struct RecipeReader<Source: ChunkSource>: Sendable {
    /// The bytes of the file.
    public let size: Int64

    let id: ObjectID
    let recipe: Recipe
    private let source: Source
    private let store: FilePath
    /// Where each part of the recipe begins in the file, and the file's end.
    private let starts: [UInt64]
    private let spans = SpanCache()

    /// Reads the recipe of a file.
    ///
    /// - Parameters:
    ///   - file: the id of the file.
    ///   - source: where its recipe, spans and chunks are.
    ///   - store: the place of the store, for errors.
    /// - Throws: `StoreError`, with `.missing` or `.damaged` and the id of the file if there is no recipe, or none that is sound.
    public init(_ file: Digest, in source: Source, of store: FilePath) throws(StoreError) {
        let id = ObjectID(.blake3, file)
        let bytes = try StoreError.blaming(id) { () throws(StoreError) in
            try source.record(RecordKey(.recipe, file))
        }
        do throws(RecipeError) {
            recipe = try bytes.span.withUnsafeBytes { (bytes) throws(RecipeError) in
                try Recipe(parsing: bytes, of: file)
            }
        } catch {
            throw StoreError(.damaged(id), store)
        }
        guard let size = Int64(exactly: recipe.length) else { throw StoreError(.damaged(id), store) }
        self.size = size
        self.id = id
        self.source = source
        self.store = store
        var starts: [UInt64] = [0]
        starts.reserveCapacity(recipe.parts.count + 1)
        // The recipe has checked that they add up to its length.
        for part in recipe.parts { starts.append(starts[starts.count - 1] + part.length) }
        self.starts = starts
    }

    /// The error for bytes that are not the file's.
    var damage: StoreError { StoreError(.damaged(id), store) }

    /// Calls `body` with the bytes of every chunk of which something lies in the range, in order, and with the place of the chunk in the file.
    ///
    /// The bytes are as many as the recipe says; whether they are the right ones depends on the source.
    /// - Precondition: the range lies in the file.
    func forEachChunk(
        in range: Range<UInt64>,
        _ body: (RecipePart, UInt64, UnsafeRawBufferPointer) throws(StoreError) -> Void
    ) throws(StoreError) {
        guard !range.isEmpty else { return }
        var index = part(at: range.lowerBound)
        while starts[index] < range.upperBound {
            if recipe.isIndirect {
                var place = starts[index]
                for chunk in try span(index).chunks where place < range.upperBound {
                    if place + chunk.length > range.lowerBound { try read(chunk, at: place, body) }
                    place += chunk.length
                }
            } else {
                try read(recipe.parts[index], at: starts[index], body)
            }
            index += 1
        }
    }

    private func read(
        _ chunk: RecipePart, at place: UInt64,
        _ body: (RecipePart, UInt64, UnsafeRawBufferPointer) throws(StoreError) -> Void
    ) throws(StoreError) {
        let record = try StoreError.blaming(id) { () throws(StoreError) in
            try source.record(RecordKey(.chunk, chunk.id))
        }
        guard UInt64(record.count) == chunk.length else { throw damage }
        try record.span.withUnsafeBytes { (bytes) throws(StoreError) in try body(chunk, place, bytes) }
    }

    /// The part of the recipe in which a byte of the file lies.
    private func part(at place: UInt64) -> Int {
        var (low, high) = (0, starts.count - 1)
        while high - low > 1 {
            let middle = low + (high - low) / 2
            if starts[middle] <= place { low = middle } else { high = middle }
        }
        return low
    }

    private func span(_ index: Int) throws(StoreError) -> RecipeSpan {
        if let span = spans[index] { return span }
        let part = recipe.parts[index]
        let bytes = try StoreError.blaming(id) { () throws(StoreError) in
            try source.record(RecordKey(.span, part.id))
        }
        let span: RecipeSpan
        do throws(RecipeError) {
            span = try bytes.span.withUnsafeBytes { (bytes) throws(RecipeError) in
                try RecipeSpan(parsing: bytes, of: part.id)
            }
        } catch {
            throw damage
        }
        guard span.length == part.length else { throw damage }
        spans.insert(span, at: index)
        return span
    }
}

/// The spans that were read last: neighbouring parts of a file have the same one.
private final class SpanCache: Sendable {
    /// A span has at most some 400 KiB.
    private static var capacity: Int { 8 }
    private let spans = Mutex<[(index: Int, span: RecipeSpan)]>([])

    subscript(index: Int) -> RecipeSpan? {
        spans.withLock { spans in spans.first { $0.index == index }?.span }
    }

    func insert(_ span: RecipeSpan, at index: Int) {
        spans.withLock { spans in
            guard !spans.contains(where: { $0.index == index }) else { return }
            if spans.count == Self.capacity { spans.removeFirst() }
            spans.append((index, span))
        }
    }
}

extension StoreError {
    /// Calls `body` and turns the absence or the damage of a record into that of the file which it is a part of.
    fileprivate static func blaming<Result>(
        _ id: ObjectID, _ body: () throws(StoreError) -> Result
    ) throws(StoreError) -> Result {
        do throws(StoreError) {
            return try body()
        } catch {
            switch error.reason {
            case .missingPart(let key, of: nil):
                throw StoreError(key.kind == .recipe ? .missing(id) : .missingPart(key, of: id), error.path)
            case .malformed(let fault):
                switch fault.problem {
                // Perhaps sound, and for a newer program.
                case .unknownVersion, .unknownFeatures: throw error
                default: throw StoreError(.damaged(id), error.path)
                }
            default: throw error
            }
        }
    }
}
