import CairnCore
import CairnRemote
import CairnStore

/// Reads records of a packed remote, in large pieces, from whichever pack has them in a sound state.
struct RecordReading: Sendable {
    let remote: any Remote
    /// How many pieces are read at a time.
    let jobs: Int
    /// Packs that turned out to be gone, cut short or damaged.
    private(set) var badPacks: Set<Digest> = []

    init(from remote: any Remote, jobs: Int) {
        self.remote = remote
        self.jobs = max(1, jobs)
    }

    /// So many bytes are read before they are handed over.
    private static let roundBytes: Int64 = 64 << 20

    /// Reads records, each checked.
    ///
    /// - Parameters:
    ///   - keys: no key twice.
    ///   - body: called with each record that can be read.
    /// - Returns: the records that no pack of the index has in a sound state.
    /// - Throws: `TransferError` for what stops everything.
    mutating func read(
        _ keys: [RecordKey], in index: PackIndex, _ body: (RecordKey, ArraySlice<UInt8>) -> Void
    ) async throws(TransferError) -> [RecordKey] {
        try await readFrames(keys, in: index) { (frames) throws(TransferError) in
            var damaged: [FrameSelection] = []
            for (frame, bytes) in frames {
                guard let records = try? frame.records(of: bytes) else {
                    damaged.append(frame)
                    continue
                }
                for (entry, bytes) in zip(frame.entries, records) { body(entry.key, bytes) }
            }
            return damaged
        }
    }

    /// Reads the frames that hold records.
    ///
    /// - Parameter take: called with frames; returns those that are damaged.
    /// - Returns: the records that no pack of the index has in a sound state.
    mutating func readFrames(
        _ keys: [RecordKey], in index: PackIndex,
        _ take: ([(selection: FrameSelection, bytes: [UInt8])]) async throws(TransferError) ->
            [FrameSelection]
    ) async throws(TransferError) -> [RecordKey] {
        var lost: [RecordKey] = []
        var wanted = keys
        while !wanted.isEmpty {
            let found = index.frames(holding: wanted, without: badPacks)
            lost += found.missing
            wanted = []
            for round in Self.rounds(FetchRange.ranges(for: found.frames)) {
                var frames: [(selection: FrameSelection, bytes: [UInt8])] = []
                for (range, answer) in await answers(round) {
                    switch answer {
                    case .success(let bytes):
                        frames += range.content(of: bytes).frames
                    case .failure(let error):
                        guard error.concernsOneObject else { throw TransferError(.remote(error)) }
                        badPacks.insert(range.pack)
                        wanted += range.keys
                    }
                }
                for frame in try await take(frames) {
                    badPacks.insert(frame.pack.name)
                    wanted += frame.entries.map(\.key)
                }
            }
        }
        return lost
    }

    private static func rounds(_ ranges: [FetchRange]) -> [ArraySlice<FetchRange>] {
        var rounds: [ArraySlice<FetchRange>] = []
        var (start, bytes) = (0, Int64(0))
        for (place, range) in ranges.enumerated() {
            if place > start, bytes + Int64(range.bytes.count) > roundBytes {
                rounds.append(ranges[start..<place])
                (start, bytes) = (place, 0)
            }
            bytes += Int64(range.bytes.count)
        }
        if start < ranges.count { rounds.append(ranges[start...]) }
        return rounds
    }

    private func answers(
        _ ranges: ArraySlice<FetchRange>
    ) async -> [(FetchRange, Result<[UInt8], RemoteError>)] {
        await withTaskGroup(of: (Int, Result<[UInt8], RemoteError>).self) { group in
            var answers: [(number: Int, answer: Result<[UInt8], RemoteError>)] = []
            var next = ranges.startIndex
            func add() {
                guard next < ranges.endIndex else { return }
                group.addTask { [remote, range = ranges[next], next] in
                    (next, await range.read(from: remote))
                }
                next += 1
            }
            for _ in 0..<jobs { add() }
            while let (number, answer) = await group.next() {
                answers.append((number, answer))
                add()
            }
            return answers.sorted { $0.number < $1.number }.map { (ranges[$0.number], $0.answer) }
        }
    }
}
