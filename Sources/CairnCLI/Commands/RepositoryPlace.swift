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
    /// Keeps the clone as long as it is looked at.
    private let clone: RepositoryClone?

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
        clone = nil
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
    /// - Parameter path: a path in it, for a folder of this machine relative to where the user stands as `dvc`, or to the folder.
    /// - Throws: `CairnError` if there is no such folder, it is in no workspace, or the repository cannot be cloned.
    init(_ url: String, _ path: String?, _ context: Context) throws {
        let typed: FilePath
        if Self.isAddress(url), try FilePath(url).status(following: true) == nil {
            if url.utf8.starts(with: "file://".utf8), let local = String(url.utf8.dropFirst(7)) {
                typed = FilePath(local)
                clone = nil
            } else {
                let made = try RepositoryClone(of: url, context.surroundings, reporter: context.reporter)
                typed = made.root
                clone = made
            }
        } else {
            typed = FilePath(url)
            clone = nil
        }
        let folder = typed.isAbsolute ? typed : context.surroundings.workingDirectory.pushing(typed)
        guard try folder.status(following: true)?.kind == .folder else {
            throw CairnError(
                .notFound, "there is no folder '\(Array(url.utf8).printable)'",
                hint: "name this workspace by `.`")
        }
        var surroundings = context.surroundings
        surroundings.workingDirectory = folder
        let found = try Workspace.discover(from: surroundings, as: context.personality)
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
