public import CairnCore
public import CairnStore
public import CairnSystem

/// What a transfer brought to its destination.
public struct MovedObjects: Sendable {
    /// How many objects arrived.
    public internal(set) var count = 0
    /// Their bytes.
    public internal(set) var bytes: Int64 = 0
    /// Objects that did not arrive because of what the source has of them, or because somebody took them away.
    public var failures: [(id: ObjectID, error: StoreError)] = []
    /// Listings that were not copied, because the destination lacks a file that they name.
    public internal(set) var incomplete: [(id: ObjectID, lacking: ObjectID)] = []
    /// Where damaged objects of the source lie now.
    public internal(set) var movedAside: [(id: ObjectID, place: FilePath)] = []

    /// Nothing copied.
    public init() {}

    /// Adds another report to this one.
    public mutating func add(_ other: MovedObjects) {
        count += other.count
        bytes += other.bytes
        failures += other.failures
        incomplete += other.incomplete
        movedAside += other.movedAside
    }
}
