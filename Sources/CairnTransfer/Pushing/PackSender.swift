import CairnCore
import CairnRemote
import CairnStore
import CairnSystem

/// Gathers records into packs, and sends these while the next ones are gathered.
final class PackSender {
    // A class: a push hands it from step to step, and it owns the spool.

    private let cache: ObjectStore
    private let index: RemoteIndex
    private let view: RemoteView
    private let push: ULID
    private let journal: PushJournal
    private let jobs: Int
    private let workers: Workers
    private let reporter: any Reporter
    private let spool: PackSpool
    /// How often something was sent.
    private(set) var round: Int

    /// The packs that were gathered: all are on the remote when the work is done.
    private(set) var sent: [SentPack] = []
    /// The bytes of these packs.
    var bytes: Int64 { sent.reduce(0) { $0 + $1.info.size } }
    /// Objects of which something turned out to be damaged in the cache.
    private(set) var failures: [(id: ObjectID, error: StoreError)] = []
    /// Damaged records in packs of the cache.
    private var badRecords: [RecordKey: StoreError] = [:]

    /// - Parameter sentBefore: what earlier rounds have sent.
    init(_ session: PushSession, _ sentBefore: SentRecords, round: Int) throws(TransferError) {
        cache = session.cache
        index = session.index
        view = session.view
        push = session.push
        journal = session.journal
        jobs = session.jobs
        workers = session.workers
        reporter = session.reporter
        self.round = round
        let (index, push, view) = (session.index, session.push, session.view)
        let assumed = session.assumedRecords
        spool = try locally { () throws(StoreError) in
            try PackSpool(
                in: session.folder, chunker: view.marker.chunker, staysHere: index.remote.isLocal,
                header: { index.packHeader($0, push) },
                isStored: { view.has($0) || sentBefore.contains($0) || assumed.contains($0) })
        }
    }

    /// Something that makes packs.
    private enum Step {
        case frames(ArraySlice<FrameSelection>)
        case files(ArraySlice<ObjectReader.Object>)
        case composites([RecordKey], [ObjectID])
        case end(PackClass)
    }

    /// Sends what a plan says: chunks and whole files first, then recipes and directories with what belongs to them.
    ///
    /// - Parameters:
    ///   - makesStore: whether the marker has to be written before; packs are gathered meanwhile.
    ///   - choose: called when all data was gathered, with the objects of which something turned out to be damaged.
    ///     Returns those that are not complete and stay here.
    /// - Throws: `TransferError`, with `.overtaken` if somebody else has made the store.
    func send(
        _ plan: inout PushPlan, makesStore: Bool,
        _ choose: (PushPlan, [(id: ObjectID, error: StoreError)]) throws(TransferError) -> Set<ObjectID>
    ) async throws(TransferError) {
        let result = await withTaskGroup(of: PackQueue.Outcome.self) { group in
            do throws(TransferError) {
                var queue = PackQueue(index, view, push, journal, jobs: jobs, round: round)
                defer { round = queue.round }
                if makesStore { queue.makeStore(in: &group) }
                for step in dataSteps(plan) { try await queue.send(gather(step), in: &group) }
                try findFailures(plan)
                plan.forgetData()
                for step in compositeSteps(plan, without: try choose(plan, failures)) {
                    try await queue.send(gather(step), in: &group)
                }
                try await queue.end(in: &group)
                return Result<Void, TransferError>.success(())
            } catch {
                return .failure(error)
            }
        }
        try result.get()
    }

    /// What chunks and whole files are gathered in.
    private func dataSteps(_ plan: PushPlan) -> [Step] {
        var steps: [Step] = plan.dataFrames.rounds(of: PackQueue.stepBytes, size: \.length).map {
            .frames(plan.dataFrames[$0])
        }
        let files = plan.loose.filter { !$0.id.isDirectory }
        steps += files.rounds(of: PackQueue.stepBytes, size: \.size).map { .files(files[$0]) }
        return steps + [.end(.data)]
    }

    /// What recipes and directories are gathered in.
    ///
    /// - Parameter lost: those that are not complete and stay here.
    private func compositeSteps(_ plan: PushPlan, without lost: Set<ObjectID>) -> [Step] {
        let composites = plan.composites.filter { !lost.contains($0) }
        // Listings that are files of the cache; those of DVC's form become files there too.
        let listings = plan.loose.filter { $0.id.isDirectory && !lost.contains($0.id) }
        let end: [Step] = listings.isEmpty ? [.end(.meta)] : [.end(.data), .end(.meta)]
        return [.files(listings[...]), .frames(plan.pageFrames[...]), .composites(plan.spans, composites)]
            + end
    }

    /// Notes the objects to which damaged records belong.
    private func findFailures(_ plan: PushPlan) throws(TransferError) {
        let bad = badRecords
        guard !bad.isEmpty, let packed = cache.packed else { return }
        for id in plan.lacking {
            guard let key = try locally({ () throws(StoreError) in try packed.index().firstKey(of: id) })
            else { continue }
            let parts = try locally { () throws(StoreError) in try packed.parts(of: key, id) }
            if let error = ([key] + parts).lazy.compactMap({ bad[$0] }).first { failures.append((id, error)) }
        }
    }

    /// Puts records into packs.
    ///
    /// - Returns: the packs that are full by it.
    private func gather(_ step: Step) throws(TransferError) -> [PackSpool.Pack] {
        let packs = try locally { () throws(StoreError) in try self.packs(of: step) }
        sent += packs.map { SentPack(content: $0.content) }
        return packs
    }

    private func packs(of step: Step) throws(StoreError) -> [PackSpool.Pack] {
        switch step {
        case .frames(let frames):
            guard let packed = cache.packed, !frames.isEmpty else { return [] }
            let reporter = reporter
            let lost = try spool.copy(Array(frames), from: packed, workers: workers) {
                reporter.advance(items: 0, bytes: $0)
            }
            for (key, error) in lost { badRecords[key] = error }
        case .files(let objects):
            var found = ObjectReader.Report()
            try ObjectReader(of: cache, workers: workers, reporter: reporter)
                .read(Array(objects), copyingInto: .packs(spool), into: &found)
            failures += found.failures
        case .composites(let spans, let ids):
            guard let packed = cache.packed else { return [] }
            let hints = HintWriter(view, sent)
            for span in spans {
                try spool.add(span, hints.adding(to: packed.record(span), of: span)[...])
            }
            for id in ids {
                guard let key = try packed.index().firstKey(of: id) else { continue }
                let bytes =
                    key.kind == .directory
                    ? try hints.adding(to: packed.record(key), of: cache.listing(id))
                    : hints.adding(to: try packed.record(key), of: key)
                try spool.add(key, bytes[...])
            }
        case .end(let packClass): return try spool.finish(packClass)
        }
        return try spool.takeFull(.data) + spool.takeFull(.meta)
    }
}
