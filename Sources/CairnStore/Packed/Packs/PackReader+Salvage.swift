public import CairnCore
import CairnSystem

extension PackReader {
    /// A frame that was found without the help of a trailer.
    public struct SalvagedFrame: Sendable {
        /// Where the frame begins, in bytes from the start of the pack.
        public let offset: UInt32
        /// The bytes of the whole frame.
        public let length: UInt32
        /// The BLAKE3 of each record in it: the key of those whose kind is named by its content. Frames tell no kinds.
        public let digests: [Digest]
    }

    /// Finds the sound frames at the front of a pack whose trailer is missing or damaged.
    ///
    /// Frames stand one behind the other from byte 64 on; the search ends with the first that is not sound, which is where an unfinished
    /// pack breaks off or its tables begin. Every record is decompressed and hashed; nothing is changed.
    /// - Parameter body: called for each frame, in order.
    /// - Throws: `StoreError` if the pack cannot be read at all, with EINTR when the user asked to stop.
    public func salvage(_ body: (SalvagedFrame, PackFrame) -> Void) throws(StoreError) {
        var offset = Int64(PackHeader.byteCount)
        while size - offset > Int64(FrameHeader.fixedSize) {
            try system { () throws(SystemError) in try Interruption.check() }
            let start = try bytes(at: offset, count: FrameHeader.fixedSize)
            let header = start.withUnsafeBytes { try? FrameHeader(parsing: $0, at: offset) }
            guard let header, Int64(header.totalLength) <= size - offset,
                let place = UInt32(exactly: offset), let length = UInt32(exactly: header.totalLength)
            else { return }
            let whole = try bytes(at: offset, count: header.totalLength)
            guard let frame = try? PackFrame(parsing: whole, at: offset) else { return }
            let digests = (0..<frame.count).map { BLAKE3.digest(of: frame[$0] ?? []) }
            body(SalvagedFrame(offset: place, length: length, digests: digests), frame)
            offset += Int64(header.totalLength)
        }
    }
}
