import CairnCore
import CairnSystem
internal import CLibGit2
import Synchronization

/// A git repository with its work tree.
///
/// Paths that its operations take and give are bytes relative to `workDirectory`, `/` between components.
///
/// A class because it owns a C resource and is stored in other objects. It is `Sendable`: everything in libgit2 that hangs on
/// `raw` (the repository with its caches, its one index object) is reached only through `locked`, which lets one thread in at
/// a time, and what leaves `locked` is a Swift value, never a pointer. libgit2 itself may be called from any thread.
public final class GitRepository: Sendable {
    // Safe for the reason above: the pointer never changes, and is handed out only under the lock.
    private nonisolated(unsafe) let raw: OpaquePointer
    private let lock = Mutex<Void>(())

    /// The top of the work tree, without symbolic links; `nil` for a bare repository.
    public let workDirectory: FilePath?
    /// The folder with `HEAD` and the index: of a linked worktree, the part of its own.
    public let gitDirectory: FilePath
    /// The folder with objects, references and configuration, shared by all linked worktrees.
    public let commonDirectory: FilePath

    let defaultExcludesFile: FilePath?

    /// True for a repository that has no work tree.
    public var isBare: Bool { workDirectory == nil }

    /// Finds the repository that a folder or file lies in.
    ///
    /// Where there is none, the answer costs a few looks at names: libgit2 is not started.
    ///
    /// - Returns: `nil` when no repository lies around `start`, or `start` does not exist.
    /// - Throws: `GitError` with reason `foreignOwner` or `unsupported`, or another if the repository cannot be opened.
    public static func discover(
        from start: FilePath, surroundings: GitSurroundings = .ofProcess()
    ) throws(GitError) -> GitRepository? {
        guard let place = try GitPlace.find(from: start, surroundings) else { return nil }
        return try GitRepository(place, surroundings)
    }

    private init(_ place: GitPlace, _ surroundings: GitSurroundings) throws(GitError) {
        try GitSafety.checkOwner(of: place, surroundings)
        try GitSafety.checkFormat(of: place)
        let top = place.workDirectory ?? place.gitDirectory
        let operation = "open the git repository '\(top.bytes.printable)'"
        var raw: OpaquePointer?
        let opened = place.isSeparate ? place.gitDirectory : top
        try opened.bytes.withCString { (path) throws(GitError) in
            try git(operation) {
                git_repository_open_ext(&raw, path, UInt32(GIT_REPOSITORY_OPEN_NO_SEARCH.rawValue), nil)
            }
        }
        if place.isSeparate {
            do throws(GitError) {
                try top.bytes.withCString { (path) throws(GitError) in
                    try git(operation) { git_repository_set_workdir(raw, path, 0) }
                }
            } catch {
                git_repository_free(raw)
                throw error
            }
        }
        self.raw = raw!  // libgit2 sets it whenever it returns 0
        gitDirectory = place.gitDirectory
        commonDirectory = place.commonDirectory
        defaultExcludesFile = surroundings.defaultExcludesFile
        workDirectory = git_repository_workdir(raw).map { FilePath(platformString: $0) }

        let local = try GitConfiguration(
            files: [(place.commonDirectory.appending("config"), GIT_CONFIG_LEVEL_LOCAL)])
        let readsWorktree = try local.boolean("extensions.worktreeconfig") ?? false
        let configuration = try GitConfiguration(
            files: GitConfiguration.files(of: place, surroundings, readsWorktree: readsWorktree),
            repository: raw)
        try git(operation) { git_repository_set_config(raw, configuration.raw) }
        if let file = surroundings.indexFile { try useIndex(at: file) }
    }

    deinit { git_repository_free(raw) }

    private func useIndex(at file: FilePath) throws(GitError) {
        // git gives it relative to the top of the work tree, where it starts hooks.
        let path = (workDirectory ?? gitDirectory).pushing(file)
        var index: OpaquePointer?
        try path.bytes.withCString { (text) throws(GitError) in
            try git("open the index '\(path.bytes.printable)'") { git_index_open(&index, text) }
        }
        defer { git_index_free(index) }
        try git("open the index '\(path.bytes.printable)'") { git_repository_set_index(raw, index) }
    }

    /// Lets one thread use libgit2's repository; `body` must not call an operation that takes the lock again.
    func locked<Value: Sendable>(
        _ body: (OpaquePointer) throws(GitError) -> Value
    ) throws(GitError) -> Value {
        try lock.withLock { (_) throws(GitError) -> Value in try body(raw) }
    }

    /// The path of a file as the other operations take it; the file need not exist, its folder may be behind symbolic links.
    ///
    /// - Returns: `nil` when the file lies outside of the work tree, or is its top.
    public func relativePath(of file: FilePath) -> [UInt8]? {
        guard let top = workDirectory else { return nil }
        var folder = file.lexicallyNormalized()
        guard folder.isAbsolute, let name = folder.lastComponent else { return nil }
        var rest = [name]
        folder.removeLastComponent()
        // The nearest folder that exists tells where the others would be made.
        while GitFiles.realPath(folder) == nil, let name = folder.lastComponent {
            rest.append(name)
            folder.removeLastComponent()
        }
        guard var path = GitFiles.realPath(folder) else { return nil }
        for name in rest.reversed() { path.append(name) }
        guard path != top, path.starts(with: top) else { return nil }
        let prefix = top.bytes == [UInt8(ascii: "/")] ? 1 : top.bytes.count + 1
        return Array(path.bytes.dropFirst(prefix))
    }

    /// The values of a configuration variable, the winning one last; the name's section and variable in lower case.
    ///
    /// - Throws: `GitError` if a configuration file cannot be parsed.
    public func configuration(_ name: String) throws(GitError) -> [[UInt8]] {
        try locked { (raw) throws(GitError) in
            var shared: OpaquePointer?
            try git("read git's configuration") { git_repository_config(&shared, raw) }
            return try GitConfiguration(owning: shared!).values(name)  // set whenever libgit2 returns 0
        }
    }

    /// The folder whose hooks git runs here: `core.hooksPath`, which libgit2 does not look at, or `hooks` of the repository.
    ///
    /// - Throws: `GitError` if a configuration file cannot be parsed.
    public func hooksDirectory() throws(GitError) -> FilePath {
        guard let value = try configuration("core.hookspath").last, !value.isEmpty else {
            return commonDirectory.appending("hooks")
        }
        return (workDirectory ?? gitDirectory).pushing(FilePath(bytes: try GitConfiguration.path(value)))
    }
}
