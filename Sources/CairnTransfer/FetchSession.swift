import CairnCore
import CairnRemote
import CairnStore
import CairnSystem

/// One fetch from a packed remote.
struct FetchSession {
    let index: RemoteIndex
    let destination: PackedStore
    let jobs: Int
    let reporter: any Reporter
    var view: RemoteView

    /// Packs that are not what they should be.
    private var badPacks: Set<Digest> = []
    /// Why a record cannot be had.
    private var problems: [RecordKey: StoreError] = [:]
    private var report = MovedObjects()

    init(
        index: RemoteIndex, destination: PackedStore, jobs: Int, reporter: any Reporter, view: RemoteView
    ) {
        self.index = index
        self.destination = destination
        self.jobs = jobs
        self.reporter = reporter
        self.view = view
    }

    /// The remote as errors name it.
    private var place: FilePath { FilePath(index.remote.place) }

    mutating func plan(_ ids: [ObjectID]) async throws(TransferError) -> FetchPlan {
        var plan = FetchPlan()
        let here = try locally { () throws(StoreError) in try destination.refresh() }
        var composites: [(id: ObjectID, key: RecordKey)] = []
        for id in ids {
            guard let key = view.index.firstKey(of: id) else {
                plan.missing.append(id)
                continue
            }
            if key.kind == .recipe || key.kind == .directory {
                composites.append((id, key))
            } else {
                plan.needs.append((id, here.contains(key) ? [] : [key]))
            }
        }
        try await learn(composites, here, &plan)
        let inHand = Set(plan.records.map(\.key))
        var wanted: Set<RecordKey> = []
        for need in plan.needs { wanted.formUnion(need.keys) }
        let found = view.index.frames(holding: Array(wanted.subtracting(inHand)))
        for key in found.missing { problems[key] = StoreError(.missingPart(key, of: nil), place) }
        plan.ranges = FetchRange.ranges(for: found.frames)
        return plan
    }

    mutating func run(
        _ ids: [ObjectID]
    ) async throws(TransferError) -> (moved: MovedObjects, missing: [ObjectID]) {
        let plan = try await plan(ids)
        reporter.begin("fetching", items: plan.count, bytes: plan.bytes)
        var ranges = plan.ranges[...]
        repeat {
            var (round, bytes) = (0, Int64(0))
            while round < ranges.count, round == 0 || bytes < PackedFetch.roundBytes {
                bytes += Int64(ranges[ranges.startIndex + round].bytes.count)
                round += 1
            }
            let batch = try locally { () throws(StoreError) in try PackBatch(into: destination) }
            let failed = try await read(Array(ranges.prefix(round)), into: batch)
            ranges = ranges.dropFirst(round)
            try await readAgain(failed, into: batch)
            if ranges.isEmpty { try keep(plan, in: batch) }
            reporter.begin("storing", items: nil, bytes: nil)
            try locally { () throws(StoreError) in try batch.commit() }
        } while !ranges.isEmpty
        return (report, plan.missing)
    }

    /// Adds the records that stand for whole objects, as far as everything is here that they name.
    private mutating func keep(_ plan: FetchPlan, in batch: PackBatch) throws(TransferError) {
        let records = Dictionary(plan.records.map { ($0.key, $0.bytes) }) { first, _ in first }
        for (id, keys) in plan.needs {
            if let key = keys.first(where: { problems[$0] != nil }), let error = problems[key] {
                report.failures.append((id, error.blamed(on: id)))
                continue
            }
            report.count += 1
            for key in keys {
                guard let bytes = records[key] else { continue }
                try locally { () throws(StoreError) in try batch.add(key, bytes) }
            }
        }
    }

    // MARK: What is needed

