import CairnCore
import CairnFormats
import CairnGit
import CairnSystem

/// What one revision declares.
struct RevisionContent {
    /// The workspace with the configuration that the revision has, or why that cannot be read.
    let workspace: Result<Workspace, CairnError>
    /// Pointers and pipelines. Files that cannot be read are among its problems.
    let index: OutputIndex
    /// The number of its configuration: revisions with the same one have the same workspace.
    let configuration: Int
    /// What the revision leaves out: by its `.dvcignore` files, and because it is in another workspace.
    let rules: IgnoreFiles
}

/// Reads what commits declare, for many commits at the cost of what differs between them.
///
/// Trees are read once (`GitTreeScanner`), and each version of a pointer or pipeline file is parsed once.
struct RevisionReader {
    /// What decides how the files of a commit are understood: its `.dvcignore` files, the workspaces inside, its configuration.
    private struct Frame {
        let rules: IgnoreFiles
        let workspace: Result<Workspace, CairnError>
        let number: Int
        var scanner: GitTreeScanner
        /// The pointers that were given, because a scanner gives all of a folder in which one is new.
        var given: Set<GitTreeFile> = []
    }
    private struct PipelineKey: Hashable {
        let file: GitObjectID
        let lock: GitObjectID?
    }
    /// A pipeline with the files that its templates were filled in from: another commit may have others.
    private struct KnownPipeline {
        let pipeline: Result<OutputIndex.Pipeline, CairnError>
        let templateFiles: [RepoPath: GitObjectID?]
    }

    private static let frameFiles = GitTreeScanner.Selection { name, folder in
        name.elementsEqual(IgnoreFiles.name)
            || (folder.elementsEqual(".dvc".utf8) && name.elementsEqual("config".utf8))
    }
    private static let dataFiles = GitTreeScanner.Selection(
        isWanted: { name, _ in
            (name.count > 4 && name.suffix(4).elementsEqual(".dvc".utf8))
                || name.elementsEqual("dvc.yaml".utf8) || name.elementsEqual("dvc.lock".utf8)
        }, entersFolder: { name, _ in !name.elementsEqual(".dvc".utf8) })

    private let workspace: Workspace
    private let git: GitRepository
    /// The workspace below the top of the work tree.
    private let top: [UInt8]
    private var frameScanner: GitTreeScanner
    private var frames: [[GitTreeFile]: Frame] = [:]
    private var frameCount = 0
    private var pointers: [GitObjectID: Result<PointerFile, CairnError>] = [:]
    private var pipelines: [PipelineKey: KnownPipeline] = [:]

    /// Prepares to read revisions of the repository around a workspace.
    ///
    /// - Throws: `CairnError` of kind `usage` where there is no git repository.
    init(_ session: Session) throws {
        git = try session.repository()
        workspace = session.workspace
        top = session.top(in: git)
        frameScanner = GitTreeScanner(git, Self.frameFiles)
    }

    /// What a revision declares.
    ///
    /// - Parameter onlyNew: whether to leave out what an earlier call with `onlyNew` has given under the same configuration.
    /// - Returns: `nil` if the revision has no such workspace.
    /// - Throws: `GitError` if trees cannot be read, or `SystemError` when the user asked to stop.
    mutating func read(_ commit: NamedCommit, onlyNew: Bool) throws -> RevisionContent? {
        try Interruption.check()
        guard let files = try frameScanner.files(in: commit.commit, below: top) else { return nil }
        // Out of the dictionary while it is changed: what it has learned is not copied then.
        var frame = try frames.removeValue(forKey: files) ?? makeFrame(files, commit)
        defer { frames[files] = frame }
        let found =
            onlyNew
            ? try frame.scanner.newFiles(in: commit.commit, below: top)
            : try frame.scanner.files(in: commit.commit, below: top)
        guard let found else { return nil }
        var index = OutputIndex()
        var locks: [[UInt8]: GitObjectID] = [:]
        for file in found where file.path.hasName("dvc.lock") { locks[file.path] = file.blob }
        for file in found where !file.path.hasName("dvc.lock") && file.mode != .link {
            if onlyNew, !file.path.hasName("dvc.yaml"), !frame.given.insert(file).inserted { continue }
            guard let path = try? RepoPath(validating: file.path),
                !frame.rules.isIgnored(path, isFolder: false)
            else { continue }
            do {
                try add(path, file, locks, commit, to: &index)
            } catch {
                let error = CairnError(error)
                guard error.kind != .interrupted else { throw error }
                index.problems.append((path, error))
            }
        }
        return RevisionContent(
            workspace: frame.workspace, index: index, configuration: frame.number, rules: frame.rules)
    }

    /// Makes `read` with `onlyNew` leave out what a revision has, under the same configuration.
    ///
    /// - Throws: `GitError` if trees cannot be read.
    mutating func skip(_ commit: GitCommit) throws {
        let named = NamedCommit(commit: commit, name: String(commit.id.hex.prefix(7)))
        guard let files = try frameScanner.files(in: commit, below: top) else { return }
        var frame = try frames[files] ?? makeFrame(files, named)
        _ = try frame.scanner.newFiles(in: commit, below: top)
        frames[files] = frame
    }

