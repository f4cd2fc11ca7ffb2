internal import CZlib
internal import CZstd

/// Compresses for one thread: what Zstandard needs is made once and used for every frame.
final class Compressor {
    private let compression: Compression
    private let context: OpaquePointer?
    private var scratch: UnsafeMutableRawBufferPointer = .init(start: nil, count: 0)

    init(_ compression: Compression) {
        self.compression = compression
        guard compression.codec == .zstd else {
            context = nil
            return
        }
        let context = ZSTD_createCCtx()
        // Readers need no more memory than the largest window.
        ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, Int32(compression.level))
        ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, Int32(ZstdFrame.largestWindowLog))
        self.context = context
    }

    deinit {
        ZSTD_freeCCtx(context)
        scratch.deallocate()
    }

    /// Appends the bytes, compressed if that saves at least 3 %.
    ///
    /// - Returns: how they were appended.
    func compress(_ bytes: UnsafeRawBufferPointer, appendingTo output: inout [UInt8]) -> Codec {
        let size = compressedSize(bytes)
        guard let size, size <= Compression.worthwhileSize(of: bytes.count) else {
            output.append(contentsOf: bytes)
            return .raw
        }
        output.append(contentsOf: scratch[..<size])
        return compression.codec
    }

    /// Compresses into the scratch memory.
    ///
    /// - Returns: the size there; `nil` if the bytes stay as they are.
    private func compressedSize(_ bytes: UnsafeRawBufferPointer) -> Int? {
        guard !bytes.isEmpty else { return nil }
        switch compression.codec {
        case .raw: return nil
        case .zstd:
            reserve(ZSTD_compressBound(bytes.count))
            let size = ZSTD_compress2(
                context, scratch.baseAddress, scratch.count, bytes.baseAddress, bytes.count)
            return ZSTD_isError(size) == 0 ? size : nil
        case .zlib:
            reserve(Int(compressBound(UInt(bytes.count))))
            var size = UInt(scratch.count)
            let code = compress2(
                scratch.baseAddress?.assumingMemoryBound(to: UInt8.self), &size,
                bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), UInt(bytes.count),
                Int32(compression.level))
            return code == Z_OK ? Int(size) : nil
        }
    }

    private func reserve(_ capacity: Int) {
        guard scratch.count < capacity else { return }
        scratch.deallocate()
        scratch = .allocate(byteCount: capacity, alignment: 64)
    }
}
