import CairnCore
import CairnSystem

/// How data of another repository is brought.
public struct GetOptions: Sendable {
    /// Where it goes; `nil` for its own name where the user stands.
    public var out: String?
    /// The revision there; `nil` for the default branch, or for a folder of this machine as it is.
    public var revision: String?
    /// Replaces what is in the way.
    public var isForced = false

    /// By its own name, as it is there.
    public init() {}
}

/// What was brought.
public struct GetReport: Sendable {
    /// Where it is, as the user may type it.
    public let place: [UInt8]
    /// True for a directory.
    public let isFolder: Bool
    /// How many files it has.
    public let fileCount: Int
    /// The commit that it is of; `nil` if the folder was read as it lies there.
    public let commit: String?
}

extension SourceReader {
    /// Copies a file or directory of another repository to a place on this machine, tracked or not. No workspace is needed.
    ///
    /// It appears whole: if anything fails, nothing is there.
    /// - Throws: `CairnError`.
    public func get(_ url: String, _ path: String, _ options: GetOptions = GetOptions()) throws -> GetReport {
        let inner = try SourcePath.parse(path)
        let destination = try Destination(options.out, for: path, options.isForced, self)
        guard !destination.name.isDeclarationName else {
            throw CairnError(
                .usage, "'\(Array(path.utf8).printable)' describes data; name the data itself",
                dvc: "the given path is a DVC file, you must specify a data file or a directory")
        }
        let source = try SourceRepository(url, revision: options.revision, self)
        let view = try source.view(options.revision, around: inner)
        let selection = try view.selection()
        let staged = try StagedSource(selection, of: view, in: destination.folder, ".cairn-get")
        try staged.move(to: destination.folder, destination.name, replacing: options.isForced)
        return GetReport(
            place: destination.shown, isFolder: staged.isFolder, fileCount: staged.fileCount,
            commit: view.commit?.id.hex)
    }

    /// Where an object of another repository lies on its remote.
    ///
    /// - Returns: a URL, or the path of a folder remote.
    /// - Throws: `CairnError` of kind `usage` for what is no tracked data.
    public func objectURL(_ url: String, _ path: String, _ options: GetOptions = GetOptions()) throws
        -> [UInt8]
    {
        let source = try SourceRepository(url, revision: options.revision, self)
        let view = try source.view(options.revision, around: SourcePath.parse(path))
        return try view.objectURL(path)
    }
}

extension SourceRepository {
    /// The repository at a revision; without one, files as they lie there if they do.
    func view(_ revision: String?, around path: RepoPath?) throws -> SourceView {
        if revision == nil, folder != nil { return try viewOfFiles(around: path) }
        return try view(at: commit(revision), around: path)
    }
}

/// A place outside of any workspace that something is brought to.
struct Destination {
    /// The folder that will hold it.
    let folder: Folder
    /// Its name there.
    let name: [UInt8]
    /// How messages call it.
    let shown: [UInt8]

    /// Understands where something goes.
    ///
    /// - Parameters:
    ///   - out: what the user said; into a folder that is there, it goes by its own name.
    ///   - source: the path or URL that it comes from.
    /// - Throws: `CairnError` of kind `conflict` if something is there already.
    init(_ out: String?, for source: String, _ isForced: Bool, _ reader: SourceReader) throws {
        let typed = try Self.place(out, for: source, reader.surroundings)
        let full = reader.surroundings.workingDirectory.pushing(typed).lexicallyNormalized()
        guard let name = full.lastComponentBytes else {
            throw CairnError(.usage, "'\(typed.bytes.printable)' is no place for data")
        }
        shown = typed.bytes
        self.name = name
        guard try isForced || full.status() == nil else {
            throw CairnError(
                .conflict, "'\(typed.bytes.printable)' exists already",
                hint: "replace it with `--force`, or choose another place with `--out PATH`",
                dvc:
                    "The path '\(typed.bytes.printable)' already exists.\nTo override it, re-run with '--force'."
            )
        }
        let parent = full.removingLastComponent()
        try parent.makeFolders()
        folder = try Folder(parent)
    }

    /// The path that is meant, as the user may type it.
    static func place(_ out: String?, for source: String, _ surroundings: Surroundings) throws -> FilePath {
        let plain = Array(source.utf8).prefix { $0 != UInt8(ascii: "?") }
        let parts = plain.split(separator: UInt8(ascii: "/")).filter { !$0.elementsEqual(".".utf8) }
        let own = parts.last.map { FilePath(bytes: $0) }
        guard let out else {
            guard let own, !own.bytes.elementsEqual("..".utf8) else {
                throw CairnError(
                    .usage, "'\(Array(source.utf8).printable)' has no name of its own",
                    hint: "say where it goes: `--out PATH`")
            }
            return own
        }
        guard !out.isEmpty, !out.utf8.contains(0) else { throw CairnError(.usage, "an empty path was given") }
        let typed = FilePath(bytes: Array(out.utf8))
        let isFolder =
            try surroundings.workingDirectory.pushing(typed).status(following: true)?.kind == .folder
        return isFolder || out.utf8.last == UInt8(ascii: "/") ? own.map { typed.pushing($0) } ?? typed : typed
    }
}

extension [UInt8] {
    /// True for the name of a file that describes data.
    var isDeclarationName: Bool {
        (count > 4 && suffix(4).elementsEqual(".dvc".utf8)) || elementsEqual("dvc.yaml".utf8)
            || elementsEqual("dvc.lock".utf8)
    }
}
