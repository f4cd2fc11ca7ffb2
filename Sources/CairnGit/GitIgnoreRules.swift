import CairnCore
import CairnSystem

/// Which paths of a work tree git ignores: the `.gitignore` files along the path, `info/exclude`, and the user's own file.
///
/// Each file is read once, when the first path below its folder is asked about; make a new value after files have changed.
public struct GitIgnoreRules: Sendable {
    private let top: FilePath
    /// `info/exclude`, then the user's file: the first that decides, decides.
    private let common: [GitIgnoreList]
    /// The `.gitignore` in each folder, by the folder's path.
    private var files: [[UInt8]: GitIgnoreList] = [:]
    /// Whether each folder asked about so far is ignored.
    private var folders: [[UInt8]: Bool] = [[]: false]

    init(top: FilePath, exclude: FilePath, userFile: FilePath?) {
        self.top = top
        common = [exclude, userFile].compactMap { $0 }.map { GitIgnoreList(GitFiles.read($0)) }
    }

    /// Tells whether git would leave a path out of `git add`; tracked or not, existing or not.
    ///
    /// As in git, nothing below an ignored folder can be taken back by a negated line.
    public mutating func isIgnored(_ path: [UInt8], isDirectory: Bool) -> Bool {
        guard !path.isEmpty else { return false }
        if isDirectory, let known = folders[path] { return known }
        let slash = path.lastIndex(of: UInt8(ascii: "/"))
        let parent = Array(path[..<(slash ?? 0)])
        let answer =
            isIgnored(parent, isDirectory: true)
            || decision(path, nameStart: slash.map { $0 + 1 } ?? 0, parent: parent, isDirectory: isDirectory)
        if isDirectory { folders[path] = answer }
        return answer
    }

    private mutating func decision(
        _ path: [UInt8], nameStart: Int, parent: [UInt8], isDirectory: Bool
    ) -> Bool {
        var folder = parent[...]
        while true {
            let key = Array(folder)
            let lines = files[key] ?? load(key)
            let below = folder.isEmpty ? path[...] : path[(folder.count + 1)...]
            if let decision = lines.decision(on: below, name: path[nameStart...], isFolder: isDirectory) {
                return decision
            }
            guard !folder.isEmpty else { break }
            folder = folder[..<(folder.lastIndex(of: UInt8(ascii: "/")) ?? 0)]
        }
        for lines in common {
            if let decision = lines.decision(on: path[...], name: path[nameStart...], isFolder: isDirectory) {
                return decision
            }
        }
        return false
    }

    private mutating func load(_ folder: [UInt8]) -> GitIgnoreList {
        // git does not follow a `.gitignore` that is a symbolic link.
        let file = top.appending(bytes: folder).appending(".gitignore")
        let lines = GitIgnoreList(GitFiles.read(file, followingLinks: false))
        files[folder] = lines
        return lines
    }
}

extension GitRepository {
    /// Reads what decides about ignored paths outside of the work tree.
    ///
    /// - Throws: `GitError` if a configuration file cannot be parsed, or the repository is bare.
    public func ignoreRules() throws(GitError) -> GitIgnoreRules {
        let top = try requireWorkDirectory("read ignore rules")
        var userFile = defaultExcludesFile
        if let value = try configuration("core.excludesfile").last {
            userFile = value.isEmpty ? nil : top.pushing(FilePath(bytes: try GitConfiguration.path(value)))
        }
        let exclude = commonDirectory.appending("info").appending("exclude")
        return GitIgnoreRules(top: top, exclude: exclude, userFile: userFile)
    }

    /// Tells whether git ignores one path; for many, ask `ignoreRules` once.
    ///
    /// - Throws: `GitError` if a configuration file cannot be parsed, or the repository is bare.
    public func isIgnored(_ path: [UInt8], isDirectory: Bool) throws(GitError) -> Bool {
        var rules = try ignoreRules()
        return rules.isIgnored(path, isDirectory: isDirectory)
    }

    func requireWorkDirectory(_ operation: String) throws(GitError) -> FilePath {
        guard let workDirectory else {
            throw GitError(
                code: -8, operation: operation, message: "the repository is bare: it has no work tree")
        }
        return workDirectory
    }
}