    /// Reads recipes, spans and records of directories to learn what else is needed.
    private mutating func learn(
        _ composites: [(id: ObjectID, key: RecordKey)], _ here: PackIndex, _ plan: inout FetchPlan
    ) async throws(TransferError) {
        guard !composites.isEmpty else { return }
        var first = try await records(composites.map(\.key))
        var spans: [RecordKey] = []
        var parts: [(id: ObjectID, keys: [RecordKey])] = []
        for (id, key) in composites {
            guard let bytes = first[key] else {
                plan.needs.append((id, [key]))
                continue
            }
            let keys = RecordParts.keys(of: key, bytes)
            spans += keys.filter { $0.kind == .span }
            parts.append((id, [key] + keys))
        }
        let inner = try await records(spans)
        for (id, keys) in parts {
            var all = keys
            for key in keys where key.kind == .span {
                if let bytes = inner[key] { all += RecordParts.keys(of: key, bytes) }
            }
            // What is here need not be fetched; what an object begins with comes last, and is not here.
            plan.needs.append((id, Array(all.dropFirst().filter { !here.contains($0) }) + [keys[0]]))
        }
        first.merge(inner) { old, _ in old }
        plan.records = first.map { ($0.key, $0.value) }
    }

    /// Reads records into memory.
    private mutating func records(
        _ keys: [RecordKey]
    ) async throws(TransferError) -> [RecordKey: ArraySlice<UInt8>] {
        var records: [RecordKey: ArraySlice<UInt8>] = [:]
        var wanted = Array(Set(keys))
        for _ in 0..<2 where !wanted.isEmpty {
            let found = view.index.frames(holding: wanted, without: badPacks)
            for key in found.missing {
                problems[key] = problems[key] ?? StoreError(.missingPart(key, of: nil), place)
            }
            let answers = try await answers(FetchRange.ranges(for: found.frames))
            wanted = []
            for (range, answer) in answers {
                guard let bytes = try take(answer, of: range, range.frames.flatMap(\.entries).map(\.key))
                else {
                    wanted += range.frames.flatMap(\.entries).map(\.key)
                    continue
                }
                for frame in range.frames {
                    do throws(FormatError) {
                        let found = try frame.records(of: range.part(frame, of: bytes))
                        for (entry, bytes) in zip(frame.entries, found) {
                            records[entry.key] = bytes
                            problems[entry.key] = nil
                        }
                    } catch {
                        note(error, frame)
                        wanted += frame.entries.map(\.key)
                    }
                }
            }
        }
        return records
    }

    // MARK: Reading

    private typealias Answer = Result<[UInt8], RemoteError>

    /// Reads ranges, several at a time, and keeps all in memory.
    private func answers(_ ranges: [FetchRange]) async throws(TransferError) -> [(FetchRange, Answer)] {
        await withTaskGroup(of: (Int, Answer).self) { group in
            var answers: [(FetchRange, Answer)] = []
            var next = 0
            func add() {
                guard next < ranges.count else { return }
                group.addTask { [remote = index.remote, range = ranges[next], next] in
                    (next, await range.read(from: remote))
                }
                next += 1
            }
            for _ in 0..<max(1, jobs) { add() }
            while let (number, answer) = await group.next() {
                answers.append((ranges[number], answer))
                add()
            }
            return answers
        }
    }

