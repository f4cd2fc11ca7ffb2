extension DirListing {
    /// Reads DVC's stored form: a JSON array of objects with `md5` and `relpath`.
    ///
    /// Other names in an entry are passed over (DVC has written `size` and the like), and so are white space
    /// and a wrong order.
    ///
    /// - Throws: `DirListingError` that tells the entry, the place and the reason. A listing whose paths
    ///   could lead out of the directory, occur twice or contradict each other is refused whole.
    public init(parsingJSON json: [UInt8]) throws(DirListingError) {
        self = try json.withUnsafeBufferPointer { json throws(DirListingError) in
            try DirListing(parsingJSON: json)
        }
    }

    /// Reads DVC's stored form from borrowed memory; see `init(parsingJSON:)` for an array.
    ///
    /// - Throws: `DirListingError`.
    public init(parsingJSON json: UnsafeBufferPointer<UInt8>) throws(DirListingError) {
        var parser = DirListingParser(json)
        self = try parser.listing()
    }

    /// Hands out DVC's stored form in pieces of about 64 KiB.
    ///
    /// - Throws: what `sink` throws.
    func serializeJSON<Failure>(
        into sink: (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) {
        let piece = 65_536
        var buffer: [UInt8] = []
        buffer.reserveCapacity(piece + 4096)
        buffer.append(UInt8(ascii: "["))
        for index in 0..<count {
            buffer.append(contentsOf: (index == 0 ? "{\"md5\": \"" : ", {\"md5\": \"").utf8)
            Self.appendHexDigits(of: digests[index], to: &buffer)
            buffer.append(contentsOf: "\", \"relpath\": ".utf8)
            paths.withPath(index) { PythonJSON.appendString($0, to: &buffer) }
            buffer.append(UInt8(ascii: "}"))
            if buffer.count >= piece {
                try buffer.withUnsafeBufferPointer { bytes throws(Failure) in
                    try sink(UnsafeRawBufferPointer(bytes))
                }
                buffer.removeAll(keepingCapacity: true)
            }
        }
        buffer.append(UInt8(ascii: "]"))
        try buffer.withUnsafeBufferPointer { bytes throws(Failure) in try sink(UnsafeRawBufferPointer(bytes))
        }
    }

    private static func appendHexDigits(of digest: Digest, to buffer: inout [UInt8]) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 32) { digits in
            for index in 0..<32 {
                let word = index < 16 ? digest.words.0 : digest.words.1
                let nibble = UInt8(truncatingIfNeeded: word >> UInt64(60 - 4 * (index & 15))) & 15
                digits.initializeElement(at: index, to: HexDigits.lowerCase(nibble))
            }
            buffer.append(contentsOf: UnsafeBufferPointer(digits))
        }
    }
}

/// One pass over the stored form of a listing.
private struct DirListingParser {
    private var reader: PythonJSONReader
    private var builder = DirListingBuilder()
    /// The path of the current entry where it had to be unescaped.
    private var unescaped: [UInt8] = []

    init(_ json: UnsafeBufferPointer<UInt8>) {
        reader = PythonJSONReader(json)
        // An entry has at least 60 bytes beside its path, so this never reserves more than the input's size.
        builder.reserve(count: json.count / 80, pathBytes: json.count / 4)
    }

    mutating func listing() throws(DirListingError) -> DirListing {
        do throws(PythonJSONError) {
            guard reader.take("[") else { throw reader.fault("a list expected") }
        } catch { throw notJSON(error) }
        if !reader.take("]") {
            repeat { try readEntry() } while reader.take(",")
            do throws(PythonJSONError) { try reader.expect("]") } catch { throw notJSON(error) }
        }
        _ = reader.peek()
        guard reader.isAtEnd else { throw notJSON(reader.fault("text behind the list")) }
        return try builder.listing()
    }

    private mutating func readEntry() throws(DirListingError) {
        var path: PythonJSONReader.Text?
        var digest: PythonJSONReader.Text?
        let start = reader.offset
        do throws(PythonJSONError) {
            try reader.expect("{")
            if !reader.take("}") {
                repeat { try readMember(&path, &digest) } while reader.take(",")
                try reader.expect("}")
            }
            if let path, path.hasEscapes {
                unescaped.removeAll(keepingCapacity: true)
                try reader.unescape(path, into: &unescaped)
            }
        } catch { throw notJSON(error) }
        guard let path else { throw DirListingError(.noPath, at: builder.count, offset: start) }
        if path.hasEscapes {
            try unescaped.withUnsafeBufferPointer { path throws(DirListingError) in
                try append(path, digest, at: start)
            }
        } else {
            try append(UnsafeBufferPointer(rebasing: reader.bytes[path.range]), digest, at: start)
        }
    }

    private mutating func readMember(
        _ path: inout PythonJSONReader.Text?, _ digest: inout PythonJSONReader.Text?
    ) throws(PythonJSONError) {
        let name = try reader.text()
        try reader.expect(":")
        let isString = reader.peek() == UInt8(ascii: "\"")
        let value = isString ? try reader.text() : nil
        if value == nil { try reader.skipScalar() }
        if reader.text(name, equals: "relpath") {
            guard path == nil else { throw reader.fault("relpath occurs twice in an entry") }
            path = value
        } else if reader.text(name, equals: "md5") {
            guard digest == nil else { throw reader.fault("md5 occurs twice in an entry") }
            digest = value
        }
    }

    private mutating func append(
        _ path: UnsafeBufferPointer<UInt8>, _ digest: PythonJSONReader.Text?, at offset: Int
    ) throws(DirListingError) {
        try DirListingBuilder.validate(path, at: builder.count, offset: offset)
        guard let digest else {
            throw DirListingError(.noDigest, at: builder.count, path: Array(path), offset: offset)
        }
        // Upper case is refused: it would not be written back as it was read.
        let digits = UnsafeBufferPointer(rebasing: reader.bytes[digest.range])
        guard digits.count == 32, let value = Digest(digits: digits, lowerCase: true) else {
            throw DirListingError(
                .badDigest, at: builder.count, path: Array(path), offset: digest.range.lowerBound)
        }
        builder.append(validated: path, value)
    }

    private func notJSON(_ error: PythonJSONError) -> DirListingError {
        DirListingError(.notJSON(error.reason), at: builder.count, offset: error.offset)
    }
}
