internal import CLibCrypto

/// The SHA-256 of a stream of bytes.
///
/// S3 wants it for every request, and it is what object stores compare parts by. Objects of ours are named by BLAKE3 or MD5.
///
/// Source: FIPS 180-4, by libcrypto: EVP_DigestInit(3).
public struct SHA256: ~Copyable, @unchecked Sendable {
    // Sendable: nobody else has the pointer, and the value is never in two places.
    private let context: OpaquePointer

    /// The size of a digest in bytes.
    public static let byteCount = 32

    /// Starts with no bytes taken.
    public init() {
        guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else {
            preconditionFailure("libcrypto has SHA-256, and memory for one state of it")
        }
        self.context = context
    }

    deinit { EVP_MD_CTX_free(context) }

    /// Takes more bytes of the stream. How a stream is split over calls does not matter.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        let done = EVP_DigestUpdate(context, bytes.baseAddress, bytes.count)
        precondition(done == 1, "a digest that was started takes bytes")
    }

    /// Takes more bytes of the stream. How a stream is split over calls does not matter.
    public mutating func update(_ bytes: Span<UInt8>) {
        bytes.withUnsafeBytes { update($0) }
    }

    /// Returns the digest of the bytes taken so far; nothing can be taken afterwards.
    public consuming func finish() -> Digest {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Self.byteCount) { digest in
            let done = EVP_DigestFinal_ex(context, digest.baseAddress, nil)
            precondition(done == 1, "a digest that was started has an end")
            return Digest(bytes: UnsafeRawBufferPointer(digest), at: 0)
        }
    }

    /// Returns the digest of one input.
    public static func digest(of bytes: UnsafeRawBufferPointer) -> Digest {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: byteCount) { digest in
            let done = EVP_Digest(bytes.baseAddress, bytes.count, digest.baseAddress, nil, EVP_sha256(), nil)
            precondition(done == 1, "libcrypto has SHA-256")
            return Digest(bytes: UnsafeRawBufferPointer(digest), at: 0)
        }
    }

    /// Returns the digest of one input. What does not lie in one piece of memory is copied; arrays and their slices are not.
    public static func digest(of bytes: some Collection<UInt8>) -> Digest {
        bytes.withContiguousStorageIfAvailable { digest(of: UnsafeRawBufferPointer($0)) }
            ?? Array(bytes).withUnsafeBytes { digest(of: $0) }
    }
}