    /// Reads ranges, several at a time, and puts what they hold into a batch.
    ///
    /// - Returns: the records that did not come.
    private mutating func read(
        _ ranges: [FetchRange], into batch: PackBatch
    ) async throws(TransferError) -> [RecordKey] {
        struct Outcome: Sendable {
            let range: FetchRange
            var failure: RemoteError?
            var damaged: [(selection: FrameSelection, error: FormatError)] = []
            var stop: StoreError?
        }
        let outcomes = await withTaskGroup(of: Outcome.self) { group in
            var outcomes: [Outcome] = []
            var next = 0
            func add() {
                guard next < ranges.count else { return }
                group.addTask { [remote = index.remote, reporter, range = ranges[next]] in
                    var outcome = Outcome(range: range)
                    switch await range.read(from: remote) {
                    case .failure(let error): outcome.failure = error
                    case .success(let bytes):
                        do throws(StoreError) {
                            outcome.damaged = try batch.add(
                                range.frames.map { ($0, range.part($0, of: bytes)) })
                        } catch {
                            outcome.stop = error
                        }
                        reporter.advance(items: 0, bytes: Int64(bytes.count))
                    }
                    return outcome
                }
                next += 1
            }
            for _ in 0..<max(1, jobs) { add() }
            while let outcome = await group.next() {
                let isFatal = outcome.stop != nil || outcome.failure.map { !$0.concernsOneObject } ?? false
                if outcome.failure != nil || outcome.stop != nil || !outcome.damaged.isEmpty {
                    outcomes.append(outcome)
                }
                if !isFatal { add() }
            }
            return outcomes
        }
        report.bytes += ranges.reduce(0) { $0 + Int64($1.bytes.count) }
        var failed: [RecordKey] = []
        for outcome in outcomes {
            if let stop = outcome.stop { throw TransferError(.local(stop)) }
            let keys = outcome.range.frames.flatMap(\.entries).map(\.key)
            if let failure = outcome.failure {
                if try take(.failure(failure), of: outcome.range, keys) == nil { failed += keys }
            }
            for (frame, error) in outcome.damaged {
                note(error, frame)
                failed += frame.entries.map(\.key)
            }
        }
        return failed
    }

    /// Reads records that did not come from other packs, if there are any: a collector may have moved them.
    private mutating func readAgain(
        _ keys: [RecordKey], into batch: PackBatch
    ) async throws(TransferError) {
        guard !keys.isEmpty else { return }
        view = try await index.refresh(view)
        for (key, bytes) in try await records(keys) {
            try locally { () throws(StoreError) in try batch.add(key, bytes) }
        }
    }

    /// The bytes of an answer; `nil` if the pack cannot be used.
    private mutating func take(
        _ answer: Answer, of range: FetchRange, _ keys: [RecordKey]
    ) throws(TransferError) -> [UInt8]? {
        switch answer {
        case .success(let bytes): return bytes
        case .failure(let error):
            guard error.concernsOneObject else { throw TransferError(.remote(error)) }
            badPacks.insert(range.pack.name)
            let path = place.appending(PackedLayout.path(ofPack: range.pack.name))
            let found = error.reason == .notFound ? StoreError.Reason.io(.noSuchFileOrDirectory) : nil
            for key in keys {
                problems[key] = StoreError(
                    found
                        ?? .malformed(
                            FormatError(
                                .frame, .truncated(needed: Int64(range.bytes.count), found: 0),
                                at: range.bytes.lowerBound)), path)
            }
            return nil
        }
    }

    private mutating func note(_ error: FormatError, _ frame: FrameSelection) {
        badPacks.insert(frame.pack.name)
        let path = place.appending(PackedLayout.path(ofPack: frame.pack.name))
        for entry in frame.entries { problems[entry.key] = StoreError(.malformed(error), path) }
    }
}

extension FetchRange {
    /// Reads the range.
    func read(from remote: any Remote) async -> Result<[UInt8], RemoteError> {
        do throws(RemoteError) {
            return .success(
                try await remote.read(
                    PackedLayout.path(ofPack: pack.name), bytes, limit: bytes.count))
        } catch {
            return .failure(error)
        }
    }

    /// The bytes of one of its frames.
    func part(_ frame: FrameSelection, of bytes: [UInt8]) -> [UInt8] {
        let start = Int(frame.offset - self.bytes.lowerBound)
        return Array(bytes[start..<(start + Int(frame.length))])
    }
}

extension RemoteError {
    /// True if another object may still be readable.
    var concernsOneObject: Bool {
        switch reason {
        case .notFound, .truncated, .tooLarge: true
        default: false
        }
    }
}

extension StoreError {
    /// The error with the object that cannot be put together because of it.
    fileprivate func blamed(on id: ObjectID) -> StoreError {
        guard case .missingPart(let key, of: nil) = reason else { return self }
        return StoreError(.missingPart(key, of: id), path)
    }
}
