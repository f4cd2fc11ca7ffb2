public import CairnCore
public import CairnRemote
public import CairnStore

/// What the log of a packed remote said at one moment, with the whole index: docs/formats/packed-store.md.
public struct RemoteView: Sendable {
    /// The log.
    public let log: RemoteLog
    /// The segments, but those that others replace.
    public let segments: [SegmentName: IndexSegment]
    /// Where all records lie; condemned packs are known as such.
    public let index: PackIndex
    /// The same of segments whose push came to its end: of a recipe or a directory that is found here, in a pack that is not condemned,
    /// everything is there that it names.
    private let complete: PackIndex

    /// What the store says of itself.
    public var marker: StoreMarker { log.marker }
    /// Pushes that came to their end.
    public var acknowledged: Set<ULID> { log.acknowledged }
    /// What collectors mean to delete.
    public var condemned: [CondemnName: CondemnRecord] { log.condemned }
    /// The published roots of all clones, old ones among them.
    public var roots: [RootsName] { log.roots }
    /// The listing, as it was: keys, sizes and ages.
    public var listing: RemoteListing { log.listing }
    /// When it was made, by the clock of the surroundings.
    public var takenAt: Duration { log.takenAt }

    /// - Parameter trusts: whether what a push that came to its end has brought is believed to be there.
    init(_ log: RemoteLog, _ segments: [SegmentName: IndexSegment], trusts: Bool = true) {
        self.log = log
        self.segments = segments
        let names = log.condemnedPacks
        let sorted = segments.sorted { $0.key.push < $1.key.push }
        index = PackIndex(sorted.map(\.value), condemned: names)
        // Merging takes only segments of pushes that came to their end.
        let trusted = sorted.filter { trusts && ($0.key.level > 0 || log.acknowledged.contains($0.key.push)) }
        // A pack may be called dead by a segment that is not among these.
        complete =
            trusted.count == sorted.count
            ? index : PackIndex(trusted.map(\.value), condemned: names.union(index.deadPacks))
    }

    /// Packs from which nothing may be relied on: dead ones, and those that a collector means to delete.
    public var givenUp: Set<Digest> {
        index.deadPacks.union(condemned.values.flatMap(\.packs))
    }

    /// Where all records lie, if some more packs count as condemned, and some more segments as listed.
    func index(avoiding packs: Set<Digest>, with others: [IndexSegment] = []) -> PackIndex {
        guard !packs.isEmpty || !others.isEmpty else { return index }
        let sorted = segments.sorted { $0.key.push < $1.key.push }.map(\.value)
        let listed = Set(sorted.map(\.name))
        return PackIndex(
            sorted + others.filter { !listed.contains($0.name) },
            condemned: packs.union(condemned.values.flatMap(\.packs)))
    }

    /// The stores to which the pushes in the log went, each once; one that the index tells of, unless it was written by another program.
    var stores: Set<UniqueID> { Set(segments.values.flatMap { $0.pushes.map(\.store) }) }

    /// True if the record lies in a pack that nobody means to delete.
    public func has(_ key: RecordKey) -> Bool {
        index.isCondemned(key) == false
    }

    /// True if the record is there that the object begins with, wherever it lies.
    public func knows(_ id: ObjectID) -> Bool {
        id.algorithm == .blake3 ? index.firstKey(of: id) != nil : index.contains(.alias(of: id))
    }

    /// True if the object is there with all that it consists of: a directory with its files.
    public func isComplete(_ id: ObjectID) -> Bool {
        guard id.algorithm == .blake3 else { return isComplete(RecordKey.alias(of: id)) }
        if id.isDirectory { return isComplete(RecordKey(.directory, id.digest)) }
        return has(RecordKey(.blob, id.digest)) || isComplete(RecordKey(.recipe, id.digest))
            || has(RecordKey(.chunk, id.digest))
    }

    private func isComplete(_ key: RecordKey) -> Bool {
        complete.isCondemned(key) == false
    }
}
