import CairnCore
public import CairnRemote
public import CairnStore

/// What one listing of the log of a packed remote showed, and what collectors mean to delete. The segments of the index need not be here.
public struct RemoteLog: Sendable {
    /// What the store says of itself.
    public let marker: StoreMarker
    /// The listing, as it was: keys, sizes and ages.
    public let listing: RemoteListing
    /// When it was made, by the clock of the surroundings.
    public let takenAt: Duration
    /// The segments with their sizes, those that others replace among them.
    public let segmentSizes: [SegmentName: Int64]
    /// Pushes that came to their end.
    public let acknowledged: Set<ULID>
    /// What collectors mean to delete.
    public let condemned: [CondemnName: CondemnRecord]
    /// The published roots of all clones, old ones among them.
    public let roots: [RootsName]
    /// False if there is no store yet: who pushes writes the marker first.
    var isMade = true

    /// The packs that collectors mean to delete.
    var condemnedPacks: Set<Digest> { Set(condemned.values.flatMap(\.packs)) }
}
