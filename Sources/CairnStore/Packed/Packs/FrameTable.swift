public import CairnCore

/// How many records the frames of some packs hold: what tells whether one record stands right before another one in the next frame.
public struct FrameTable: Sendable {
    private var counts: [Digest: [UInt32: Int]] = [:]

    /// Knows nothing.
    public init() {}

    /// Learns about a pack.
    ///
    /// - Parameters:
    ///   - pack: its name, or `RecipeHints.ownPack`.
    ///   - entries: all of its records, as its trailer lists them. An index will not do: it leaves out what is there twice.
    public mutating func add(_ pack: Digest, _ entries: some Sequence<PackEntry>) {
        var frames = counts.removeValue(forKey: pack) ?? [:]
        for entry in entries {
            let count = Int(entry.place.record) + 1
            frames[entry.place.frameOffset] = max(frames[entry.place.frameOffset] ?? 0, count)
        }
        counts[pack] = frames
    }

    /// The number of records of a frame; `nil` if that is not known.
    func recordCount(of pack: Digest, frame: UInt32) -> Int? { counts[pack]?[frame] }
}
