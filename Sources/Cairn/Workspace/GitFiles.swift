public import CairnCore
import CairnGit
import CairnSystem

/// The files for git that a command changes: pointers, `.gitignore` entries, and whether git was told.
public struct GitFiles: Sendable {
    /// Changed files that belong into the next commit, in the order of their change.
    public private(set) var changed: [RepoPath] = []
    private var changedSet: Set<RepoPath> = []
    /// True if they were added to git's index, as `core.autostage` asks for.
    public private(set) var isStaged = false
    /// True if there is a git repository at all.
    public let hasGit: Bool

    /// What each edited `.gitignore` held before; `nil` for a new one.
    private var before: [(file: FilePath, text: [UInt8]?)] = []

    /// Nothing changed.
    init() { hasGit = false }

    /// Starts for a command.
    init(_ session: Session) throws { hasGit = try session.git() != nil }

    /// Notes a file that was changed.
    mutating func changed(_ file: RepoPath) {
        if changedSet.insert(file).inserted { changed.append(file) }
    }

    /// Makes git ignore an output, unless it does already.
    mutating func ignore(_ output: RepoPath, _ session: Session) throws { try ignore([output], session) }

    /// Makes git ignore outputs, as far as it does not already; each `.gitignore` is written once.
    mutating func ignore(_ outputs: [RepoPath], _ session: Session) throws {
        guard !outputs.isEmpty, let git = try session.git() else { return }
        // What one entry ignores is its own output only, so the rules may be asked about all of them before the first is written.
        var rules = try git.ignoreRules()
        var order: [RepoPath] = []
        var names: [RepoPath: [[UInt8]]] = [:]
        for output in outputs {
            let absolute = session.workspace.absolute(output)
            guard let own = git.relativePath(of: absolute) else { continue }
            let isFolder = try absolute.status(following: true)?.kind == .folder
            if rules.isIgnored(own, isDirectory: isFolder) { continue }
            let file = output.sibling(".gitignore")
            if names[file] == nil { order.append(file) }
            names[file, default: []].append(Array(output.name))
        }
        for file in order {
            try edit(file, session.workspace) { GitIgnoreFile.adding(entriesFor: names[file] ?? [], to: $0) }
        }
    }

    /// Lets git see an output's place again.
    mutating func unignore(_ output: RepoPath, _ session: Session) throws {
        guard try session.git() != nil else { return }
        try edit(output.sibling(".gitignore"), session.workspace) { text in
            text.flatMap { GitIgnoreFile.removing(entryFor: Array(output.name), from: $0) }
        }
    }

    private mutating func edit(
        _ file: RepoPath, _ workspace: Workspace, _ change: ([UInt8]?) -> [UInt8]?
    ) throws {
        let path = workspace.absolute(file)
        let old = try path.readIfPresent(limit: 64 << 20)
        let new = change(old)
        guard new != old else { return }
        before.append((path, old))
        if let new {
            try AtomicFile.write(new, to: path)
            changed(file)
        } else {
            let folder = try Folder(path.removingLastComponent())
            try folder.remove(Array(".gitignore".utf8))
            // Gone: nothing to add, though git may have to hear of it.
            if changedSet.remove(file) != nil { changed.removeAll { $0 == file } }
            removed.append(file)
        }
    }

    /// Files that were removed and that git may know.
    public private(set) var removed: [RepoPath] = []

    /// Refuses an output that git tracks: the same bytes would be kept twice, and changed by two.
    static func refuseTracked(_ path: RepoPath, _ session: Session) throws {
        guard let git = try session.git(), let own = git.relativePath(of: session.workspace.absolute(path)),
            try git.isTracked(own)
        else { return }
        let name = session.workspace.display(path)
        let quoted = Shell.quoted(name)
        throw CairnError(
            .conflict,
            """
             output '\(name)' is already tracked by SCM (e.g. Git).
                You can remove it from Git, then add to DVC.
                    To stop tracking from Git:
                        git rm -r --cached \(quoted)
                        git commit -m "stop tracking \(name)"
            """)
    }

    /// Notes a file that was removed.
    mutating func removed(_ file: RepoPath) { removed.append(file) }

    /// Leaves out removed files that git never knew: it has nothing to be told about them.
    mutating func forgetUntracked(_ session: Session) throws {
        guard let git = try session.git() else { return }
        removed = try removed.filter { file in
            try git.relativePath(of: session.workspace.absolute(file)).map { try git.isTracked($0) } ?? false
        }
    }

    /// Takes back what was done to `.gitignore` files, when the command fails later.
    func undoIgnoring() {
        for (file, text) in before.reversed() {
            if let text {
                try? AtomicFile.write(text, to: file)  // the first failure is the one to report
            } else if let folder = try? Folder(file.removingLastComponent()) {
                try? folder.remove(Array(".gitignore".utf8))
            }
        }
    }

    /// Adds the files to git's index if `core.autostage` is set.
    mutating func stageIfWanted(_ session: Session) throws {
        guard session.workspace.configuration.bool("core.autostage"), let git = try session.git() else {
            return
        }
        let paths = (changed + removed).compactMap { git.relativePath(of: session.workspace.absolute($0)) }
        guard !paths.isEmpty else { return }
        _ = try git.stage(paths)
        isStaged = true
    }
}
