public import CairnCore

/// What a packed store keeps of an object that is named by MD5: the id of the file with its bytes. docs/formats/pack.md.
public struct Alias: Hashable, Sendable {
    /// The BLAKE3 of the object's bytes; of a directory, of the text of its listing.
    public let file: Digest

    /// Puts an alias together.
    ///
    /// - Precondition: the digest has 32 bytes.
    public init(to file: Digest) {
        precondition(file.count == 32, "files are named by BLAKE3")
        self.file = file
    }

    /// Reads an alias. That it leads to the right file is seen only by the MD5 of that file's bytes.
    ///
    /// - Throws: `FormatError` if there are not 32 bytes.
    public init(parsing bytes: some Collection<UInt8>) throws(FormatError) {
        guard bytes.count == 32, let file = Digest(bytes: bytes) else {
            throw FormatError(.alias, .truncated(needed: 32, found: Int64(bytes.count)), at: 0)
        }
        self.init(to: file)
    }

    /// The bytes of the record.
    public var serialized: [UInt8] { file.bytes }
}

extension RecordKey {
    /// The key of the alias of an object with an MD5 id.
    ///
    /// - Precondition: the id was made with MD5.
    public static func alias(of id: ObjectID) -> RecordKey {
        var bytes: [UInt8] = []
        switch id.algorithm {
        case .md5: bytes.append(text: "cairn-md5\0")
        case .md5DOS2Unix: bytes.append(text: "cairn-md5-dos2unix\0")
        case .blake3: preconditionFailure("files with a BLAKE3 need no alias")
        }
        bytes.append(id.digest)
        if id.isDirectory { bytes.append(text: ".dir") }
        return RecordKey(.alias, BLAKE3.digest(of: bytes))
    }
}
