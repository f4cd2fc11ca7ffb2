import CairnCore
import CairnSystem
import CairnTestSupport

@testable import CairnStore

/// Checks of the cache of a native repository, in packs and in single files: every pack, segment, record and object is read again.
///
/// Unlike `StoreCheck` it reads packs by the program's own parts; these are held to documents and published vectors by tests of their own.
enum NativeStoreCheck {
    /// Reads everything.
    ///
    /// - Returns: one sentence for each file whose bytes are not what its name says, each record and object that cannot be read, and each
    ///   listing that names a file which is not there. Names that no file of a store has are told by `strays`.
    static func problems(in cache: String) throws -> [String] {
        guard Files.exists(cache) else { return [] }
        var problems = try looseProblems(in: cache)
        let store = try ObjectStore(at: FilePath(cache))
        guard let packed = store.packed else { return problems }
        for path in Files.paths(below: cache) {
            do {
                try check(path, in: cache)
            } catch {
                problems.append("\(path): \(error)")
            }
        }
        var keys: Set<RecordKey> = []
        try packed.index().forEachEntry { key, _ in keys.insert(key) }
        for key in keys {
            do { _ = try packed.record(key) } catch { problems.append("record \(key): \(error)") }
        }
        for id in try packed.allObjects() {
            do { try store.verify(id) } catch { problems.append("object \(id): \(error)") }
        }
        return try problems + missing(objects(of: store).filter(\.isDirectory), from: store).sorted()
    }

    /// Compares a file of the store with its name.
    private static func check(_ path: String, in cache: String) throws {
        let name = Array((path.split(separator: "/").last ?? "").utf8)
        if let pack = PackedLayout.pack(named: name) {
            let reader = try PackReader(OpenFile(reading: FilePath("\(cache)/\(path)")))
            guard try reader.digest() == pack else { throw SupportError("has other bytes") }
            for entry in try reader.trailer().entries { _ = try reader.record(entry.key, at: entry.place) }
        } else if let segment = SegmentName(parsing: name) {
            _ = try IndexSegment(parsing: Files.read("\(cache)/\(path)"), name: segment.digest)
        }
    }

    private static func looseProblems(in cache: String) throws -> [String] {
        var problems: [String] = []
        for (id, path) in try looseObjects(in: cache) {
            let bytes = try Files.read(path)
            if BLAKE3.digest(of: bytes) != id.digest { problems.append("\(id) has other bytes") }
            if let mode = TreeListing(of: String(path.dropLast(id.text.count - 1))).mode(
                String(id.text.dropFirst(2))),
                !["-r--r--r--", "-r-xr-xr-x"].contains(mode)
            {
                problems.append("\(id) has mode \(mode)")
            }
        }
        return problems.sorted()
    }

    private static func looseObjects(in cache: String) throws -> [ObjectID: String] {
        var objects: [ObjectID: String] = [:]
        for path in Files.paths(below: "\(cache)/files/blake3") {
            guard let id = ObjectID(.blake3, parsing: path.filter { $0 != "/" }.utf8) else { continue }
            objects[id] = "\(cache)/files/blake3/\(path)"
        }
        return objects
    }

    private static func objects(of store: ObjectStore) throws -> Set<ObjectID> {
        try Set(store.packed?.allObjects() ?? []).union(store.loose.allObjects([.blake3]))
    }

    /// Files that no finished command leaves in a cache.
    static func strays(in cache: String) -> [String] {
        Files.paths(below: cache).filter { path in
            let name = Array((path.split(separator: "/").last ?? "").utf8)
            let isOurs =
                path == "cairn.json" || path == "cairn.lock" || PackedLayout.pack(named: name) != nil
                || SegmentName(parsing: name) != nil
                || path.hasPrefix("files/blake3/")
                    && ObjectID(.blake3, parsing: path.dropFirst(13).filter { $0 != "/" }.utf8) != nil
            return !isOurs
        }
    }

    /// Checks that every pointer of a project, and every listing that one names, has its objects in a cache.
    ///
    /// - Returns: one sentence for each id that is not there.
    static func missing(from cache: String, forPointersOf project: String) throws -> [String] {
        let store = try ObjectStore(at: FilePath(cache))
        var ids: Set<ObjectID> = []
        for path in Files.paths(below: project) where path.hasSuffix(".dvc") && !path.hasPrefix(".dvc/") {
            for line in try Files.text("\(project)/\(path)").split(separator: "\n") {
                guard let range = line.firstRange(of: "blake3: ") else { continue }
                guard let id = ObjectID(.blake3, parsing: line[range.upperBound...].utf8) else {
                    throw SupportError("no id in \(line)")
                }
                ids.insert(id)
            }
        }
        return try missing(ids, from: store).sorted()
    }

    private static func missing(_ ids: Set<ObjectID>, from store: ObjectStore) throws -> [String] {
        var missing: [String] = []
        for id in ids {
            guard try store.contains(id) else {
                missing.append("\(id), which is not there")
                continue
            }
            guard id.isDirectory else { continue }
            let listing = try store.listing(id)
            for index in 0..<listing.count {
                guard let member = listing.object(at: index, .blake3), try !store.contains(member) else {
                    continue
                }
                missing.append("listing \(id) names \(member), which is not there")
            }
        }
        return missing
    }
}
