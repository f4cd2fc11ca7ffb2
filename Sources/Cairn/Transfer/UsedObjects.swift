import CairnCore
import CairnFormats
import CairnStore
import CairnSystem

/// An output, or a part of one, whose objects are meant.
struct WantedOutput: Hashable {
    /// Where the data lies.
    let path: RepoPath
    /// The part that is meant; `nil` for all of it.
    let part: RepoPath?
    /// The object of the file or of the listing.
    let id: ObjectID
    /// The revision that declares it; `nil` for the workspace.
    let revision: String?
    /// The files of a directory that is recorded file by file.
    let files: [CloudFile]?
    /// The bytes that are recorded of the whole output.
    let size: Int64?

    /// What a target names; `nil` if nothing is recorded of it yet, or its data stays out of the store.
    init?(_ target: TargetedOutput, revision: String? = nil) {
        let record = target.output.record
        guard record.isCached else { return nil }
        files = record.content.files
        guard let id = record.id ?? Self.id(of: files) else { return nil }
        path = target.output.path
        part = target.part
        size = record.size
        self.id = id
        self.revision = revision
    }

    /// True for a path inside the output that belongs to the part that is meant.
    func covers(_ inner: some Collection<UInt8>) -> Bool {
        guard let inside = part?.relative(to: path) else { return true }
        return inner.starts(with: inside.bytes)
            && (inner.count == inside.bytes.count
                || inner.dropFirst(inside.bytes.count).first == UInt8(ascii: "/"))
    }

    /// The listing of a directory that is recorded file by file.
    var recordedListing: DirListing? { files.flatMap { try? Self.listing(of: $0) } }

    private static func id(of files: [CloudFile]?) -> ObjectID? {
        files.flatMap { try? listing(of: $0).id(.md5) }
    }

    private static func listing(of files: [CloudFile]) throws -> DirListing {
        var builder = DirListingBuilder()
        for file in files {
            guard let id = file.content.id else { continue }
            try builder.append(file.path.bytes, id.digest)
        }
        return try builder.listing()
    }

    static func == (left: WantedOutput, right: WantedOutput) -> Bool {
        left.id == right.id && left.path == right.path && left.part == right.part
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(id)
        hasher.combine(path)
        hasher.combine(part)
    }
}

/// Where listings of directories are read.
protocol ListingSource {
    /// Reads a listing and checks it.
    ///
    /// - Throws: `StoreError` if it is missing or of no use; anything else if the source as a whole is.
    func listing(_ id: ObjectID) throws -> DirListing

    /// Is told which listings will be asked for: reading many at a time may cost less.
    func prepare(_ ids: [ObjectID]) throws
}

extension ListingSource {
    func prepare(_ ids: [ObjectID]) throws {}
}

extension ObjectStore: ListingSource {}

/// Reads listings of directories from the cache, or else from remotes, each checked against its id.
final class ListingReader {
    private let session: Session
    private let cache: ObjectStore
    private let others: [any ListingSource]
    private let movesDamagedAside: Bool

    /// Prepares to read.
    ///
    /// - Parameters:
    ///   - others: where listings are looked for that the cache does not have.
    ///   - movesDamagedAside: whether a damaged one leaves the cache; the session must have the lock then.
    init(_ session: Session, others: [any ListingSource] = [], movesDamagedAside: Bool) throws {
        self.session = session
        cache = try session.store()
        self.others = others
        self.movesDamagedAside = movesDamagedAside
    }

    /// Reads a listing.
    ///
    /// - Returns: the listing, or why nobody has it in a usable state.
    /// - Throws: `StoreError` when a store cannot be read at all.
    func listing(_ id: ObjectID) throws -> Result<DirListing, StoreError> {
        var failure: StoreError?
        for (number, source) in ([cache] + others).enumerated() {
            do {
                return .success(try source.listing(id))
            } catch let error as StoreError {
                switch error.reason {
                case .missing: failure = failure ?? error
                case .unreadableListing: failure = error
                case .malformed where number > 0:
                    // A remote that cannot be used is like one that does not have it.
                    failure = failure ?? error
                case .damaged, .missingPart:
                    failure = error
                    if number == 0, movesDamagedAside { try moveAside(id) }
                default: throw error
                }
            }
        }
        guard let failure else { preconditionFailure("there is always a cache to ask") }
        return .failure(failure)
    }

