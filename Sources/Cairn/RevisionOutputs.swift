import CairnCore
import CairnGit
import CairnSystem

/// The files of one commit as a workspace would find them: what they declare, and which of them count.
struct RevisionFiles {
    /// The commit.
    let commit: GitCommit
    /// What `.dvcignore` files of the commit leave out.
    let rules: IgnoreRules
    /// Folders of the commit that are workspaces of their own.
    let innerWorkspaces: Set<RepoPath>
    /// Pointer and pipeline files, locks, settings and ignore files, relative to the workspace.
    let files: [RepoPath: GitTreeFile]

    private let git: GitRepository

    /// Reads the names of a commit, nothing of its data.
    ///
    /// - Returns: `nil` if the commit has no folder where the workspace is.
    /// - Throws: `GitError` if a tree cannot be read.
    init?(_ commit: GitCommit, of workspace: Workspace, in git: GitRepository) throws {
        var scanner = GitTreeScanner(git)
        guard let found = try scanner.files(in: commit, below: Self.prefix(of: workspace, in: git)) else { return nil }
        var files: [RepoPath: GitTreeFile] = [:]
        for file in found { files[try RepoPath(validating: file.path)] = file }
        self.commit = commit
        self.git = git
        self.files = files
        innerWorkspaces = Set(
            files.keys.compactMap { path in
                guard path.name.elementsEqual("config".utf8), let folder = path.parent else { return nil }
                return folder.name.elementsEqual(".dvc".utf8) ? folder.parent : nil
            })
        // Rules of an outer folder come before those of an inner one: the last that matches decides.
        var rules = IgnoreRules()
        let ignoreFiles = files.keys.filter { $0.name.elementsEqual(IgnoreFiles.name) }
        for path in ignoreFiles.sorted(by: { ($0.components.count, $0) < ($1.components.count, $1) }) {
            guard let file = files[path], file.mode != .link else { continue }
            rules.add(file: try git.blob(file.blob), in: path.parent?.bytes ?? [], source: path.description)
        }
        self.rules = rules
    }

    /// Where the workspace is in the work tree of git; empty for its top.
    static func prefix(of workspace: Workspace, in git: GitRepository) throws -> [UInt8] {
        git.relativePath(of: workspace.root) ?? []
    }

    /// True for what a workspace of this commit would not look at.
    func isLeftOut(_ path: RepoPath, isFolder: Bool) -> Bool {
        if innerWorkspaces.contains(where: { path == $0 || path.isBelow($0) }) { return true }
        return rules.isIgnored(withParents: path.bytes, isDirectory: isFolder)
    }

    /// The bytes of a file of the commit.
    ///
    /// - Returns: `nil` if it is not among `files`, or is a symbolic link.
    func bytes(of path: RepoPath) throws -> [UInt8]? {
        guard let file = files[path], file.mode != .link else { return nil }
        return try git.blob(file.blob)
    }
}

extension OutputIndex {
    /// Reads all that declares data in a commit.
    ///
    /// Files that cannot be understood become problems of the index: nobody can mend an old commit.
    /// - Throws: `GitError` if an object cannot be read.
    static func load(_ files: RevisionFiles) throws -> OutputIndex {
        var index = OutputIndex()
        var outputs: Set<RepoPath> = []
        for path in files.files.keys.sorted() where !files.isLeftOut(path, isFolder: false) {
            let isPipeline = path.name.elementsEqual("dvc.yaml".utf8)
            let isPointer = path.name.count > 4 && path.name.suffix(4).elementsEqual(".dvc".utf8)
            guard isPipeline || isPointer, !path.isInside(outputs),
                let bytes = try files.bytes(of: path)
            else { continue }
            let before = index.outputs.count
            do {
                if isPipeline {
                    let lock = try files.bytes(of: path.sibling("dvc.lock"))
                    try index.add(bytes, lock: lock, asPipeline: path, shownAs: path.description)
                } else {
                    try index.add(bytes, asPointer: path, shownAs: path.description)
                }
            } catch {
                index.problems.append((path, CairnError(error)))
            }
            for output in index.outputs[before...] { outputs.insert(output.path) }
        }
        return index
    }

    /// Reads all that declares data in a revision that the user named.
    ///
    /// - Returns: an empty index if the revision has no folder where the workspace is.
    /// - Throws: `CairnError` if there is no such revision, or its objects cannot be read.
    static func load(_ revision: String, of workspace: Workspace, in git: GitRepository) throws -> OutputIndex {
        guard let files = try RevisionFiles(git.resolve(revision), of: workspace, in: git) else { return OutputIndex() }
        return try load(files)
    }
}

extension RepoPath {
    /// True if a folder on the way to the path is one of `folders`.
    func isInside(_ folders: Set<RepoPath>) -> Bool { topmost(in: folders, strictly: true) != nil }

    /// The outermost of `paths` that is the path or a folder on the way to it.
    ///
    /// - Parameter isStrict: whether the path itself does not count.
    func topmost(in paths: Set<RepoPath>, strictly isStrict: Bool = false) -> RepoPath? {
        var found = isStrict || !paths.contains(self) ? nil : self
        var folder = parent
        while let next = folder {
            if paths.contains(next) { found = next }
            folder = next.parent
        }
        return found
    }
}
