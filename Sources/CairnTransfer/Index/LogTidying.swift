import CairnCore
import CairnRemote
import CairnStore

/// Keeps the log of a packed remote short: segments are merged, and what others replace is removed. Anybody may do so at any time.
struct LogTidying {
    private let index: RemoteIndex
    private let view: RemoteView
    private let writer: ULID
    private let times: LogTimes
    private let acknowledged: Set<ULID>
    /// For each condemn record the pushes that it has seen.
    private let seen: [Set<ULID>]

    /// So many segments of a level are left as they are.
    static let mostSegments = 16
    /// What is replaced stays for so many seconds, because others may be about to read it.
    private static let patience: Int64 = 86_400

    /// - Parameter complete: a push that has come to its end, though the log did not say so yet when it was read.
    init(_ index: RemoteIndex, _ view: RemoteView, as writer: ULID, complete: ULID? = nil) {
        self.index = index
        self.view = view
        self.writer = writer
        times = LogTimes(view)
        seen = view.condemned.values.map { Set($0.seenPushes) }
        acknowledged = complete.map { view.acknowledged.union([$0]) } ?? view.acknowledged
    }

    /// Merges segments and removes what is replaced.
    func run() async throws(TransferError) {
        try await merge()
        try await index.delete(replacedSegments() + spentMarks() + supersededRoots())
    }

    /// Merges segments, where a level has many.
    func merge() async throws(TransferError) {
        for level in 0..<9 {
            let names = view.segments.keys.filter { $0.level == level && isMergeable($0) }
                .sorted { ($0.push, $0.digest) < ($1.push, $1.digest) }
            guard names.count > Self.mostSegments else { continue }
            var segments: [IndexSegment] = []
            var count = 0
            for name in names {
                guard let segment = view.segments[name], count + segment.count <= PackLimits.entriesInSegment
                else { break }
                segments.append(segment)
                count += segment.count
            }
            guard segments.count > 1 else { continue }
            // Two segments may say the same, when they bring no roots.
            let places = Dictionary(names.map { ($0.digest, $0) }) { first, _ in first }
            let merged = SegmentMerge.merge(
                segments, without: view.index.deadPacks, acknowledging: acknowledged
            ) { row, segment in places[segment.name].flatMap { keep(row, of: $0) } }
            try await index.write(
                merged, as: SegmentName(level: level + 1, push: writer, digest: merged.name))
        }
    }

    /// A merged segment counts as one of pushes that came to their end. That matters for recipes and directories only.
    private func isMergeable(_ name: SegmentName) -> Bool {
        if name.level > 0 || acknowledged.contains(name.push) { return true }
        guard let segment = view.segments[name] else { return false }
        let dead = view.index.deadPacks
        return segment.packs.allSatisfy { $0.packClass == .data || dead.contains($0.name) }
    }

    /// The row with the time at which it came; `nil` if it is too old to matter.
    private func keep(_ row: PushRow, of name: SegmentName) -> PushRow? {
        let time = times.time(of: row, in: name)
        let isSeen = seen.allSatisfy { $0.contains(row.push) }
        guard times.now - time < view.marker.collection.keep * 1000 || !isSeen else { return nil }
        return PushRow(
            push: row.push, repository: row.repository, store: row.store, root: row.root,
            isAcknowledged: row.isAcknowledged, time: time)
    }

    private func replacedSegments() -> [String] {
        var replaced: Set<Digest> = []
        for (name, segment) in view.segments where times.isOlder(name.path, than: Self.patience) {
            replaced.formUnion(segment.replaced)
        }
        return view.log.segmentSizes.keys.filter { view.segments[$0] == nil && replaced.contains($0.digest) }
            .map(\.path).sorted()
    }

    /// Marks of pushes all of whose segments were merged and removed.
    private func spentMarks() -> [String] {
        let writers = Set(view.log.segmentSizes.keys.filter { $0.level == 0 }.map(\.push))
        return view.acknowledged.subtracting(writers).map { PushMark.path(of: $0) }
            .filter { times.isOlder($0, than: Self.patience) }.sorted()
    }

    private func supersededRoots() -> [String] {
        let old = view.latestRoots.filter { times.isOlder($0.path, than: Self.patience) }
        return view.roots.filter { name in
            old.contains { $0.repository == name.repository && $0.clone == name.clone && name < $0 }
        }.sorted().map(\.path)
    }
}
