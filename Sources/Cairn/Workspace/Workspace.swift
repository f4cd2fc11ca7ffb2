public import CairnCore
public import CairnFormats
public import CairnStore
public import CairnSystem

/// A folder under version control: where things lie and how it is configured.
///
/// A small value: it holds no open file and no cache, but knows where connections to remotes are kept. Verbs are extensions in files of
/// their own.
public struct Workspace: Sendable {
    /// The folder that holds `.dvc`, absolute and without symbolic links.
    public let root: FilePath
    /// The merged configuration.
    public let configuration: Configuration
    /// Settings that DVC does not have.
    public let own: OwnConfiguration
    /// The user's environment and where they stand.
    public let surroundings: Surroundings
    /// Which of the two programs the user called.
    public let personality: Personality
    /// True for a native workspace, which DVC cannot use.
    public let isNative: Bool
    /// The names on the way to where the user stands, without symbolic links.
    private let standpoint: [ArraySlice<UInt8>]
    /// Whether to wait without end while another process works here.
    public var waitsForLock = false
    /// Asks the user for passwords; `nil` where nobody can be asked.
    public var secrets: SecretQuestion?
    /// The remotes that are open, for this value and its copies.
    var connections = RemoteConnections()
    /// The git repository whose commits this workspace is read from; `nil` for one that lies at its root.
    var foreign: ForeignRepository?

    /// Puts a workspace together.
    public init(
        root: FilePath, configuration: Configuration, own: OwnConfiguration = OwnConfiguration(),
        surroundings: Surroundings, personality: Personality
    ) {
        self.root = root
        self.configuration = configuration
        self.own = own
        self.surroundings = surroundings
        self.personality = personality
        isNative = configuration.string("cairn.format") == "native"
        standpoint = surroundings.standpoint
    }

    /// Finds the workspace around the folder in which the user stands, and reads its configuration.
    ///
    /// The search ends at a border between file systems, as DVC's does.
    /// - Throws: `CairnError` of kind `notRepository`, or `config` if a configuration file is broken.
    public static func discover(from surroundings: Surroundings, as personality: Personality) throws
        -> Workspace
    {
        let start = try surroundings.workingDirectory.resolved()
        guard let root = try findRoot(from: start) else {
            throw CairnError(
                .notRepository,
                "'\(start.bytes.printable)' is not inside of a cairn workspace (checked up to '\(try top(of: start))')",
                hint: "run `\(personality.command) init` to make one here",
                dvc:
                    "you are not inside of a DVC repository (checked up to mount point '\(try top(of: start))')"
            )
        }
        let files = ConfigurationFiles(root: root, surroundings: surroundings)
        let workspace = Workspace(
            root: root, configuration: try files.load(), own: try files.loadOwn(),
            surroundings: surroundings, personality: personality)
        guard personality == .cairn || !workspace.isNative else {
            throw CairnError(
                .config, "'\(root.bytes.printable)' is a native cairn workspace, which DVC cannot use",
                hint: "call this program `cairn`")
        }
        return workspace
    }

    /// The nearest folder with a `.dvc` folder, from `start` upwards on the same file system.
    static func findRoot(from start: FilePath) throws -> FilePath? {
        var folder = start
        guard let device = try folder.status(following: true)?.device else { return nil }
        while true {
            if try folder.appending(".dvc").status(following: true)?.kind == .folder { return folder }
            let parent = folder.removingLastComponent()
            guard parent != folder, try parent.status(following: true)?.device == device else { return nil }
            folder = parent
        }
    }

    private static func top(of start: FilePath) throws -> String {
        let device = try start.status(following: true)?.device
        var folder = start
        while true {
            let parent = folder.removingLastComponent()
            guard parent != folder, try parent.status(following: true)?.device == device else {
                return folder.bytes.printable
            }
            folder = parent
        }
    }

