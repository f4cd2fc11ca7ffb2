import CairnCore
import CairnSystem

/// Adds segments to the index of a store, and merges those that are there when they become many.
struct SegmentWriter {
    let store: PackedStore
    let folder: Folder
    let batch: DurableBatch
    let push: ULID

    /// More segments than this are merged.
    static let mostSegments = 16
    /// A segment that was replaced stays for so long, in nanoseconds: somebody may be about to read it.
    private static let graceOfReplaced: Int64 = 86_400 * 1_000_000_000

    /// Writes what an index needs to know of packs that are durable and have their names.
    ///
    /// - Parameter dead: packs that nothing is read from any more.
    func add(_ packs: consuming [PackWriter.Pack], dead: [PackInfo] = []) throws(StoreError) {
        var segments: [(Int, IndexSegmentBuilder.Segment)] = []
        var builder = IndexSegmentBuilder()
        builder.reserve(packs.reduce(0) { $0 + $1.info.recordCount })
        let now = Surroundings.now / 1_000_000
        for pack in dead { builder.add(DeadPack(name: pack.name, time: now)) }
        // Each goes when it is in the builder: there may be a million records.
        packs.reverse()
        while let pack = packs.popLast() {
            builder.add(pack)
            guard builder.isFull else { continue }
            segments.append((0, builder.build()))
            builder = IndexSegmentBuilder()
        }
        if !builder.isEmpty { segments.append((0, builder.build())) }
        try write(segments)
    }

    /// Merges segments if there are more than 16, the small ones, and clears away what was replaced long ago.
    func mergeIfNeeded() throws(StoreError) {
        let names = try SegmentFolder(root: folder).names()
        guard names.count > Self.mostSegments else { return }
        let current = try store.currentSegments()
        if current.count > Self.mostSegments {
            let chosen = Self.choice(of: current)
            let merged = SegmentMerge.merge(
                chosen.map(\.segment), without: store.deadPacks(of: current.map(\.value)))
            let level = min(9, (chosen.map(\.name.level).max() ?? 0) + 1)
            try write([(level, merged)])
        }
        try removeReplaced(names, by: current)
    }

    /// The segments that are merged: from the smallest on, as long as the next one is not much larger than all before it, so that large
    /// ones are rarely written again; half of them at least.
    static func choice(
        of segments: [SegmentName: IndexSegment]
    ) -> [(name: SegmentName, segment: IndexSegment)] {
        let sorted = segments.sorted { ($0.value.size, $0.key.push) < ($1.value.size, $1.key.push) }
        var chosen: [(name: SegmentName, segment: IndexSegment)] = []
        var (size, count) = (0, 0)
        for (name, segment) in sorted {
            guard count + segment.count <= PackLimits.entriesInSegment else { break }
            guard chosen.count <= Self.mostSegments / 2 || segment.size <= 2 * size else { break }
            chosen.append((name, segment))
            size += segment.size
            count += segment.count
        }
        return chosen
    }

    /// - Parameter lastIsLater: whether the last one gets its name after all others have theirs.
    func write(
        _ segments: [(level: Int, segment: IndexSegmentBuilder.Segment)], lastIsLater: Bool = false
    ) throws(StoreError) {
        try system { () throws(SystemError) in
            var files: [(file: DurableBatch.Temporary, path: String)] = []
            for (level, segment) in segments {
                let temporary = batch.newTemporary()
                try batch.write(segment.bytes, as: temporary)
                let name = SegmentName(level: level, push: push, digest: segment.name)
                files.append((temporary, name.path))
            }
            let last = lastIsLater ? files.count - 1 : nil
            try batch.commit(count: files.count, last: last, syncing: PackBatch.syncing(files.count)) {
                [files] number in
                (files[number].file, PackedLayout.place(files[number].path))
            }
        }
    }

    /// Removes segments that were merged into one that has been there for a day by the clock of the file system.
    private func removeReplaced(
        _ names: Set<SegmentName>, by current: [SegmentName: IndexSegment]
    ) throws(StoreError) {
        try system { () throws(SystemError) in
            let folder = try folder.folder(PackedLayout.segments.components)
            // The folder changed when this session's segment got its name.
            guard let now = try folder.status("")?.mtime else { return }
            for (name, segment) in current where !segment.replaced.isEmpty {
                guard let status = try folder.status(of: name.text.utf8),
                    status.mtime < now - Self.graceOfReplaced
                else { continue }
                let replaced = Set(segment.replaced)
                for old in names where replaced.contains(old.digest) {
                    try folder.remove(old.text.utf8)
                }
            }
        }
    }
}

extension PackedStore {
    /// The packs that nothing may be read from, as these segments say.
    func deadPacks(of segments: [IndexSegment]) -> Set<Digest> {
        Set(segments.flatMap { $0.deadPacks.map(\.name) })
    }
}
