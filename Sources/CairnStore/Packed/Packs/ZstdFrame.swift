/// What the header of a Zstandard frame promises, read before anything is allocated for it.
///
/// Source: RFC 8878, section 3.1.1.1. (The library's own function for this is not part of its stable interface.)
struct ZstdFrame {
    /// Windows are at most 2 to the power of this many bytes.
    static let largestWindowLog = 21

    /// The bytes that the frame stands for.
    let contentSize: UInt64
    /// How far back in them the frame refers; the content's size where that is what the header says.
    let windowSize: UInt64

    /// Reads the header.
    ///
    /// - Returns: `nil` if the bytes do not begin with a frame that tells its size and needs no dictionary.
    init?(parsing bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= 5, bytes.integer(at: 0, as: UInt32.self) == 0xFD2F_B528 else { return nil }
        let descriptor = bytes[4]
        let isSingleSegment = descriptor & 0x20 != 0
        let hasDictionary = descriptor & 0x03 != 0
        let isReserved = descriptor & 0x08 != 0
        guard !hasDictionary, !isReserved else { return nil }
        var offset = 5
        var window: UInt64?
        if !isSingleSegment {
            guard bytes.count > offset else { return nil }
            let base = UInt64(1) << (10 + UInt64(bytes[offset] >> 3))
            window = base + base / 8 * UInt64(bytes[offset] & 7)
            offset += 1
        }
        switch descriptor >> 6 {
        case 0:
            guard isSingleSegment, bytes.count > offset else { return nil }
            contentSize = UInt64(bytes[offset])
        case 1:
            guard bytes.count >= offset + 2 else { return nil }
            contentSize = UInt64(bytes.integer(at: offset, as: UInt16.self)) + 256
        case 2:
            guard bytes.count >= offset + 4 else { return nil }
            contentSize = UInt64(bytes.integer(at: offset, as: UInt32.self))
        default:
            guard bytes.count >= offset + 8 else { return nil }
            contentSize = bytes.integer(at: offset, as: UInt64.self)
        }
        windowSize = window ?? contentSize
    }
}
