/// The BLAKE3 of a stream together with the chaining values of its groups, from one pass over the bytes.
///
/// What `BLAKE3` and `BLAKE3.chainingValue` give, at the cost of one of them: a recipe keeps both.
public struct GroupedBLAKE3: Sendable {
    /// The groups before the present one.
    private var groups: [Digest] = []
    /// The present group. One that is full stays here until more comes: a stream of a single group has no chaining value.
    private var group = BLAKE3()
    private var groupCount = 0

    /// Starts with no bytes taken.
    public init() {}

    /// Takes more bytes of the stream. How a stream is split over calls does not matter.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        var rest = bytes
        while !rest.isEmpty {
            if groupCount == BLAKE3.groupByteCount {
                groups.append(group.finishSubtree())
                group = BLAKE3(firstChunk: UInt64(groups.count) << 10)
                groupCount = 0
            }
            let count = min(rest.count, BLAKE3.groupByteCount - groupCount)
            group.update(UnsafeRawBufferPointer(rebasing: rest[..<count]))
            groupCount += count
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }

    /// Returns the digest of the bytes taken so far, and the chaining value of each group of 1 MiB; none if there is only one group.
    public func finish() -> (digest: Digest, groups: [Digest]) {
        if groups.isEmpty { return (group.finish(), []) }
        let all = groups + [group.finishSubtree()]
        let length = UInt64(groups.count * BLAKE3.groupByteCount + groupCount)
        return (BLAKE3.root(ofGroups: all, length: length), all)
    }
}
