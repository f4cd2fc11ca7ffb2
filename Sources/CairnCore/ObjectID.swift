/// What made a digest from an object's bytes, and with it the place of the object in a loose store.
public enum HashAlgorithm: UInt8, Hashable, Sendable {
    /// MD5 of the bytes: DVC 3.
    case md5 = 1
    /// MD5 after CR LF became LF in what looks like text: DVC 2 and older (docs/formats/pointer.md).
    case md5DOS2Unix = 2
    /// BLAKE3 of the bytes: native repositories.
    case blake3 = 3

    /// All that a store may hold.
    public static let all: [HashAlgorithm] = [.md5, .md5DOS2Unix, .blake3]

    /// The bytes in a digest.
    public var digestCount: Int { self == .blake3 ? 32 : 16 }
}

/// The name of an object: a file's bytes, or a directory's listing.
public struct ObjectID: Hashable, Comparable, Sendable {
    // The digest first: what follows then fits into the word that it ends in.
    /// The hash of the file's or of the listing's bytes.
    public let digest: Digest
    /// How the digest was made.
    public let algorithm: HashAlgorithm
    /// True when the object is the listing of a directory (written with the suffix `.dir`).
    public let isDirectory: Bool

    /// Puts an id together from its parts.
    public init(_ algorithm: HashAlgorithm, _ digest: Digest, isDirectory: Bool = false) {
        self.algorithm = algorithm
        self.digest = digest
        self.isDirectory = isDirectory
    }

    /// Reads hexadecimal digits with an optional suffix `.dir`, as pointer files and object names have them.
    ///
    /// - Returns: `nil` if the text is anything else, or has the wrong length for `algorithm`.
    public init?(_ algorithm: HashAlgorithm, parsing text: some BidirectionalCollection<UInt8>) {
        let isDirectory = text.count > 4 && text.suffix(4).elementsEqual(".dir".utf8)
        let digits = text.dropLast(isDirectory ? 4 : 0)
        guard let digest = Digest(hex: digits), digest.count == algorithm.digestCount else { return nil }
        self.init(algorithm, digest, isDirectory: isDirectory)
    }

    /// Reads the name of a file in a loose store: the digits of the digest after the first byte, lower-case, with an optional `.dir`.
    ///
    /// - Returns: `nil` for every other name.
    public init?(_ algorithm: HashAlgorithm, firstByte: UInt8, restOfName name: UnsafeRawBufferPointer) {
        let digits = 2 * (algorithm.digestCount - 1)
        let isDirectory = name.count == digits + 4
        guard name.count == digits || (isDirectory && name[digits...].elementsEqual(".dir".utf8)) else {
            return nil
        }
        // The digits of a name begin with the second byte.
        let digest = withUnsafeTemporaryAllocation(of: UInt8.self, capacity: digits + 2) { whole -> Digest? in
            whole.initializeElement(at: 0, to: HexDigits.lowerCase(firstByte >> 4))
            whole.initializeElement(at: 1, to: HexDigits.lowerCase(firstByte & 15))
            for index in 0..<digits { whole.initializeElement(at: index + 2, to: name[index]) }
            return Digest(digits: UnsafeBufferPointer(whole), lowerCase: true)
        }
        guard let digest else { return nil }
        self.init(algorithm, digest, isDirectory: isDirectory)
    }

    /// What the object's own bytes are hashed with: the listings of DVC 2 have no line ends to be changed.
    public var contentAlgorithm: HashAlgorithm {
        isDirectory && algorithm == .md5DOS2Unix ? .md5 : algorithm
    }

    /// The text of pointer files: lower-case digits, and `.dir` for a directory.
    public var text: String { isDirectory ? digest.hex + ".dir" : digest.hex }

    /// The first eight digits, for people.
    public var short: String { String(digest.hex.prefix(8)) }

    public static func < (left: ObjectID, right: ObjectID) -> Bool {
        if left.digest != right.digest { return left.digest < right.digest }
        if left.isDirectory != right.isDirectory { return right.isDirectory }
        return left.algorithm.rawValue < right.algorithm.rawValue
    }
}

extension ObjectID: CustomStringConvertible {
    public var description: String { text }
}
