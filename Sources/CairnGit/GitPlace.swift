import CairnCore
import CairnSystem
internal import CLibGit2

/// Where a repository lies, found by looking at names only: libgit2 is not started.
struct GitPlace {
    /// The folder that holds `.git`; `nil` when the search met a git directory itself.
    let workDirectory: FilePath?
    /// The `.git` file of a linked worktree or a submodule.
    let gitFile: FilePath?
    /// The folder with `HEAD` and the index.
    let gitDirectory: FilePath
    /// The folder with objects, references and configuration; another one only in a linked worktree.
    let commonDirectory: FilePath
    /// True if the work tree is another one than the repository itself would name.
    var isSeparate = false

    /// Finds the repository of a path: that which the environment names if the path is in its work tree, else by looking around.
    ///
    /// - Returns: `nil` when there is none, also when `start` does not exist.
    /// - Throws: `GitError` for a `.git` file or a `GIT_DIR` that leads nowhere.
    static func find(from start: FilePath, _ surroundings: GitSurroundings) throws(GitError) -> GitPlace? {
        if let named = try named(by: surroundings), let top = named.workDirectory,
            let real = GitFiles.realPath(start), real.starts(with: top)
        {
            return named
        }
        return try find(from: start, ceilings: surroundings.ceilings)
    }

    /// The repository that `GIT_DIR` names, as git tells its hooks; `nil` without one, and for a bare one.
    private static func named(by surroundings: GitSurroundings) throws(GitError) -> GitPlace? {
        guard let text = surroundings.gitDirectory else { return nil }
        guard let directory = GitFiles.realPath(text), let common = commonDirectory(of: directory) else {
            throw GitError(
                code: -1, operation: "open '\(text.bytes.printable)'",
                message: "GIT_DIR names it, and it is not a git repository")
        }
        var top = surroundings.workTree
        if top == nil {
            let configuration = try GitConfiguration(
                files: [(common.appending("config"), GIT_CONFIG_LEVEL_LOCAL)])
            if let path = try configuration.values("core.worktree").last {
                top = directory.pushing(FilePath(bytes: path))
            } else if try configuration.boolean("core.bare") == true, common == directory {
                return nil
            }
        }
        // Without a name for it, the work tree is where git stands, which is where its hooks start.
        guard let top = GitFiles.realPath(top ?? ".") else { return nil }
        if let usual = try at(top), GitFiles.realPath(usual.gitDirectory) == directory { return usual }
        return GitPlace(
            workDirectory: top, gitFile: nil, gitDirectory: directory, commonDirectory: common,
            isSeparate: true)
    }

    /// Looks for a repository from a folder upwards, as git does: up to a ceiling and not across file systems.
    ///
    /// - Returns: `nil` when there is none, also when `start` does not exist.
    /// - Throws: `GitError` for a `.git` file that leads nowhere.
    static func find(from start: FilePath, ceilings: [FilePath]) throws(GitError) -> GitPlace? {
        guard let real = GitFiles.realPath(start) else { return nil }
        var folder = GitFiles.isFolder(real) ? real : real.removingLastComponent()
        let device = GitFiles.status(folder)?.device
        let ceilings = ceilings.map { GitFiles.realPath($0) ?? $0 }
        while true {
            if let place = try at(folder) { return place }
            let parent = folder.removingLastComponent()
            guard parent != folder, !ceilings.contains(parent) else { return nil }
            guard GitFiles.status(parent)?.device == device else { return nil }
            folder = parent
        }
    }

    private static func at(_ folder: FilePath) throws(GitError) -> GitPlace? {
        let link = folder.appending(".git")
        if GitFiles.isFolder(link) {
            // git, too, goes on upwards from a `.git` folder that is no repository.
            if let common = commonDirectory(of: link) {
                return GitPlace(
                    workDirectory: folder, gitFile: nil, gitDirectory: link, commonDirectory: common)
            }
        } else if let text = GitFiles.read(link, limit: 1 << 16) {
            let gitDirectory = try target(of: text, in: folder, file: link)
            guard let common = commonDirectory(of: gitDirectory) else {
                throw GitError(
                    code: -1, operation: "open '\(link.bytes.printable)'",
                    message: "it leads to '\(gitDirectory.bytes.printable)', which is not a git repository")
            }
            return GitPlace(
                workDirectory: folder, gitFile: link, gitDirectory: gitDirectory, commonDirectory: common)
        }
        if let common = commonDirectory(of: folder) {
            return GitPlace(workDirectory: nil, gitFile: nil, gitDirectory: folder, commonDirectory: common)
        }
        return nil
    }

    /// Takes `gitdir: PATH` apart; a relative path starts at the file's folder.
    private static func target(
        of text: [UInt8], in folder: FilePath, file: FilePath
    ) throws(GitError) -> FilePath {
        let prefix = Array("gitdir: ".utf8)
        var path = text.dropFirst(prefix.count)
        while let last = path.last, last == UInt8(ascii: "\n") || last == UInt8(ascii: "\r") {
            path.removeLast()
        }
        guard text.starts(with: prefix), !path.isEmpty, !path.contains(0) else {
            throw GitError(
                code: -1, operation: "open '\(file.bytes.printable)'",
                message: "it has no line `gitdir: PATH`")
        }
        let target = path.first == UInt8(ascii: "/") ? FilePath(bytes: path) : folder.appending(bytes: path)
        return GitFiles.realPath(target) ?? target
    }

    /// The folder with the objects of a git directory; `nil` when `folder` is not a git directory.
    ///
    /// `GitWorktree` asks the same question to recognise a repository inside the workspace.
    static func commonDirectory(of folder: FilePath) -> FilePath? {
        // HEAD may be a symbolic link to a branch that has no commit yet, so it is not followed.
        guard let head = GitFiles.status(folder.appending("HEAD")), head.kind != .folder else { return nil }
        var common = folder
        if var text = GitFiles.read(folder.appending("commondir"), limit: 1 << 16)?[...], !text.contains(0) {
            while let last = text.last, last == UInt8(ascii: "\n") || last == UInt8(ascii: "\r") {
                text.removeLast()
            }
            let path = text.first == UInt8(ascii: "/") ? FilePath(bytes: text) : folder.appending(bytes: text)
            common = GitFiles.realPath(path) ?? path
        }
        guard GitFiles.isFolder(common.appending("objects")), GitFiles.isFolder(common.appending("refs"))
        else {
            return nil
        }
        return common
    }
}
