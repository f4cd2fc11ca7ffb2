import CairnCore
import CairnSystem
import CairnTestSupport
import Glibc
import Synchronization
import Testing

@testable import CairnStore

/// Records in memory: the simplest store that a file can be cut into and read from.
final class MemoryRecords: ChunkSink, ChunkSource {
    private struct State {
        var records: [RecordKey: [UInt8]] = [:]
        var added: [RecordKey] = []
        var asked: [RecordKey] = []
    }

    private let state = Mutex(State())
    private let isChecking: Bool
    private let whenAdding: @Sendable () throws(StoreError) -> Void

    /// - Parameters:
    ///   - isChecking: whether a record is checked against its key, as a source has to; a reader should not depend on it.
    ///   - whenAdding: called before records are taken.
    init(isChecking: Bool = true, whenAdding: @escaping @Sendable () throws(StoreError) -> Void = {}) {
        self.isChecking = isChecking
        self.whenAdding = whenAdding
    }

    static let place = FilePath("memory")

    func contains(_ key: RecordKey) -> Bool { state.withLock { $0.records[key] != nil } }

    func add(_ records: [(key: RecordKey, bytes: UnsafeRawBufferPointer)]) throws(StoreError) {
        try whenAdding()
        state.withLock { state in
            for (key, bytes) in records where state.records[key] == nil {
                state.records[key] = Array(bytes)
                state.added.append(key)
            }
        }
    }

    func record(_ key: RecordKey) throws(StoreError) -> ArraySlice<UInt8> {
        let bytes = state.withLock { state in
            state.asked.append(key)
            return state.records[key]
        }
        guard let bytes else { throw StoreError(.missingPart(key, of: nil), Self.place) }
        if isChecking && key.kind.isNamedByContent && BLAKE3.digest(of: bytes) != key.digest {
            throw StoreError(.malformed(FormatError(.record, .mismatch, at: 0)), Self.place)
        }
        // As from the middle of a frame.
        return ([0] + bytes)[1...]
    }

    /// The keys in the order in which they came.
    var added: [RecordKey] { state.withLock { $0.added } }
    /// The keys that were read, in order.
    var asked: [RecordKey] { state.withLock { $0.asked } }
    func forgetWhatWasAsked() { state.withLock { $0.asked = [] } }
    func byteCount(_ keys: some Sequence<RecordKey>) -> Int {
        state.withLock { state in keys.reduce(0) { $0 + (state.records[$1]?.count ?? 0) } }
    }

    subscript(key: RecordKey) -> [UInt8]? {
        get { state.withLock { $0.records[key] } }
        set { state.withLock { $0.records[key] = newValue } }
    }

    /// The recipe of a file.
    func recipe(_ file: Digest) throws -> Recipe {
        let bytes = try #require(self[RecordKey(.recipe, file)])
        return try Recipe(parsing: bytes.span, of: file)
    }

    /// The chunks of a file.
    func chunks(_ file: Digest) throws -> [RecipePart] {
        let recipe = try recipe(file)
        guard recipe.isIndirect else { return recipe.parts }
        return try recipe.chunks(
            in: recipe.parts.map {
                let bytes = try #require(self[RecordKey(.span, $0.id)])
                return try RecipeSpan(parsing: bytes.span, of: $0.id)
            })
    }
}

/// A folder with files that are cut.
final class CutFixture: Sendable {
    let scratch: ScratchDirectory

    init() throws { scratch = try ScratchDirectory("cairn-cut") }

    /// Writes a file and opens it.
    func file(_ bytes: [UInt8], _ name: String = "file") throws -> OpenFile {
        let path = scratch(name)
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes {
                write(descriptor, $0.baseAddress! + done, bytes.count - done)
            }
            try #require(count > 0)
            done += count
        }
        return try OpenFile(reading: FilePath(path))
    }

    /// A new file to be written to.
    func target(_ name: String = "target") throws -> OpenFile {
        Files.delete(scratch(name))
        return try OpenFile(
            creating: name.utf8, in: Folder(FilePath(scratch.path)), permissions: 0o644)
    }

    /// Stores bytes as a file.
    @discardableResult
    func store(
        _ bytes: [UInt8], in records: MemoryRecords, by rule: ChunkingRule = .cdc64, workers: Int = 2
    ) throws -> Digest {
        let chunking = FileChunking(into: records, by: rule, workers: Workers(count: workers))
        return try chunking.add(file(bytes)).digest
    }
}

extension SeededRandom {
    /// That many bytes that nowhere repeat.
    mutating func randomBytes(_ count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count + 7) { buffer, initialized in
            let raw = UnsafeMutableRawBufferPointer(buffer)
            for place in stride(from: 0, to: count, by: 8) {
                raw.storeBytes(of: next(), toByteOffset: place, as: UInt64.self)
            }
            initialized = count
        }
    }
}

/// True if the bytes are equal; an expectation of its own would print millions of them, one a line.
func isSame(_ left: some Collection<UInt8>, _ right: some Collection<UInt8>) -> Bool {
    Array(left) == Array(right)
}
