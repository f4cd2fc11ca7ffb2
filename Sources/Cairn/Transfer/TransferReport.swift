public import CairnCore
import CairnStore
import CairnTransfer

/// An output, or a file in one, that needs an object.
public struct ObjectUser: Hashable, Sendable {
    /// Where it lies in the workspace.
    public let path: RepoPath
    /// The revision that has it there; `nil` for the workspace of today.
    public let revision: String?
}

/// What a push or a fetch moved.
public struct TransferReport: Sendable {
    /// An object with what needs it.
    public struct Object: Sendable {
        /// Its name.
        public let id: ObjectID
        /// Outputs, and files in them, that need it.
        public let users: [ObjectUser]
    }

    /// An object that could not be moved.
    public struct Failure: Sendable {
        /// Which one.
        public let object: Object
        /// Why.
        public let error: CairnError
    }

    /// True if nothing was moved: the numbers say what would be.
    public internal(set) var isPlan = false
    /// How many objects arrived, listings of directories among them.
    public internal(set) var count = 0
    /// How many of them are files; counted in plans only.
    public internal(set) var files = 0
    /// Their bytes; of packs, those that go over the wire.
    public internal(set) var bytes: Int64 = 0
    /// About how many requests to packed remotes are needed; `nil` where there is none. Counted in plans only.
    public internal(set) var requests: Int?
    /// How many records of runs arrived.
    public internal(set) var runRecords = 0
    /// Objects that exist but could not be moved.
    public internal(set) var failures: [Failure] = []
    /// Objects that are neither in the cache nor on the remote.
    public internal(set) var missing: [Object] = []
    /// Directories whose listing was held back, because the remote lacks some of their files.
    public internal(set) var incomplete: [Object] = []
    /// Revisions, or files in them, that could not be read and were passed over.
    public internal(set) var skipped: [(name: String, error: CairnError)] = []
    /// The names of the remotes that were used.
    public internal(set) var remotes: [String] = []

    /// True if all that was asked for is where it should be.
    public var isComplete: Bool {
        failures.isEmpty && missing.isEmpty && incomplete.isEmpty && skipped.isEmpty
    }

    /// Takes in what would be moved.
    ///
    /// - Parameters:
    ///   - failures: objects that cannot be moved because of what the source has of them.
    ///   - remote: where they would go to, or come from.
    mutating func add(
        planned ids: [ObjectID], bytes: Int64, requests: Int?, missing lost: [ObjectID],
        failures: [(id: ObjectID, error: StoreError)] = [], _ used: UsedObjects, _ reader: ListingReader,
        of remote: RemoteStore
    ) throws {
        isPlan = true
        count += ids.count
        files += ids.count { !$0.isDirectory }
        self.bytes += bytes
        if let requests { self.requests = (self.requests ?? 0) + requests }
        var moved = MovedObjects()
        moved.failures = failures
        try add(moved, missing: lost, used, reader, of: remote)
    }

    /// Takes in what happened to one group of outputs.
    ///
    /// - Parameter remote: where they went to, or came from.
    mutating func add(
        _ moved: MovedObjects, missing lost: [ObjectID], _ used: UsedObjects, _ reader: ListingReader,
        of remote: RemoteStore
    ) throws {
        count += moved.count
        bytes += moved.bytes
        var unknown = used.unknown
        unknown.removeAll { entry in moved.failures.contains { $0.id == entry.output.id } }
        let partly = Set(used.wanted.filter { $0.part != nil }.map(\.id))
        let whole = Set(used.wanted.filter { $0.part == nil }.map(\.id))
        let heldBack = moved.incomplete.filter { whole.contains($0.id) || !partly.contains($0.id) }
        let concerned = moved.failures.map(\.id) + lost + heldBack.map(\.id) + unknown.map(\.output.id)
        let users = try used.users(of: Set(concerned), reader)
        func object(_ id: ObjectID) -> Object { Object(id: id, users: users[id] ?? []) }
        for (id, error) in moved.failures.sorted(by: { $0.id < $1.id }) {
            failures.append(Failure(object: object(id), error: remote.error(error)))
        }
        let gone = Set(lost)
        missing += gone.sorted().map(object)
        incomplete += heldBack.map { object($0.id) }
        var seen: Set<ObjectID> = gone
        for entry in unknown where seen.insert(entry.output.id).inserted {
            failures.append(Failure(object: object(entry.output.id), error: remote.error(entry.error)))
        }
    }
}
