import CairnCore
import CairnFormats
import CairnRemote
import CairnSystem
import CairnTransfer

/// The objects of a bucket below a prefix, as a directory.
struct BucketFolder: Sendable {
    /// A file of it.
    struct File: Sendable {
        let path: RepoPath
        let key: String
        let size: Int64
        let tag: String?
    }

    /// The files, sorted by the bytes of their paths.
    let files: [File]

    /// Files up to this size are read in one request each, many at a time.
    private static let smallSize: Int64 = 8 << 20
    private static let smallAtATime = 16

    /// Makes a directory of objects.
    ///
    /// - Parameter prefix: what all keys begin with.
    /// - Throws: `CairnError` if a key cannot be the path of a file, or is a file and a folder.
    init(_ objects: [S3File], below prefix: String, of shown: String) throws {
        var files: [File] = []
        for object in objects {
            let name = Array(object.key.utf8.dropFirst(prefix.utf8.count))
            guard let path = try? RepoPath(validating: name) else {
                throw CairnError(
                    .usage,
                    "the object '\(name.printable)' of '\(shown)' has a name that no file can have, so it cannot be brought as a directory"
                )
            }
            files.append(File(path: path, key: object.key, size: object.size, tag: object.tag))
        }
        let paths = Set(files.map(\.path))
        for file in files {
            if let clash = file.path.folderAbove(where: paths.contains) {
                throw CairnError(
                    .usage,
                    "'\(shown)' has objects '\(clash)' and '\(file.path)': one name cannot be a file and a folder"
                )
            }
        }
        self.files = files
    }

    /// What a dependency records: the hash of the list of entity tags, written as DVC writes lists of files.
    ///
    /// - Returns: `nil` if the service gives no tag for one of the objects.
    var pin: ContentRecord? {
        var text = Array("[".utf8)
        for (number, file) in files.enumerated() {
            guard let tag = file.tag else { return nil }
            text += (number == 0 ? "{\"etag\": " : ", {\"etag\": ").utf8
            PythonJSON.appendString(Array(tag.utf8), to: &text)
            text += ", \"relpath\": ".utf8
            PythonJSON.appendString(file.path.bytes, to: &text)
            text.append(UInt8(ascii: "}"))
        }
        text.append(UInt8(ascii: "]"))
        return ContentRecord(
            id: ObjectID(.md5, MD5.digest(of: text), isDirectory: true),
            size: files.lazy.map(\.size).clampedSum(), fileCount: Int64(files.count))
    }

    /// Downloads everything into a new folder.
    ///
    /// - Parameters:
    ///   - large: downloads one file that is not small.
    /// - Throws: `CairnError`; what was written until then is of no use.
    func download(
        from remote: S3Remote, into folder: Folder, _ source: URLSource, _ reporter: any Reporter,
        large: (File, Folder) throws -> Void
    ) throws {
        reporter.begin("downloading", items: files.count, bytes: files.lazy.map(\.size).clampedSum())
        for file in files { _ = try folder.makeFolder(file.path.parent?.components ?? []) }
        let failure = Guarded<CairnError?>(nil)
        let small = files.filter { $0.size <= Self.smallSize }
        try source.wait { () async throws(RemoteError) in
            try await Jobs.run(small, atATime: Self.smallAtATime) { (file) throws(RemoteError) in
                guard failure.value == nil else { return }
                let bytes = file.size == 0 ? [] : try await remote.readFile(file.key, 0..<file.size)
                do {
                    try Interruption.check()
                    let made = try OpenFile(
                        creating: Array(file.path.name),
                        in: folder.folder(file.path.parent?.components ?? []), permissions: 0o666)
                    try bytes.withUnsafeBytes { try made.write($0) }
                } catch {
                    failure.update { $0 = $0 ?? CairnError(error) }
                }
                reporter.advance(items: 1, bytes: file.size)
            }
        }
        if let error = failure.value { throw error }
        for file in files where file.size > Self.smallSize {
            try large(file, folder.folder(file.path.parent?.components ?? []))
            reporter.advance(items: 1, bytes: 0)
        }
    }
}
