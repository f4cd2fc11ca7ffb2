import CairnCore
import CairnRemote
import CairnStore
import CairnSystem

/// One fetch from a packed remote.
struct FetchSession {
    /// Less than this many bytes go into one pack after the other.
    private static let fewBytes: Int64 = 256 << 20
    /// So many bytes are on their way at a time, however many requests may be.
    private static let bytesAtATime = 32 << 20
    /// So many bytes of an answer are taken in at a time.
    private static let pieceBytes: Int64 = 1 << 20

    let index: RemoteIndex
    let destination: PackedStore
    let jobs: Int
    let reporter: any Reporter
    private var log: RemoteLog
    private(set) var locator: RecordLocator

    /// Packs that are not what they should be.
    private var badPacks: Set<Digest> = []
    /// Why a record cannot be had.
    var problems: [RecordKey: StoreError] = [:]
    var report = MovedObjects()

    init(index: RemoteIndex, destination: PackedStore, jobs: Int, reporter: any Reporter, log: RemoteLog) {
        self.index = index
        self.destination = destination
        self.jobs = jobs
        self.reporter = reporter
        self.log = log
        locator = RecordLocator(index, log)
    }

    /// The remote as errors name it.
    var place: FilePath { FilePath(index.remote.place) }

    mutating func run(
        _ ids: [ObjectID], in directories: [ObjectID]
    ) async throws(TransferError) -> (moved: MovedObjects, missing: [ObjectID]) {
        let plan = try await plan(ids, in: directories)
        reporter.begin("fetching", items: plan.count, bytes: plan.bytes)
        let rounds = plan.ranges.rounds(of: PackedFetch.roundBytes) { Int64($0.bytes.count) }
        for (number, round) in rounds.enumerated() {
            try await fetch(Array(plan.ranges[round]), of: plan, isLast: number == rounds.count - 1)
        }
        if rounds.isEmpty { try await fetch([], of: plan, isLast: true) }
        report.bytes += locator.bytes
        return (report, plan.missing)
    }

    /// Fetches ranges and makes what came a part of the store.
    private mutating func fetch(
        _ ranges: [FetchRange], of plan: FetchPlan, isLast: Bool
    ) async throws(TransferError) {
        let bytes = ranges.reduce(0) { $0 + Int64($1.bytes.count) }
        let packsAtATime = bytes < Self.fewBytes ? 1 : 2
        let batch = try locally { () throws(StoreError) in
            try PackBatch(into: destination, packsAtATime: packsAtATime)
        }
        let failed = try await read(ranges, into: batch)
        try await readAgain(failed, into: batch)
        if isLast { try keep(plan, in: batch) }
        reporter.begin("storing", items: nil, bytes: nil)
        try locally { () throws(StoreError) in try batch.commit() }
    }

