public import CairnCore
import CairnFormats
import CairnGit
public import CairnSystem

/// Who reads another repository, and what they say about it.
public struct SourceReader: Sendable {
    /// The user's environment, and where they stand.
    public let surroundings: Surroundings
    /// Which program the user called.
    public let personality: Personality
    /// Hears of what takes long.
    public let reporter: any Reporter
    /// Asks for passwords of remotes; `nil` where nobody can be asked.
    public var secrets: SecretQuestion?
    /// Settings of the other repository.
    public var overrides = SourceOverrides()
    /// How many transfers at a time are wanted.
    public var jobs: Int?
    /// Where relative addresses start besides where the user stands.
    var folders: [FilePath] = []
    /// False where a repository from elsewhere gives the address.
    var canBeLocal = true
    /// How many repositories import from each other until here.
    var depth = 0

    /// Puts a reader together.
    public init(
        _ surroundings: Surroundings, as personality: Personality, reporter: any Reporter = SilentReporter()
    ) {
        self.surroundings = surroundings
        self.personality = personality
        self.reporter = reporter
    }
}

/// Another repository, open for reading: a workspace, or files that git keeps.
public struct SourceRepository: Sendable {
    /// Where it is.
    public let address: SourceAddress
    let reader: SourceReader
    /// Its git repository; `nil` for a workspace without git.
    let git: GitRepository?
    /// The folder in which its files lie; `nil` where only commits are.
    let folder: FilePath?
    /// The workspace (or the whole of what git keeps) below the top of the tree of git; empty for the top.
    let top: [UInt8]
    /// What stands for the root of the workspace.
    let root: FilePath

    /// Opens a repository. One from elsewhere is fetched by git, unless a copy of it is here that has the commit.
    ///
    /// - Parameter revision: what will be asked for.
    /// - Throws: `CairnError` for an address that leads to none, and where git cannot fetch.
    public init(_ url: String, revision: String?, _ reader: SourceReader) throws {
        let folders = [reader.surroundings.workingDirectory] + reader.folders
        let address = try SourceAddress(url, from: folders, canBeLocal: reader.canBeLocal)
        let found: Found =
            switch address.place {
            case .network(let url): try Self.fetched(url, address.shown, revision, reader)
            case .folder(let path): try Self.found(at: path, address.shown, reader)
            }
        self.address = address
        self.reader = reader
        git = found.git
        folder = found.folder
        top = found.top
        root = found.root
    }

    /// What an address leads to.
    private struct Found {
        let git: GitRepository?
        let folder: FilePath?
        let top: [UInt8]
        let root: FilePath
    }

    private static func fetched(
        _ url: String, _ shown: String, _ revision: String?, _ reader: SourceReader
    ) throws -> Found {
        let cache = try RepositoryCache(reader.surroundings, reporter: reader.reporter)
        let commit = revision.flatMap { GitObjectID(hex: $0)?.hex }
        let entry = try cache.entry(for: url, having: commit, shown: shown)
        guard let git = try git(at: entry.git) else {
            throw CairnError(
                .damaged, "the copy of '\(shown)' in '\(entry.git.bytes.printable)' is no git repository",
                hint: "delete the folder, and it is fetched anew")
        }
        return Found(git: git, folder: nil, top: [], root: entry.workspace)
    }

    private static func found(at path: FilePath, _ shown: String, _ reader: SourceReader) throws -> Found {
        let root = try Workspace.findRoot(from: path)
        let git = try git(at: root ?? path)
        guard root != nil || git != nil else {
            throw CairnError(
                .notFound, "'\(shown)' is neither a git repository nor a workspace",
                hint: "bring in files that are in neither with `\(reader.personality.command) import-url`")
        }
        guard let place = root ?? git?.workDirectory else {
            let own = try RepositoryCache(reader.surroundings, reporter: reader.reporter).workspace(of: path)
            return Found(git: git, folder: nil, top: [], root: own)
        }
        return Found(git: git, folder: place, top: git?.relativePath(of: place) ?? [], root: place)
    }

    private static func git(at folder: FilePath) throws -> GitRepository? {
        var surroundings = GitSurroundings.ofProcess()
        // That of a hook belongs to another repository.
        surroundings.indexFile = nil
        return try GitRepository.discover(from: folder, surroundings: surroundings)
    }

    /// The repository as a workspace whose files are listed.
    ///
    /// - Throws: `CairnError` if its settings cannot be read.
    public func listedWorkspace() throws -> Workspace {
        var workspace = try overridden(workspace(nil))
        if folder == nil, let git {
            workspace.foreign = ForeignRepository(git: git, top: top, overrides: reader.overrides)
        }
        return workspace
    }

    /// True if the repository lies on this machine, so that its cache may be used and its relative paths mean something.
    var isLocal: Bool { address.isLocal }

    /// The commit that a revision names.
    ///
    /// - Parameter revision: `nil` for where the repository stands: of one from elsewhere, its default branch.
    /// - Throws: `CairnError` of kind `notFound` for a revision that is not there.
    func commit(_ revision: String?) throws -> GitCommit {
        guard let git else {
            throw CairnError(
                .notRepository, "'\(address.shown)' is not kept in git, so it has no revisions")
        }
        guard let revision else {
            guard let head = try git.head() else {
                throw CairnError(.notFound, "'\(address.shown)' has no commit yet")
            }
            return head
        }
        do {
            return try git.resolve(revision)
        } catch {
            guard error.reason == .unknownRevision else { throw error }
            let refusal = try unknown(revision, git)
            throw refusal
        }
    }

