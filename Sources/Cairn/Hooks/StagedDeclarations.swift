import CairnCore
import CairnFormats
import CairnGit
import CairnSystem

/// What the next commit will declare in one workspace, as far as it has to do with what the commit changes.
///
/// Pointers and pipelines come from git's index, not from the workspace. Those that the commit does not change are read only if they
/// mention something that it does.
struct StagedDeclarations {
    let workspace: Workspace
    let session: Session
    let git: GitRepository
    /// Where the workspace lies in the work tree.
    let place: WorkspaceInGit
    /// What the commit changes, by path of the workspace.
    private(set) var changes: [RepoPath: GitChangedFile] = [:]
    /// Changed pointers and pipelines; a changed lock counts for its pipeline.
    private(set) var changedFiles: Set<RepoPath> = []
    /// All that was read.
    private(set) var index = OutputIndex()
    /// The locks of pipelines that were read.
    private(set) var locks: [RepoPath: PipelineLock] = [:]
    /// Objects that the last commit names in the files that change.
    private(set) var known: Set<ObjectID> = []
    /// The staged pointers, pipelines and locks.
    private var entries: [RepoPath: GitIndexEntry] = [:]
    private var rules: [RepoPath?: IgnoreFiles] = [:]

    /// Reads what is staged.
    ///
    /// - Parameters:
    ///   - files: what the commit changes in the workspace.
    ///   - isOwn: tells whether a path of git is in this workspace and in no other inside of it.
    /// - Throws: `GitError` if the index cannot be read. Files that cannot be understood are among the problems of `index`.
    init(
        _ session: Session, _ git: GitRepository, _ files: [GitChangedFile],
        isOwn: (_ path: [UInt8]) -> Bool
    ) throws {
        workspace = session.workspace
        self.session = session
        self.git = git
        place = WorkspaceInGit(session.workspace, git)
        for file in files {
            guard let path = place.path(file.path) else { continue }
            changes[path] = file
        }
        for entry in try git.entries(endingIn: [".dvc", "dvc.yaml", "dvc.lock"])
        where entry.stage == 0 && entry.mode != .submodule && entry.mode != .link {
            guard HookContext.declaresData(entry.path), isOwn(entry.path),
                let path = place.path(entry.path), try !isLeftOut(path)
            else { continue }
            entries[path] = entry
        }
        for path in changes.keys.sorted() where HookContext.declaresData(path.bytes) {
            try noteKnown(path)
            let file = path.name.elementsEqual("dvc.lock".utf8) ? path.sibling("dvc.yaml") : path
            if entries[file] != nil {
                changedFiles.insert(file)
            } else if let entry = entries[path] {
                // A lock without its pipeline declares nothing, but it has to be one.
                let name = workspace.display(path)
                do { _ = try PipelineLock(parsing: git.blob(entry.blob), file: name) } catch {
                    index.problems.append((path, CairnError(error)))
                }
            }
        }
        for file in changedFiles.sorted() { try read(file) }
        try readMentioned()
    }

    /// True if git's `.gitignore`-like file for us leaves a declaration out.
    private mutating func isLeftOut(_ path: RepoPath) throws -> Bool {
        if rules[path.parent] == nil { rules[path.parent] = try IgnoreFiles(above: path, session: session) }
        return rules[path.parent]?.isIgnored(path, isFolder: false) ?? false
    }

    private mutating func noteKnown(_ path: RepoPath) throws {
        guard let old = changes[path]?.old, let bytes = try? git.blob(old.id) else { return }
        if path.name.elementsEqual("dvc.lock".utf8) {
            let lock = try? PipelineLock(parsing: bytes, file: "")
            known.formUnion((lock?.stages ?? []).flatMap(\.outputs).compactMap(\.id))
        } else if !path.name.elementsEqual("dvc.yaml".utf8) {
            known.formUnion(((try? PointerFile(parsing: bytes, file: ""))?.outputs ?? []).compactMap(\.id))
        }
    }

    /// The staged bytes of a file.
    private func staged(_ path: RepoPath) throws -> [UInt8]? {
        if let entry = entries[path] { return try git.blob(entry.blob) }
        return try git.stagedEntry(at: place.pathInGit(path)).map { try git.blob($0.blob) }
    }

    private mutating func read(_ file: RepoPath) throws {
        guard index.pointers[file] == nil, index.pipelines[file] == nil, let bytes = try staged(file) else {
            return
        }
        let name = workspace.display(file)
        do {
            guard file.name.elementsEqual("dvc.yaml".utf8) else {
                return try index.add(bytes, asPointer: file, shownAs: name)
            }
            let lock = try staged(file.sibling("dvc.lock"))
            locks[file] = try lock.map {
                try PipelineLock(parsing: $0, file: workspace.display(file.sibling("dvc.lock")))
            }
            let source = self
            try index.add(
                bytes, lock: lock, asPipeline: file, shownAs: name,
                settings: workspace.configuration.templateSettings
            ) { path in
                // What is not in git may still be there when the stage runs.
                try source.staged(path) ?? source.workspace.absolute(path).readIfPresent(limit: 256 << 20)
            }
        } catch {
            let error = CairnError(error)
            guard error.kind != .interrupted else { throw error }
            index.problems.append((file, error))
        }
    }

    /// Reads those declarations that mention a changed path, or an output of a changed declaration.
    private mutating func readMentioned() throws {
        var names = MentionedNames()
        for path in changes.keys { names.add(path) }
        for output in index.outputs { names.add(output.path) }
        for (path, entry) in entries.sorted(by: { $0.key < $1.key }) {
            try Interruption.check()
            let file = path.name.elementsEqual("dvc.lock".utf8) ? path.sibling("dvc.yaml") : path
            guard entries[file] != nil, !changedFiles.contains(file),
                names.areMentioned(in: try git.blob(entry.blob))
            else { continue }
            let before = index.problems.count
            try read(file)
            // That a file is broken which this commit does not touch, is not this commit's fault.
            if index.problems.count > before { index.problems.removeLast(index.problems.count - before) }
        }
    }
}

/// Names of files, and the question whether a text has one of them.
struct MentionedNames {
    private var names: Set<ArraySlice<UInt8>> = []
    /// True for a name with characters at which texts are cut.
    private var isOdd = false

    private static func cuts(_ byte: UInt8) -> Bool { byte <= 0x20 || "/:\"',[]{}".utf8.contains(byte) }

    /// Adds the names in a path.
    mutating func add(_ path: RepoPath) {
        for name in path.components {
            names.insert(name)
            // Quoted or escaped, it is not found by its bytes.
            if name.contains(where: { Self.cuts($0) || $0 >= 0x80 || $0 == UInt8(ascii: "\\") }) {
                isOdd = true
            }
        }
    }

    /// True if a text may mention one of the names. Texts with templates may mention anything.
    func areMentioned(in text: [UInt8]) -> Bool {
        if isOdd { return true }
        var start = text.startIndex
        for position in text.indices {
            let byte = text[position]
            if byte == UInt8(ascii: "$"), position + 1 < text.endIndex,
                text[position + 1] == UInt8(ascii: "{")
            {
                return true
            }
            guard Self.cuts(byte) else { continue }
            if position > start, names.contains(text[start..<position]) { return true }
            start = position + 1
        }
        return start < text.endIndex && names.contains(text[start...])
    }
}
