extension DirListing {
    /// What the native form begins with; a later one will begin otherwise.
    package static let nativeMark = Array("CAIRNDR1".utf8)
    /// The bytes of the shortest entry: a path of one byte.
    package static let smallestEntry = 44
    /// The longest path in bytes.
    static let pathLimit = 4096
    /// The most bytes that the stored form of a listing may have: some ten million files.
    ///
    /// A listing is held in memory as a whole. One that is larger is neither made nor read, whoever made it.
    public static let largestSize: Int64 = 1 << 30

    /// Reads the stored form of a listing.
    ///
    /// - Throws: `DirListingError` that tells the entry, the place and the reason. A listing whose paths could lead out of the directory,
    ///   occur twice or contradict each other is refused whole.
    public init(parsing bytes: [UInt8], as form: Form = .dvc) throws(DirListingError) {
        switch form {
        case .dvc: try self.init(parsingJSON: bytes)
        case .native:
            self = try bytes.withUnsafeBufferPointer { (bytes) throws(DirListingError) in
                var parser = NativeListingParser(UnsafeRawBufferPointer(bytes))
                return try parser.listing()
            }
        }
    }

    /// The bytes of the stored form; of DVC's, in which characters are escaped, the fewest that there can be.
    public var leastSize: Int64 {
        Int64(8 + count * (form == .dvc ? 59 : 43) + paths.withAllPaths { bytes, _ in bytes.count })
    }

    /// The stored form in one piece.
    public var serialized: [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(Int(leastSize) + 5 * count)
        forEachPiece { output.append(contentsOf: $0) }
        return output
    }

    /// Hands out the stored form in pieces of about 64 KiB: that of a million files is not in memory a second time.
    ///
    /// - Throws: what `body` throws.
    public func forEachPiece<Failure>(_ body: (UnsafeRawBufferPointer) throws(Failure) -> Void)
        throws(Failure)
    {
        switch form {
        case .dvc: try serializeJSON(into: body)
        case .native: try serializeNative(into: body)
        }
    }

    /// The native form (docs/formats/directory-listing.md): the magic, then for each entry the length of its path in two bytes, the path,
    /// its kind in one byte, its size in eight and its digest; numbers are little-endian.
    private func serializeNative<Failure>(
        into sink: (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) {
        let piece = 65_536
        var buffer = Self.nativeMark
        buffer.reserveCapacity(piece + Self.pathLimit + Self.smallestEntry)
        func flush() throws(Failure) {
            try buffer.withUnsafeBufferPointer { (bytes) throws(Failure) in
                try sink(UnsafeRawBufferPointer(bytes))
            }
            buffer.removeAll(keepingCapacity: true)
        }
        for index in 0..<count {
            paths.withPath(index) { path in
                Self.append(UInt16(path.count), to: &buffer)
                buffer.append(contentsOf: path)
            }
            buffer.append(kinds[index].rawValue)
            Self.append(UInt64(sizes[index]), to: &buffer)
            digests[index].append(to: &buffer)
            if buffer.count >= piece { try flush() }
        }
        try flush()
    }

    private static func append(_ number: some FixedWidthInteger, to output: inout [UInt8]) {
        withUnsafeBytes(of: number.littleEndian) { output.append(contentsOf: $0) }
    }
}

/// One pass over the native form of a listing.
private struct NativeListingParser {
    private let bytes: UnsafeRawBufferPointer
    private var offset = 0
    private var builder = DirListingBuilder(.native)

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
        // So this never reserves more than the input justifies.
        builder.reserve(count: bytes.count / DirListing.smallestEntry, pathBytes: bytes.count / 3)
    }

    mutating func listing() throws(DirListingError) -> DirListing {
        guard bytes.count >= DirListing.nativeMark.count,
            bytes.prefix(DirListing.nativeMark.count).elementsEqual(DirListing.nativeMark)
        else { throw DirListingError(.notNative("it does not begin as a listing"), offset: 0) }
        offset = DirListing.nativeMark.count
        while offset < bytes.count { try readEntry() }
        // What is not in order would not be written back as it was read.
        return try builder.sortedInput()
    }

    private mutating func readEntry() throws(DirListingError) {
        let start = offset
        let length = Int(try number(UInt16.self))
        guard length <= DirListing.pathLimit else {
            throw fault("a path of \(length) bytes", at: start)
        }
        let path = try take(length)
        try path.withMemoryRebound(to: UInt8.self) { (path) throws(DirListingError) in
            try DirListingBuilder.validate(path, at: builder.count, offset: start)
        }
        let code = try number(UInt8.self)
        guard let kind = DirListing.Kind(rawValue: code) else {
            throw fault("unknown kind \(code)", at: start)
        }
        guard let size = Int64(exactly: try number(UInt64.self)) else {
            throw fault("impossible size", at: start)
        }
        let digest = try take(HashAlgorithm.blake3.digestCount)
        if kind == .emptyFolder, size != 0 || digest.contains(where: { $0 != 0 }) {
            throw fault("an empty folder with content", at: start)
        }
        guard let digest = Digest(bytes: digest) else { preconditionFailure("32 bytes are a digest") }
        path.withMemoryRebound(to: UInt8.self) { builder.append(validated: $0, digest, kind, size) }
    }

    private mutating func number<Number: FixedWidthInteger>(_ type: Number.Type) throws(DirListingError)
        -> Number
    {
        Number(littleEndian: try take(MemoryLayout<Number>.size).loadUnaligned(as: type))
    }

    private mutating func take(_ count: Int) throws(DirListingError) -> UnsafeRawBufferPointer {
        guard count <= bytes.count - offset else { throw fault("it ends too early", at: bytes.count) }
        defer { offset += count }
        return UnsafeRawBufferPointer(rebasing: bytes[offset..<(offset + count)])
    }

    private func fault(_ what: String, at offset: Int) -> DirListingError {
        DirListingError(.notNative(what), at: builder.count, offset: offset)
    }
}
