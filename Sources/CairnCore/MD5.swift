internal import CKernels

/// The MD5 of a stream of bytes, and of many inputs at a time.
///
/// MD5 is here because DVC names objects by it. It does not resist a forger, so nothing of our own relies on it alone. A value of this
/// type may be copied in the middle of a stream; each copy goes on by itself. The bytes are read where they are, never copied,
/// except for up to 63 that do not fill a block between two updates.
///
/// Source: RFC 1321. The kernels, chosen at run time by what the processor can do, are in CKernels.
public struct MD5: Sendable {
    private var state: cairn_md5_state

    /// Starts with no bytes taken.
    public init() {
        state = cairn_md5_state()
        cairn_md5_start(&state)
    }

    /// Takes more bytes of the stream. How a stream is split over calls does not matter.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        cairn_md5_update(&state, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count)
    }

    /// Takes more bytes of the stream. How a stream is split over calls does not matter.
    public mutating func update(_ bytes: Span<UInt8>) {
        bytes.withUnsafeBytes { update($0) }
    }

    /// Returns the digest of the bytes taken so far; more may be taken afterwards.
    public func finish() -> Digest {
        var last = state
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: MD5.byteCount) { digest in
            cairn_md5_finish(&last, digest.baseAddress)
            return Digest(md5: UnsafeRawBufferPointer(digest), at: 0)
        }
    }
}

extension MD5 {
    /// The size of a digest in bytes.
    public static let byteCount = 16

    /// Returns the digest of one input.
    public static func digest(of bytes: UnsafeRawBufferPointer) -> Digest {
        var md5 = MD5()
        md5.update(bytes)
        return md5.finish()
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

    /// Takes as many bytes more of each of several streams, which go through the processor's vector unit together.
    ///
    /// - Precondition: there is a piece for each stream; all have the same length, which is a multiple of 64, as is what each stream has taken
    ///   so far.
    public static func update(_ streams: inout [MD5], with pieces: [UnsafeRawBufferPointer]) {
        guard let length = pieces.first?.count, length > 0 else { return }
        precondition(pieces.count == streams.count && pieces.allSatisfy { $0.count == length })
        precondition(length % 64 == 0 && streams.allSatisfy { $0.state.length % 64 == 0 })
        var states = streams.map(\.state)
        let places = pieces.map { $0.baseAddress?.assumingMemoryBound(to: UInt8.self) }
        cairn_md5_update_many(&states, places, states.count, length / 64)
        for index in streams.indices { streams[index].state = states[index] }
    }

    /// Returns the digests of many inputs, in their order.
    ///
    /// Up to 32 inputs go through the processor's vector unit at a time, whatever their lengths: with hundreds of inputs this is 5 to 15
    /// times as fast as one after the other. One input much longer than the others belongs at the front, so that the others
    /// fill the lanes beside it. Two inputs or fewer gain nothing.
    ///
    /// - Precondition: the memory of every input is valid during the call.
    public static func digests(of inputs: [UnsafeRawBufferPointer]) -> [Digest] {
        [Digest](unsafeUninitializedCapacity: inputs.count) { digests, initialized in
            inputs.withUnsafeBufferPointer { MD5.digests(of: $0, into: digests) }
            initialized = inputs.count
        }
    }

    /// Writes the digests of many inputs into the caller's memory, initializing the first `inputs.count` places of `digests`.
    ///
    /// As `digests(of:)`, without the array. Besides the digests this takes 32 bytes of memory per input while it runs.
    ///
    /// - Precondition: `digests` has room for all, and the memory of every input is valid during the call.
    public static func digests(
        of inputs: UnsafeBufferPointer<UnsafeRawBufferPointer>,
        into digests: UnsafeMutableBufferPointer<Digest>
    ) {
        precondition(digests.count >= inputs.count, "there is a place for every digest")
        let count = inputs.count
        withUnsafeTemporaryAllocation(of: cairn_md5_input.self, capacity: count) { lanes in
            for index in 0..<count {
                let start = inputs[index].baseAddress?.assumingMemoryBound(to: UInt8.self)
                lanes.initializeElement(
                    at: index, to: cairn_md5_input(data: start, length: inputs[index].count))
            }
            withUnsafeTemporaryAllocation(of: UInt8.self, capacity: MD5.byteCount * count) { bytes in
                let done = cairn_md5_many(cairn_md5_best_path(), lanes.baseAddress, count, bytes.baseAddress)
                precondition(done, "the best path of this machine is one that it can run")
                for index in 0..<count {
                    let digest = Digest(md5: UnsafeRawBufferPointer(bytes), at: MD5.byteCount * index)
                    digests.initializeElement(at: index, to: digest)
                }
            }
        }
    }
}

extension Digest {
    /// Creates a digest from the 16 bytes at `offset`, without the detour over a collection.
    fileprivate init(md5 bytes: UnsafeRawBufferPointer, at offset: Int) {
        let front = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
        let back = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self))
        self.init(words: (front, back, 0, 0), count: MD5.byteCount)
    }
}
