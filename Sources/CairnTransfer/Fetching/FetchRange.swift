import CairnCore
import CairnRemote
import CairnStore
import CairnSystem
import Synchronization

/// Records of a pack that lie side by side, as a hint says.
struct HintedRecords: Sendable {
    /// Where they lie.
    let run: HintedRun
    /// Their keys in the order of the records; `nil` for those that are not wanted.
    let keys: [RecordKey?]
}

/// A part of a pack that is read in one go, for the sake of some records in it.
struct FetchRange: Sendable {
    /// The name of the pack.
    let pack: Digest
    /// The part.
    var bytes: Range<Int64>
    /// Frames that are wanted.
    var frames: [FrameSelection] = []
    /// Records that are wanted, and of which only the frame's neighbourhood is known.
    var hinted: [HintedRecords] = []

    /// The most bytes that are asked for at once, unless one item has more: far away, and on this machine, where little at a time stays in the
    /// processor's caches.
    private static let largest: Int64 = 8 << 20
    private static let largestLocal: Int64 = 1 << 20
    /// The widest gap between wanted frames that is read along.
    static let widestGap: Int64 = 1 << 20
    /// All gaps that are read along have at most this part of the bytes that are wanted.
    static let gapPart: Int64 = 25

    /// The records that are wanted.
    var keys: [RecordKey] {
        frames.flatMap { $0.entries.map(\.key) } + hinted.flatMap { $0.keys.compactMap(\.self) }
    }

    /// Puts together what lies near each other: the smallest gaps are read along first, as long as that costs a few per cent at most.
    static func ranges(
        for frames: [FrameSelection], _ hinted: [HintedRecords] = [], on remote: any Remote
    ) -> [FetchRange] {
        var packs: [Digest: Int] = [:]
        var items: [(pack: Int, range: FetchRange)] = []
        func add(_ range: FetchRange) {
            let number = packs[range.pack] ?? packs.count
            packs[range.pack] = number
            items.append((number, range))
        }
        for frame in frames {
            add(
                FetchRange(
                    pack: frame.pack.name, bytes: frame.offset..<(frame.offset + frame.length),
                    frames: [frame]))
        }
        for records in hinted {
            add(FetchRange(pack: records.run.pack, bytes: records.run.range, hinted: [records]))
        }
        items.sort { ($0.pack, $0.range.bytes.lowerBound) < ($1.pack, $1.range.bytes.lowerBound) }
        return joined(items.map(\.range), largest: remote.isLocal ? largestLocal : largest)
    }

    /// - Parameter items: pack by pack, in the order in which they lie there.
    private static func joined(_ items: [FetchRange], largest: Int64) -> [FetchRange] {
        var gaps: [(size: Int64, index: Int)] = []
        var wanted: Int64 = 0
        for (index, item) in items.enumerated() {
            wanted += Int64(item.bytes.count)
            guard index > 0, items[index - 1].pack == item.pack else { continue }
            gaps.append((max(0, item.bytes.lowerBound - items[index - 1].bytes.upperBound), index))
        }
        var budget = wanted / gapPart
        var isJoined = Array(repeating: false, count: items.count)
        for gap in gaps.sorted(by: { $0.size < $1.size }) {
            guard gap.size <= widestGap, gap.size <= budget else { break }
            budget -= gap.size
            isJoined[gap.index] = true
        }
        var ranges: [FetchRange] = []
        for (index, item) in items.enumerated() {
            if isJoined[index], var last = ranges.last {
                let end = max(last.bytes.upperBound, item.bytes.upperBound)
                if end == last.bytes.upperBound || end - last.bytes.lowerBound <= largest {
                    last.bytes = last.bytes.lowerBound..<end
                    last.frames += item.frames
                    last.hinted += item.hinted
                    ranges[ranges.count - 1] = last
                    continue
                }
            }
            ranges.append(item)
        }
        return ranges
    }

    /// The wanted frames, and the records whose hints are wrong.
    ///
    /// - Parameter bytes: those of the range.
    func content(of bytes: [UInt8]) -> (frames: [FrameSelection], wrong: [RecordKey]) {
        var all = frames
        var wrong: [RecordKey] = []
        for records in hinted {
            do throws(FormatError) {
                let places = try records.run.places(
                    in: bytes, at: self.bytes.lowerBound, count: records.keys.count)
                var entries: [PackEntry] = []
                for (key, place) in zip(records.keys, places) {
                    if let key { entries.append(PackEntry(key, place)) }
                }
                all += FrameSelection.selections(of: entries, in: pack)
            } catch {
                wrong += records.keys.compactMap(\.self)
            }
        }
        return (all, wrong)
    }

    /// Reads ranges, several at a time, and keeps all in memory.
    ///
    /// - Returns: what came of each, in the order of the ranges.
    static func read(
        _ ranges: some Collection<FetchRange>, from remote: any Remote, jobs: Int
    ) async -> [(range: FetchRange, answer: Result<[UInt8], RemoteError>)] {
        let ranges = Array(ranges)
        let answers = Mutex([Result<[UInt8], RemoteError>?](repeating: nil, count: ranges.count))
        await Jobs.run(Array(ranges.indices), atATime: jobs) { (number) in
            let answer = await ranges[number].read(from: remote)
            answers.withLock { $0[number] = answer }
        }
        return zip(ranges, answers.withLock { $0 }).compactMap { range, answer in
            answer.map { (range, $0) }
        }
    }

    /// Reads the range.
    func read(from remote: any Remote) async -> Result<[UInt8], RemoteError> {
        do throws(RemoteError) {
            return .success(
                try await remote.read(PackedLayout.path(ofPack: pack), bytes, limit: bytes.count))
        } catch {
            return .failure(error)
        }
    }

    /// The bytes of one of its frames.
    ///
    /// - Parameter bytes: those of the range.
    func part(_ frame: FrameSelection, of bytes: [UInt8]) -> [UInt8] {
        let start = Int(frame.offset - self.bytes.lowerBound)
        return Array(bytes[start..<(start + Int(frame.length))])
    }
}
