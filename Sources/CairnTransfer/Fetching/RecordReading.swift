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
            let ranges = FetchRange.ranges(for: found.frames, on: remote)
            for round in ranges.rounds(of: Self.roundBytes, size: { Int64($0.bytes.count) }) {
                var frames: [(selection: FrameSelection, bytes: [UInt8])] = []
                for (range, answer) in await FetchRange.read(ranges[round], from: remote, jobs: jobs) {
                    switch answer {
                    case .success(let bytes):
                        frames += range.content(of: bytes).frames.map { ($0, range.part($0, of: bytes)) }
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
}
