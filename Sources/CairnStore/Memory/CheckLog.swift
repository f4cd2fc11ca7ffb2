public import CairnCore
public import CairnSystem

/// How closely a store is looked at. Each depth includes those before it.
public enum CheckDepth: String, CaseIterable, Comparable, Sendable {
    /// Every object is there, as far as names, sizes and the index tell.
    case present
    /// Listings and recipes can be read, every chunk that they name is in the index, and packs say of themselves what the index says.
    case structure
    /// Every byte is hashed.
    case full

    public static func < (left: CheckDepth, right: CheckDepth) -> Bool {
        (allCases.firstIndex(of: left) ?? 0) < (allCases.firstIndex(of: right) ?? 0)
    }
}

/// What is checked in one piece: an object that is a file, or a pack.
public enum CheckUnit: Hashable, Comparable, Sendable {
    /// An object of a loose store.
    case object(ObjectID)
    /// A pack of a packed store.
    case pack(Digest)

    public static func < (left: CheckUnit, right: CheckUnit) -> Bool {
        switch (left, right) {
        case (.object(let left), .object(let right)): left < right
        case (.pack(let left), .pack(let right)): left < right
        case (.pack, .object): true
        case (.object, .pack): false
        }
    }
}

/// When objects and packs were last checked, and what was found damaged.
///
/// A database in the repository's temporary folder; it may be deleted at any time. Then everything counts as never checked.
public final class CheckLog: Sendable {
    // A class: it owns the connection.
    private let database: LocalDatabase

    /// What came of a check.
    public struct Entry: Sendable {
        /// What was checked.
        public let unit: CheckUnit
        /// When, in nanoseconds since 1970.
        public let time: Int64
        /// Whether it was damaged.
        public let isDamaged: Bool

        /// Puts an entry together.
        public init(_ unit: CheckUnit, time: Int64, isDamaged: Bool) {
            self.unit = unit
            self.time = time
            self.isDamaged = isDamaged
        }
    }

    /// Opens the log, making it if it is missing and anew if it is not readable.
    ///
    /// - Throws: `StoreError` if the file system does not let it: then nothing is remembered.
    public init(at path: FilePath) throws(StoreError) {
        database = try LocalDatabase(
            at: path, version: 1,
            tables: """
                DROP TABLE IF EXISTS checks;
                CREATE TABLE checks (store BLOB NOT NULL, depth TEXT NOT NULL, unit BLOB NOT NULL, time INTEGER NOT NULL,
                    damaged INTEGER NOT NULL, PRIMARY KEY (store, depth, unit)) WITHOUT ROWID;
                """)
    }

    /// When units of a store were last checked at a depth.
    ///
    /// - Throws: `StoreError` if the database cannot be read.
    public func times(of store: FilePath, at depth: CheckDepth) throws(StoreError) -> [CheckUnit: Int64] {
        try database.read("SELECT unit, time FROM checks WHERE store = ?1 AND depth = ?2") {
            (statement) throws(StoreError) in
            statement.bind(1, Self.key(of: store))
            statement.bind(2, Array(depth.rawValue.utf8))
            var times: [CheckUnit: Int64] = [:]
            while try statement.step() {
                if let unit = CheckUnit(stored: statement.blob(0)) { times[unit] = statement.integer(1) }
            }
            return times
        }
    }

    /// What was found damaged and has not been found sound since.
    ///
    /// - Throws: `StoreError` if the database cannot be read.
    public func findings(of store: FilePath) throws(StoreError) -> Set<CheckUnit> {
        try database.read("SELECT unit FROM checks WHERE store = ?1 AND damaged = 1") {
            (statement) throws(StoreError) in
            statement.bind(1, Self.key(of: store))
            var units: Set<CheckUnit> = []
            while try statement.step() {
                if let unit = CheckUnit(stored: statement.blob(0)) { units.insert(unit) }
            }
            return units
        }
    }

    /// Remembers checks.
    ///
    /// - Throws: `StoreError`; nothing is remembered then.
    public func record(_ entries: [Entry], of store: FilePath, at depth: CheckDepth) throws(StoreError) {
        guard !entries.isEmpty else { return }
        let (place, name) = (Self.key(of: store), Array(depth.rawValue.utf8))
        try database.transaction { () throws(StoreError) in
            let statement = try database.statement(
                "INSERT OR REPLACE INTO checks VALUES (?1, ?2, ?3, ?4, ?5)")
            for entry in entries {
                statement.bind(1, place)
                statement.bind(2, name)
                statement.bind(3, entry.unit.stored)
                statement.bind(4, entry.time)
                statement.bind(5, entry.isDamaged ? 1 : 0)
                try statement.step()
                statement.reset()
            }
        }
    }

    /// Forgets what was found damaged: it was healed, or is not there any more.
    ///
    /// - Throws: `StoreError`; nothing is forgotten then.
    public func forget(_ units: some Collection<CheckUnit>, of store: FilePath) throws(StoreError) {
        guard !units.isEmpty else { return }
        let place = Self.key(of: store)
        try database.transaction { () throws(StoreError) in
            let statement = try database.statement(
                "DELETE FROM checks WHERE store = ?1 AND unit = ?2 AND damaged = 1")
            for unit in units {
                statement.bind(1, place)
                statement.bind(2, unit.stored)
                try statement.step()
                statement.reset()
            }
        }
    }

    /// The name of a store: its place, so that two ways to it are one store.
    private static func key(of store: FilePath) -> [UInt8] { ((try? store.resolved()) ?? store).bytes }
}

extension CheckUnit {
    /// The unit as a row has it: what it is, and its digest.
    fileprivate var stored: [UInt8] {
        switch self {
        case .pack(let name): [0] + name.bytes
        case .object(let id): [id.algorithm.rawValue | (id.isDirectory ? 0x80 : 0)] + id.digest.bytes
        }
    }

    fileprivate init?(stored: UnsafeRawBufferPointer) {
        guard let kind = stored.first, let digest = Digest(bytes: stored.dropFirst()) else { return nil }
        if kind == 0 {
            guard digest.count == 32 else { return nil }
            self = .pack(digest)
            return
        }
        guard let algorithm = HashAlgorithm(rawValue: kind & 0x7F), digest.count == algorithm.digestCount
        else {
            return nil
        }
        self = .object(ObjectID(algorithm, digest, isDirectory: kind & 0x80 != 0))
    }
}
