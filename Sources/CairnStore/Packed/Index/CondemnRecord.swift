public import CairnCore

/// Packs that a collector means to delete, and what it had seen when it decided so: docs/formats/condemn-record.md.
///
/// Whoever deletes the packs later has to look at all that is not among what was seen.
public struct CondemnRecord: Hashable, Sendable {
    /// The collector.
    public let collector: ULID
    /// The store, as its marker names it.
    public let store: UniqueID
    /// When it was written by the clock of the server, in milliseconds since 1970.
    public let time: Int64
    /// The packs that are to go, ascending.
    public let packs: [Digest]
    /// The pushes whose rows the collector had read, ascending.
    public let seenPushes: [ULID]
    /// The packs of class meta that it had read, ascending.
    public let seenMetaPacks: [Digest]

    private static let headSize = 80

    /// Puts a record together; what is given twice is in it once.
    ///
    /// - Precondition: names of packs have 32 bytes, and the time is not before 1970.
    public init(
        collector: ULID, store: UniqueID, time: Int64, packs: some Sequence<Digest>,
        seenPushes: some Sequence<ULID>, seenMetaPacks: some Sequence<Digest>
    ) {
        precondition(time >= 0, "the server's clock stands after 1970")
        self.collector = collector
        self.store = store
        self.time = time
        self.packs = packs.ascending
        self.seenPushes = seenPushes.ascending
        self.seenMetaPacks = seenMetaPacks.ascending
        precondition(
            (self.packs + self.seenMetaPacks).allSatisfy { $0.count == 32 }, "packs are named by BLAKE3")
    }

    /// Reads a record and checks all of it.
    ///
    /// - Parameters:
    ///   - bytes: all of its bytes.
    ///   - name: the name under which it stands; `nil` where it has none yet.
    /// - Throws: `FormatError`.
    public init(parsing bytes: [UInt8], name: CondemnName? = nil) throws(FormatError) {
        self = try bytes.withBytes { (bytes) throws(FormatError) in try Self(bytes) }
        guard let name else { return }
        guard name.digest == BLAKE3.digest(of: bytes) else {
            throw FormatError(.condemnRecord, .mismatch, at: 0)
        }
        guard name.collector == collector else {
            throw FormatError(.condemnRecord, .badValue("collector"), at: 32)
        }
    }

    private init(_ bytes: UnsafeRawBufferPointer) throws(FormatError) {
        // Three counts of 32 bits: nothing overflows.
        func count(_ offset: Int) -> Int { Int(bytes.integer(at: offset, as: UInt32.self)) }
        try LogSeal.check(bytes, .condemnRecord, mark: "CAIRNCN1", headSize: Self.headSize) {
            Self.headSize + 32 * count(16) + 16 * count(20) + 32 * count(24) + LogSeal.size
        }
        guard let time = Int64(exactly: bytes.integer(at: 64, as: UInt64.self)) else {
            throw FormatError(.condemnRecord, .badValue("time"), at: 64)
        }
        collector = ULID(bytes, at: 32)
        store = UniqueID(bytes, at: 48)
        self.time = time
        let pushes = Self.headSize + 32 * count(16)
        packs = try bytes.ascendingRows(
            count(16), of: 32, at: Self.headSize, .condemnRecord, "order of packs"
        ) { Digest(bytes: $0, at: $1) }
        seenPushes = try bytes.ascendingRows(
            count(20), of: 16, at: pushes, .condemnRecord, "order of pushes"
        ) { ULID($0, at: $1) }
        seenMetaPacks = try bytes.ascendingRows(
            count(24), of: 32, at: pushes + 16 * count(20), .condemnRecord, "order of packs seen"
        ) { Digest(bytes: $0, at: $1) }
    }

    /// The bytes of the record.
    public var serialized: [UInt8] {
        var output: [UInt8] = []
        output.append(text: "CAIRNCN1")
        output.append(integer: UInt16(1))
        output.append(zeros: 6)
        for count in [packs.count, seenPushes.count, seenMetaPacks.count] {
            output.append(integer: UInt32(count))
        }
        output.append(zeros: 4)
        output += collector.bytes
        output += store.bytes
        output.append(integer: UInt64(time))
        output.append(zeros: 8)
        for pack in packs { output.append(pack) }
        for push in seenPushes { output += push.bytes }
        for pack in seenMetaPacks { output.append(pack) }
        LogSeal.append(to: &output)
        return output
    }
}

/// The name of a condemn record: who wrote it, and the BLAKE3 of its bytes.
public struct CondemnName: Hashable, Comparable, Sendable {
    /// The collector.
    public let collector: ULID
    /// The BLAKE3 of the record's bytes.
    public let digest: Digest

    /// Puts a name together.
    ///
    /// - Precondition: the digest has 32 bytes.
    public init(collector: ULID, digest: Digest) {
        precondition(digest.count == 32, "condemn records are named by BLAKE3")
        self.collector = collector
        self.digest = digest
    }

    /// Reads the last component of the path of a record: `<26 characters>-<64 digits>.cnd`.
    ///
    /// - Returns: `nil` for every other name.
    public init?(parsing name: some BidirectionalCollection<UInt8>) {
        let bytes = Array(name)
        guard bytes.count == 95, bytes[26] == UInt8(ascii: "-"), bytes.suffix(4).elementsEqual(".cnd".utf8),
            let collector = ULID(parsing: bytes[..<26]),
            let digest = PackedLayout.digest(lowerCase: bytes[27..<91])
        else { return nil }
        self.init(collector: collector, digest: digest)
    }

    /// The last component of the path.
    public var text: String { "\(collector.text)-\(digest.hex).cnd" }

    /// The path below the store: `log/gc/` and the name.
    public var path: String { "\(PackedLayout.condemnRecords)/\(text)" }

    /// Orders by collector, which is by time, then by digest.
    public static func < (left: CondemnName, right: CondemnName) -> Bool {
        left.collector != right.collector ? left.collector < right.collector : left.digest < right.digest
    }
}
