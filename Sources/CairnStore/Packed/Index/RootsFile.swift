public import CairnCore

/// What a clone of a repository still needs of a store: docs/formats/roots-file.md.
public struct RootsFile: Hashable, Sendable {
    /// The repository, the clone, and the command that wrote it.
    public let name: RootsName
    /// The store, as its marker names it.
    public let store: UniqueID
    /// When it was written by the clock of the server, in milliseconds since 1970.
    public let time: Int64
    /// What people call the clone, at most 255 bytes of UTF-8. It may hold anything: it is escaped before it is shown.
    public let label: String
    /// Files and directories, in ascending order of algorithm, kind and digest, each once.
    public let roots: [ObjectID]

    private static let headSize = 96
    private static let rowSize = 34

    /// Puts a file together; a root that is given twice is in it once.
    ///
    /// - Parameter label: cut to what fits into 255 bytes.
    /// - Precondition: the time is not before 1970.
    public init(
        name: RootsName, store: UniqueID, time: Int64, label: String, roots: some Sequence<ObjectID>
    ) {
        precondition(time >= 0, "the server's clock stands after 1970")
        self.name = name
        self.store = store
        self.time = time
        self.label = Self.shortened(label)
        self.roots = roots.lazy.map { Row(id: $0) }.ascending.map(\.id)
    }

    /// Reads a file and checks all of it.
    ///
    /// - Parameters:
    ///   - bytes: all of its bytes.
    ///   - name: the name under which it stands, which it has to say itself; `nil` where it has none yet.
    /// - Throws: `FormatError`.
    public init(parsing bytes: [UInt8], name: RootsName? = nil) throws(FormatError) {
        self = try bytes.withBytes { (bytes) throws(FormatError) in try Self(bytes) }
        guard name == nil || name == self.name else {
            throw FormatError(.roots, .badValue("name"), at: 16)
        }
    }

    private init(_ bytes: UnsafeRawBufferPointer) throws(FormatError) {
        func count() -> Int { Int(bytes.integer(at: 88, as: UInt32.self)) }
        func start() -> Int { Self.headSize + Int(bytes[92]) }
        try LogSeal.check(bytes, .roots, mark: "CAIRNRT1", headSize: Self.headSize) {
            start() + Self.rowSize * count() + LogSeal.size
        }
        guard let time = Int64(exactly: bytes.integer(at: 80, as: UInt64.self)) else {
            throw FormatError(.roots, .badValue("time"), at: 80)
        }
        guard let label = String(validating: bytes[Self.headSize..<start()], as: UTF8.self) else {
            throw FormatError(.roots, .badValue("label"), at: Int64(Self.headSize))
        }
        name = RootsName(
            repository: UniqueID(bytes, at: 32), clone: UniqueID(bytes, at: 48), writer: ULID(bytes, at: 16))
        store = UniqueID(bytes, at: 64)
        self.time = time
        self.label = label
        roots = try bytes.ascendingRows(
            count(), of: Self.rowSize, at: start(), .roots, "order of roots"
        ) { (bytes, offset) throws(FormatError) in try Row(bytes, at: offset) }.map(\.id)
    }

    /// The bytes of the file.
    public var serialized: [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(Self.headSize + 255 + Self.rowSize * roots.count + LogSeal.size)
        output.append(text: "CAIRNRT1")
        output.append(integer: UInt16(1))
        output.append(zeros: 6)
        output += name.writer.bytes
        output += name.repository.bytes
        output += name.clone.bytes
        output += store.bytes
        output.append(integer: UInt64(time))
        output.append(integer: UInt32(roots.count))
        output.append(UInt8(label.utf8.count))
        output.append(zeros: 3)
        output += label.utf8
        for root in roots { Row(id: root).append(to: &output) }
        LogSeal.append(to: &output)
        return output
    }

    /// As much of a text as fits, cut between two characters where that leaves anything.
    private static func shortened(_ label: String) -> String {
        var result = ""
        var count = 0
        for scalar in label.unicodeScalars {
            count += UTF8.width(scalar)
            guard count <= Int(UInt8.max) else { break }
            result.unicodeScalars.append(scalar)
        }
        return result
    }
}

/// A root as it stands in the file: algorithm (1), whether it is a directory (1), digest (32, the shorter one followed by zeros).
private struct Row: Hashable, Comparable {
    let id: ObjectID

    init(id: ObjectID) { self.id = id }

    init(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(FormatError) {
        guard let algorithm = HashAlgorithm(rawValue: bytes[offset]) else {
            throw FormatError(.roots, .badValue("algorithm"), at: Int64(offset))
        }
        guard bytes[offset + 1] <= 1 else {
            throw FormatError(.roots, .badValue("kind of a root"), at: Int64(offset + 1))
        }
        let start = offset + 2
        let end = start + algorithm.digestCount
        guard let digest = Digest(bytes: bytes[start..<end]),
            bytes[end..<(start + 32)].allSatisfy({ $0 == 0 })
        else { throw FormatError(.roots, .badValue("digest"), at: Int64(start)) }
        id = ObjectID(algorithm, digest, isDirectory: bytes[offset + 1] == 1)
    }

    func append(to output: inout [UInt8]) {
        output.append(id.algorithm.rawValue)
        output.append(id.isDirectory ? 1 : 0)
        output.append(id.digest)
        output.append(zeros: 32 - id.digest.count)
    }

    static func < (left: Row, right: Row) -> Bool {
        let (left, right) = (left.id, right.id)
        if left.algorithm != right.algorithm { return left.algorithm.rawValue < right.algorithm.rawValue }
        if left.isDirectory != right.isDirectory { return right.isDirectory }
        return left.digest < right.digest
    }
}

/// The name of a roots file: whose it is, and which command wrote it; of each clone the latest one counts.
public struct RootsName: Hashable, Comparable, Sendable {
    /// The repository.
    public let repository: UniqueID
    /// The clone of it.
    public let clone: UniqueID
    /// The push, or the collector, that wrote it.
    public let writer: ULID

    /// Puts a name together.
    public init(repository: UniqueID, clone: UniqueID, writer: ULID) {
        self.repository = repository
        self.clone = clone
        self.writer = writer
    }

    /// Reads what stands behind `log/roots/`: `<repository>/<clone>/<26 characters>.rts`.
    ///
    /// - Returns: `nil` for every other text.
    public init?(parsing path: some BidirectionalCollection<UInt8>) {
        let bytes = Array(path)
        guard bytes.count == 104, bytes[36] == UInt8(ascii: "/"), bytes[73] == UInt8(ascii: "/"),
            bytes.suffix(4).elementsEqual(".rts".utf8), let repository = UniqueID(parsing: bytes[..<36]),
            let clone = UniqueID(parsing: bytes[37..<73]), let writer = ULID(parsing: bytes[74..<100])
        else { return nil }
        self.init(repository: repository, clone: clone, writer: writer)
    }

    /// What stands behind `log/roots/`.
    public var text: String { "\(repository.text)/\(clone.text)/\(writer.text).rts" }

    /// The path below the store.
    public var path: String { "\(PackedLayout.roots)/\(text)" }

    /// Orders by repository, then clone, then time.
    public static func < (left: RootsName, right: RootsName) -> Bool {
        if left.repository != right.repository { return left.repository < right.repository }
        if left.clone != right.clone { return left.clone < right.clone }
        return left.writer < right.writer
    }
}
