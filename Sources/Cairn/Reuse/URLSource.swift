import CairnCore
import CairnFormats
import CairnRemote
import CairnSystem
import CairnTransfer

/// Data that belongs to nobody's repository: a path of this machine, a file on a web server, or objects in a bucket.
struct URLSource {
    /// Where it is.
    enum Place {
        /// A file or directory of this machine, absolute.
        case local(FilePath)
        /// One file on the web.
        case web(HTTPRemote)
        /// One object in a bucket, or those below the key; an empty key for all of it.
        case bucket(S3Remote, key: String)
    }

    /// What was given.
    let text: String
    let place: Place

    private static let partSize: Int64 = 16 << 20

    /// Understands where data is.
    ///
    /// - Parameters:
    ///   - folder: where a relative path starts.
    ///   - options: settings for the place, and whether the user gave them now.
    /// - Throws: `CairnError` of kind `usage` for a kind of URL that is not supported, `config` for options that make no sense.
    init(
        _ text: String, from folder: FilePath, options: [(name: String, value: String)], isTrusted: Bool,
        _ workspace: Workspace
    ) throws {
        self.text = text
        place = try Self.place(text, folder, options, isTrusted, workspace)
    }

    private static func place(
        _ text: String, _ folder: FilePath, _ options: [(name: String, value: String)], _ isTrusted: Bool,
        _ workspace: Workspace
    ) throws -> Place {
        let bytes = Array(text.utf8)
        guard !bytes.isEmpty, !bytes.contains(0) else { throw CairnError(.usage, "the URL is empty") }
        guard let scheme = RemoteLocation.scheme(of: bytes) else {
            return .local(folder.pushing(FilePath(bytes: bytes)).lexicallyNormalized())
        }
        let shown = SourceAddress.shown(text)
        let section = ConfigSectionName.remote("import-url")
        var named = try workspace.with(configuration(options, section, text, isTrusted, workspace))
        named.secrets = workspace.secrets
        switch scheme {
        case "file": return .local(FilePath(bytes: bytes.dropFirst(7)).lexicallyNormalized())
        case "http", "https":
            let remote = NamedRemote(name: shown, location: .web(text), sections: [section])
            return try .web(web(remote, text, named))
        case "s3":
            guard let location = try? RemoteLocation(bytes), case .s3(let bucket, let prefix) = location
            else {
                throw CairnError(.usage, "'\(shown)' names no object in a bucket")
            }
            return try self.bucket(
                NamedRemote(name: shown, location: location, sections: [section]), bucket, prefix, named)
        case "remote":
            guard let reference = RemoteReference(bytes) else { break }
            let base = try workspace.remote(reference.name)
            switch base.location {
            case .folder(let folder):
                return .local(
                    FilePath(bytes: folder.bytes + Array(reference.rest.utf8)).lexicallyNormalized())
            case .web(let url): return try .web(web(base, url + reference.rest, workspace))
            case .s3(let bucket, let prefix):
                return try self.bucket(base, bucket, prefix + reference.rest, workspace)
            }
        default: break
        }
        throw CairnError(
            .usage, "'\(shown)' is of the kind \(scheme)://, from which data cannot be brought",
            hint: "use a path, file://, http://, https://, s3:// or remote://NAME/…")
    }

    private static func configuration(
        _ options: [(name: String, value: String)], _ section: ConfigSectionName, _ url: String,
        _ isTrusted: Bool, _ workspace: Workspace
    ) throws -> Configuration {
        var overrides = SourceOverrides()
        overrides.isTrusted = isTrusted
        var file = ConfigFile()
        try file.set(ConfigKey(section, "url"), to: url)
        for option in options { try file.set(ConfigKey(section, option.name), to: option.value) }
        overrides.configuration = file
        return try overrides.applied(to: workspace.configuration)
    }

    private static func web(_ named: NamedRemote, _ url: String, _ workspace: Workspace) throws -> HTTPRemote
    {
        let options = try RemoteOptions(named, in: workspace)
        var setup = try options.web(url)
        setup.settings.url = url
        do throws(RemoteError) {
            return try HTTPRemote(ofFile: setup.settings, HTTPClient(setup.http, limits: options.limits))
        } catch {
            throw CairnError(error, remote: named.name)
        }
    }

