public import CairnCore

/// The names of the files of a packed store: docs/formats/packed-store.md.
public enum PackedLayout {
    /// The store marker.
    public static let marker = "cairn.json"
    /// The folder of the packs.
    public static let packs = "packs"
    /// The folder of everything that tells what was written, pushed, needed and given up: one listing shows what is new.
    public static let log = "log"
    /// The folder of the index segments.
    public static let segments = "log/idx"
    /// The folder of the condemn records.
    public static let condemnRecords = "log/gc"
    /// The folder of the marks of pushes.
    public static let pushMarks = "log/ok"
    /// The folder of what clones need.
    public static let roots = "log/roots"

    /// The path of a pack below the store: `packs/<first two digits>/<64 digits>.cpk`.
    public static func path(ofPack name: Digest) -> String {
        let hex = name.hex
        return "\(packs)/\(hex.prefix(2))/\(hex).cpk"
    }

    /// Reads the last component of the path of a pack.
    ///
    /// - Returns: its digest; `nil` for every other name.
    public static func pack(named name: some BidirectionalCollection<UInt8>) -> Digest? {
        guard name.count == 68, name.suffix(4).elementsEqual(".cpk".utf8) else { return nil }
        return digest(lowerCase: name.prefix(64))
    }

    /// A digest from 64 digits as names have them, in lower case only: every object has one name.
    static func digest(lowerCase digits: some Collection<UInt8>) -> Digest? {
        guard let digest = Digest(hex: digits, lowerCase: true), digest.count == 32 else { return nil }
        return digest
    }
}

/// The name of an index segment: how often it was merged, when it was written, and the BLAKE3 of its bytes.
public struct SegmentName: Hashable, Sendable {
    /// 0 for a segment of one push; merging segments of a level gives one of the next, 9 at most.
    public let level: Int
    /// The push or the command that wrote it.
    public let push: ULID
    /// The BLAKE3 of the segment's bytes.
    public let digest: Digest

    /// Puts a name together.
    ///
    /// - Precondition: the level is 0 to 9, and the digest has 32 bytes.
    public init(level: Int, push: ULID, digest: Digest) {
        precondition((0...9).contains(level) && digest.count == 32, "a segment has a level of one digit")
        self.level = level
        self.push = push
        self.digest = digest
    }

    /// Reads the last component of the path of a segment: `<level>-<26 characters>-<64 digits>.seg`.
    ///
    /// - Returns: `nil` for every other name.
    public init?(parsing name: some BidirectionalCollection<UInt8>) {
        let bytes = Array(name)
        guard bytes.count == 97, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[0]),
            bytes[1] == UInt8(ascii: "-"), bytes[28] == UInt8(ascii: "-"),
            bytes.suffix(4).elementsEqual(".seg".utf8), let push = ULID(parsing: bytes[2..<28]),
            let digest = PackedLayout.digest(lowerCase: bytes[29..<93])
        else { return nil }
        self.init(level: Int(bytes[0] - UInt8(ascii: "0")), push: push, digest: digest)
    }

    /// The last component of the path.
    public var text: String { "\(level)-\(push.text)-\(digest.hex).seg" }

    /// The path below the store: `log/idx/` and the name.
    public var path: String { "\(PackedLayout.segments)/\(text)" }
}
