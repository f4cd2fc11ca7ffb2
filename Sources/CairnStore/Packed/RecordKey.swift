public import CairnCore

/// What a record of a packed store is. The numbers are part of the format: see docs/formats/packed-store.md.
public enum RecordKind: UInt8, CaseIterable, Hashable, Sendable {
    /// Part of a file that is kept in several chunks.
    case chunk = 0
    /// A whole file kept in one piece, or the target of a symbolic link.
    case blob = 1
    /// A file as a list of its chunks.
    case recipe = 2
    /// A run of the chunks of a recipe that is itself kept in pieces.
    case span = 3
    /// A directory as a list of its pages.
    case directory = 4
    /// Some entries of a directory.
    case page = 5
    /// A directory as its differences from another one.
    case directoryDelta = 6
    /// The id of the file that has the bytes of an object with an MD5 id: `Alias`.
    case alias = 7

    /// The kind of pack that holds such records.
    public var packClass: PackClass {
        switch self {
        case .chunk, .blob: .data
        case .recipe, .span, .directory, .page, .directoryDelta, .alias: .meta
        }
    }

    /// True if the key is the BLAKE3 of the record's bytes, so that the bytes can be checked without being understood.
    public var isNamedByContent: Bool {
        switch self {
        case .chunk, .blob, .page: true
        case .recipe, .span, .directory, .directoryDelta, .alias: false
        }
    }
}

/// What a pack is for.
public enum PackClass: UInt8, Hashable, Sendable {
    /// The bytes of files.
    case data = 1
    /// How files and directories are put together.
    case meta = 2

    /// The size in bytes from which on a pack takes no more records.
    public var closingSize: Int64 {
        switch self {
        case .data: 64 << 20
        case .meta: 16 << 20
        }
    }
}

/// The name of a record: the same digest may name records of several kinds.
public struct RecordKey: Hashable, Comparable, Sendable {
    /// 32 bytes; what they are the hash of depends on the kind.
    public let digest: Digest
    /// What the record is.
    public let kind: RecordKind

    /// Puts a key together.
    ///
    /// - Precondition: the digest has 32 bytes.
    public init(_ kind: RecordKind, _ digest: Digest) {
        precondition(digest.count == 32, "records are named by 256-bit digests")
        self.kind = kind
        self.digest = digest
    }

    /// Orders by digest, then by kind, as index segments do.
    public static func < (left: RecordKey, right: RecordKey) -> Bool {
        left.digest != right.digest
            ? left.digest < right.digest : left.kind.rawValue < right.kind.rawValue
    }
}

extension RecordKey: CustomStringConvertible {
    /// The kind and the digits of the digest, for messages.
    public var description: String { "\(kind.name) \(digest.hex)" }
}

extension RecordKind {
    /// The word that the documents have for it.
    var name: String {
        switch self {
        case .chunk: "chunk"
        case .blob: "blob"
        case .recipe: "recipe"
        case .span: "span"
        case .directory: "directory"
        case .page: "page"
        case .directoryDelta: "directory delta"
        case .alias: "alias"
        }
    }
}

/// Where a record lies in a pack.
public struct PackPlace: Hashable, Sendable {
    /// Where the frame that holds the record begins, in bytes from the start of the pack.
    public let frameOffset: UInt32
    /// The bytes of the whole frame, its header among them.
    public let frameLength: UInt32
    /// The record's number within the frame.
    public let record: UInt16

    /// Puts a place together.
    public init(frameOffset: UInt32, frameLength: UInt32, record: UInt16) {
        self.frameOffset = frameOffset
        self.frameLength = frameLength
        self.record = record
    }
}

/// A record of a pack: its name and its place.
public struct PackEntry: Hashable, Sendable {
    /// The record's name.
    public let key: RecordKey
    /// Where in the pack it lies.
    public let place: PackPlace

    /// Puts an entry together.
    public init(_ key: RecordKey, _ place: PackPlace) {
        self.key = key
        self.place = place
    }
}

/// What an index says about a pack.
public struct PackInfo: Hashable, Sendable {
    /// The pack's name: the BLAKE3 of its bytes.
    public let name: Digest
    /// Its bytes.
    public let size: Int64
    /// How many records it holds.
    public let recordCount: Int
    /// How many frames they lie in.
    public let frameCount: Int
    /// What it is for.
    public let packClass: PackClass
    /// When its writer says that it was begun, in milliseconds since 1970; nothing but preference may depend on it.
    public let created: Int64

    /// Puts a description together.
    public init(
        name: Digest, size: Int64, recordCount: Int, frameCount: Int, packClass: PackClass, created: Int64
    ) {
        self.name = name
        self.size = size
        self.recordCount = recordCount
        self.frameCount = frameCount
        self.packClass = packClass
        self.created = created
    }
}
