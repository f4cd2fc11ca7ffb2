public import CairnCore

/// A pack that is gone, or may go at any time: nothing may be read from it.
public struct DeadPack: Hashable, Sendable {
    /// The pack's name.
    public let name: Digest
    /// When it was buried by the clock of the server, in milliseconds since 1970.
    public let time: Int64

    /// Puts a row together.
    public init(name: Digest, time: Int64) {
        self.name = name
        self.time = time
    }
}

/// A root that a push brought: what it names must stay until other roots say otherwise.
public struct PushRow: Hashable, Sendable {
    /// The push.
    public let push: ULID
    /// The repository that pushed.
    public let repository: UniqueID
    /// The store that was pushed to, as its marker names it.
    public let store: UniqueID
    /// What was pushed.
    public let root: RecordKey
    /// True if the push is known to have come to its end.
    public internal(set) var isAcknowledged: Bool
    /// When, in milliseconds since 1970.
    public let time: Int64

    /// Puts a row together.
    public init(
        push: ULID, repository: UniqueID, store: UniqueID, root: RecordKey, isAcknowledged: Bool, time: Int64
    ) {
        self.push = push
        self.repository = repository
        self.store = store
        self.root = root
        self.isAcknowledged = isAcknowledged
        self.time = time
    }
}

extension PackInfo {
    /// The bytes of a row of the pack table of a segment.
    static let rowSize = 64

    /// Reads the row at `offset`, which lies within `bytes`.
    init(parsing bytes: UnsafeRawBufferPointer, at offset: Int) throws(FormatError) {
        func fail(_ field: String, _ place: Int) -> FormatError {
            FormatError(.segment, .badValue(field), at: Int64(offset + place))
        }
        let size: UInt64 = bytes.integer(at: offset + 32)
        guard size <= UInt64(PackLimits.packSize) else { throw fail("size of a pack", 32) }
        guard let packClass = PackClass(rawValue: bytes[offset + 48]) else { throw fail("class", 48) }
        guard let created = Int64(exactly: bytes.integer(at: offset + 56, as: UInt64.self)) else {
            throw fail("time", 56)
        }
        self.init(
            name: Digest(bytes: bytes, at: offset), size: Int64(size),
            recordCount: Int(bytes.integer(at: offset + 40, as: UInt32.self)),
            frameCount: Int(bytes.integer(at: offset + 44, as: UInt32.self)), packClass: packClass,
            created: created)
    }

    /// Appends the row.
    func append(to output: inout [UInt8]) {
        output.append(name)
        output.append(integer: UInt64(size))
        output.append(integer: UInt32(recordCount))
        output.append(integer: UInt32(frameCount))
        output.append(packClass.rawValue)
        output.append(zeros: 7)
        output.append(integer: UInt64(created))
    }
}

extension DeadPack {
    /// The bytes of a row of the table of dead packs.
    static let rowSize = 40

    /// Reads the row at `offset`, which lies within `bytes`.
    init(parsing bytes: UnsafeRawBufferPointer, at offset: Int) throws(FormatError) {
        guard let time = Int64(exactly: bytes.integer(at: offset + 32, as: UInt64.self)) else {
            throw FormatError(.segment, .badValue("time"), at: Int64(offset + 32))
        }
        self.init(name: Digest(bytes: bytes, at: offset), time: time)
    }

    /// Appends the row.
    func append(to output: inout [UInt8]) {
        output.append(name)
        output.append(integer: UInt64(time))
    }
}

extension PushRow {
    /// The bytes of a row of the table of pushes.
    static let rowSize = 96

    /// Reads the row at `offset`, which lies within `bytes`.
    init(parsing bytes: UnsafeRawBufferPointer, at offset: Int) throws(FormatError) {
        func fail(_ field: String, _ place: Int) -> FormatError {
            FormatError(.segment, .badValue(field), at: Int64(offset + place))
        }
        guard let kind = RecordKind(rawValue: bytes[offset + 64]) else { throw fail("kind of a root", 64) }
        guard let time = Int64(exactly: bytes.integer(at: offset + 72, as: UInt64.self)) else {
            throw fail("time", 72)
        }
        self.init(
            push: ULID(bytes, at: offset), repository: UniqueID(bytes, at: offset + 16),
            store: UniqueID(bytes, at: offset + 80),
            root: RecordKey(kind, Digest(bytes: bytes, at: offset + 32)),
            isAcknowledged: bytes[offset + 65] & 1 == 1, time: time)
    }

    /// Appends the row.
    func append(to output: inout [UInt8]) {
        output += push.bytes
        output += repository.bytes
        output.append(root.digest)
        output.append(root.kind.rawValue)
        output.append(isAcknowledged ? 1 : 0)
        output.append(zeros: 6)
        output.append(integer: UInt64(time))
        output += store.bytes
    }
}
