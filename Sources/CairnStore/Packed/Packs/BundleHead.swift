public import CairnCore

/// The head of a bundle, which tells what is in it: docs/formats/bundle.md.
public struct BundleHead: Hashable, Sendable {
    /// An object of the bundle.
    public struct Object: Hashable, Sendable {
        /// The key that it has in a store.
        public let key: String
        /// Its bytes.
        public let size: Int64
        /// The BLAKE3 of them.
        public let digest: Digest

        /// Puts a row together.
        public init(_ key: String, size: Int64, digest: Digest) {
            self.key = key
            self.size = size
            self.digest = digest
        }
    }

    /// The objects, in the order in which their bytes follow the head.
    public let objects: [Object]

    /// The bytes before the table.
    public static let fixedSize = 32
    /// A longer head is no head.
    public static let largestSize = 256 << 20
    private static let longestKey = 512
    private static let rowSize = 42

    /// Puts a head together.
    public init(_ objects: [Object]) { self.objects = objects }

    /// The bytes of all objects.
    public var contentSize: Int64 { objects.reduce(0) { $0 + $1.size } }

    /// The bytes of the whole head, told by its first bytes.
    ///
    /// - Parameter start: the first `fixedSize` bytes.
    /// - Throws: `FormatError` if no bundle begins like that.
    public static func size(from start: [UInt8]) throws(FormatError) -> Int {
        try start.withBytes { (bytes) throws(FormatError) in
            guard bytes.count >= fixedSize else {
                throw FormatError(
                    .bundle, .truncated(needed: Int64(fixedSize), found: Int64(bytes.count)), at: 0)
            }
            guard bytes.hasText("CAIRNBN1", at: 0) else { throw FormatError(.bundle, .notThisFormat, at: 0) }
            let size = fixedSize + Int(bytes.integer(at: 20, as: UInt32.self)) + LogSeal.size
            guard size <= largestSize else {
                throw FormatError(.bundle, .badValue("size of the head"), at: 20)
            }
            return size
        }
    }

    /// Reads a head and checks all of it.
    ///
    /// - Throws: `FormatError`.
    public init(parsing bytes: [UInt8]) throws(FormatError) {
        let whole = try Self.size(from: Array(bytes.prefix(Self.fixedSize)))
        objects = try bytes.withBytes { (bytes) throws(FormatError) in
            try LogSeal.check(bytes, .bundle, mark: "CAIRNBN1", headSize: Self.fixedSize) { whole }
            return try Self.objects(bytes, end: whole - LogSeal.size)
        }
    }

    private static func objects(
        _ bytes: UnsafeRawBufferPointer, end: Int
    ) throws(FormatError) -> [Object] {
        var objects: [Object] = []
        var keys: Set<String> = []
        var offset = fixedSize
        for _ in 0..<Int(bytes.integer(at: 16, as: UInt32.self)) {
            guard end - offset >= rowSize else {
                throw FormatError(.bundle, .badValue("number of objects"), at: Int64(offset))
            }
            let length = Int(bytes.integer(at: offset + 40, as: UInt16.self))
            guard length > 0, length <= longestKey, end - offset - rowSize >= length,
                let size = Int64(exactly: bytes.integer(at: offset, as: UInt64.self)),
                let key = String(
                    validating: bytes[(offset + rowSize)..<(offset + rowSize + length)], as: UTF8.self),
                keys.insert(key).inserted
            else { throw FormatError(.bundle, .badValue("row of an object"), at: Int64(offset)) }
            objects.append(Object(key, size: size, digest: Digest(bytes: bytes, at: offset + 8)))
            offset += rowSize + length
        }
        guard offset == end else {
            throw FormatError(.bundle, .badValue("number of objects"), at: Int64(offset))
        }
        return objects
    }

    /// The bytes of the head.
    public var serialized: [UInt8] {
        var table: [UInt8] = []
        for object in objects {
            table.append(integer: UInt64(object.size))
            table.append(object.digest)
            table.append(integer: UInt16(object.key.utf8.count))
            table += Array(object.key.utf8)
        }
        var output: [UInt8] = []
        output.append(text: "CAIRNBN1")
        output.append(integer: UInt16(1))
        output.append(zeros: 6)
        output.append(integer: UInt32(objects.count))
        output.append(integer: UInt32(table.count))
        output.append(zeros: 8)
        output += table
        LogSeal.append(to: &output)
        return output
    }
}
