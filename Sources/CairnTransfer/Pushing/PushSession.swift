import CairnCore
import CairnRemote
import CairnStore
import CairnSystem

/// One push, from the first look at the log to the mark of its end.
struct PushSession {
    let cache: ObjectStore
    let index: RemoteIndex
    let clone: PackedPush.Clone
    let folder: FilePath
    let jobs: Int
    let workers: Workers
    let reporter: any Reporter
    private(set) var view: RemoteView
    let push: ULID
    let journal: PushJournal

    /// What is not sent because whoever reads the remote has it.
    var assumedObjects: Set<ObjectID> = []
    /// The records of these objects.
    var assumedRecords: Set<RecordKey> = []

    /// Packs that were sent and that no segment tells of yet.
    private var pending: [SentPack] = []
    private var lastSegment: Digest?
    private var round = 0
    /// False until the marker is there.
    private var isStoreMade: Bool
    private var report = MovedObjects()
    private var missing: [ObjectID] = []

    init(
        cache: ObjectStore, index: RemoteIndex, clone: PackedPush.Clone, folder: FilePath, jobs: Int,
        workers: Workers, reporter: any Reporter, view: RemoteView
    ) {
        self.cache = cache
        self.index = index
        self.clone = clone
        self.folder = folder
        self.jobs = jobs
        self.workers = workers
        self.reporter = reporter
        self.view = view
        isStoreMade = view.log.isMade
        push = index.newName(after: view.latestRoots(of: clone)?.writer)
        journal = PushJournal(in: folder, store: view.marker.id)
    }

    mutating func run(
        _ objects: [ObjectID], roots: [ObjectID]
    ) async throws(TransferError) -> (moved: MovedObjects, missing: [ObjectID]) {
        let published = try await index.roots(of: clone, on: view)
        pending = try await journal.packs(on: index.remote, view)
        // Nothing was there before that could be given up: the clone's word need not wait for the second look.
        var reliesOnNothing = view.segments.isEmpty && pending.isEmpty
        var lost = try await send(objects)
        if !isStoreMade { try await Self.makeStore(index, view) }
        isStoreMade = true
        for _ in 0..<PackedPush.attempts {
            let kept = roots.filter { !lost.contains($0) }
            let isNew = kept.contains { !published.contains($0) }
            // What is there, and needed by roots that this clone has published, needs no further word.
            guard lastSegment != nil || !pending.isEmpty || isNew else { return (report, missing) }
            if age > PackedPush.patience, try await isOvertaken() {
                reliesOnNothing = false
                lost = try await sendAgain(objects, roots)
                continue
            }
            try await writeSegments(roots: kept)
            let word = published.union(kept)
            let isEarly = reliesOnNothing && isNew
            guard try await isOvertaken(publishing: isEarly ? word : nil) else {
                try await finish(word, isNew: isNew && !isEarly)
                return (report, missing)
            }
            // A name is written once: who has given their word begins anew, with another.
            if isEarly { break }
            lost = try await sendAgain(objects, roots)
        }
        throw TransferError(.overtaken)
    }

    /// How long ago the log was read.
    private var age: Duration { index.surroundings.clock.elapsed - view.takenAt }

    /// Writes the marker of a store that is not there yet.
    ///
    /// - Throws: `TransferError`, with `.overtaken` if somebody else did so meanwhile: all has to be looked at anew then.
    static func makeStore(_ index: RemoteIndex, _ view: RemoteView) async throws(TransferError) {
        guard try await index.makeStore(of: view) else { throw TransferError(.overtaken) }
    }

    /// Sends what collectors gave up meanwhile.
    private mutating func sendAgain(
        _ objects: [ObjectID], _ roots: [ObjectID]
    ) async throws(TransferError) -> Set<ObjectID> {
        let known = Set(objects)
        // Of roots that were complete the caller need not have said what they consist of.
        guard roots.allSatisfy({ known.contains($0) || view.isComplete($0) }) else {
            throw TransferError(.overtaken)
        }
        return try await send(objects)
    }

    /// Reads the log again.
    ///
    /// - Returns: true if packs were given up since the last time: this push may rely on one of them.
    private mutating func isOvertaken() async throws(TransferError) -> Bool {
        let before = view.givenUp
        view = try await index.refresh(view)
        return !view.givenUp.isSubset(of: before)
    }

    /// Reads the log again, and publishes beside it what need not wait for the answer.
    ///
    /// - Returns: as ``isOvertaken()``.
    private mutating func isOvertaken(
        publishing roots: Set<ObjectID>?
    ) async throws(TransferError) -> Bool {
        let (index, clone, push, view) = (self.index, self.clone, self.push, self.view)
        async let publication = Self.publish(roots, of: clone, as: push, index, view)
        let isOvertaken = index.rules.rechecksAfterSegment ? try await isOvertaken() : false
        try await publication.get()
        return isOvertaken
    }