    private func unknown(_ revision: String, _ git: GitRepository) throws -> CairnError {
        let names = try (git.branches() + git.tags()).map(\.name)
        let guess = EditDistance.closest(to: revision, among: names)
        let isShallow = git.isShallow
        let shown = Array(revision.utf8).printable
        let isCommit = GitObjectID(hex: revision) != nil
        return CairnError(
            .notFound,
            isShallow
                ? "'\(address.shown)' has no revision '\(shown)'; it is a shallow clone, so older history is not there"
                : isCommit
                    ? "'\(address.shown)' has no commit '\(shown)' any more: its history was rewritten, or the commit was never pushed"
                    : "'\(address.shown)' has no revision '\(shown)'",
            hint: guess.map { "did you mean '\($0)'?" }
                ?? (isShallow ? "fetch the rest of its history there: `git fetch --unshallow`" : nil),
            dvc: "unknown Git revision '\(shown)'")
    }

    /// The workspace around a path of a commit: another one may lie inside of the repository.
    ///
    /// - Parameter path: from the top of the repository.
    /// - Returns: the folder of the workspace from there, and the rest of the path.
    private func innermost(_ path: RepoPath, in commit: GitCommit, _ git: GitRepository) throws
        -> (folder: RepoPath?, rest: RepoPath?)
    {
        let inner = try path.folderOrSelf { path in
            try git.entry(at: own(path) + Array("/.dvc".utf8), in: commit)?.mode == .folder
        }
        guard let inner else { return (nil, path) }
        return (inner, path == inner ? nil : path.relative(to: inner))
    }

    private func own(_ path: RepoPath) -> [UInt8] {
        top.isEmpty ? path.bytes : top + [UInt8(ascii: "/")] + path.bytes
    }

    /// The repository as it is at a commit.
    ///
    /// - Parameter path: what will be asked for, from the top of the repository; `nil` for the top.
    func view(at commit: GitCommit, around path: RepoPath?) throws -> SourceView {
        guard let git else { preconditionFailure("a commit comes from a git repository") }
        let place: (folder: RepoPath?, rest: RepoPath?) =
            try path.map { try innermost($0, in: commit, git) } ?? (nil, nil)
        var workspace = try self.workspace(place.folder)
        workspace.foreign = ForeignRepository(git: git, top: place.folder.map(own) ?? top)
        let session = try Session(workspace, reporter: reader.reporter, writes: false)
        guard let files = try RevisionFiles(commit, named: String(commit.id.hex.prefix(7)), session, git)
        else {
            throw CairnError(.notFound, "'\(address.shown)' has no such folder in \(commit.id.hex.prefix(7))")
        }
        return SourceView(
            repository: self, workspaces: try workspaces(files.content.workspace, workspace, commit, session),
            index: files.content.index, files: CommitSourceFiles(files, git, reader.surroundings.environment),
            commit: commit, path: place.rest, session: session)
    }

    /// The repository as its files lie there.
    func viewOfFiles(around path: RepoPath?) throws -> SourceView {
        guard let folder else { preconditionFailure("only commits are here") }
        let inner = try path?.folderOrSelf { path in
            let place = FilePath(bytes: folder.bytes + [UInt8(ascii: "/")] + path.bytes)
            return try place.appending(".dvc").status()?.kind == .folder
        }
        let workspace = try self.workspace(inner)
        let session = try Session(workspace, reporter: reader.reporter, writes: false)
        let rest: RepoPath?
        if let inner, let path { rest = path == inner ? nil : path.relative(to: inner) } else { rest = path }
        return SourceView(
            repository: self, workspaces: [try overridden(workspace)],
            index: try WorkspaceScan.run(session, keepsGoing: true), files: FolderSourceFiles(session),
            commit: nil, path: rest, session: session)
    }

    /// The workspace in a folder with the settings of today.
    private func workspace(_ inner: RepoPath?) throws -> Workspace {
        let root = folder.flatMap { folder in
            inner.map { FilePath(bytes: folder.bytes + [UInt8(ascii: "/")] + $0.bytes) }
        }
        let isThere = try root.map { try $0.status(following: true)?.kind == .folder } ?? false
        let place = isThere ? root ?? self.root : self.root
        let files = ConfigurationFiles(root: folder == nil ? nil : place, surroundings: reader.surroundings)
        var workspace = Workspace(
            root: place, configuration: try files.load(),
            own: folder == nil ? OwnConfiguration() : try files.loadOwn(),
            surroundings: reader.surroundings, personality: reader.personality)
        workspace.secrets = reader.secrets
        workspace.connections.want(jobs: reader.jobs)
        return workspace
    }

    /// The settings by which remotes are found, in the order in which they are asked: where the repository lies here those of today and then
    /// those of the commit, else those of the commit and then those of the default branch.
    private func workspaces(
        _ ofCommit: Result<Workspace, CairnError>, _ today: Workspace, _ commit: GitCommit, _ session: Session
    ) throws -> [Workspace] {
        guard folder == nil else {
            let first = try overridden(today)
            guard case .success(let then) = ofCommit, let second = try? overridden(then) else {
                return [first]
            }
            return [first, second]
        }
        let first = try overridden(ofCommit.get())
        guard let git, let head = try git.head(), head.id != commit.id,
            let files = try RevisionFiles(head, named: "HEAD", session, git),
            case .success(let now) = files.content.workspace, let second = try? overridden(now)
        else { return [first] }
        return [first, second]
    }

    private func overridden(_ workspace: Workspace) throws -> Workspace {
        let configuration = try reader.overrides.applied(to: workspace.configuration)
        return workspace.with(configuration)
    }
}

extension RepoPath {
    /// The path itself, or the nearest folder above it, that satisfies a condition.
    fileprivate func folderOrSelf(where isWanted: (RepoPath) throws -> Bool) rethrows -> RepoPath? {
        if try isWanted(self) { return self }
        return try parent?.folderOrSelf(where: isWanted)
    }
}