    /// Adds the records that stand for whole objects, as far as everything is here that they name.
    private mutating func keep(_ plan: FetchPlan, in batch: PackBatch) throws(TransferError) {
        let records = Dictionary(plan.records.map { ($0.key, $0.bytes) }) { first, _ in first }
        report.count += plan.files.count
        for key in plan.files {
            guard let error = problems[key] else { continue }
            let id = ObjectID(.blake3, key.digest)
            report.count -= 1
            report.failures.append((id, error.blamed(on: id)))
        }
        for (id, keys) in plan.composites {
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

    /// Reads records into memory.
    mutating func records(
        _ keys: [RecordKey]
    ) async throws(TransferError) -> [RecordKey: ArraySlice<UInt8>] {
        var records: [RecordKey: ArraySlice<UInt8>] = [:]
        var wanted = Array(Set(keys))
        for _ in 0..<2 where !wanted.isEmpty {
            let found = try await locator.index(for: wanted).frames(holding: wanted, without: badPacks)
            for key in found.missing where problems[key] == nil {
                problems[key] = StoreError(.missingPart(key, of: nil), place)
            }
            wanted = []
            for (range, answer) in await answers(to: FetchRange.ranges(for: found.frames, on: index.remote)) {
                guard let bytes = try take(answer, of: range) else {
                    wanted += range.keys
                    continue
                }
                for frame in range.content(of: bytes).frames {
                    do throws(FormatError) {
                        let content = range.part(frame, of: bytes)
                        for (entry, bytes) in zip(frame.entries, try frame.records(of: content)) {
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

    /// Reads records that did not come from other packs, if there are any: a collector may have moved them, or a hint was old.
    private mutating func readAgain(
        _ keys: [RecordKey], into batch: PackBatch
    ) async throws(TransferError) {
        guard !keys.isEmpty else { return }
        log = try await index.refresh(log)
        report.bytes += locator.bytes
        locator = RecordLocator(index, log)
        for (key, bytes) in try await records(keys) {
            try locally { () throws(StoreError) in try batch.add(key, bytes) }
        }
    }

    private mutating func answers(
        to ranges: [FetchRange]
    ) async -> [(range: FetchRange, answer: Result<[UInt8], RemoteError>)] {
        report.bytes += ranges.reduce(0) { $0 + Int64($1.bytes.count) }
        return await FetchRange.read(ranges, from: index.remote, jobs: jobs)
    }

    /// What came of one range.
    private struct Outcome: Sendable {
        let range: FetchRange
        var failure: RemoteError?
        var damaged: [(selection: FrameSelection, error: FormatError)] = []
        var wrong: [RecordKey] = []
        var stop: StoreError?

        var isFatal: Bool { stop != nil || failure.map { !$0.concernsOneObject } ?? false }
        var isFine: Bool { failure == nil && stop == nil && damaged.isEmpty && wrong.isEmpty }
    }

    /// Reads ranges, several at a time, and puts what they hold into a batch.
    ///
    /// - Returns: the records that did not come.
    private mutating func read(
        _ ranges: [FetchRange], into batch: PackBatch
    ) async throws(TransferError) -> [RecordKey] {
        report.bytes += ranges.reduce(0) { $0 + Int64($1.bytes.count) }
        let outcomes = await withTaskGroup(of: Outcome.self) { group in
            var outcomes: [Outcome] = []
            var next = 0
            var (count, bytes) = (0, 0)
            /// Begins as many as may be under way.
            func add() {
                while next < ranges.count, count < max(1, jobs),
                    count == 0 || bytes + ranges[next].bytes.count <= Self.bytesAtATime
                {
                    count += 1
                    bytes += ranges[next].bytes.count
                    begin()
                }
            }
            func begin() {
                group.addTask { [remote = index.remote, reporter, range = ranges[next]] in
                    await Self.fetch(range, from: remote, into: batch, reporter)
                }
                next += 1
            }
            add()
            while let outcome = await group.next() {
                count -= 1
                bytes -= outcome.range.bytes.count
                if !outcome.isFine { outcomes.append(outcome) }
                if outcome.isFatal { next = ranges.count }
                add()
            }
            return outcomes
        }
        var failed: [RecordKey] = []
        for outcome in outcomes {
            if let stop = outcome.stop { throw TransferError(.local(stop)) }
            if let failure = outcome.failure, try take(.failure(failure), of: outcome.range) == nil {
                failed += outcome.range.keys
            }
            failed += outcome.wrong
            for (frame, error) in outcome.damaged {
                note(error, frame)
                failed += frame.entries.map(\.key)
            }
        }
        return failed
    }

    private static func fetch(
        _ range: FetchRange, from remote: any Remote, into batch: PackBatch, _ reporter: any Reporter
    ) async -> Outcome {
        var outcome = Outcome(range: range)
        switch await range.read(from: remote) {
        case .failure(let error): outcome.failure = error
        case .success(let bytes):
            let content = range.content(of: bytes)
            outcome.wrong = content.wrong
            do throws(StoreError) {
                // Little at a time: what comes is in memory once.
                for part in content.frames.rounds(of: pieceBytes, size: \.length) {
                    outcome.damaged += try batch.add(
                        content.frames[part].map { ($0, range.part($0, of: bytes)) })
                }
            } catch {
                outcome.stop = error
            }
            reporter.advance(items: 0, bytes: Int64(bytes.count))
        }
        return outcome
    }

    /// The bytes of an answer; `nil` if the pack cannot be used.
    private mutating func take(
        _ answer: Result<[UInt8], RemoteError>, of range: FetchRange
    ) throws(TransferError) -> [UInt8]? {
        switch answer {
        case .success(let bytes): return bytes
        case .failure(let error):
            guard error.concernsOneObject else { throw TransferError(.remote(error)) }
            badPacks.insert(range.pack)
            let path = place.appending(PackedLayout.path(ofPack: range.pack))
            let truncated = FormatError(
                .frame, .truncated(needed: Int64(range.bytes.count), found: 0), at: range.bytes.lowerBound)
            let reason: StoreError.Reason =
                error.reason == .notFound ? .io(.noSuchFileOrDirectory) : .malformed(truncated)
            for key in range.keys { problems[key] = StoreError(reason, path) }
            return nil
        }
    }

    private mutating func note(_ error: FormatError, _ frame: FrameSelection) {
        badPacks.insert(frame.pack.name)
        let path = place.appending(PackedLayout.path(ofPack: frame.pack.name))
        for entry in frame.entries { problems[entry.key] = StoreError(.malformed(error), path) }
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
    func blamed(on id: ObjectID) -> StoreError {
        guard case .missingPart(let key, of: nil) = reason else { return self }
        return StoreError(.missingPart(key, of: id), path)
    }
}

extension RecordKey {
    /// The records with which an object may begin.
    static func first(of id: ObjectID) -> [RecordKey] {
        guard id.algorithm == .blake3 else { return [.alias(of: id)] }
        if id.isDirectory { return [RecordKey(.directory, id.digest)] }
        return [RecordKey(.blob, id.digest), RecordKey(.recipe, id.digest), RecordKey(.chunk, id.digest)]
    }
}
