internal import CKernels

/// CRC-32C (Castagnoli), the checksum that frames of a pack carry: it finds damage quickly and says nothing against a forger.
///
/// Source: RFC 3720, appendix B.4. The kernels, chosen at run time by what the processor can do, are in CKernels.
public enum CRC32C {
    /// Returns the checksum of the bytes.
    ///
    /// - Parameter previous: the checksum of the bytes that come before these, to go on from there; 0 at the start.
    public static func checksum(of bytes: UnsafeRawBufferPointer, after previous: UInt32 = 0) -> UInt32 {
        cairn_crc32c(
            cairn_crc32c_best_path(), previous, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self),
            bytes.count)
    }
}
