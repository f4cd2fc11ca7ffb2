/// Many byte paths in one allocation, in the order in which they were appended.
///
/// A million paths as a million arrays cost more memory than their files' metadata; here each costs its bytes, a NUL
/// and one offset. The NUL lets a path be handed to the operating system where it lies.
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
        storage.reserveCapacity(bytes + count)
    }

    /// Adds a path at the end.
    ///
    /// - Precondition: `path` holds no NUL.
    public mutating func append(_ path: some Sequence<UInt8>) {
        storage.append(contentsOf: path)
        ends.append(storage.count)
        storage.append(0)
    }

    /// Adds the path `folder/name` at the end, or `name` when `folder` is empty.
    ///
    /// - Precondition: neither holds a NUL.
    public mutating func append(folder: some Sequence<UInt8>, name: some Sequence<UInt8>) {
        let start = storage.count
        storage.append(contentsOf: folder)
        if storage.count > start { storage.append(UInt8(ascii: "/")) }
        append(name)
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
    public func withCString<Result, Failure: Error>(
        _ index: Int, _ body: (UnsafePointer<CChar>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let range = range(index)
        return try storage.withUnsafeBufferPointer { (all) throws(Failure) in
            // The storage is never empty here: it holds at least the NUL of this path.
            let start = UnsafeRawPointer(all.baseAddress! + range.lowerBound)
            return try body(start.assumingMemoryBound(to: CChar.self))
        }
    }

    private func range(_ index: Int) -> Range<Int> { (index == 0 ? 0 : ends[index - 1] + 1)..<ends[index] }
}
