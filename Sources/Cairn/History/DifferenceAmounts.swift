import CairnCore
import CairnStore
import CairnSystem

/// How many bytes and chunks changed between two sides.
///
/// A chunk that both sides have, in whichever of the files that differ, did not change. Files that are not cut into chunks count as one.
public struct DifferenceAmounts: Sendable {
    /// What is counted of some data.
    public struct Count: Sendable {
        /// Bytes; `nil` where some are not known, because the data is not here.
        public internal(set) var bytes: Int64? = 0
        /// Chunks, each once.
        public internal(set) var chunks = 0

        mutating func add(_ part: RecipePart) {
            bytes = bytes.map { $0.addingClamped(Int64(clamping: part.length)) }
            chunks += 1
        }
    }

    /// One file that differs.
    public struct Row: Sendable {
        /// The older version; `nil` for a file that was added.
        public let old: DataDifference.Version?
        /// The newer version; `nil` for a file that was deleted.
        public let new: DataDifference.Version?
        /// The bytes of the older version; `nil` if they are not known.
        public internal(set) var oldSize: Int64?
        /// The bytes of the newer version; `nil` if they are not known.
        public internal(set) var newSize: Int64?
        /// What the newer side has here first, and the older side nowhere.
        public internal(set) var gained = Count()
        /// What the older side has here first, and the newer side nowhere.
        public internal(set) var lost = Count()
    }

    /// The files that differ, by path. What was only renamed is not among them.
    public private(set) var rows: [Row] = []
    /// What only the newer side has.
    public private(set) var gained = Count()
    /// What only the older side has.
    public private(set) var lost = Count()
    /// What both sides have, of the files that differ.
    public private(set) var shared = Count()

    /// Counts what differs.
    init(of difference: DataDifference, _ session: Session) throws {
        var pairs: [(old: DataDifference.Version?, new: DataDifference.Version?)] = []
        pairs += difference.added.map { (nil, $0) }
        pairs += difference.deleted.map { ($0, nil) }
        pairs += difference.modified.map { ($0.old, $0.new) }
        pairs.sort { Self.path($0).lexicographicallyPrecedes(Self.path($1)) }
        let reader = try ChunkReader(session)
        session.reporter.begin("measuring", items: pairs.count, bytes: nil)
        var chunks: [(old: [RecipePart]?, new: [RecipePart]?)] = []
        for (old, new) in pairs {
            try Interruption.check()
            var row = Row(
                old: old.flatMap { $0.isFolder ? nil : $0 }, new: new.flatMap { $0.isFolder ? nil : $0 })
            session.reporter.advance(items: 1, bytes: 0)
            guard row.old != nil || row.new != nil else { continue }
            row.oldSize = try row.old.map { try reader.size(of: $0) } ?? 0
            row.newSize = try row.new.map { try reader.size(of: $0) } ?? 0
            chunks.append(
                (
                    try row.old.map { try reader.chunks(of: $0, row.oldSize) } ?? [],
                    try row.new.map { try reader.chunks(of: $0, row.newSize) } ?? []
                ))
            rows.append(row)
        }
        let before = Set(chunks.flatMap { $0.old ?? [] })
        let after = Set(chunks.flatMap { $0.new ?? [] })
        var seen: Set<RecipePart> = []
        for index in rows.indices {
            Self.count(chunks[index].new, without: before, &seen, &rows[index].gained, &gained)
        }
        seen = []
        for index in rows.indices {
            Self.count(chunks[index].old, without: after, &seen, &rows[index].lost, &lost)
        }
        for part in before.intersection(after) { shared.add(part) }
    }

    private static func path(_ pair: (old: DataDifference.Version?, new: DataDifference.Version?)) -> [UInt8]
    {
        (pair.old ?? pair.new)?.path ?? []
    }

    private static func count(
        _ parts: [RecipePart]?, without others: Set<RecipePart>, _ seen: inout Set<RecipePart>,
        _ row: inout Count, _ sum: inout Count
    ) {
        guard let parts else {
            (row.bytes, sum.bytes) = (nil, nil)
            return
        }
        for part in parts where !others.contains(part) && seen.insert(part).inserted {
            row.add(part)
            sum.add(part)
        }
    }
}

/// Finds out which chunks files consist of: those of the cache by their recipes, those of the workspace by reading them.
private struct ChunkReader {
    private let session: Session
    private let store: ObjectStore

    init(_ session: Session) throws {
        self.session = session
        store = try session.store()
    }

    /// The bytes of a file; `nil` if they are not known.
    func size(of version: DataDifference.Version) throws -> Int64? {
        if let size = version.size { return size }
        return try version.id.flatMap { try store.size(of: $0) }
    }

    /// The chunks of a file; `nil` if they are not known.
    func chunks(of version: DataDifference.Version, _ size: Int64?) throws -> [RecipePart]? {
        guard let id = version.id else { return nil }
        guard id.algorithm == .blake3 else { return Self.whole(id, size) }
        guard let packed = store.packed else { return Self.whole(id, size) }
        if let chunks = try packed.chunks(of: id) { return chunks }
        guard let size, size > ChunkingRule.wholeFileLimit, try !store.contains(id),
            let path = try? RepoPath(validating: version.path)
        else { return Self.whole(id, size) }
        // Not stored: as it lies in the workspace, if it is still what was compared.
        let absolute = session.workspace.absolute(path)
        guard let file = try? OpenFile(reading: absolute), try file.status().size == size else { return nil }
        return try packed.chunks(of: file, workers: session.workers)
    }

    /// A file as one chunk. Ids that are not BLAKE3 are hashed, so that they look like one.
    private static func whole(_ id: ObjectID, _ size: Int64?) -> [RecipePart]? {
        guard let size else { return nil }
        let digest = id.algorithm == .blake3 ? id.digest : BLAKE3.digest(of: Array(id.text.utf8))
        return size == 0 ? [] : [RecipePart(id: digest, length: UInt64(size))]
    }
}
