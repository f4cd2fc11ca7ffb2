internal import CZlib
internal import CZstd
import Synchronization

/// Brings stored bytes back, never more of them than were promised.
enum Decompressor {
    /// Decompresses `stored`, which stands for exactly `rawLength` bytes.
    ///
    /// Allocates no more than the codec could make of so many stored bytes.
    /// - Returns: the bytes; `nil` if the stored bytes are not what the codec makes, or stand for any other number of bytes.
    static func decompress(_ codec: Codec, _ stored: UnsafeRawBufferPointer, rawLength: Int) -> [UInt8]? {
        switch codec {
        case .raw: stored.count == rawLength ? Array(stored) : nil
        case .zstd: decompressZstd(stored, rawLength: rawLength)
        case .zlib: decompressZlib(stored, rawLength: rawLength)
        }
    }

    private static func decompressZstd(_ stored: UnsafeRawBufferPointer, rawLength: Int) -> [UInt8]? {
        // A block takes at least four bytes and stands for at most 128 KiB.
        guard rawLength <= stored.count.clampedProduct(32 << 10),
            let frame = ZstdFrame(parsing: stored), frame.contentSize == UInt64(rawLength),
            frame.windowSize <= 1 << UInt64(ZstdFrame.largestWindowLog),
            ZSTD_findFrameCompressedSize(stored.baseAddress, stored.count) == stored.count
        else { return nil }
        let context = ZstdContext.take()
        defer { context.giveBack() }
        return filled(rawLength) { buffer in
            ZSTD_decompressDCtx(
                context.pointer, buffer.baseAddress, buffer.count, stored.baseAddress, stored.count)
                == rawLength
        }
    }

    private static func decompressZlib(_ stored: UnsafeRawBufferPointer, rawLength: Int) -> [UInt8]? {
        // A match of 258 bytes takes at least two bits.
        guard rawLength <= stored.count.clampedProduct(1032) else { return nil }
        return filled(rawLength) { buffer in
            var (size, used) = (UInt(buffer.count), UInt(stored.count))
            let code = uncompress2(
                buffer.baseAddress, &size, stored.baseAddress?.assumingMemoryBound(to: UInt8.self), &used)
            return code == Z_OK && size == UInt(rawLength) && used == UInt(stored.count)
        }
    }

    /// An array of that many bytes that `body` fills; `nil` if it says that it did not.
    private static func filled(
        _ count: Int, _ body: (UnsafeMutableBufferPointer<UInt8>) -> Bool
    ) -> [UInt8]? {
        var isFilled = false
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            isFilled = body(UnsafeMutableBufferPointer(rebasing: buffer[..<count]))
            // What was not written is uninitialized; the array is dropped then.
            initialized = isFilled ? count : 0
        }
        return isFilled ? bytes : nil
    }
}

/// What Zstandard keeps between two decompressions. As many are made as threads decompress at the same time.
private final class ZstdContext: @unchecked Sendable {
    // Sendable: whoever took it from the pool is its only user until it is given back.
    private static let pool = Mutex<[ZstdContext]>([])

    let pointer: OpaquePointer?

    private init() { pointer = ZSTD_createDCtx() }

    deinit { ZSTD_freeDCtx(pointer) }

    static func take() -> ZstdContext { pool.withLock { $0.popLast() } ?? ZstdContext() }

    func giveBack() { Self.pool.withLock { $0.append(self) } }
}

extension Int {
    /// The product, or the largest number there is when it is larger; neither factor is negative.
    fileprivate func clampedProduct(_ factor: Int) -> Int {
        let (product, overflow) = multipliedReportingOverflow(by: factor)
        return overflow ? .max : product
    }
}
