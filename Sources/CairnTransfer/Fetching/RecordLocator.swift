import CairnCore
import CairnRemote
import CairnStore
import CairnSystem
import Synchronization

/// Finds records on a packed remote: in the segments that are on this machine, and of the others in those parts that tell of the records.
final class RecordLocator: Sendable {
    // A class: what was read of a segment is not read again.

    private let remoteIndex: RemoteIndex
    private let log: RemoteLog
    private let state = Mutex(State())

    private struct State {
        var sparse: [SegmentName: SparseSegment] = [:]
        var bytes: Int64 = 0
    }

    /// Segments that have no more bytes than this together are read whole: each question is a request as well.
    private static let smallIndex: Int64 = 256 << 10
    /// About so many bytes are read to look a record up.
    private static let costOfKey: Int64 = 16 << 10
    /// So many parts of a segment are read at a time.
    private static let mostReads = 16
    /// The bytes of an entry of a segment.
    private static let bytesOfEntry: Int64 = 48
    /// So many bytes are read of a segment to begin with.
    private static let firstRead: Int64 = 64 << 10

    init(_ remoteIndex: RemoteIndex, _ log: RemoteLog) {
        self.remoteIndex = remoteIndex
        self.log = log
    }

    /// The bytes that were read of segments.
    var bytes: Int64 { state.withLock { $0.bytes } }

    /// True if looking up records costs nothing, or little: all segments are on this machine, or they are small.
    var isAtHand: Bool { absent.reduce(0) { $0 + $1.size } <= Self.smallIndex }

    /// True if what has to be read of segments is much more than what they tell of so many records.
    func isLargeBeside(_ count: Int) -> Bool {
        let size = absent.reduce(0) { $0 + $1.size }
        return size > Self.smallIndex && size > Int64(count) * Self.bytesOfEntry * 4
    }

    private var absent: [(name: SegmentName, size: Int64)] {
        var absent: [SegmentName: Int64] = [:]
        var replaced: Set<Digest> = []
        for (name, size) in log.segmentSizes {
            if let known = remoteIndex.known(name) {
                replaced.formUnion(known.replaced)
            } else {
                absent[name] = size
            }
        }
        // What a segment replaces that is here need not be.
        return absent.filter { !replaced.contains($0.key.digest) }.map { ($0.key, $0.value) }
            .sorted { ($1.name.level, $0.name.push) < ($0.name.level, $1.name.push) }
    }

    /// An index that knows with which records some objects begin, as far as anybody does.
    ///
    /// - Throws: `TransferError`.
    func index(for objects: [ObjectID]) async throws(TransferError) -> PackIndex {
        // The names of their records are made only if they are asked for one by one.
        if readsWhole(for: objects.count) { return try await remoteIndex.view(of: log).index }
        return try await index(for: objects.flatMap(RecordKey.first))
    }

    /// True if looking up so many records is not cheaper than reading all segments.
    private func readsWhole(for count: Int) -> Bool {
        let size = absent.reduce(0) { $0 + $1.size }
        guard size <= Self.smallIndex || Int64(count) * Self.costOfKey >= size else { return false }
        state.withLock { $0.bytes += size }
        return true
    }

    /// An index that knows where some records lie, as far as anybody does.
    ///
    /// - Throws: `TransferError`.
    func index(for keys: [RecordKey]) async throws(TransferError) -> PackIndex {
        if readsWhole(for: keys.count) { return try await remoteIndex.view(of: log).index }
        do throws(TransferError) {
            return try await indexOfParts(for: keys)
        } catch {
            // Somebody merged segments and removed those that were merged: the log is read again then.
            guard error.isAbsence else { throw error }
            return try await remoteIndex.view(of: log).index
        }
    }

    /// An index of the segments that are here, and of what is read of the others.
    private func indexOfParts(for keys: [RecordKey]) async throws(TransferError) -> PackIndex {
        let absent = absent
        var segments: [IndexSegment] = []
        var replaced: Set<Digest> = []
        for name in log.segmentSizes.keys {
            guard let known = remoteIndex.known(name) else { continue }
            segments.append(known)
            replaced.formUnion(known.replaced)
        }
        for (name, size) in absent where !replaced.contains(name.digest) {
            if let found = try await look(for: keys, in: name, size) {
                segments.append(found.condensed)
                replaced.formUnion(found.replaced)
            } else {
                let segment = try await remoteIndex.segment(name, size)
                state.withLock { $0.bytes += size }
                segments.append(segment)
                replaced.formUnion(segment.replaced)
            }
        }
        return PackIndex(segments, condemned: log.condemnedPacks)
    }

    /// Reads what is needed of a segment; `nil` if that is most of it.
    private func look(
        for keys: [RecordKey], in name: SegmentName, _ size: Int64
    ) async throws(TransferError) -> (condensed: IndexSegment, replaced: [Digest])? {
        var segment: SparseSegment
        if let known = state.withLock({ $0.sparse[name] }) {
            segment = known
        } else {
            let head = try await read(name, 0..<min(size, Self.firstRead))
            segment = try Self.format(name) { () throws(FormatError) in
                try SparseSegment(header: head, size: size)
            }
        }
        while true {
            switch try Self.format(name, { () throws(FormatError) in try segment.step(for: keys) }) {
            case .readWhole: return nil
            case .read(let ranges):
                for (range, bytes) in try await read(name, ranges) {
                    try Self.format(name) { () throws(FormatError) in
                        try segment.add(bytes, at: range.lowerBound)
                    }
                }
            case .done:
                state.withLock { [segment] in $0.sparse[name] = segment }
                return try Self.format(name) { () throws(FormatError) in
                    (try segment.condensed(for: keys), try segment.replaced())
                }
            }
        }
    }

    /// Parts of a segment, in order; they come side by side.
    private func read(
        _ name: SegmentName, _ ranges: [Range<Int64>]
    ) async throws(TransferError) -> [(range: Range<Int64>, bytes: [UInt8])] {
        let parts = Mutex<[Int64: [UInt8]]>([:])
        try await Jobs.run(ranges, atATime: Self.mostReads) { [self] (range) throws(TransferError) in
            let bytes = try await read(name, range)
            parts.withLock { $0[range.lowerBound] = bytes }
        }
        return parts.withLock { parts in
            ranges.compactMap { range in parts[range.lowerBound].map { (range, $0) } }
        }
    }

    private func read(_ name: SegmentName, _ range: Range<Int64>) async throws(TransferError) -> [UInt8] {
        state.withLock { $0.bytes += Int64(range.count) }
        return try await remotely { () throws(RemoteError) in
            try await remoteIndex.remote.read(name.path, range, limit: range.count)
        }
    }

    private static func format<Result>(
        _ name: SegmentName, _ body: () throws(FormatError) -> Result
    ) throws(TransferError) -> Result {
        do throws(FormatError) { return try body() } catch {
            throw TransferError(.malformed(name.path, error))
        }
    }
}
