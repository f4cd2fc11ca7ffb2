internal import CKernels

/// The BLAKE3 of a stream of bytes: what `b3sum` prints, and what native ids are made of.
///
/// A value of this type may be copied in the middle of a stream; each copy goes on by itself. It has about 3 KiB. The bytes are read
/// where they are, except for up to 1024 at the end of an update. Updates of 64 KiB and more fill the vector lanes.
///
/// Source: O'Connor, Aumasson, Neves, Wilcox-O'Hearn, "BLAKE3: one function, fast everywhere", 2020. The kernels, chosen at run time by
/// what the processor can do, are in CKernels.
public struct BLAKE3: Sendable {
    private var state: cairn_blake3_state

    /// Starts with no bytes taken.
    public init() { self.init(firstChunk: 0) }

    /// Starts a part of an input, with the chunk of this index.
    init(firstChunk: UInt64) {
        state = cairn_blake3_state()
        let isStarted = cairn_blake3_start(&state, cairn_blake3_best_path(), firstChunk)
        precondition(isStarted, "the best path of this machine is one that it can run")
    }

    /// Takes more bytes of the stream. How a stream is split over calls does not matter.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        cairn_blake3_update(&state, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count)
    }

    /// Takes more bytes of the stream. How a stream is split over calls does not matter.
    public mutating func update(_ bytes: Span<UInt8>) {
        bytes.withUnsafeBytes { update($0) }
    }

    /// Returns the digest of the bytes taken so far; more may be taken afterwards.
    public func finish() -> Digest {
        Digest.blake3 { bytes in
            withUnsafePointer(to: state) { cairn_blake3_finish($0, bytes, BLAKE3.byteCount) }
        }
    }

    /// Returns the chaining value of the bytes taken so far as a subtree.
    func finishSubtree() -> Digest {
        Digest.blake3 { bytes in
            withUnsafePointer(to: state) { cairn_blake3_finish_subtree($0, bytes) }
        }
    }
}

extension BLAKE3 {
    /// The size of a digest in bytes.
    public static let byteCount = 32

    /// Returns the digest of one input.
    public static func digest(of bytes: UnsafeRawBufferPointer) -> Digest {
        Digest.blake3 { digest in
            let isDone = cairn_blake3_hash(
                cairn_blake3_best_path(), bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count,
                digest)
            precondition(isDone, "the best path of this machine is one that it can run")
        }
    }

    /// Returns the digest of one input.
    public static func digest(of bytes: Span<UInt8>) -> Digest {
        bytes.withUnsafeBytes { digest(of: $0) }
    }

    /// Returns the digest of one input.
    ///
    /// A collection that does not lie in one piece of memory, such as a lazy one, is copied; arrays and their slices are not.
    public static func digest(of bytes: some Collection<UInt8>) -> Digest {
        bytes.withContiguousStorageIfAvailable { digest(of: UnsafeRawBufferPointer($0)) }
            ?? Array(bytes).withUnsafeBytes { digest(of: $0) }
    }

    /// Returns the digests of many inputs, in their order.
    ///
    /// The chunks of all inputs up to 128 KiB share the processor's vector lanes, and so do the nodes above them: with dozens of inputs
    /// of a few KiB this is several times as fast as one after the other. Longer inputs fill the lanes by themselves.
    ///
    /// - Precondition: the memory of every input is valid during the call.
    public static func digests(of inputs: [UnsafeRawBufferPointer]) -> [Digest] {
        [Digest](unsafeUninitializedCapacity: inputs.count) { digests, initialized in
            inputs.withUnsafeBufferPointer { BLAKE3.digests(of: $0, into: digests) }
            initialized = inputs.count
        }
    }

    /// Writes the digests of many inputs into the caller's memory, initializing the first `inputs.count` places of `digests`.
    ///
    /// As `digests(of:)`, without the array. Besides the digests this takes 48 bytes of memory per input while it runs.
    ///
    /// - Precondition: `digests` has room for all, and the memory of every input is valid during the call.
    public static func digests(
        of inputs: UnsafeBufferPointer<UnsafeRawBufferPointer>,
        into digests: UnsafeMutableBufferPointer<Digest>
    ) {
        precondition(digests.count >= inputs.count, "there is a place for every digest")
        let count = inputs.count
        withUnsafeTemporaryAllocation(of: cairn_blake3_input.self, capacity: count) { list in
            for index in 0..<count {
                let start = inputs[index].baseAddress?.assumingMemoryBound(to: UInt8.self)
                list.initializeElement(
                    at: index, to: cairn_blake3_input(data: start, length: inputs[index].count))
            }
            withUnsafeTemporaryAllocation(of: UInt8.self, capacity: BLAKE3.byteCount * count) { bytes in
                let isDone = cairn_blake3_many(
                    cairn_blake3_best_path(), list.baseAddress, count, bytes.baseAddress)
                precondition(isDone, "the best path of this machine is one that it can run")
                for index in 0..<count {
                    let digest = Digest(blake3: UnsafeRawBufferPointer(bytes), at: BLAKE3.byteCount * index)
                    digests.initializeElement(at: index, to: digest)
                }
            }
        }
    }
}

