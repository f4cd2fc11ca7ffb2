import CairnCore
import CairnFormats
import CairnGit
public import CairnSystem

/// Where a hook of git runs: the repository, and the workspaces in it.
public struct HookContext: Sendable {
    /// The user's environment and where git started the hook.
    let surroundings: Surroundings
    let personality: Personality
    let reporter: any Reporter
    let waitsForLock: Bool

    /// Puts a context together; nothing is looked at yet.
    public init(
        surroundings: Surroundings, personality: Personality, waitsForLock: Bool = false,
        reporter: any Reporter = SilentReporter()
    ) {
        self.surroundings = surroundings
        self.personality = personality
        self.waitsForLock = waitsForLock
        self.reporter = reporter
    }

    /// The variable that lets git work without our hooks.
    public static let skipVariable = "CAIRN_SKIP_HOOKS"

    /// True if the user wants no hook of ours now.
    public var isSkipped: Bool { !["", "0"].contains(surroundings.environment[Self.skipVariable] ?? "") }

    /// True while git applies commits one after the other.
    ///
    /// - Throws: `GitError` if the repository cannot be opened.
    public func isRebasing() throws -> Bool { try repository()?.git.isRebasing() ?? false }

    /// The repository; `nil` for a bare one, and where there is none.
    ///
    /// - Throws: `GitError` if it cannot be opened.
    func repository() throws -> (git: GitRepository, top: FilePath)? {
        guard let git = try GitRepository.discover(from: surroundings.workingDirectory),
            let top = git.workDirectory
        else { return nil }
        return (git, top)
    }

    /// The workspace whose folder is `root`, with its configuration.
    ///
    /// - Throws: `CairnError` of kind `config` if that is broken.
    func workspace(at root: FilePath) throws -> Workspace {
        let files = ConfigurationFiles(root: root, surroundings: surroundings)
        var workspace = Workspace(
            root: root, configuration: try files.load(), own: try files.loadOwn(), surroundings: surroundings,
            personality: personality)
        workspace.waitsForLock = waitsForLock
        return workspace
    }

    /// The workspace that a file declares data in, or would.
    ///
    /// - Parameter path: relative to the top of the work tree; the file need not be there.
    /// - Returns: `nil` for a file in no workspace of this repository.
    func root(of path: [UInt8], below top: FilePath, _ known: inout [[UInt8]: FilePath?]) -> FilePath? {
        let folder = Array(path[..<(path.lastIndex(of: UInt8(ascii: "/")) ?? 0)])
        if let root = known[folder] { return root }
        let absolute = folder.isEmpty ? top : FilePath(bytes: top.bytes + [UInt8(ascii: "/")] + folder)
        let status = (try? absolute.appending(".dvc").status(following: true)) ?? nil
        // A repository inside of this one has pointers of its own.
        let root =
            status?.kind == .folder
            ? absolute : folder.isEmpty ? nil : self.root(of: folder, below: top, &known)
        known[folder] = .some(root)
        return root
    }

    /// Sorts changed files by the workspace that they are in.
    ///
    /// - Returns: the workspaces in the order of their paths, each with its files.
    func workspaces(
        of files: [GitChangedFile], below top: FilePath
    ) throws -> [(workspace: Workspace, files: [GitChangedFile])] {
        var known: [[UInt8]: FilePath?] = [:]
        var found: [[UInt8]: [GitChangedFile]] = [:]
        for file in files {
            // The control folder's own files declare nothing.
            guard let root = root(of: file.path, below: top, &known) else { continue }
            found[root.bytes, default: []].append(file)
        }
        return try found.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map {
            (try workspace(at: FilePath(bytes: $0.key)), $0.value)
        }
    }

    /// True for a file that declares data: a pointer, a pipeline or its lock.
    static func declaresData(_ path: [UInt8]) -> Bool {
        let name = path[(path.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? 0)...]
        return name.count > 4 && name.suffix(4).elementsEqual(".dvc".utf8)
            || name.elementsEqual("dvc.yaml".utf8) || name.elementsEqual("dvc.lock".utf8)
    }
}

/// Where a workspace lies in the work tree of git. It is found out once: resolving paths is slow for many of them.
struct WorkspaceInGit {
    /// Empty for the top; else with a slash at its end.
    private let prefix: [UInt8]

    init(_ workspace: Workspace, _ git: GitRepository) {
        prefix = git.relativePath(of: workspace.root).map { $0 + [UInt8(ascii: "/")] } ?? []
    }

    /// The path inside the workspace of a path that git gives; `nil` outside of it.
    func path(_ path: [UInt8]) -> RepoPath? {
        guard path.starts(with: prefix) else { return nil }
        return try? RepoPath(validating: path.dropFirst(prefix.count))
    }

    /// The path that git has for a path of the workspace.
    func pathInGit(_ path: RepoPath) -> [UInt8] { prefix + path.bytes }
}
