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
    public subscript(index: Int) -> ArraySlice<UInt8> { storage[range(index)] }

    /// Lends the bytes of a path for the time of a call.
    public func withPath<Result, Failure: Error>(
        _ index: Int, _ body: (UnsafeBufferPointer<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let range = range(index)
        return try storage.withUnsafeBufferPointer { (all) throws(Failure) in
            try body(UnsafeBufferPointer(rebasing: all[range]))
        }
    }

    /// Lends a path as a NUL-terminated string for the time of a call.
    ///
    /// - Precondition: the path holds no NUL.
    public func withCString<Result, Failure: Error>(
        _ index: Int, _ body: (UnsafePointer<CChar>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let terminated = storage[range(index)] + [0]
        return try terminated.withUnsafeBufferPointer { (bytes) throws(Failure) in
            // Not empty: it holds at least the NUL.
            try body(UnsafeRawPointer(bytes.baseAddress!).assumingMemoryBound(to: CChar.self))
        }
    }

    /// Lends the bytes of all paths, one after the other, and the offsets at which they end, for the time of a call.
    public func withAllPaths<Result>(
        _ body: (_ bytes: UnsafeBufferPointer<UInt8>, _ ends: UnsafeBufferPointer<Int>) throws -> Result
    ) rethrows -> Result {
        try storage.withUnsafeBufferPointer { bytes in
            try ends.withUnsafeBufferPointer { try body(bytes, $0) }
        }
    }

    private func range(_ index: Int) -> Range<Int> { (index == 0 ? 0 : ends[index - 1])..<ends[index] }
}
