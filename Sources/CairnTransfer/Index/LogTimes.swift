import CairnCore
import CairnRemote
import CairnStore

/// How old what stands in the log of a packed remote is, by the remote's own clock.
struct LogTimes: Sendable {
    /// When the log was listed, in milliseconds since 1970.
    let now: Int64
    private let modified: [String: Int64]

    init(_ view: RemoteView) {
        now = view.listing.now
        modified = Dictionary(view.listing.objects.map { ($0.key, $0.modified) }) { first, _ in first }
    }

    /// When an object came there; what is not listed is new.
    func time(of key: String) -> Int64 { modified[key] ?? now }

    /// Whether an object has been there for so many seconds.
    func isOlder(_ key: String, than seconds: Int64) -> Bool { now - time(of: key) >= seconds * 1000 }

    /// When a root was pushed. A segment of one push came when it was pushed; who merges segments writes that time into their rows.
    func time(of row: PushRow, in segment: SegmentName) -> Int64 {
        let time = time(of: segment.path)
        return segment.level == 0 ? time : min(row.time, time)
    }

    /// When a pack was given up.
    func time(of pack: DeadPack, in segment: SegmentName) -> Int64 {
        segment.level == 0 ? max(pack.time, time(of: segment.path)) : pack.time
    }

    /// When packs were condemned: a record may have come later than it was written.
    func time(of record: CondemnRecord, _ name: CondemnName) -> Int64 {
        max(record.time, time(of: name.path))
    }
}

/// The packs of a remote as a listing found them.
struct PackListing: Sendable {
    /// When they were listed, by the remote's own clock.
    let now: Int64
    private let packs: [Digest: RemoteObject]

    init(of remote: any Remote) async throws(TransferError) {
        let listing = try await remotely { () throws(RemoteError) in
            try await remote.list(PackedLayout.packs + "/")
        }
        now = listing.now
        var packs: [Digest: RemoteObject] = [:]
        for object in listing.objects {
            if case .pack(let name)? = PackedLayout.Item(parsing: object.key.utf8) { packs[name] = object }
        }
        self.packs = packs
    }

    /// The names, ascending.
    var names: [Digest] { packs.keys.sorted() }

    subscript(_ name: Digest) -> RemoteObject? { packs[name] }

    /// The packs that the log has told of for a day, and that are not there as it says.
    func missing(from view: RemoteView) -> Set<Digest> {
        let times = LogTimes(view)
        var missing: Set<Digest> = []
        for (name, segment) in view.segments where times.isOlder(name.path, than: Self.patience) {
            for pack in segment.packs where packs[pack.name]?.size != pack.size { missing.insert(pack.name) }
        }
        return missing.subtracting(view.index.deadPacks)
    }

    /// Listings may be late.
    private static let patience: Int64 = 86_400

    /// Whether a pack has been there for so many seconds; one that is not listed has not.
    func isOlder(_ name: Digest, than seconds: Int64) -> Bool {
        packs[name].map { now - $0.modified >= seconds * 1000 } ?? false
    }
}
