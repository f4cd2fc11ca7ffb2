import CairnCore
public import CairnStore
public import CairnSystem

/// What a repair found and did, or would do.
public struct RepairReport: Sendable {
    /// A lost object that is there again.
    public struct Healed: Sendable {
        /// Which one, and what needs it.
        public let object: TransferReport.Object
        /// Where its bytes were found.
        public let source: HealingSource
    }

    /// A damaged file that was taken out of the cache.
    public struct SetAside: Sendable {
        /// Where it lay.
        public let path: FilePath
        /// Why it cannot be used.
        public let error: CairnError
        /// Where it lies now; `nil` if it is gone, or nothing was done.
        public let place: FilePath?
    }

    /// True if nothing was changed.
    public internal(set) var isDry = false
    /// How closely the cache was looked at.
    public internal(set) var depth = CheckDepth.full
    /// How many objects were looked at and needed nothing.
    public internal(set) var soundCount = 0
    /// Objects that are there again, or would be.
    public internal(set) var healed: [Healed] = []
    /// Damaged objects, packs, index segments and store markers.
    public internal(set) var setAside: [SetAside] = []
    /// Packs that the index tells about again.
    public internal(set) var indexedPacks = 0
    /// Records of damaged packs that are in new ones.
    public internal(set) var savedRecords = 0
    /// Objects that nobody has any more, as far as was looked.
    public internal(set) var broken: [TransferReport.Failure] = []
    /// Pointer and pipeline files of the workspace that cannot be read; the message says in which line.
    public internal(set) var pointers: [CairnError] = []
    /// Revisions, or files in them, that could not be read and were passed over.
    public internal(set) var skipped: [(name: String, error: CairnError)] = []
    /// Why a remote could not be asked.
    public internal(set) var unreachable: [CairnError] = []

    /// True if nothing stays broken.
    public var isComplete: Bool { broken.isEmpty && pointers.isEmpty && skipped.isEmpty }
    /// True if nothing was found.
    public var isSound: Bool { isComplete && healed.isEmpty && setAside.isEmpty && indexedPacks == 0 }

    /// Notes objects that are there again, each once.
    mutating func add(_ ids: [ObjectID], _ source: HealingSource, _ users: [ObjectID: [ObjectUser]]) {
        let known = Set(healed.map(\.object.id))
        for id in ids where !known.contains(id) {
            let object = TransferReport.Object(id: id, users: users[id] ?? [])
            healed.append(Healed(object: object, source: source))
        }
    }
}