    /// Tells sources which listings will be asked for.
    func prepare(_ ids: [ObjectID]) throws {
        guard !others.isEmpty else { return }
        let lacking = try ids.filter { try !cache.contains($0) }
        guard !lacking.isEmpty else { return }
        for source in others { try source.prepare(lacking) }
    }

    private func moveAside(_ id: ObjectID) throws {
        guard let place = try cache.moveAside(id, into: session.workspace.damagedFolder) else { return }
        session.reporter.warn(
            "object \(id.short) is damaged and was moved to '\(place.bytes.printable)'", hint: nil)
    }
}

/// The objects that outputs need: files, and the listings that name them.
struct UsedObjects {
    /// The outputs in the order in which they were added, each once.
    private(set) var wanted: [WantedOutput] = []
    private var seen: Set<WantedOutput> = []
    private var collected = ObjectSet()
    /// Outputs whose listing nobody has in a usable state, so that their files are not known.
    private(set) var unknown: [(output: WantedOutput, error: StoreError)] = []

    /// The ids, sorted, each once.
    var ids: [ObjectID] { collected.sorted }

    /// Takes an output in; what it needs is learned by `expand`.
    mutating func add(_ output: WantedOutput) {
        if seen.insert(output).inserted { wanted.append(output) }
    }

    /// The listings themselves, each once.
    var listings: [ObjectID] {
        Set(wanted.filter { $0.id.isDirectory && $0.files == nil }.map(\.id)).sorted()
    }

    /// The bytes of files that are outputs themselves, as far as they are recorded.
    var recordedSizes: [ObjectID: Int64] {
        var sizes: [ObjectID: Int64] = [:]
        for output in wanted where !output.id.isDirectory { sizes[output.id] = output.size }
        return sizes
    }

    /// Learns which objects the outputs need.
    ///
    /// - Throws: `StoreError` when a store cannot be read, `SystemError` when the user asked to stop.
    mutating func expand(_ reader: ListingReader) throws {
        var whole: Set<ObjectID> = []
        collected = ObjectSet()
        unknown = []
        try reader.prepare(listings)
        for output in wanted {
            try Interruption.check()
            collected.insert(output.id)
            guard output.id.isDirectory, !(output.part == nil && !whole.insert(output.id).inserted) else {
                continue
            }
            switch try output.recordedListing.map(Result.success) ?? reader.listing(output.id) {
            case .failure(let error): unknown.append((output, error))
            case .success(let listing):
                for index in 0..<listing.count where output.part == nil || output.covers(listing.paths[index])
                {
                    if let id = listing.object(at: index, output.id.algorithm) { collected.insert(id) }
                }
            }
        }
        collected.compact()
    }

    /// Tells whether an object is needed.
    func contains(_ id: ObjectID) -> Bool { collected.contains(id) }

    /// The outputs, and files in them, that need some objects; empty lists do not occur.
    func users(of ids: Set<ObjectID>, _ reader: ListingReader) throws -> [ObjectID: [ObjectUser]] {
        var result: [ObjectID: [ObjectUser]] = [:]
        try forEachPath(of: ids, reader) { id, path, output in
            result[id, default: []].append(ObjectUser(path: path, revision: output.revision))
        }
        return result
    }

    /// Hands every path that needs one of some objects to `body`: outputs, and files in them.
    func forEachPath(
        of ids: Set<ObjectID>, _ reader: ListingReader,
        _ body: (ObjectID, RepoPath, WantedOutput) throws -> Void
    ) throws {
        guard !ids.isEmpty else { return }
        for output in wanted {
            if ids.contains(output.id) { try body(output.id, output.path, output) }
            guard output.id.isDirectory,
                case .success(let listing) = try output.recordedListing.map(Result.success)
                    ?? reader.listing(output.id)
            else { continue }
            for index in 0..<listing.count {
                guard let id = listing.object(at: index, output.id.algorithm), ids.contains(id),
                    output.covers(listing.paths[index])
                else { continue }
                try body(id, output.path.appending(RepoPath(validating: listing.paths[index])), output)
            }
        }
    }
}
