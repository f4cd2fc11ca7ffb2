import Cairn
import CairnCore
import CairnSystem

/// A path in some repository, as `list` and `du` take it: a folder of this machine, or what git can clone.
struct RepositoryPlace {
    let workspace: Workspace
    /// The folder or file; `nil` for the workspace itself.
    let start: RepoPath?
    /// What stands in front of names.
    let prefix: [UInt8]
    /// True for what is no path: an address with a scheme, or of the form `host:path`, which git understands.
    static func isAddress(_ text: String) -> Bool {
        if text.utf8.firstRange(of: Array("://".utf8)) != nil { return true }
        guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) else { return false }
        return !text.utf8[..<colon].contains(UInt8(ascii: "/"))
    }

    /// True if there is such a folder.
    static func isFolder(_ text: String, _ context: Context) throws -> Bool {
        let typed = FilePath(text)
        let path = typed.isAbsolute ? typed : context.surroundings.workingDirectory.pushing(typed)
        return try path.status(following: true)?.kind == .folder
    }

    /// A path in a revision of the workspace around the user.
    ///
    /// - Parameter path: a further path below it.
    /// - Throws: `CairnError` if it lies outside.
    init(at named: RevisionPath, _ path: String?, _ context: Context) throws {
        workspace = try context.workspace()
        prefix = []
        guard let path else {
            start = named.path
            return
        }
        let inner = try workspace.standing(at: workspace.root).pathOrRoot(of: path)
        start = inner.map { inner in named.path.map { $0.appending(inner) } ?? inner } ?? named.path
    }

    /// Opens a repository.
    ///
    /// - Parameters:
    ///   - path: a path in it, for a folder of this machine relative to where the user stands as `dvc`, or to the folder.
    ///   - revision: what will be asked for.
    /// - Throws: `CairnError` if there is no such folder, it is in no workspace, or the repository cannot be fetched.
    init(_ url: String, _ path: String?, revision: String?, _ flags: SourceFlags, _ context: Context) throws {
        let overrides = try flags.overrides(context.surroundings)
        let address = try SourceAddress(url, from: [context.surroundings.workingDirectory])
        guard let folder = address.folder, try Workspace.isInside(folder) else {
            let reader = try context.sourceReader(overrides, jobs: nil)
            workspace = try SourceRepository(url, revision: revision, reader).listedWorkspace()
            start = try path.flatMap { try SourcePath.parse($0) }
            prefix = []
            return
        }
        var surroundings = context.surroundings
        surroundings.workingDirectory = folder
        let found = try Workspace.discover(from: surroundings, as: context.personality).with(overrides)
        let isDVC = context.personality == .dvc
        // DVC takes the folder for its whole repository, and paths as seen from where the user stands.
        let isHere =
            (try? Workspace.discover(from: context.surroundings, as: context.personality))?.root == found.root
        workspace =
            isDVC && !isHere
            ? found.standing(at: found.root)
            : isDVC ? found.standing(at: context.surroundings.workingDirectory) : found
        if let path {
            start = try workspace.pathOrRoot(of: path)
            prefix = []
        } else {
            start = isDVC ? nil : try workspace.pathOrRoot(of: ".")
            let up = isDVC ? workspace.relativeToUser(nil) : Array(".".utf8)
            prefix = up.elementsEqual(".".utf8) ? [] : up
        }
    }
}
