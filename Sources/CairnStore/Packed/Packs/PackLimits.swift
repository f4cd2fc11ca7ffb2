/// The bounds of docs/formats/pack.md that writers keep and readers check.
public enum PackLimits {
    /// The largest pack in bytes.
    public static let packSize: Int64 = 1 << 30
    /// The largest record in bytes, and so the most that one frame holds.
    public static let recordSize = 64 << 20
    /// The most records in one pack.
    public static let recordsInPack = 131_072
    /// The most records in one frame.
    public static let recordsInFrame = 65_535
    /// Records from this size on have a frame of their own.
    public static let ownFrameSize = 64 << 10
    /// A frame of smaller records is closed when it holds this much.
    public static let groupSize = 128 << 10
    /// The most entries in one index segment.
    public static let entriesInSegment = 1 << 24
}
