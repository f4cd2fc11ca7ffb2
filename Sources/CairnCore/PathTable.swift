/// Many byte paths in one allocation, in the order in which they were appended.
///
/// A million paths as a million arrays cost more memory than their files' metadata; here each costs its bytes
/// and one offset.
public struct PathTable: Sendable {
    private var storage: [UInt8] = []
    private var ends: [Int] = []

    /// Creates an empty table.
    public init() {}

    /// How many paths there are.
    public var count: Int { ends.count }

    /// Makes room for `count` paths of `bytes` bytes in all.
    public mutating func reserve(count: Int, bytes: Int) {
        ends.reserveCapacity(count)
        storage.reserveCapacity(bytes)
    }

    /// Adds a path at the end.
    public mutating func append(_ path: some Sequence<UInt8>) {
        storage.append(contentsOf: path)
        ends.append(storage.count)
    }

    /// Adds the path `folder/name` at the end, or `name` when `folder` is empty.
    public mutating func append(folder: some Sequence<UInt8>, name: some Sequence<UInt8>) {
        let start = storage.count
        storage.append(contentsOf: folder)
        if storage.count > start { storage.append(UInt8(ascii: "/")) }
        storage.append(contentsOf: name)
        ends.append(storage.count)
    }

    /// The path at a position, sharing the table's memory.
    public subscript(index: Int) -> ArraySlice<UInt8> {
        storage[(index == 0 ? 0 : ends[index - 1])..<ends[index]]
    }

    /// Lends the bytes of a path for the time of a call.
    public func withPath<Result>(
        _ index: Int, _ body: (UnsafeBufferPointer<UInt8>) throws -> Result
    ) rethrows -> Result {
        let range = (index == 0 ? 0 : ends[index - 1])..<ends[index]
        return try storage.withUnsafeBufferPointer { try body(UnsafeBufferPointer(rebasing: $0[range])) }
    }

    /// Lends the bytes of all paths, one after the other, and the offsets at which they end, for the time of a call.
    public func withAllPaths<Result>(
        _ body: (_ bytes: UnsafeBufferPointer<UInt8>, _ ends: UnsafeBufferPointer<Int>) throws -> Result
    ) rethrows -> Result {
        try storage.withUnsafeBufferPointer { bytes in
            try ends.withUnsafeBufferPointer { try body(bytes, $0) }
        }
    }
}
