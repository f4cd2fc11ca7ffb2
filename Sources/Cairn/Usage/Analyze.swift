public import CairnCore
import CairnStore
public import CairnSystem

/// Finds out what a native repository would make of data, without storing any of it.
public enum Analysis {
    /// Analyzes files and folders, tracked or not, in a workspace or elsewhere.
    ///
    /// Files are found as `add` finds them, and read once; in a repository of DVC's format once more, for what its cache has. Nothing is
    /// written. Each path is seen beside those before it.
    /// - Parameters:
    ///   - paths: as the user typed them.
    ///   - reporter: hears how far it is.
    /// - Throws: `CairnError` for a path that does not exist or cannot be versioned, and for a workspace that cannot be read.
    public static func run(
        _ paths: [String], _ options: AnalyzeOptions = AnalyzeOptions(), from surroundings: Surroundings,
        as personality: Personality, reporter: any Reporter = SilentReporter()
    ) throws -> AnalyzeReport {
        let session = try session(from: surroundings, as: personality, reporter)
        let trees = try paths.map { try AnalyzedTree($0, options, surroundings, session) }
        var run = try AnalysisRun(options, session, reporter)
        reporter.begin(
            "analyzing", items: trees.reduce(0) { $0 + $1.snapshot.count },
            bytes: trees.reduce(0) { $0 + $1.snapshot.size })
        for tree in trees { try run.take(tree) }
        return run.report()
    }

    private static func session(
        from surroundings: Surroundings, as personality: Personality, _ reporter: any Reporter
    ) throws -> Session? {
        let workspace: Workspace
        do {
            workspace = try Workspace.discover(from: surroundings, as: personality)
        } catch let error as CairnError where error.kind == .notRepository {
            return nil
        }
        return try Session(workspace, reporter: reporter, writes: false)
    }
}

/// The files of one path that is analyzed.
struct AnalyzedTree {
    /// The path as the user typed it.
    let name: [UInt8]
    /// True for a folder.
    let isFolder: Bool
    /// The folder that the snapshot's paths are relative to.
    let base: FilePath
    let snapshot: TreeSnapshot

    /// Looks at a path.
    ///
    /// - Throws: `CairnError` if there is nothing, or something that cannot be versioned.
    init(_ text: String, _ options: AnalyzeOptions, _ surroundings: Surroundings, _ session: Session?) throws
    {
        guard !text.isEmpty else { throw CairnError(.usage, "an empty path was given") }
        name = Array(text.utf8)
        let typed = FilePath(bytes: name)
        let path = typed.isAbsolute ? typed : surroundings.workingDirectory.pushing(typed)
        guard let status = try path.status(following: true) else {
            throw CairnError(.notFound, "'\(name.printable)' does not exist")
        }
        switch status.kind {
        case .regular:
            var single = TreeSnapshot()
            single.append(path.lastComponentBytes ?? [], status, isLink: false)
            snapshot = single
            isFolder = false
            base = path.removingLastComponent()
        case .folder:
            let links: TreeWalker.LinkRule =
                try options.followsLinks
                ? .all : session.map { try FollowedLinks.none.rule(.native, $0) } ?? .none
            let walker = TreeWalker(
                workers: session?.workers ?? .perProcessor, following: links,
                leavingOut: try Self.filter(path, session))
            snapshot = try walker.snapshot(of: path)
            isFolder = true
            base = path
        case .symbolicLink, .fifo, .socket, .device:
            throw CairnError(TreeWalkError.unsupported(path, status.kind))
        }
    }

    /// What `add` would leave out.
    private static func filter(_ path: FilePath, _ session: Session?) throws -> TreeWalker.Filter {
        let builtIn = IgnoreFiles()
        guard let session, let inside = try? session.workspace.pathOrRoot(of: path.bytes) else {
            return { relative, isFolder in builtIn.rules.isIgnored(relative, isDirectory: isFolder) }
        }
        return try IgnoreFiles(above: inside, session: session).filter(in: inside)
    }

    /// The path of a file as the user would type it.
    func displayed(_ index: Int) -> [UInt8] {
        guard isFolder else { return name }
        let isRoot = name.elementsEqual(".".utf8)
        let lead = isRoot ? [] : name.last == UInt8(ascii: "/") ? name : name + [UInt8(ascii: "/")]
        return lead + snapshot.paths[index]
    }
}
