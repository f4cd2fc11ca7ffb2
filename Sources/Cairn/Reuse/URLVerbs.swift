import CairnCore
import CairnFormats
import CairnRemote
import CairnSystem
import CairnTransfer

/// A file or folder at a path or a URL.
public struct URLEntry: Sendable {
    /// The path from what was asked for on.
    public let path: [UInt8]
    /// True for a folder.
    public let isFolder: Bool
    /// Bytes; `nil` where they are not known.
    public let size: Int64?
}

extension SourceReader {
    /// Copies a file or directory from a path or a URL to a place on this machine. No workspace is needed.
    ///
    /// It appears whole: if anything fails, nothing is there.
    /// - Throws: `CairnError`.
    public func get(
        url: String, _ options: GetOptions, _ settings: [(name: String, value: String)] = []
    ) throws -> GetReport {
        let source = try source(url, settings)
        if let origin = source.local, try origin.status(following: true) == nil { throw source.missing }
        let destination = try Destination(options.out, for: url, options.isForced, self)
        let staged = try StagedSource(from: source, in: destination.folder, ".cairn-get", self)
        try staged.move(to: destination.folder, destination.name, replacing: options.isForced)
        return GetReport(
            place: destination.shown, isFolder: staged.isFolder, fileCount: staged.fileCount, commit: nil)
    }

    /// Lists what is at a path or a URL.
    ///
    /// - Parameter depth: how many levels of folders are opened; `nil` for all.
    /// - Returns: what is there, in the order of paths; of a file the file itself.
    /// - Throws: `CairnError` of kind `notFound` if there is nothing.
    public func list(
        url: String, depth: Int?, _ settings: [(name: String, value: String)] = []
    ) throws -> [URLEntry] {
        let source = try source(url, settings)
        guard case .local(let path) = source.place else { return try source.list(depth: depth) }
        guard let status = try path.status(following: true) else { throw source.missing }
        guard status.kind == .folder, depth != 0 else {
            return [URLEntry(path: path.bytes, isFolder: status.kind == .folder, size: status.size)]
        }
        var entries: [URLEntry] = []
        try Self.list(Folder(path), below: [], depth: depth, into: &entries)
        return entries.sorted { $0.path.lexicographicallyPrecedes($1.path) }
    }

    private static func list(
        _ folder: Folder, below prefix: [UInt8], depth: Int?, into entries: inout [URLEntry]
    ) throws {
        for name in try folder.names() {
            try Interruption.check()
            let path = prefix.isEmpty ? name : prefix + [UInt8(ascii: "/")] + name
            guard let status = try folder.status(of: name) else { continue }
            if status.kind == .folder, depth.map({ $0 > 1 }) ?? true {
                try list(folder.folder(named: name), below: path, depth: depth.map { $0 - 1 }, into: &entries)
            } else {
                entries.append(URLEntry(path: path, isFolder: status.kind == .folder, size: status.size))
            }
        }
    }

    /// A source, with the remotes of the workspace in which the user stands, if they stand in one.
    private func source(_ url: String, _ settings: [(name: String, value: String)]) throws -> URLSource {
        let files = try ConfigurationFiles.around(surroundings)
        var workspace = Workspace(
            root: files.root ?? surroundings.workingDirectory, configuration: try files.load(),
            surroundings: surroundings, personality: personality)
        workspace.secrets = secrets
        workspace.connections.want(jobs: jobs)
        return try URLSource(
            url, from: surroundings.workingDirectory, options: settings, isTrusted: true, workspace)
    }
}

extension URLSource {
    /// Lists what a server has there: the file itself, or what is in a folder.
    fileprivate func list(depth: Int?) throws -> [URLEntry] {
        switch place {
        case .local: preconditionFailure("what is here is listed in another way")
        case .web(let remote):
            guard let facts = try wait({ () async throws(RemoteError) in try await remote.fileFacts() })
            else {
                throw missing
            }
            return [URLEntry(path: Array(shown.utf8), isFolder: false, size: facts.size)]
        case .bucket(let remote, let key):
            if let facts = try facts(of: key, in: remote) {
                return [URLEntry(path: Array(shown.utf8), isFolder: false, size: facts.size)]
            }
            let folder = try bucketFolder(remote, key)
            if depth == 0 { return [URLEntry(path: Array(shown.utf8), isFolder: true, size: nil)] }
            return Self.entries(folder.files, depth: depth)
        }
    }

    /// Objects as files, as deep as wanted; what is deeper shows as the folder that it is in.
    private static func entries(_ files: [BucketFolder.File], depth: Int?) -> [URLEntry] {
        var entries: [URLEntry] = []
        for file in files {
            let path = file.path.bytes
            let parts = path.split(separator: UInt8(ascii: "/"))
            guard let depth, parts.count > depth else {
                entries.append(URLEntry(path: path, isFolder: false, size: file.size))
                continue
            }
            let folder = Array(parts.prefix(depth).joined(separator: [UInt8(ascii: "/")]))
            if entries.last?.path != folder {
                entries.append(URLEntry(path: folder, isFolder: true, size: nil))
            }
        }
        return entries
    }
}