    /// `.dvc`.
    public var controlFolder: FilePath { root.appending(".dvc") }
    /// `.dvc/tmp`, which git ignores.
    public var temporaryFolder: FilePath { controlFolder.appending("tmp") }
    /// `.dvc/tmp/cairn`: everything of ours that is not an object.
    public var stateFolder: FilePath { temporaryFolder.appending("cairn") }
    /// Where damaged objects are kept: they may be the only copy.
    public var damagedFolder: FilePath { stateFolder.appending("damaged") }
    /// The folder of the local store.
    public var cacheFolder: FilePath {
        configuration.path("cache.dir").map { FilePath(bytes: $0) } ?? controlFolder.appending("cache")
    }
    /// What the ids of new data are made with: BLAKE3 in a native workspace, MD5 in one that DVC can use.
    ///
    /// What is recorded already is read by its own.
    public var algorithm: HashAlgorithm { format.algorithm }
    /// The format of what is newly recorded.
    public var format: RepositoryFormat { isNative ? .native : .dvc }
    /// False in a workspace that was made with `init --no-scm`.
    public var usesGit: Bool { !configuration.bool("core.no_scm") }

    /// How files of the workspace share bytes with the store, in the order in which to try.
    ///
    /// - Throws: `CairnError` of kind `config` for an unknown type.
    public func linkTypes() throws -> [LinkType] {
        guard let names = configuration.list("cache.type"), !names.isEmpty else { return [.reflink, .copy] }
        return try names.map { name in
            guard let type = LinkType(rawValue: name) else {
                throw CairnError(
                    .config, "unsupported cache type '\(name)' in cache.type",
                    hint: "use one or more of reflink, hardlink, symlink, copy")
            }
            return type
        }
    }

    /// A path of the workspace as the user sees it from where they stand.
    ///
    /// - Parameter isFolder: whether to end it with a slash.
    public func display(_ path: RepoPath, isFolder: Bool = false) -> String {
        relativeToUser(path).printable + (isFolder ? "/" : "")
    }

    /// The bytes of a path of the workspace (`nil` for the workspace itself) relative to where the user stands.
    public func relativeToUser(_ path: RepoPath?) -> [UInt8] {
        Surroundings.relativePath(of: path.map(absolute) ?? root, from: standpoint)
    }

    /// The workspace path of what the user typed, without looking at the disk beyond the folders on the way.
    ///
    /// - Throws: `CairnError` of kind `usage` for the workspace itself or a path outside of it.
    public func path(of text: String) throws -> RepoPath {
        guard let path = try pathOrRoot(of: text) else {
            throw CairnError(.usage, "'\(Array(text.utf8).printable)' is the workspace itself", hint: nil)
        }
        return path
    }

    /// As `path(of:)`, with `nil` for the workspace itself.
    public func pathOrRoot(of text: String) throws -> RepoPath? { try pathOrRoot(of: Array(text.utf8)) }

    /// As `pathOrRoot(of:)`, for a name that may not be UTF-8.
    public func pathOrRoot(of name: [UInt8]) throws -> RepoPath? {
        guard !name.isEmpty, !name.contains(0) else { throw CairnError(.usage, "an empty path was given") }
        let typed = FilePath(bytes: name)
        let absolute = typed.isAbsolute ? typed : surroundings.workingDirectory.pushing(typed)
        let normal = absolute.lexicallyNormalized()
        // The folder's links are resolved, the last name's are not: a link may itself be what is meant.
        var existing = normal.removingLastComponent()
        var rest = normal.lastComponent.map { [$0] } ?? []
        while try existing.status(following: true) == nil, let name = existing.lastComponent {
            rest.insert(name, at: 0)
            existing.removeLastComponent()
        }
        var resolved = try existing.resolved()
        for name in rest { resolved.append(name) }
        if resolved == root { return nil }
        let prefix = root.bytes + (root.bytes.last == UInt8(ascii: "/") ? [] : [UInt8(ascii: "/")])
        guard resolved.bytes.starts(with: prefix),
            let path = try? RepoPath(validating: resolved.bytes.dropFirst(prefix.count))
        else {
            throw CairnError(
                .usage, "'\(name.printable)' is outside of the workspace '\(root.bytes.printable)'",
                hint: "to bring it in, `\(personality.command) add --out NAME \(name.printable)`")
        }
        return path
    }

    /// The path of something in the workspace for the operating system.
    public func absolute(_ path: RepoPath) -> FilePath {
        FilePath(bytes: root.bytes + [UInt8(ascii: "/")] + path.bytes)
    }
}

/// Which program the user called: it picks exit codes, prompts and streams, never the format.
public enum Personality: String, Sendable {
    /// cairn by its own name.
    case cairn
    /// cairn through a link named `dvc`.
    case dvc

    /// What the user types.
    public var command: String { rawValue }
}