    private mutating func add(
        _ path: RepoPath, _ file: GitTreeFile, _ locks: [[UInt8]: GitObjectID], _ commit: NamedCommit,
        to index: inout OutputIndex
    ) throws {
        let name = "\(path) (in \(commit.name))"
        let (git, top) = (git, top)
        let settings = workspace.configuration.templateSettings
        guard path.name.elementsEqual("dvc.yaml".utf8) else {
            let pointer: Result<PointerFile, CairnError>
            if let known = pointers[file.blob] {
                pointer = known
            } else {
                pointer = Self.result { try PointerFile(parsing: git.blob(file.blob), file: name) }
                pointers[file.blob] = pointer
            }
            return try index.add(pointer.get(), at: path, shownAs: name)
        }
        let lockPath = path.sibling("dvc.lock")
        let key = PipelineKey(file: file.blob, lock: locks[lockPath.bytes])
        if let known = pipelines[key],
            try known.templateFiles.allSatisfy({ try Self.blob(at: $0.key, in: commit, git, top) == $0.value }
            )
        {
            return try index.add(known.pipeline.get(), at: path, shownAs: name)
        }
        var used: [RepoPath: GitObjectID?] = [:]
        let pipeline = Self.result {
            let lock = try key.lock.map {
                try PipelineLock(parsing: git.blob($0), file: "\(lockPath) (in \(commit.name))")
            }
            let source = TemplateFiles(folder: path.parent, name: name) { file in
                let blob = try Self.blob(at: file, in: commit, git, top)
                used[file] = .some(blob)
                return try blob.map { try git.blob($0) }
            }
            return try OutputIndex.Pipeline(
                PipelineFile(parsing: git.blob(key.file), file: name), lock, source, settings)
        }
        pipelines[key] = KnownPipeline(pipeline: pipeline, templateFiles: used)
        try index.add(pipeline.get(), at: path, shownAs: name)
    }

    /// The file of a commit at a path of the workspace; `nil` if there is none.
    private static func blob(
        at path: RepoPath, in commit: NamedCommit, _ git: GitRepository, _ top: [UInt8]
    ) throws -> GitObjectID? {
        let own = top.isEmpty ? path.bytes : top + [UInt8(ascii: "/")] + path.bytes
        guard let entry = try git.entry(at: own, in: commit.commit), entry.mode != .folder else { return nil }
        return entry.id
    }

    private mutating func makeFrame(_ files: [GitTreeFile], _ commit: NamedCommit) throws -> Frame {
        var rules = IgnoreRules()
        var configuration: GitTreeFile?
        // Folders before what is in them: the rules of inner ones are stronger.
        for file in files.sorted(by: { $0.path.lexicographicallyPrecedes($1.path) }) where file.mode != .link
        {
            if file.path.hasName("config") {
                let folder = file.path.dropLast("/.dvc/config".utf8.count)
                if file.path.count == ".dvc/config".utf8.count {
                    configuration = file
                } else {
                    rules.add(repositoryIn: try RepoPath(validating: folder))
                }
            } else {
                let folder = Array(file.path.dropLast(file.path.count == IgnoreFiles.name.count ? 10 : 11))
                rules.add(file: try git.blob(file.blob), in: folder, source: file.path.printable)
            }
        }
        frameCount += 1
        return Frame(
            rules: IgnoreFiles(rules),
            workspace: Self.result { try self.configured(by: configuration, commit) },
            number: frameCount, scanner: GitTreeScanner(git, Self.dataFiles))
    }

    /// The workspace as it would be with the configuration of a revision; relative paths in it start from where they start today.
    private func configured(by file: GitTreeFile?, _ commit: NamedCommit) throws -> Workspace {
        var sources = workspace.configuration.sources.filter { $0.level != .repository }
        if let file {
            let name = ".dvc/config (in \(commit.name))"
            let parsed = try ConfigFile(parsing: git.blob(file.blob), name: name)
            sources.append(
                Configuration.Source(
                    .repository, path: workspace.controlFolder.appending("config").bytes, file: parsed))
        }
        return workspace.with(Configuration(sources, home: workspace.configuration.home))
    }

    private static func result<Value>(_ body: () throws -> Value) -> Result<Value, CairnError> {
        do {
            return .success(try body())
        } catch {
            return .failure(CairnError(error))
        }
    }
}

extension Workspace {
    /// The same place under another configuration.
    func with(_ configuration: Configuration) -> Workspace {
        var workspace = Workspace(
            root: root, configuration: configuration, own: own, surroundings: surroundings,
            personality: personality)
        workspace.connections = connections
        workspace.secrets = secrets
        workspace.foreign = foreign
        return workspace
    }
}

extension [UInt8] {
    /// True if the last name of a path is this one.
    fileprivate func hasName(_ name: String) -> Bool {
        guard suffix(name.utf8.count).elementsEqual(name.utf8) else { return false }
        return count == name.utf8.count || self[count - name.utf8.count - 1] == UInt8(ascii: "/")
    }
}
