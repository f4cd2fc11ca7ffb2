/// The first 64 bytes of a pack: docs/formats/pack.md.
public struct PackHeader: Hashable, Sendable {
    /// The bytes of a header.
    public static let byteCount = 64

    /// What the pack is for.
    public let packClass: PackClass
    /// Makes the pack, and with it its name, unlike all others with the same records.
    public let nonce: UniqueID
    /// The push, or the command, that wrote it.
    public let push: ULID
    /// When it was begun by the writer's clock, in milliseconds since 1970.
    public let created: Int64

    /// Puts a header together.
    public init(_ packClass: PackClass, nonce: UniqueID, push: ULID, created: Int64) {
        self.packClass = packClass
        self.nonce = nonce
        self.push = push
        self.created = created
    }

    /// Reads a header from the first bytes of a pack.
    ///
    /// - Throws: `FormatError` if the bytes are too few, of another format, or of a pack that this program cannot read.
    public init(parsing bytes: UnsafeRawBufferPointer) throws(FormatError) {
        func fail(_ problem: FormatError.Problem, _ offset: Int64) -> FormatError {
            FormatError(.packHeader, problem, at: offset)
        }
        guard bytes.count >= Self.byteCount else {
            throw fail(.truncated(needed: Int64(Self.byteCount), found: Int64(bytes.count)), 0)
        }
        guard bytes.hasText("CAIRNPK1", at: 0) else { throw fail(.notThisFormat, 0) }
        let version: UInt16 = bytes.integer(at: 8)
        guard version == 1 else { throw fail(.unknownVersion(Int(version)), 8) }
        let features: UInt32 = bytes.integer(at: 12)
        guard features == 0 else { throw fail(.unknownFeatures(Self.names(of: features)), 12) }
        guard bytes[11] == 0 else { throw fail(.unknownFeatures(["flags \(bytes[11])"]), 11) }
        guard let packClass = PackClass(rawValue: bytes[10]) else { throw fail(.badValue("class"), 10) }
        guard let created = Int64(exactly: bytes.integer(at: 48, as: UInt64.self)) else {
            throw fail(.badValue("time"), 48)
        }
        self.init(
            packClass, nonce: UniqueID(bytes, at: 16), push: ULID(bytes, at: 32), created: created)
    }

    /// The 64 bytes.
    public var bytes: [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(Self.byteCount)
        output.append(text: "CAIRNPK1")
        output.append(integer: UInt16(1))
        output.append(packClass.rawValue)
        output.append(zeros: 5)
        output += nonce.bytes
        output += push.bytes
        output.append(integer: UInt64(bitPattern: created))
        output.append(zeros: 8)
        return output
    }

    /// The bits of a field of features, for messages.
    static func names(of features: UInt32) -> [String] {
        (0..<32).filter { features >> UInt32($0) & 1 == 1 }.map { "bit \($0)" }
    }
}

extension UniqueID {
    /// Reads the 16 bytes at `offset`, which lie within `bytes`.
    init(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
        self.init(
            high: bytes.integer(at: offset, as: UInt64.self).byteSwapped,
            low: bytes.integer(at: offset + 8, as: UInt64.self).byteSwapped)
    }
}

extension ULID {
    /// Reads the 16 bytes at `offset`, which lie within `bytes`.
    init(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
        let id = UniqueID(bytes, at: offset)
        self.init(high: id.high, low: id.low)
    }
}
