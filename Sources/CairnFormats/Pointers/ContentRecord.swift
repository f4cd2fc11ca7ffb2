import CairnCore

/// What a pointer file or a lock knows about the bytes of a file or directory.
public struct ContentRecord: Hashable, Sendable {
    /// The object, if it is known. Without a `hash` key the algorithm is that of DVC 2.
    public var id: ObjectID? { didSet { if let id { isLegacy = id.algorithm == .md5DOS2Unix } } }
    /// How data without an id will be hashed; `nil` for MD5.
    private var futureAlgorithm: HashAlgorithm?
    /// True if there is no `hash` key, which is how DVC 2 wrote.
    public private(set) var isLegacy: Bool
    /// The bytes of the file, or of all files of the directory.
    public var size: Int64?
    /// The files in the directory.
    public var fileCount: Int64?
    /// True for a file that its owner may execute.
    public var isExecutable: Bool
    /// What an object store calls this version, for what is not in a store of ours.
    public var versionID: String?
    /// An object store's own hash of it.
    public var etag: String?
    /// The hash that HDFS gives it.
    public var checksum: String?
    /// Versions on cloud-versioned remotes, by the remote's name.
    public var cloud: YAMLValue?
    /// The files of a directory one by one, as cloud-versioned remotes have them; `nil` if they are not written.
    public var files: [CloudFile]?

    /// Puts a record together; `isLegacy` is decided by the id where there is one.
    public init(
        id: ObjectID? = nil, size: Int64? = nil, fileCount: Int64? = nil, isExecutable: Bool = false,
        isLegacy: Bool = false
    ) {
        self.id = id
        self.size = size
        self.fileCount = fileCount
        self.isExecutable = isExecutable
        self.isLegacy = id.map { $0.algorithm == .md5DOS2Unix } ?? isLegacy
    }

    /// A record of data that nobody has seen yet, of which only is known how it will be hashed.
    public init(hashedBy algorithm: HashAlgorithm) {
        self.init()
        futureAlgorithm = algorithm
    }

    /// True if the data lies on a remote under its own name and versions, not as objects.
    public var hasCloudVersions: Bool { cloud != nil || files != nil }
}

/// One file of a directory on a cloud-versioned remote.
public struct CloudFile: Hashable, Sendable {
    /// The path below the directory.
    public var path: RepoPath
    /// What is known about its bytes; never a directory.
    public var content: ContentRecord

    /// Puts a file together.
    public init(path: RepoPath, content: ContentRecord) {
        self.path = path
        self.content = content
    }
}

extension ContentRecord {
    /// The keys that a record may have next to others.
    static let keys = hashKeys + ["cloud", "hash", "files"]
    /// Keys of which an entry has one: a new hash comes where the old one was.
    static let renamedKeys: [YAMLValue: YAMLValue] = ["md5": "blake3", "blake3": "md5"]
    private static let hashKeys = [
        "md5", "blake3", "etag", "checksum", "size", "nfiles", "isexec", "version_id",
    ]

    /// Reads the record from a mapping that has it among other keys.
    ///
    /// - Throws: `FormatsError` for values of the wrong kind, hash values that are not of their hash, an unknown hash, and paths in
    ///   `files` that leave the directory.
    init(reading reader: MappingReader) throws(FormatsError) {
        let hash = try reader.text("hash")
        let algorithm: HashAlgorithm
        switch hash.map({ Array($0.utf8) }) {
        case nil: algorithm = .md5DOS2Unix
        case Array("md5".utf8): algorithm = .md5
        case Array("blake3".utf8): algorithm = .blake3
        case let name?:
            throw reader.error(
                at: "hash", "\(reader.name(of: "hash")) is '\(name.printable)', which is not a known hash")
        }
        try self.init(reading: reader, algorithm: algorithm)
        isLegacy = hash == nil
        futureAlgorithm = algorithm == .blake3 ? algorithm : nil
        guard let items = try reader.items("files") else { return }
        var files: [CloudFile] = []
        files.reserveCapacity(items.count)
        for (index, item) in items.enumerated() {
            let label = "\(reader.name(of: "files"))[\(index)]"
            let file = try MappingReader(
                item, of: reader.document, label: label, allowed: Self.hashKeys + ["cloud", "relpath"])
            let text = try file.path("relpath")
            guard let path = try? RepoPath(validating: text) else {
                let name = Array(text.utf8).printable
                throw file.error(at: "relpath", "\(label).relpath is '\(name)', which leaves the directory")
            }
            let content = try ContentRecord(reading: file, algorithm: .md5)
            files.append(CloudFile(path: path, content: content))
        }
        self.files = files
    }

