public import CairnCore
public import CairnSystem

/// What a collection would delete, decided before anything is.
public struct CollectPlan: Sendable {
    /// The last that is known of an object.
    public struct LastKnown: Sendable {
        /// The bytes of its path as the user would type it, or of its path in the listing.
        public let path: [UInt8]
        /// The revision that had it last; `nil` if no revision is known to have it.
        public let revision: String?
        /// The listing that names it, where no pointer is known to name that.
        public let listing: ObjectID?
    }

    /// An object that nothing in scope uses.
    public struct Object: Sendable {
        /// Its name.
        public let id: ObjectID
        /// Its bytes.
        public let size: Int64
        /// When it, or the pack in which it lies, was written, in nanoseconds since 1970.
        public let modified: Int64
        /// Whether it lies in a pack, together with others.
        public var isPacked = false
        /// The last that is known of it.
        public internal(set) var lastKnown: LastKnown?
    }

    /// A folder that objects are deleted from.
    public struct Place: Sendable {
        /// The name of the remote; `nil` for the cache.
        public let remote: String?
        /// The folder; for a remote that is none, what stands for it.
        public let folder: FilePath
        /// The place, for messages.
        public let shown: [UInt8]
        /// What is deleted: listings first, in the order of deletion.
        public internal(set) var objects: [Object]
        /// How many objects stay.
        public internal(set) var keptCount: Int
        /// The bytes by which packs become fewer, about: compressed, and less what is copied out of them.
        public var packedBytes: Int64 = 0

        /// The bytes that become free.
        public var bytes: Int64 { objects.reduce(packedBytes) { $1.isPacked ? $0 : $0 + $1.size } }
    }

    /// The cache, then the remote if one is meant.
    public internal(set) var places: [Place] = []
    /// Revisions, or files in them, that could not be read and were passed over.
    public internal(set) var skipped: [(name: String, error: CairnError)] = []

    /// How many objects are deleted in all places.
    public var count: Int { places.reduce(0) { $0 + $1.objects.count } }
    /// Their bytes.
    public var bytes: Int64 { places.reduce(0) { $0 + $1.bytes } }
}

/// What a collection did.
public struct CollectReport: Sendable {
    /// What a collection of a packed remote did: what goes is announced, and given up and deleted by later collections, whoever runs them.
    public struct Announced: Sendable {
        /// The name of the remote.
        public let remote: String
        /// How many objects were announced.
        public let count: Int
        /// How many packs.
        public let packs: Int
        /// The bytes by which packs will be fewer.
        public let bytes: Int64
        /// For how long what was announced can be brought back, in seconds.
        public let grace: Int64
        /// How many packs that were announced earlier are given up now.
        public let buried: Int
        /// How many packs that were given up earlier were deleted now.
        public let deleted: Int
        /// Their bytes.
        public let deletedBytes: Int64
    }

    /// What was planned.
    public let plan: CollectPlan
    /// True if the plan was carried out.
    public internal(set) var isDone = false
    /// How many objects were deleted.
    public internal(set) var count = 0
    /// The bytes that become free.
    public internal(set) var bytes: Int64 = 0
    /// Those of them that packs take which were put aside: they are deleted by a later collection, and until then can be brought back.
    public internal(set) var asideBytes: Int64 = 0
    /// For how long they are kept at least, in seconds; `nil` where the cache has no packs.
    public internal(set) var grace: Int64?
    /// The bytes of packs that an earlier collection had put aside, and that were deleted now.
    public internal(set) var emptiedBytes: Int64 = 0
    /// What a packed remote was told; `nil` if none is meant.
    public internal(set) var announced: Announced?
    /// Objects that stay because somebody wrote or linked them while the plan was made.
    public internal(set) var spared: [ObjectID] = []
}
