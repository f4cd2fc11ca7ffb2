internal import CKernels

/// Cuts a stream of bytes into chunks at places that depend on its content.
///
/// An edit changes the chunks around it and no others. Equal streams give equal chunks, however they are split over calls and whether
/// they are searched by one thread or by many (`Chunker.places`). A value of this type may be copied in the middle of a stream.
///
/// Every chunk has between `minimum` and `maximum` bytes of its rule; only the last may have fewer. What the places are is part of the
/// format of stores: docs/formats/chunking.md.
public struct Chunker: Sendable {
    /// Where chunks end.
    public let rule: ChunkingRule
    /// The bytes of the stream taken so far.
    public private(set) var offset: UInt64 = 0
    private var state = cairn_gear_state()

    /// Starts a stream.
    public init(_ rule: ChunkingRule = .cdc64) { self.rule = rule }

    /// The bytes of the chunk that has not ended yet.
    public var openCount: Int { state.taken }

    /// Takes bytes of the present chunk: all that there are, unless it ends sooner.
    ///
    /// - Returns: how many bytes were taken, and whether the chunk ends with them. The end of the stream is not known here: what is
    ///   then left of a chunk is the last one.
    public mutating func take(_ bytes: UnsafeRawBufferPointer) -> (count: Int, isEnd: Bool) {
        guard let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return (0, false) }
        var limits = rule.limits
        var isEnd = false
        let count = ChunkingRule.gearTable.withUnsafeBufferPointer {
            cairn_gear_scan(CAIRN_GEAR_STRIPES, $0.baseAddress, &limits, &state, start, bytes.count, &isEnd)
        }
        offset += UInt64(count)
        return (count, isEnd)
    }

    /// Takes more bytes of the stream and hands the end of each chunk, in bytes from the start of the stream, to `body`.
    public mutating func feed(_ bytes: UnsafeRawBufferPointer, _ body: (UInt64) -> Void) {
        var rest = bytes
        while !rest.isEmpty {
            let (count, isEnd) = take(rest)
            if isEnd { body(offset) }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }

    /// Returns the end of the last chunk, which ends with the stream; `nil` if one has just ended, or there were no bytes.
    public func finish() -> UInt64? { state.taken > 0 ? offset : nil }

    /// Returns the ends of the chunks of a whole stream; none if there are no bytes.
    public static func cuts(of bytes: UnsafeRawBufferPointer, by rule: ChunkingRule = .cdc64) -> [UInt64] {
        var chunker = Chunker(rule)
        var ends: [UInt64] = []
        chunker.feed(bytes) { ends.append($0) }
        if let last = chunker.finish() { ends.append(last) }
        return ends
    }
}

extension Chunker {
    /// The places of a segment of a stream where a chunk may end, whatever chunks there are in front of it.
    public struct Places: Sendable {
        /// The bytes of the segment.
        public let byteCount: Int
        /// Twice the number of bytes up to the place, plus 1 if the place is good enough for a short chunk, in order. `nil` if there
        /// are so many places, in made-up data, that they are not worth keeping.
        let packed: [UInt64]?
    }

    /// How many bytes in front of a segment its first places depend on.
    public static let historyCount = Int(CAIRN_GEAR_WINDOW) - 1

    /// Finds the places of a segment. Segments may be searched in any order and by many threads; 1 to 8 MiB are a good size.
    ///
    /// - Parameters:
    ///   - segment: The bytes.
    ///   - history: The bytes of the stream directly in front of the segment, at least `historyCount` of them, or all that there are.
    ///   - rule: The rule of the chunker that is going to take the places.
    public static func places(
        in segment: UnsafeRawBufferPointer, after history: UnsafeRawBufferPointer,
        by rule: ChunkingRule = .cdc64
    ) -> Places {
        guard let start = segment.baseAddress?.assumingMemoryBound(to: UInt8.self) else {
            return Places(byteCount: 0, packed: [])
        }
        var limits = rule.limits
        // Random bytes have a place in 24 KiB (6 KiB with the finest rule).
        let capacity = 256 + segment.count / 256
        var isKept = false
        let packed = [UInt64](unsafeUninitializedCapacity: capacity) { places, initialized in
            ChunkingRule.gearTable.withUnsafeBufferPointer { table in
                let end = UnsafeRawBufferPointer(rebasing: history.suffix(historyCount))
                let hash = cairn_gear_roll(
                    table.baseAddress, 0, end.baseAddress?.assumingMemoryBound(to: UInt8.self), end.count)
                isKept = cairn_gear_places(
                    CAIRN_GEAR_STRIPES, table.baseAddress, &limits, hash, start, segment.count,
                    places.baseAddress, capacity, &initialized)
            }
            if !isKept { initialized = 0 }
        }
        return Places(byteCount: segment.count, packed: isKept ? packed : nil)
    }

    /// Takes the next segment of the stream, whose places are known, and hands the end of each chunk to `body`, as `feed` does.
    ///
    /// The bytes are hardly read: this is the serial part of a parallel search. Segments and plain `feed`s may follow each other.
    ///
    /// - Precondition: `places` are those of `segment`, by the same rule.
    public mutating func feed(
        _ segment: UnsafeRawBufferPointer, places: Places, _ body: (UInt64) -> Void
    ) {
        precondition(places.byteCount == segment.count, "the places are those of the segment")
        guard let packed = places.packed, segment.count >= 2 * Int(CAIRN_GEAR_WINDOW) else {
            feed(segment, body)
            return
        }
        var done = 0
        var index = 0
        while true {
            // Where the present chunk begins, relative to the segment: often in one before.
            let start = done - state.taken
            while index < packed.count {
                let length = Int(packed[index] >> 1) - start
                let isStrict = packed[index] & 1 == 1
                if length >= rule.minimum && (isStrict || length > rule.normal) { break }
                index += 1
            }
            let next = index < packed.count ? Int(packed[index] >> 1) : Int.max
            let end = min(next, start + rule.maximum)
            guard end <= segment.count else { break }
            body(offset + UInt64(end - done))
            offset += UInt64(end - done)
            done = end
            state.taken = 0
        }
        state.taken += segment.count - done
        offset += UInt64(segment.count - done)
        // What a search byte by byte would have now; it is not looked at before the minimum.
        let window = UnsafeRawBufferPointer(rebasing: segment.suffix(Int(CAIRN_GEAR_WINDOW)))
        state.hash = ChunkingRule.gearTable.withUnsafeBufferPointer {
            cairn_gear_roll(
                $0.baseAddress, 0, window.baseAddress?.assumingMemoryBound(to: UInt8.self), window.count)
        }
    }
}