    private init(reading reader: MappingReader, algorithm: HashAlgorithm) throws(FormatsError) {
        var id: ObjectID?
        let (key, other) = algorithm == .blake3 ? ("blake3", "md5") : ("md5", "blake3")
        if try reader.writtenText(other) != nil {
            throw reader.error(
                at: other, "\(reader.name(of: other)) does not go with `hash: \(algorithm.hashName)`")
        }
        if let text = try reader.writtenText(key) {
            id = ObjectID(algorithm, parsing: text.lowercased().utf8)
            guard id != nil else {
                throw reader.error(
                    at: key,
                    "\(reader.name(of: key)) is not \(2 * algorithm.digestCount) hexadecimal digits")
            }
        }
        self.init(
            id: id, size: try reader.count("size"), fileCount: try reader.count("nfiles"),
            isExecutable: try reader.bool("isexec") ?? false)
        versionID = try reader.writtenText("version_id")
        etag = try reader.writtenText("etag")
        checksum = try reader.writtenText("checksum")
        cloud = try reader.mapping("cloud", allowed: nil)?.value
    }

    /// The hash and what comes with it: the first keys of an entry in a pointer file, without `hash`.
    func pointerEntries() -> [YAMLEntry] {
        if files != nil { return [] }
        return hashEntries() + sizeEntries()
    }

    /// What follows the path in a lock.
    func lockEntries() -> [YAMLEntry] {
        return hashNameEntries() + (files == nil ? hashEntries() + sizeEntries() : []) + fileEntries()
    }

    /// The list of files with their versions; empty if it is not written.
    func fileEntries() -> [YAMLEntry] {
        guard let files else { return [] }
        let items = files.map { file in
            let path = YAMLEntry("relpath", .string(file.path.text ?? file.path.description))
            return YAMLValue.mapping([path] + file.content.hashEntries() + file.content.sizeEntries())
        }
        return [YAMLEntry("files", .sequence(items))]
    }

    private func hashEntries() -> [YAMLEntry] {
        id.map { [YAMLEntry(.string($0.algorithm.hashName), .string($0.text))] } ?? []
    }

    /// The key that says which hash it is; DVC 2 wrote none.
    func hashNameEntries() -> [YAMLEntry] {
        isLegacy ? [] : [YAMLEntry("hash", .string((id?.algorithm ?? futureAlgorithm ?? .md5).hashName))]
    }

    private func sizeEntries() -> [YAMLEntry] {
        var entries: [YAMLEntry] = []
        // An etag that stands for the hash comes first, as the hash does.
        if id == nil, let etag { entries.append(YAMLEntry("etag", .string(etag))) }
        if id == nil, let checksum { entries.append(YAMLEntry("checksum", .string(checksum))) }
        if let size { entries.append(YAMLEntry("size", .int(size))) }
        if let fileCount { entries.append(YAMLEntry("nfiles", .int(fileCount))) }
        if isExecutable { entries.append(YAMLEntry("isexec", true)) }
        if let versionID { entries.append(YAMLEntry("version_id", .string(versionID))) }
        if id != nil, let etag { entries.append(YAMLEntry("etag", .string(etag))) }
        if id != nil, let checksum { entries.append(YAMLEntry("checksum", .string(checksum))) }
        if let cloud { entries.append(YAMLEntry("cloud", cloud)) }
        return entries
    }
}

extension HashAlgorithm {
    /// What pointer files call it, as the value of `hash` and as the key of the digest.
    var hashName: String { self == .blake3 ? "blake3" : "md5" }
}

extension MappingReader {
    /// The whole mapping.
    var value: YAMLValue { document.value(of: node) }
}