    private static func bucket(
        _ named: NamedRemote, _ bucket: String, _ path: String, _ workspace: Workspace
    ) throws -> Place {
        let options = try RemoteOptions(named, in: workspace)
        let parts = path.utf8.split(separator: UInt8(ascii: "/"))
        let key = parts.last.map { String(decoding: $0, as: UTF8.self) } ?? ""
        let prefix = parts.dropLast().map { String(decoding: $0, as: UTF8.self) }.joined(separator: "/")
        let setup = try options.s3(bucket: bucket, prefix: prefix)
        let keys = S3CredentialChain(setup.credentials, options.surroundings(for: setup.services))
        do throws(RemoteError) {
            let remote = try S3Remote(
                setup.settings, over: HTTPClient(setup.http, limits: options.limits), credentials: keys)
            return .bucket(remote, key: key)
        } catch {
            throw CairnError(error, remote: named.name)
        }
    }

    /// The URL as it may be shown.
    var shown: String { SourceAddress.shown(text) }

    /// The folder or file of this machine; `nil` for what is elsewhere.
    var local: FilePath? { if case .local(let path) = place { path } else { nil } }

    /// What a server says of the file now, as a dependency records it.
    ///
    /// - Throws: `CairnError` of kind `notFound` if there is none, `usage` if nobody could tell later whether it changed.
    func pinned() throws -> ContentRecord {
        let facts: RemoteFileFacts?
        switch place {
        case .local: preconditionFailure("what is here is pinned by its content")
        case .web(let remote):
            facts = try wait { () async throws(RemoteError) in try await remote.fileFacts() }
        case .bucket(let remote, let key):
            facts = try self.facts(of: key, in: remote)
            if facts == nil {
                guard let pin = try bucketFolder(remote, key).pin else { throw withoutTag }
                return pin
            }
        }
        guard let facts else { throw missing }
        guard let tag = facts.tag else { throw withoutTag }
        var record = ContentRecord(size: facts.size)
        if case .web = place { record.checksum = tag } else { record.etag = tag }
        return record
    }

    private var withoutTag: CairnError {
        CairnError(
            .usage,
            "the server of '\(shown)' gives no ETag, so nobody could tell later whether it changed",
            hint: "bring it once, and track it: `cairn get-url \(Shell.quoted(shown))`, then `cairn add`")
    }

    /// What is known of the one object of that key; `nil` if there is none.
    func facts(of key: String, in remote: S3Remote) throws -> RemoteFileFacts? {
        if key.utf8.isEmpty { return nil }
        return try wait { () async throws(RemoteError) in try await remote.facts(of: key) }
    }

    /// The objects below a key.
    ///
    /// - Throws: `CairnError` of kind `notFound` if there are none.
    func bucketFolder(_ remote: S3Remote, _ key: String) throws -> BucketFolder {
        let prefix = key.utf8.isEmpty ? "" : key + "/"
        let files = try wait { () async throws(RemoteError) in try await remote.files(prefix) }
        guard !files.isEmpty else { throw missing }
        return try BucketFolder(files, below: prefix, of: shown)
    }

    /// Says that there is nothing.
    var missing: CairnError {
        CairnError(
            .notFound, "there is no '\(shown)'", hint: "check the URL",
            dvc: "dependency '\(shown)' does not exist")
    }

