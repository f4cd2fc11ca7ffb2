import CairnCore
import CairnSystem

/// A run of small files, read whole into one piece of memory, so that they can be hashed together.
final class SmallFiles {
    /// Files up to this size, in bytes, are small.
    static let largestSize: Int64 = 256 << 10
    /// How many bytes and files are read together at most.
    static let batchSize: Int64 = 4 << 20
    static let batchCount = 64

    private let memory: UnsafeMutableRawBufferPointer
    private var used = 0
    /// Which files they are, as the caller counts them.
    private(set) var positions: [Int] = []
    /// The bytes of each; valid as long as the run.
    private(set) var contents: [UnsafeRawBufferPointer] = []

    /// Makes room for any run of small files, to be used for one after the other: memory that is never touched costs nothing.
    init() {
        // One byte more than each file should have shows a file that grew.
        memory = .allocate(
            byteCount: Int(Self.batchSize + Self.largestSize) + Self.batchCount + 1, alignment: 64)
    }

    deinit { memory.deallocate() }

    /// How many files there are.
    var count: Int { positions.count }
    /// How many bytes they have.
    var byteCount: Int { used - count }
    /// True when no file of any small size has room for sure.
    var isFull: Bool { memory.count - used <= Int(Self.largestSize) || count >= Self.batchCount }

    /// Reads a file.
    ///
    /// - Parameter size: how long it should be.
    /// - Returns: false if it is longer or shorter; it is not taken in then.
    func read(_ file: borrowing OpenFile, size: Int64, as position: Int) throws(SystemError) -> Bool {
        precondition(used + Int(size) < memory.count, "room was made for every file of the run")
        let slot = UnsafeMutableRawBufferPointer(rebasing: memory[used...(used + Int(size))])
        guard try file.read(into: slot) == Int(size) else { return false }
        contents.append(UnsafeRawBufferPointer(rebasing: slot.dropLast()))
        positions.append(position)
        used += slot.count
        return true
    }

    /// Takes in bytes that are known already, for which room was made.
    func append(_ bytes: [UInt8], as position: Int) {
        precondition(used + bytes.count < memory.count, "room was made for every file of the run")
        let slot = UnsafeMutableRawBufferPointer(rebasing: memory[used...(used + bytes.count)])
        slot.copyBytes(from: bytes)
        contents.append(UnsafeRawBufferPointer(rebasing: slot.dropLast()))
        positions.append(position)
        used += slot.count
    }

    /// Drops the file that was read last.
    func removeLast() {
        guard let last = contents.popLast() else { preconditionFailure("a file was read") }
        positions.removeLast()
        used -= last.count + 1
    }

    /// Drops all files and keeps the room.
    func removeAll() {
        positions.removeAll(keepingCapacity: true)
        contents.removeAll(keepingCapacity: true)
        used = 0
    }

    /// The digest of each file.
    func digests(by algorithm: HashAlgorithm) -> [Digest] { ContentHasher.digests(algorithm, of: contents) }
}
