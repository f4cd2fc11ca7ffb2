import CairnCore

/// A file found in a commit.
public struct GitTreeFile: Hashable, Sendable {
    /// The path relative to the folder that was scanned.
    public let path: [UInt8]
    /// The blob with its bytes.
    public let blob: GitObjectID
    /// What it is: a file, an executable or a symbolic link.
    public let mode: GitFileMode
}

/// Finds the files of some names in many commits, and reads every tree once.
///
/// Consecutive commits share nearly all of their trees. What a tree has below it is remembered by the tree's id, so that a
/// walk over all of a long history costs what has changed in it.
public struct GitTreeScanner: Sendable {
    /// Which files and folders are looked at. Both are asked with the name and the name of the folder that it is in, which is
    /// empty at the top; nothing else may decide, because equal trees are looked at once wherever they stand.
    public struct Selection: Sendable {
        /// Tells whether a file is wanted.
        public var isWanted: @Sendable (_ name: [UInt8], _ folder: [UInt8]) -> Bool
        /// Tells whether to go into a folder.
        public var entersFolder: @Sendable (_ name: [UInt8], _ folder: [UInt8]) -> Bool

        /// Puts a selection together.
        public init(
            isWanted: @escaping @Sendable (_ name: [UInt8], _ folder: [UInt8]) -> Bool,
            entersFolder: @escaping @Sendable (_ name: [UInt8], _ folder: [UInt8]) -> Bool = { _, _ in true }
        ) {
            self.isWanted = isWanted
            self.entersFolder = entersFolder
        }

        /// What makes a data repository: `*.dvc`, `dvc.yaml`, `dvc.lock`, `.dvcignore`, and `config` in a folder `.dvc`.
        public static let dataFiles = Selection { name, folder in
            if folder.elementsEqual(".dvc".utf8) { return name.elementsEqual("config".utf8) }
            return name.suffix(4).elementsEqual(".dvc".utf8) && name.count > 4
                || ["dvc.yaml", "dvc.lock", ".dvcignore"].contains { name.elementsEqual($0.utf8) }
        }
    }

    private struct Key: Hashable {
        let tree: GitObjectID
        let name: [UInt8]
    }
    private enum Item {
        case file(name: [UInt8], GitTreeEntry)
        case folder(Key)
    }
    private struct Place: Hashable {
        let tree: GitObjectID
        let path: [UInt8]
    }

    /// git itself refuses trees deeper than this; without a limit a hostile repository could exhaust the stack.
    private static let maximumDepth = 1024

    private let repository: GitRepository
    private let selection: Selection
    /// What is wanted in and below each tree; folders without any wanted file are left out.
    private var memory: [Key: [Item]] = [:]
    private var visited: Set<Place> = []

    /// How many trees were read from the repository so far.
    public private(set) var treesRead = 0

    /// Prepares a scan; nothing is read yet.
    public init(_ repository: GitRepository, _ selection: Selection = .dataFiles) {
        self.repository = repository
        self.selection = selection
    }

    /// The wanted files of a commit, in git's order.
    ///
    /// - Parameter folder: Where to start, relative to the top of the work tree; empty for the top.
    /// - Returns: `nil` when the commit has no such folder.
    /// - Throws: `GitError` if a tree is missing, damaged or too deep.
    public mutating func files(
        in commit: GitCommit, below folder: [UInt8] = []
    ) throws(GitError) -> [GitTreeFile]? {
        guard let root = try root(commit, folder) else { return nil }
        var files: [GitTreeFile] = []
        try collect(root, path: [], depth: 0, onlyNew: false, into: &files)
        return files
    }

    /// The wanted files of a commit that no earlier call of this function has given, with the same path and bytes.
    ///
    /// Over all commits of a history, this gives each version of each file at least once, for the cost of reading the trees. A
    /// file may come again when another file of its folder changes.
    ///
    /// - Parameter folder: Where to start; the same in all calls.
    /// - Returns: `nil` when the commit has no such folder.
    /// - Throws: `GitError` if a tree is missing, damaged or too deep.
    public mutating func newFiles(
        in commit: GitCommit, below folder: [UInt8] = []
    ) throws(GitError) -> [GitTreeFile]? {
        guard let root = try root(commit, folder) else { return nil }
        var files: [GitTreeFile] = []
        try collect(root, path: [], depth: 0, onlyNew: true, into: &files)
        return files
    }

    private mutating func root(_ commit: GitCommit, _ folder: [UInt8]) throws(GitError) -> Key? {
        guard !folder.isEmpty else { return Key(tree: commit.tree, name: []) }
        guard let entry = try repository.entry(at: folder, in: commit), entry.mode == .folder else {
            return nil
        }
        // The name of the first folder does not count: it is the top of what is scanned.
        return Key(tree: entry.id, name: [])
    }

    private mutating func collect(
        _ key: Key, path: [UInt8], depth: Int, onlyNew: Bool, into files: inout [GitTreeFile]
    ) throws(GitError) {
        if onlyNew && !visited.insert(Place(tree: key.tree, path: path)).inserted { return }
        let prefix = path.isEmpty ? [] : path + [UInt8(ascii: "/")]
        for item in try items(key, depth: depth) {
            switch item {
            case .file(let name, let entry):
                files.append(GitTreeFile(path: prefix + name, blob: entry.id, mode: entry.mode))
            case .folder(let next):
                try collect(next, path: prefix + next.name, depth: depth + 1, onlyNew: onlyNew, into: &files)
            }
        }
    }

    private mutating func items(_ key: Key, depth: Int) throws(GitError) -> [Item] {
        if let known = memory[key] { return known }
        guard depth < Self.maximumDepth else {
            throw GitError(
                code: -1, operation: "read the tree \(key.tree)",
                message: "folders are nested more than \(Self.maximumDepth) deep")
        }
        var items: [Item] = []
        for (name, entry) in try repository.tree(key.tree) where Self.isName(name) {
            switch entry.mode {
            case .file, .executable, .link:
                if selection.isWanted(name, key.name) { items.append(.file(name: name, entry)) }
            case .folder:
                guard selection.entersFolder(name, key.name) else { continue }
                let next = Key(tree: entry.id, name: name)
                if try !self.items(next, depth: depth + 1).isEmpty { items.append(.folder(next)) }
            case .submodule: continue
            }
        }
        treesRead += 1
        memory[key] = items
        return items
    }

    /// Trees made by hand can hold names that would lead out of the work tree.
    private static func isName(_ name: [UInt8]) -> Bool {
        (try? RepoPath.validate(name[...])) != nil && !name.contains(UInt8(ascii: "/"))
    }
}

extension GitRepository {
    /// Reads one tree, without what is below its folders, in git's order.
    ///
    /// - Throws: `GitError` if the object is missing, damaged or no tree.
    public func tree(_ id: GitObjectID) throws(GitError) -> [(name: [UInt8], entry: GitTreeEntry)] {
        try locked { (raw) throws(GitError) in try GitTree(id, raw).entries() }
    }
}
