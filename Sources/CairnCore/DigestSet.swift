/// A set of digests of one length, for millions: the digests lie in one table, and four bytes for each slot of another lead there.
public struct DigestSet: Sendable {
    private var members: DigestTable
    /// One more than the position of a member, or zero; open addressing, a power of two, at most half full.
    private var slots: [UInt32] = []

    /// An empty set of digests of `digestCount` bytes: 16 or 32.
    public init(digestCount: Int) { members = DigestTable(digestCount: digestCount) }

    /// How many digests there are.
    public var count: Int { members.count }

    /// Adds a digest of the set's length.
    ///
    /// - Returns: false if it is there already.
    public mutating func insert(_ digest: Digest) -> Bool {
        if 2 * members.count >= slots.count { grow() }
        let slot = slot(of: digest)
        guard slots[slot] == 0 else { return false }
        members.append(digest)
        slots[slot] = UInt32(members.count)
        return true
    }

    /// Tells whether a digest of the set's length is there.
    public func contains(_ digest: Digest) -> Bool { !slots.isEmpty && slots[slot(of: digest)] != 0 }

    /// The slot that leads to the digest, or the free one where it would go.
    private func slot(of digest: Digest) -> Int {
        // Digests are spread evenly, except that callers may have dealt them out by their first bits: odd factors (from the golden
        // ratio and from SplitMix64) mix all of two words into the upper half.
        let mixed = digest.words.0 &* 0x9E37_79B9_7F4A_7C15 ^ digest.words.1 &* 0xBF58_476D_1CE4_E5B9
        var slot = Int(truncatingIfNeeded: mixed >> 32) & (slots.count - 1)
        while slots[slot] != 0, members[Int(slots[slot]) - 1] != digest {
            slot = (slot + 1) & (slots.count - 1)
        }
        return slot
    }

    private mutating func grow() {
        slots = Array(repeating: 0, count: max(16, 2 * slots.count))
        for position in 0..<members.count { slots[slot(of: members[position])] = UInt32(position + 1) }
    }
}
