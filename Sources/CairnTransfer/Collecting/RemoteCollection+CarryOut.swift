import CairnCore
import CairnRemote
import CairnStore

extension RemoteCollection {
    /// What a collection did.
    public struct Result: Sendable {
        /// How many packs were announced, and their bytes, less those of the packs that what is needed was copied to.
        public internal(set) var announced = (count: 0, bytes: Int64(0))
        /// How many packs were given up for good, and are deleted by a later collection.
        public internal(set) var buriedCount = 0
        /// How many packs were deleted, and their bytes.
        public internal(set) var deleted = (count: 0, bytes: Int64(0))
    }

    /// Carries a plan out. However long ago it was made, nothing is deleted that the plan did not find to be without use, or that was
    /// announced without it.
    ///
    /// The order is: what this clone keeps is published; what is needed is copied, a segment tells of the copies, and the log is read again for
    /// what others gave up meanwhile; what goes is announced; what was announced long ago is given up; what was given up before is deleted.
    /// Stopped at any moment, the remote has all that is needed.
    /// - Throws: `TransferError`, with `.unreadable` if something needed cannot be read; nothing was announced or given up then.
    public func carryOut(_ plan: RemoteCollectionPlan) async throws(TransferError) -> Result {
        var result = Result()
        let writer = index.newName(after: plan.view.latestRoots(of: clone)?.writer)
        try await publish(plan, as: writer)
        reporter.begin("collecting", items: nil, bytes: nil)
        var (view, copied) = try await copyNeeded(plan, as: writer)
        let doomed = plan.doomed.subtracting(view.givenUp)
        if !doomed.isEmpty {
            try await announce(doomed, plan, view, as: writer)
            let sizes = (plan.removed + plan.rewritten).reduce(into: [:]) { $0[$1.name] = $1.size }
                .merging(plan.orphans.map { ($0.name, $0.size) }) { first, _ in first }
            result.announced = (doomed.count, doomed.reduce(0) { $0 + (sizes[$1] ?? 0) } - copied)
        }
        let ripe = Set(plan.ripe.map(\.name)).subtracting(view.index.deadPacks).sorted()
        if !ripe.isEmpty {
            var builder = IndexSegmentBuilder()
            for name in ripe { builder.add(DeadPack(name: name, time: view.listing.now)) }
            let segment = builder.build()
            try await index.write(segment, as: SegmentName(level: 0, push: writer, digest: segment.name))
            result.buriedCount = ripe.count
        }
        try await delete(plan)
        result.deleted = (plan.deletable.count, plan.deletable.reduce(0) { $0 + $1.size })
        view = try await index.refresh(view)
        try await LogTidying(index, view, as: writer).run()
        return result
    }

    /// Publishes what this clone keeps, so that others keep it too.
    private func publish(_ plan: RemoteCollectionPlan, as writer: ULID) async throws(TransferError) {
        if let latest = plan.view.latestRoots(of: clone) {
            let known: Set<ObjectID>?
            do throws(TransferError) {
                known = Set(try await index.roots(latest, on: plan.view).roots)
            } catch {
                guard case .malformed = error.reason else { throw error }
                known = nil
            }
            if known == plan.scope { return }
        }
        try await index.publish(plan.scope, of: clone, as: writer, on: plan.view)
    }

    /// Copies what is needed and lies only in packs that go or that somebody else means to delete, until nothing of that is left.
    ///
    /// - Returns: the log as it was read last, and the bytes of the copies.
    private func copyNeeded(
        _ plan: RemoteCollectionPlan, as writer: ULID
    ) async throws(TransferError) -> (view: RemoteView, bytes: Int64) {
        var view = plan.view
        // A listing may be late: what was written here is known without it.
        var own: [IndexSegment] = []
        var bytes: Int64 = 0
        var failed: Set<RecordKey> = []
        let copying = RecordCopying(
            index: index, writer: writer, folder: folder, jobs: jobs, reporter: reporter)
        for _ in 0..<Self.attempts {
            let going = plan.doomed.union(plan.lost)
            let source = view.index(avoiding: going, with: own)
            let keys = neededElsewhere(plan, source)
            guard !keys.isEmpty else {
                if let last = own.last, plan.isWhole {
                    // Of what was copied everything is there that it names.
                    let mark = PushMark(push: writer, segment: last.name)
                    try await remotely { () throws(RemoteError) in
                        _ = try await index.remote.write(
                            [RemoteUpload(mark.path, .bytes(mark.serialized), isNew: true)], jobs: 1)
                    }
                }
                return (view, bytes)
            }
            let copy = try await copying.copy(keys, from: source, of: view.marker)
            own += copy.segments
            bytes += copy.bytes
            // What failed before, and is still to be found where it was, is damaged. Otherwise it was moved.
            if let bad = copy.failed.first(where: failed.contains) { throw TransferError(.unreadable(bad)) }
            failed = Set(copy.failed)
            view = try await index.refresh(view)
        }
        throw TransferError(.overtaken)
    }

    /// Needed records that no pack has that stays.
    private func neededElsewhere(_ plan: RemoteCollectionPlan, _ source: PackIndex) -> [RecordKey] {
        let doomed = plan.doomed
        var keys: [RecordKey] = []
        guard source.hasCondemnedPacks else { return [] }
        plan.marks.forEachMarked(outside: Set(source.soundPacks.map(\.name))) { key in
            guard source.isCondemned(key) == true, let place = source.location(of: key) else { return }
            if index.rules.rescues || doomed.contains(place.pack.name) { keys.append(key) }
        }
        return keys
    }

    private func announce(
        _ packs: Set<Digest>, _ plan: RemoteCollectionPlan, _ view: RemoteView, as writer: ULID
    ) async throws(TransferError) {
        // What was seen is what the plan has looked at, not what came since.
        let seen = plan.view
        let record = CondemnRecord(
            collector: writer, store: view.marker.id, time: view.listing.now, packs: packs,
            seenPushes: seen.segments.values.flatMap(\.pushes).map(\.push),
            seenMetaPacks: seen.index.packs.filter { $0.packClass == .meta }.map(\.name))
        let bytes = record.serialized
        let name = CondemnName(collector: writer, digest: BLAKE3.digest(of: bytes))
        try await remotely { () throws(RemoteError) in
            _ = try await index.remote.write([RemoteUpload(name.path, .bytes(bytes), isNew: true)], jobs: 1)
        }
    }

    /// Deletes packs that were given up long ago, and then the records that announced them.
    private func delete(_ plan: RemoteCollectionPlan) async throws(TransferError) {
        try await index.delete(plan.deletable.map { PackedLayout.path(ofPack: $0.name) })
        let deleted = Set(plan.deletable.map(\.name))
        let dead = plan.view.index.deadPacks
        let done = plan.roots.ripe.filter { _, record in
            record.packs.allSatisfy { dead.contains($0) && (plan.packs[$0] == nil || deleted.contains($0)) }
        }
        try await index.delete(done.keys.sorted().map(\.path))
    }
}
