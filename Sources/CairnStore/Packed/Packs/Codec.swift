/// How the records of a frame are stored. The numbers are part of the format.
public enum Codec: UInt8, Hashable, Sendable {
    /// As they are.
    case raw = 0
    /// One Zstandard frame (RFC 8878) that tells its content's size, with a window of at most 2 MiB and no dictionary.
    case zstd = 1
    /// One zlib stream (RFC 1950).
    case zlib = 2
}

/// How a writer compresses.
public struct Compression: Hashable, Sendable {
    /// What is used for records that can be compressed.
    public let codec: Codec
    /// The effort: 1 to 19 for Zstandard, 1 to 9 for zlib.
    public let level: Int

    /// Chooses a codec and an effort; an effort that the codec does not know is brought into its range.
    public init(_ codec: Codec, level: Int) {
        self.codec = codec
        switch codec {
        case .raw: self.level = 0
        case .zstd: self.level = min(max(level, 1), 19)
        case .zlib: self.level = min(max(level, 1), 9)
        }
    }

    /// Zstandard at level 1, as decision 18 has measured.
    public static let standard = Compression(.zstd, level: 1)
    /// Everything as it is.
    public static let none = Compression(.raw, level: 0)

    /// The largest compressed size that is worth keeping: 97 % of the raw size.
    static func worthwhileSize(of rawLength: Int) -> Int {
        // Rounded down, and without overflow for any length.
        rawLength / 100 * 97 + rawLength % 100 * 97 / 100
    }
}
