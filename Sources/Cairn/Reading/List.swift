public import CairnCore
import CairnFormats
import CairnGit
import CairnStore
public import CairnSystem

/// What is listed.
public struct ListOptions: Sendable {
    /// Only what pointers and pipelines track.
    public var onlyTracked = false
    /// How many levels of folders are opened; `nil` for all.
    public var depth: Int? = 1
    /// A revision of git, instead of the workspace as it is.
    public var revision: String?

    /// The names in one folder of the workspace.
    public init() {}
}

/// A file or folder in a listing.
public struct ListEntry: Sendable {
    /// The last name.
    public let name: [UInt8]
    /// True for what is, or is inside of, an output.
    public internal(set) var isOutput = false
    /// True for a folder.
    public internal(set) var isFolder = false
    /// True for a file of git or of the workspace that may be executed.
    public internal(set) var isExecutable = false
    /// Bytes; `nil` where they are not known. Of a folder what the file system says.
    public internal(set) var size: Int64?
    /// Bytes that are recorded of an output, whatever lies in its place.
    public internal(set) var recordedSize: Int64?
    /// True for what lies in the workspace or in the commit, and is not merely recorded.
    public internal(set) var isThere = false
    /// What is recorded of an output or of a file inside of one.
    public internal(set) var id: ObjectID?
    /// What is in a folder, in the order of names; `nil` if it was not opened.
    public internal(set) var contents: [ListEntry]?
}

extension Workspace {
    /// The same workspace for a user who stands in another folder.
    public func standing(at folder: FilePath) -> Workspace {
        var surroundings = surroundings
        surroundings.workingDirectory = folder
        var workspace = Workspace(
            root: root, configuration: configuration, own: own, surroundings: surroundings,
            personality: personality)
        workspace.connections = connections
        workspace.foreign = foreign
        return workspace
    }

    /// Lists what is in a folder of the workspace, or of a revision: files as they lie there, and what is tracked, here or not.
    ///
    /// What `.dvcignore` leaves out and other workspaces below this one are not listed.
    /// - Parameter path: where to start; `nil` for the whole workspace.
    /// - Returns: the folder or file, with what is in it down to the wanted depth.
    /// - Throws: `CairnError` of kind `notFound` if there is nothing, or no such revision.
    public func list(
        _ path: RepoPath?, _ options: ListOptions = ListOptions(), reporter: any Reporter = SilentReporter()
    ) throws -> ListEntry {
        let session = try Session(self, reporter: reporter, writes: false)
        var lister: Lister
        if let revision = options.revision ?? (foreign == nil ? nil : "HEAD") {
            let git = try session.repository()
            guard let files = try RevisionFiles(git.resolve(revision), named: revision, session, git) else {
                throw CairnError(
                    .notFound, "there is no workspace here in '\(Array(revision.utf8).printable)'")
            }
            lister = try Lister(files.content.index, files, configured(files.content, session))
        } else {
            lister = Lister(
                try WorkspaceScan.run(session, keepsGoing: true), WorkspaceFiles(session), session)
        }
        for problem in lister.index.problems { reporter.warn(problem.error.message, hint: nil) }
        guard let entry = try lister.entry(path, options) else {
            let place = options.revision.map { " in '\(Array($0.utf8).printable)'" } ?? ""
            let known = lister.index.outputs.map { display($0.path) }
            let near = path.flatMap { EditDistance.closest(to: display($0), among: known) }
            throw CairnError(
                .notFound, "'\(path.map { display($0) } ?? ".")' does not exist\(place)",
                hint: near.map { "did you mean '\($0)'?" },
                dvc:
                    "[Errno 2] No such file or directory: '\(path.map { absolute($0).bytes.printable } ?? "")'"
            )
        }
        return entry
    }

    /// What is open for reading, with the settings of a commit where there are no others.
    private func configured(_ content: RevisionContent, _ session: Session) throws -> Session {
        guard let foreign, case .success(let workspace) = content.workspace else { return session }
        let own = try workspace.with(foreign.overrides.applied(to: workspace.configuration))
        return try Session(own, reporter: session.reporter, writes: false)
    }
}
