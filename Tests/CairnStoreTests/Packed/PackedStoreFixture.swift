import CairnCore
import CairnSystem
import CairnTestSupport
import Testing

@testable import CairnStore

/// A packed store in a folder of its own.
final class PackedStoreFixture: Sendable {
    let scratch: ScratchDirectory
    let root: FilePath

    init() throws {
        scratch = try ScratchDirectory("cairn-packed")
        root = FilePath(scratch("store"))
        _ = try PackedStore(at: root, creating: true)
    }

    /// The store as a new command opens it.
    func open() throws -> PackedStore { try PackedStore(at: root) }

    /// Adds files in a session of their own.
    @discardableResult
    func add(_ files: [[UInt8]]) throws -> [ObjectID] {
        let batch = try PackBatch(into: open())
        let ids = try files.map { try batch.add(blob: $0) }
        try batch.commit()
        return ids
    }

    /// The paths of files below the store with this ending, sorted.
    func paths(_ ending: String) -> [String] {
        Files.paths(below: root.string).filter { $0.hasSuffix(ending) }.sorted()
    }

    /// What is in the store that should not be.
    func expectClean(sourceLocation: SourceLocation = #_sourceLocation) {
        let known = Files.paths(below: root.string).filter { path in
            let name = Array(path.split(separator: "/").last.map(String.init)?.utf8 ?? "".utf8)
            return path == "cairn.json" || path == "cairn.lock"
                || (path.hasPrefix("packs/") && PackedLayout.pack(named: name) != nil)
                || (path.hasPrefix("log/idx/") && SegmentName(parsing: name) != nil)
        }
        #expect(
            Files.paths(below: root.string).sorted() == known.sorted(), sourceLocation: sourceLocation)
    }
}

extension PackBatch {
    /// Adds a file in one piece.
    func add(blob bytes: [UInt8]) throws -> ObjectID {
        let id = ObjectID(.blake3, BLAKE3.digest(of: bytes))
        try bytes.withUnsafeBytes { try add([(RecordKey(.blob, id.digest), $0)]) }
        return id
    }
}

/// A file that copies are written to.
final class CopyTarget {
    private let path: String
    private let folder: Folder

    init(_ scratch: ScratchDirectory) throws {
        path = scratch("copy")
        folder = try Folder(FilePath(scratch.path))
    }

    /// The bytes that the store copies.
    func copy(_ id: ObjectID, of store: PackedStore) throws -> [UInt8] {
        Files.delete(path)
        do {
            let file = try OpenFile(creating: "copy".utf8, in: folder, permissions: 0o600)
            try store.copy(id, to: file)
        }
        return try Files.read(path)
    }
}
