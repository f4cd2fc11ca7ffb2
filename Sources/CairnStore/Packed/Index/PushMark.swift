public import CairnCore

/// What stands at the end of a push: everything that it brought is there. docs/formats/packed-store.md.
public struct PushMark: Hashable, Sendable {
    /// The push.
    public let push: ULID
    /// The last segment that it wrote.
    public let segment: Digest

    /// Puts a mark together.
    ///
    /// - Precondition: the digest has 32 bytes.
    public init(push: ULID, segment: Digest) {
        precondition(segment.count == 32, "segments are named by BLAKE3")
        self.push = push
        self.segment = segment
    }

    /// Reads a mark: the digest in the name of a segment, and nothing else.
    ///
    /// - Parameter push: the push in the mark's own name.
    /// - Throws: `FormatError` if there are not 32 bytes.
    public init(parsing bytes: [UInt8], push: ULID) throws(FormatError) {
        guard bytes.count == 32, let segment = Digest(bytes: bytes) else {
            throw FormatError(.pushMark, .truncated(needed: 32, found: Int64(bytes.count)), at: 0)
        }
        self.init(push: push, segment: segment)
    }

    /// The bytes of the mark.
    public var serialized: [UInt8] { segment.bytes }

    /// The path below the store: `log/ok/` and the push.
    public var path: String { Self.path(of: push) }

    /// The path below the store of the mark of a push.
    public static func path(of push: ULID) -> String { "\(PackedLayout.pushMarks)/\(push.text)" }
}