extension BLAKE3 {
    /// The bytes of a group: the aligned part of a file whose chaining value a recipe keeps.
    public static let groupByteCount = 1 << 20

    /// Returns the chaining value of an aligned block of a longer input: a subtree that is not the root.
    ///
    /// - Parameters:
    ///   - block: The bytes. Only the last block of an input may be shorter than its alignment asks for.
    ///   - offset: Where the block begins in its input.
    /// - Precondition: `block` is not empty; `offset` is a multiple of 1024 and, unless it is 0, of a power of two that is at least as
    ///   large as the block.
    public static func chainingValue(of block: UnsafeRawBufferPointer, at offset: UInt64) -> Digest {
        precondition(!block.isEmpty && offset & 1023 == 0, "a block has bytes and begins at a chunk")
        precondition(
            offset == 0 || UInt64(block.count) <= 1 << UInt64(offset.trailingZeroBitCount),
            "a block does not reach over the end of its subtree")
        var hash = BLAKE3(firstChunk: offset >> 10)
        hash.update(block)
        return hash.finishSubtree()
    }

    /// Returns the digest of an input from the chaining values of its groups.
    ///
    /// - Parameters:
    ///   - groups: The chaining value of every group, in order; the last group may be shorter.
    ///   - length: The length of the input in bytes.
    ///   - groupExponent: The size of a group is 2 to the power of this, at least 10; usually 1 MiB.
    /// - Precondition: `length` is more than one group, and `groups` has one value for each.
    public static func root(ofGroups groups: [Digest], length: UInt64, groupExponent: Int = 20) -> Digest {
        precondition((10..<64).contains(groupExponent), "a group has at least one chunk")
        precondition(length > 1 << UInt64(groupExponent), "a tree has two groups at least")
        precondition(
            UInt64(groups.count) == (length - 1) >> UInt64(groupExponent) + 1,
            "there is a chaining value for each group")
        var values = bytes(of: groups)
        return Digest.blake3 { digest in
            let isDone = values.withUnsafeMutableBufferPointer {
                cairn_blake3_fold(cairn_blake3_best_path(), $0.baseAddress, groups.count, digest)
            }
            precondition(isDone, "the best path of this machine is one that it can run")
        }
    }

    /// Returns the chaining values of groups of twice the size.
    ///
    /// - Precondition: there are more than two groups: the parent of two would be the root.
    public static func paired(_ groups: [Digest]) -> [Digest] {
        precondition(groups.count > 2, "the groups stay below the root")
        var values = bytes(of: groups)
        let isDone = values.withUnsafeMutableBufferPointer {
            cairn_blake3_pair(cairn_blake3_best_path(), $0.baseAddress, groups.count)
        }
        precondition(isDone, "the best path of this machine is one that it can run")
        return values.withUnsafeBytes { values in
            (0..<(groups.count + 1) / 2).map { Digest(blake3: values, at: byteCount * $0) }
        }
    }

    private static func bytes(of values: [Digest]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: byteCount * values.count) { bytes, initialized in
            for (index, value) in values.enumerated() {
                value.write(to: UnsafeMutableRawBufferPointer(bytes), at: byteCount * index)
            }
            initialized = byteCount * values.count
        }
    }
}

extension Digest {
    /// Creates a digest from the 32 bytes at `offset`, without the detour over a collection.
    init(blake3 bytes: UnsafeRawBufferPointer, at offset: Int) {
        func word(_ index: Int) -> UInt64 {
            UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: offset + 8 * index, as: UInt64.self))
        }
        self.init(words: (word(0), word(1), word(2), word(3)), count: BLAKE3.byteCount)
    }

    /// Creates a digest from the 32 bytes that `body` writes.
    fileprivate static func blake3(_ body: (UnsafeMutablePointer<UInt8>) -> Void) -> Digest {
        withUnsafeTemporaryAllocation(byteCount: BLAKE3.byteCount, alignment: 8) { bytes in
            body(bytes.baseAddress!.assumingMemoryBound(to: UInt8.self))  // 32 bytes have an address
            return Digest(blake3: UnsafeRawBufferPointer(bytes), at: 0)
        }
    }

    /// Writes the 32 bytes of a digest at `offset`.
    func write(to bytes: UnsafeMutableRawBufferPointer, at offset: Int) {
        bytes.storeBytes(of: words.0.bigEndian, toByteOffset: offset, as: UInt64.self)
        bytes.storeBytes(of: words.1.bigEndian, toByteOffset: offset + 8, as: UInt64.self)
        bytes.storeBytes(of: words.2.bigEndian, toByteOffset: offset + 16, as: UInt64.self)
        bytes.storeBytes(of: words.3.bigEndian, toByteOffset: offset + 24, as: UInt64.self)
    }
}
