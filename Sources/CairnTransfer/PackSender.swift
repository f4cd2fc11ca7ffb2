import CairnCore
import CairnRemote
import CairnStore
import CairnSystem

/// Gathers records into packs, and sends these while the next ones are gathered.
final class PackSender {
    // A class: a push hands it from step to step, and it owns the spool.

    private let cache: ObjectStore
    private let remote: any Remote
    private let view: RemoteView
    private let push: ULID
    private let journal: PushJournal
    private let jobs: Int
    private let workers: Workers
    private let reporter: any Reporter
    private let spool: PackSpool
    /// How often something was sent.
    private(set) var round: Int

    /// The packs that are on the remote now.
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
        remote = session.index.remote
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
                in: session.folder, chunker: view.marker.chunker,
                header: { index.packHeader($0, push) },
                isStored: { view.has($0) || sentBefore.contains($0) || assumed.contains($0) })
        }
    }

    /// Sends chunks and whole files.
    func sendData(_ plan: PushPlan) async throws(TransferError) {
        var steps: [Step] = plan.dataFrames.rounds(of: PackedPush.roundBytes, size: \.length).map {
            .frames(plan.dataFrames[$0])
        }
        let files = plan.loose.filter { !$0.id.isDirectory }
        steps += files.rounds(of: PackedPush.roundBytes, size: \.size).map { .files(files[$0]) }
        try await gatherAndSend(steps + [.end(.data)])
        let bad = badRecords
        guard !bad.isEmpty else { return }
        for id in plan.lacking {
            guard let packed = cache.packed,
                let key = try locally({ () throws(StoreError) in try packed.index().firstKey(of: id) })
            else { continue }
            let parts = try locally { () throws(StoreError) in try packed.parts(of: key, id) }
            if let error = ([key] + parts).lazy.compactMap({ bad[$0] }).first { failures.append((id, error)) }
        }
    }

    /// Sends recipes and directories with what belongs to them.
    ///
    /// - Parameter lost: those that are not complete and stay here.
    func sendComposites(_ plan: PushPlan, without lost: Set<ObjectID>) async throws(TransferError) {
        let composites = plan.composites.filter { !lost.contains($0) }
        // Listings that are files of the cache; those of DVC's form become files there too.
        let listings = plan.loose.filter { $0.id.isDirectory && !lost.contains($0.id) }
        let end: [Step] = listings.isEmpty ? [.end(.meta)] : [.end(.data), .end(.meta)]
        try await gatherAndSend(
            [.files(listings[...]), .frames(plan.pageFrames[...]), .composites(plan.spans, composites)] + end)
    }

    /// Something that makes packs.
    private enum Step {
        case frames(ArraySlice<FrameSelection>)
        case files(ArraySlice<ObjectReader.Object>)
        case composites([RecordKey], [ObjectID])
        case end(PackClass)
    }

    private func gatherAndSend(_ steps: [Step]) async throws(TransferError) {
        let result = await withTaskGroup(of: Result<[SentPack], TransferError>.self) { group in
            do throws(TransferError) {
                var isSending = false
                for step in steps {
                    let packs = try gather(step)
                    guard !packs.isEmpty else { continue }
                    if isSending { try take(await group.next()) }
                    isSending = true
                    round += 1
                    group.addTask { [remote, push, journal, jobs, round] in
                        await Self.send(packs, to: remote, push, journal, jobs: jobs, round: round)
                    }
                }
                if isSending { try take(await group.next()) }
                return Result<Void, TransferError>.success(())
            } catch {
                return .failure(error)
            }
        }
        try result.get()
    }

    private func take(_ result: Result<[SentPack], TransferError>?) throws(TransferError) {
        guard let packs = try result?.get() else { return }
        sent += packs
    }

    /// Puts records into packs.
    ///
    /// - Returns: the packs that are full by it.
    private func gather(_ step: Step) throws(TransferError) -> [PackSpool.Pack] {
        try locally { () throws(StoreError) in
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

    private static func send(
        _ packs: [PackSpool.Pack], to remote: any Remote, _ push: ULID, _ journal: PushJournal, jobs: Int,
        round: Int
    ) async -> Result<[SentPack], TransferError> {
        let sent = packs.map { SentPack(content: $0.content) }
        // Before they are sent: the next push looks which of them arrived.
        journal.add(sent, push: push, round: round)
        do throws(RemoteError) {
            _ = try await SentPack.send(packs, to: remote, jobs: jobs)
        } catch {
            return .failure(TransferError(.remote(error)))
        }
        for pack in packs { pack.discard() }
        return .success(sent)
    }
}
