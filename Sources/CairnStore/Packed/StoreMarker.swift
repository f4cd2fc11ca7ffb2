/// The file `cairn.json` at the root of a packed store: what the store is, and what a program must know to use it.
///
/// It is written once, when the store is made, and never changed.
public struct StoreMarker: Hashable, Sendable {
    /// What a program may do with a store.
    public enum Access: Hashable, Sendable {
        /// Everything.
        case full
        /// Reading, because writing needs features that this program lacks.
        case readOnly(missing: [String])
    }

    /// Tells this store from every other one.
    public let id: UniqueID
    /// The number of the rule by which writers cut files into chunks: docs/formats/chunking.md.
    public let chunker: Int
    /// When a collector may do what.
    public let collection: CollectionTimes
    /// What this program may do with the store.
    public let access: Access

    /// Describes a new store.
    public init(id: UniqueID, chunker: Int = 1, collection: CollectionTimes = CollectionTimes()) {
        self.id = id
        self.chunker = chunker
        self.collection = collection
        access = .full
    }

    /// The largest marker in bytes.
    public static let largestSize = 64 << 10
    /// Features that this program knows and a writer must know.
    private static let knownReadOnlyFeatures: Set<String> = []
    /// Features that this program knows and every reader must know.
    private static let knownIncompatibleFeatures: Set<String> = []

    /// Reads a marker.
    ///
    /// Members that this program does not know are passed over: what may not be ignored is in one of the lists of features.
    /// - Throws: `FormatError` for anything but the marker of a packed store that this program can read.
    public init(parsing bytes: [UInt8]) throws(FormatError) {
        guard bytes.count <= Self.largestSize else {
            throw FormatError(.marker, .badValue("size"), at: Int64(Self.largestSize))
        }
        guard case .object(let members) = try MarkerJSON.parse(bytes),
            members["format"] == .string("cairn-store")
        else { throw FormatError(.marker, .notThisFormat, at: 0) }
        guard case .integer(let version)? = members["version"] else { throw Self.fail("version") }
        guard version == 1 else {
            throw FormatError(.marker, .unknownVersion(Int(clamping: version)), at: 0)
        }
        let unreadable = try Self.features("incompat", in: members, unknownTo: Self.knownIncompatibleFeatures)
        guard unreadable.isEmpty else { throw FormatError(.marker, .unknownFeatures(unreadable), at: 0) }
        let unwritable = try Self.features("ro_compat", in: members, unknownTo: Self.knownReadOnlyFeatures)
        _ = try Self.features("compat", in: members, unknownTo: [])
        guard case .string(let id)? = members["id"], let id = UniqueID(parsing: id.utf8) else {
            throw Self.fail("id")
        }
        guard case .integer(let chunker)? = members["chunker"], (1...255).contains(chunker) else {
            throw Self.fail("chunker")
        }
        self.id = id
        self.chunker = Int(chunker)
        collection = try CollectionTimes(parsing: members["gc"])
        access = unwritable.isEmpty ? .full : .readOnly(missing: unwritable)
    }

    /// The marker's text: one member a line.
    public var bytes: [UInt8] {
        Array(
            """
            {
              "format": "cairn-store",
              "version": 1,
              "id": "\(id.text)",
              "chunker": \(chunker),
              "compat": [],
              "ro_compat": [],
              "incompat": [],
              "gc": \(collection.json)
            }

            """.utf8)
    }

    /// The members of a list of features that are not among the known ones, sorted.
    private static func features(
        _ name: String, in members: [String: MarkerJSON], unknownTo known: Set<String>
    ) throws(FormatError) -> [String] {
        guard let list = members[name] else { return [] }
        guard case .array(let elements) = list else { throw fail(name) }
        var unknown: Set<String> = []
        for element in elements {
            guard case .string(let feature) = element else { throw fail(name) }
            if !known.contains(feature) { unknown.insert(feature) }
        }
        return unknown.sorted()
    }

    private static func fail(_ member: String) -> FormatError {
        FormatError(.marker, .badValue(member), at: 0)
    }
}

/// How long a collector of a packed store waits before what it does cannot be undone, in seconds.
///
/// They belong to the store and not to a command, because every collector must keep to the same. None may be below its floor: a marker
/// that says less is read as the floor.
public struct CollectionTimes: Hashable, Sendable {
    /// What was pushed stays for so long even if nobody names it any more; 14 days, at least one.
    public let keep: Int64
    /// Packs younger than this are left alone; 72 hours, at least one.
    public let minimumAge: Int64
    /// Between the decision to delete a pack and the end of all reading from it; 24 hours, at least one.
    public let grace: Int64
    /// Packs that no segment names are deleted after this; 7 days, at least 3.
    public let orphan: Int64
    /// Between the end of all reading and the deletion of the file; one hour, also the least.
    public let readDelay: Int64

    /// Chooses times; one that is below its floor becomes the floor.
    public init(
        keep: Int64 = 14 * 86_400, minimumAge: Int64 = 72 * 3600, grace: Int64 = 24 * 3600,
        orphan: Int64 = 7 * 86_400, readDelay: Int64 = 3600
    ) {
        self.keep = max(keep, 86_400)
        self.minimumAge = max(minimumAge, 3600)
        self.grace = max(grace, 3600)
        self.orphan = max(orphan, 3 * 86_400)
        self.readDelay = max(readDelay, 3600)
    }

    /// Reads the member `gc` of a marker; what is not there is as usual.
    fileprivate init(parsing json: MarkerJSON?) throws(FormatError) {
        let usual = CollectionTimes()
        guard let json else {
            self = usual
            return
        }
        guard case .object(let members) = json else {
            throw FormatError(.marker, .badValue("gc"), at: 0)
        }
        func time(_ name: String, _ usual: Int64) throws(FormatError) -> Int64 {
            switch members[name] {
            case nil: return usual
            case .integer(let seconds)?: return seconds
            default: throw FormatError(.marker, .badValue("gc.\(name)"), at: 0)
            }
        }
        self.init(
            keep: try time("keep", usual.keep), minimumAge: try time("min_age", usual.minimumAge),
            grace: try time("grace", usual.grace), orphan: try time("orphan", usual.orphan),
            readDelay: try time("read_delay", usual.readDelay))
    }

    fileprivate var json: String {
        "{\"keep\": \(keep), \"min_age\": \(minimumAge), \"grace\": \(grace), \"orphan\": \(orphan), "
            + "\"read_delay\": \(readDelay)}"
    }
}