    /// Downloads the file, or copies what is here.
    ///
    /// - Throws: `CairnError`; what was written until then is of no use.
    func copy(to name: [UInt8], in folder: Folder, _ reporter: any Reporter) throws {
        switch place {
        case .local(let path):
            guard let status = try path.status(following: true) else { throw missing }
            guard let own = path.lastComponentBytes else {
                throw CairnError(.usage, "'\(shown)' has no name")
            }
            reporter.begin("copying", items: nil, bytes: nil)
            if status.kind == .folder {
                try Self.copy(Folder(path), to: folder.makeFolder([name[...]]))
            } else {
                try Self.copyFile(own, in: Folder(path.removingLastComponent()), to: name, in: folder)
            }
        case .web(let remote): try download(remote, HTTPRemote.fileKey, to: name, in: folder, reporter)
        case .bucket(let remote, let key):
            if let size = try facts(of: key, in: remote)?.size {
                reporter.begin("downloading", items: nil, bytes: size)
                return try download(remote, key, size, to: name, in: folder, reporter)
            }
            try bucketFolder(remote, key).download(
                from: remote, into: folder.makeFolder([name[...]]), self, reporter
            ) { file, folder in
                try download(remote, file.key, file.size, to: Array(file.path.name), in: folder, reporter)
            }
        }
    }

    private static func copy(_ source: Folder, to folder: Folder) throws {
        for name in try source.names().sorted(by: { $0.lexicographicallyPrecedes($1) }) {
            try Interruption.check()
            switch try source.status(of: name)?.kind {
            case .folder?: try copy(source.folder(named: name), to: folder.makeFolder([name[...]]))
            case .symbolicLink?:
                if let target = try source.linkTarget(name) { try folder.makeSymbolicLink(name, to: target) }
            case .regular?: try copyFile(name, in: source, to: name, in: folder)
            case let kind?: throw TreeWalkError.unsupported(source.path(of: name), kind)
            case nil: break
            }
        }
    }

    private static func copyFile(_ name: [UInt8], in source: Folder, to new: [UInt8], in folder: Folder)
        throws
    {
        let file = try OpenFile(reading: name, in: source, followingLinks: true)
        let made = try OpenFile(
            creating: new, in: folder, permissions: try file.status().isExecutable ? 0o777 : 0o666)
        _ = try made.append(file)
    }

    private func download(
        _ remote: S3Remote, _ key: String, _ size: Int64, to name: [UInt8], in folder: Folder,
        _ reporter: any Reporter
    ) throws {
        try download(size, to: name, in: folder, reporter) { (range) async throws(RemoteError) in
            try await remote.readFile(key, range)
        }
    }

    private func download(
        _ remote: any Remote, _ key: String, to name: [UInt8], in folder: Folder, _ reporter: any Reporter
    ) throws {
        let size = try wait { () async throws(RemoteError) in try await remote.size(of: key) }
        guard let size else { throw missing }
        reporter.begin("downloading", items: nil, bytes: size)
        try download(size, to: name, in: folder, reporter) { (range) async throws(RemoteError) in
            try await remote.read(key, range, limit: Int(range.upperBound - range.lowerBound))
        }
    }

    private func download(
        _ size: Int64, to name: [UInt8], in folder: Folder, _ reporter: any Reporter,
        _ read: @escaping @Sendable (Range<Int64>) async throws(RemoteError) -> [UInt8]
    ) throws {
        let file = try OpenFile(creating: name, in: folder, permissions: 0o666)
        var offset: Int64 = 0
        while offset < size {
            let range = offset..<min(offset + Self.partSize, size)
            let bytes = try wait { () async throws(RemoteError) in try await read(range) }
            try bytes.withUnsafeBytes { try file.write($0) }
            offset = range.upperBound
            reporter.advance(items: 0, bytes: Int64(bytes.count))
        }
    }

    /// Asks a server and waits for it.
    func wait<Value: Sendable>(
        _ body: sending @escaping () async throws(RemoteError) -> Value
    ) throws -> Value {
        do throws(RemoteError) {
            return try runBlocking(on: TaskThreads(count: 2), body)
        } catch {
            if error.reason == .notFound { throw missing }
            let error = CairnError(RemoteError(error.reason), remote: shown)
            // A URL is no remote of the configuration.
            let prefix = "remote '"
            guard error.message.utf8.starts(with: prefix.utf8),
                RemoteLocation.scheme(of: Array(text.utf8)) != "remote"
            else { throw error }
            throw CairnError(
                error.kind, String(error.message.dropFirst(prefix.count - 1)),
                hint: error.kind == .network ? "check the URL, and the network" : error.hint)
        }
    }
}