    private static func publish(
        _ roots: Set<ObjectID>?, of clone: PackedPush.Clone, as push: ULID, _ index: RemoteIndex,
        _ view: RemoteView
    ) async -> Result<Void, TransferError> {
        guard let roots else { return .success(()) }
        do throws(TransferError) {
            return .success(try await index.publish(roots, of: clone, as: push, on: view))
        } catch {
            return .failure(error)
        }
    }

    /// Sends what the remote lacks.
    ///
    /// - Returns: those of the objects that it does not have completely then.
    private mutating func send(_ objects: [ObjectID]) async throws(TransferError) -> Set<ObjectID> {
        let givenUp = view.givenUp
        pending.removeAll { givenUp.contains($0.info.name) }
        let sent = try SentRecords(pending)
        var plan = try locally { () throws(StoreError) in
            let isAssumed = assumedRecords
            return try PushQuery(
                cache: cache, view: view, isSent: { sent.contains($0) || isAssumed.contains($0) },
                workers: workers
            ).plan(objects)
        }
        missing = plan.missing
        report.failures = plan.failures
        report.incomplete = []
        var lost = Set(plan.missing).union(plan.failures.map(\.id))
        guard !plan.isEmpty || !plan.lacking.isEmpty || !lost.isEmpty else { return lost }
        let sender = try PackSender(self, sent, round: round)
        reporter.begin("pushing", items: plan.lacking.count, bytes: plan.bytes)
        try await sender.send(&plan, makesStore: !isStoreMade) { (plan, failures) throws(TransferError) in
            for (id, error) in failures where lost.insert(id).inserted {
                report.failures.append((id, error))
            }
            report.incomplete = try locally { () throws(StoreError) in try incomplete(plan, lost) }
            lost.formUnion(report.incomplete.map(\.id) + report.failures.map(\.id))
            return lost
        }
        isStoreMade = true
        round = sender.round
        pending += sender.sent
        report.bytes += sender.bytes
        report.count += plan.lacking.count { !lost.contains($0) }
        return lost
    }

    /// Directories of which the remote would not have every file.
    private mutating func incomplete(
        _ plan: PushPlan, _ lost: Set<ObjectID>
    ) throws(StoreError) -> [(id: ObjectID, lacking: ObjectID)] {
        let directories = plan.lacking.filter { $0.isDirectory && !lost.contains($0) }
        guard !directories.isEmpty else { return [] }
        var sent = DigestSet(digestCount: BLAKE3.byteCount)
        var aliased: Set<ObjectID> = []
        for id in plan.lacking where !id.isDirectory && !lost.contains(id) {
            if id.algorithm == .blake3 {
                _ = sent.insert(id.digest)
            } else {
                aliased.insert(id)
            }
        }
        func isSent(_ id: ObjectID) -> Bool {
            guard id.algorithm == .blake3 else { return aliased.contains(id) }
            return !id.isDirectory && sent.contains(id.digest)
        }
        var incomplete: [(id: ObjectID, lacking: ObjectID)] = []
        for directory in directories {
            let listing: DirListing
            do throws(StoreError) {
                listing = try cache.listing(directory)
            } catch {
                guard error.damagedObject != nil || error.isAbsence else { throw error }
                report.failures.append((directory, error))
                continue
            }
            for place in 0..<listing.count {
                guard let member = listing.object(at: place, directory.algorithm) else { continue }
                if isSent(member) || assumedObjects.contains(member) || view.isComplete(member) {
                    continue
                }
                incomplete.append((directory, member))
                break
            }
        }
        return incomplete
    }

    private mutating func writeSegments(roots: [ObjectID]) async throws(TransferError) {
        let time = index.surroundings.clock.date
        let rows = roots.map { id in
            PushRow(
                push: push, repository: clone.repository, store: view.marker.id,
                root: RecordKey(root: id), isAcknowledged: false, time: time)
        }
        for segment in SentPack.segments(of: pending, roots: rows) {
            let name = SegmentName(level: 0, push: push, digest: segment.name)
            try await index.write(segment, as: name)
            lastSegment = segment.name
        }
        pending = []
        journal.clear()
    }

    /// Publishes what the clone needs, and marks the end.
    private func finish(_ roots: Set<ObjectID>, isNew: Bool) async throws(TransferError) {
        if isNew { try await index.publish(roots, of: clone, as: push, on: view) }
        guard let lastSegment else { return }
        let mark = RemoteUpload(PushMark.path(of: push), .bytes(lastSegment.bytes), isNew: true)
        try await remotely { () throws(RemoteError) in
            _ = try await index.remote.write([mark], jobs: 1)
        }
        try await LogTidying(index, view, as: push, complete: push).merge()
    }
}
