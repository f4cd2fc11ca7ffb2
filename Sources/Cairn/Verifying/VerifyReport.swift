public import CairnStore
public import CairnSystem

/// What looking at objects found.
public struct VerifyReport: Sendable {
    /// A damaged object.
    public struct Damage: Sendable {
        /// Which one, and what needs it.
        public let object: TransferReport.Object
        /// Why it cannot be used.
        public let error: CairnError
        /// Where it lies now, or a pack that had something of it; `nil` if it was left in its place.
        public internal(set) var movedTo: FilePath?
        /// True if the store has it all the same: in another pack, in packs beside a damaged file, or in what was sound of a damaged pack.
        public internal(set) var hasOtherCopy = false
    }

    /// A damaged part of a packed store.
    public struct DamagedPart: Sendable {
        /// The file of the pack, or of the index segment.
        public let path: FilePath
        /// What is wrong with it.
        public let error: CairnError
        /// Where it lies now; `nil` if it was left in its place, or is gone.
        public internal(set) var movedTo: FilePath?
    }

    /// Something that a commit says and should not.
    public struct Finding: Sendable {
        /// The commit.
        public let revision: String
        /// What is wrong, and what to type.
        public let error: CairnError
    }

    /// How closely was looked.
    public let depth: CheckDepth
    /// How many objects are as they should be: with `full` they have the bytes that their names promise.
    public internal(set) var count = 0
    /// Their bytes.
    public internal(set) var bytes: Int64 = 0
    /// Objects that are not there.
    public internal(set) var missing: [TransferReport.Object] = []
    /// Objects with other bytes.
    public internal(set) var damaged: [Damage] = []
    /// Objects that cannot be read.
    public internal(set) var unreadable: [TransferReport.Failure] = []
    /// Damaged packs.
    public internal(set) var packs: [DamagedPart] = []
    /// Damaged segments of the index.
    public internal(set) var segments: [DamagedPart] = []
    /// Pointer and pipeline files of the workspace that cannot be read; the message says in which line.
    public internal(set) var pointers: [CairnError] = []
    /// Revisions, or files in them, that could not be read and were passed over.
    public internal(set) var skipped: [(name: String, error: CairnError)] = []
    /// What is wrong with commits of the range, whatever data there is.
    public internal(set) var findings: [Finding] = []
    /// Commits of the range before which this clone has no history.
    public internal(set) var ends: [String] = []
    /// The remotes that were read; empty for the cache.
    public internal(set) var remotes: [String] = []
    /// What was checked now.
    public internal(set) var checked = StoreInspection.Amount()
    /// What is left because the time was over.
    public internal(set) var remaining = StoreInspection.Amount()
    /// When that which was checked longest ago was checked, in nanoseconds since 1970; `nil` if something never was.
    public internal(set) var oldest: Int64?
    /// How many objects and packs were never checked.
    public internal(set) var neverCount = 0

    init(_ depth: CheckDepth) { self.depth = depth }

    /// True if nothing that was looked at is missing or damaged.
    public var isSound: Bool {
        missing.isEmpty && damaged.isEmpty && unreadable.isEmpty && packs.isEmpty && segments.isEmpty
            && pointers.isEmpty && skipped.isEmpty && findings.isEmpty
    }

    /// Forgets how much was looked at, and what is not there: another look tells it again.
    mutating func resetAmounts() {
        (count, bytes, neverCount, oldest, missing) = (0, 0, 0, nil, [])
        (checked, remaining) = (StoreInspection.Amount(), StoreInspection.Amount())
    }

    /// Takes the amounts of an inspection in.
    mutating func add(_ found: StoreInspection.Report) {
        count += found.soundCount
        bytes += found.soundBytes
        let isFirst = checked.units + remaining.units == 0
        checked.add(found.checked)
        remaining.add(found.remaining)
        neverCount += found.neverCount
        oldest =
            neverCount > 0 ? nil : isFirst ? found.oldest : [oldest, found.oldest].compactMap(\.self).min()
    }
}
