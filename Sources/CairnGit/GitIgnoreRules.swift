import CairnCore
import CairnSystem

/// Which paths of a work tree git ignores: the `.gitignore` files along the path, `info/exclude`, and the user's own file.
///
/// Each file is read once, when the first path below its folder is asked about; make a new value after files have changed.
public struct GitIgnoreRules: Sendable {
    private let top: FilePath
    /// `info/exclude`, then the user's file: the first that decides, decides.
    private let common: [[GitIgnorePattern]]
    /// Patterns of the `.gitignore` in each folder, by the folder's path.
    private var files: [[UInt8]: [GitIgnorePattern]] = [:]
    /// Whether each folder asked about so far is ignored.
    private var folders: [[UInt8]: Bool] = [[]: false]

    init(top: FilePath, exclude: FilePath, userFile: FilePath?) {
        self.top = top
        common = [exclude, userFile].compactMap { $0 }.map { Self.patterns(GitFiles.read($0)) }
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
            let patterns = files[key] ?? load(key)
            let below = folder.isEmpty ? path[...] : path[(folder.count + 1)...]
            if let decision = Self.decide(patterns, below, path[nameStart...], isDirectory) {
                return decision
            }
            guard !folder.isEmpty else { break }
            folder = folder[..<(folder.lastIndex(of: UInt8(ascii: "/")) ?? 0)]
        }
        for patterns in common {
            if let decision = Self.decide(patterns, path[...], path[nameStart...], isDirectory) {
                return decision
            }
        }
        return false
    }

    /// The last line that matches decides.
    private static func decide(
        _ patterns: [GitIgnorePattern], _ path: ArraySlice<UInt8>, _ name: ArraySlice<UInt8>, _ isFolder: Bool
    ) -> Bool? {
        patterns.last { $0.matches(path: path, name: name, isFolder: isFolder) }.map { !$0.isNegated }
    }

    private mutating func load(_ folder: [UInt8]) -> [GitIgnorePattern] {
        // git does not follow a `.gitignore` that is a symbolic link.
        let file = top.appending(bytes: folder).appending(".gitignore")
        let patterns = Self.patterns(GitFiles.read(file, followingLinks: false))
        files[folder] = patterns
        return patterns
    }

    static func patterns(_ text: [UInt8]?) -> [GitIgnorePattern] {
        guard var text = text?[...] else { return [] }
        if text.starts(with: [0xEF, 0xBB, 0xBF]) { text = text.dropFirst(3) }
        return text.split(separator: UInt8(ascii: "\n")).compactMap { line in
            GitIgnorePattern(line: line.last == UInt8(ascii: "\r") ? line.dropLast() : line)
        }
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
