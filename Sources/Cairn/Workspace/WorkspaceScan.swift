import CairnCore
import CairnFormats
import CairnSystem

/// Finds pointer and pipeline files in the workspace, as DVC does: not in outputs, not in what `.dvcignore` or git ignores,
/// not in other workspaces below this one.
struct WorkspaceScan {
    private let session: Session
    private(set) var index = OutputIndex()
    private var outputs: Set<RepoPath> = []
    /// Stages that ran without their locks being written, because the run was killed.
    private let finished: [RepoPath: [LockedStage]]

    /// Reads all that declares data.
    ///
    /// - Parameter keepsGoing: whether files that cannot be read become problems of the index instead of an error.
    /// - Throws: `CairnError` for a file that cannot be read, and for a path that two of them claim.
    static func run(_ session: Session, keepsGoing: Bool = false) throws -> OutputIndex {
        var scan = try WorkspaceScan(session: session)
        try scan.visit(session.folder, nil, IgnoreFiles(), keepsGoing)
        try scan.index.refuseOverlaps(in: session.workspace)
        return scan.index
    }

    private init(session: Session) throws {
        self.session = session
        finished = try FinishedStages.read(in: session.workspace)
    }

    /// - Parameter outerRules: what the folders above leave out.
    private mutating func visit(
        _ folder: Folder, _ path: RepoPath?, _ outerRules: IgnoreFiles, _ keepsGoing: Bool
    ) throws {
        try Interruption.check()
        var files: [[UInt8]] = []
        var folders: [[UInt8]] = []
        var hasRules = false
        var control: Folder.NameKind?
        try folder.forEachName { name, kind in
            if name.elementsEqual(IgnoreFiles.name) { hasRules = true }
            if name.elementsEqual(Self.controlFolder) { control = kind }
            switch kind {
            case .folder: folders.append(Array(name))
            case .regular, .symbolicLink, .unknown, .other:
                if Self.isPointer(name) || name.elementsEqual("dvc.yaml".utf8) { files.append(Array(name)) }
            }
        }
        // A workspace of its own.
        if path != nil, let control {
            if control == .folder { return }
            if try folder.status(of: Self.controlFolder, following: true)?.kind == .folder { return }
        }
        var rules = outerRules
        if hasRules { try rules.read(in: path, session) }
        files.sort { $0.lexicographicallyPrecedes($1) }
        folders.sort { $0.lexicographicallyPrecedes($1) }
        for name in files {
            let file = try child(name, of: path)
            guard try !isLeftOut(file, isFolder: false, rules) else { continue }
            do {
                try read(file)
            } catch {
                let error = CairnError(error)
                guard keepsGoing, error.kind != .interrupted else { throw error }
                index.problems.append((file, error))
            }
        }
        for name in folders {
            let below = try child(name, of: path)
            guard !outputs.contains(below), try !isLeftOut(below, isFolder: true, rules) else { continue }
            let inner: Folder
            do throws(SystemError) {
                inner = try folder.folder(named: name)
            } catch {
                if error.errno == .noSuchFileOrDirectory { continue }
                guard error.errno == .permissionDenied else { throw error }
                // A folder that may not be read can hold no pointer that we could use; who must know of all hears of it.
                if keepsGoing { index.problems.append((below, CairnError(error))) }
                continue
            }
            try visit(inner, below, rules, keepsGoing)
        }
    }

    private static let controlFolder = Array(".dvc".utf8)

    private static func isPointer(_ name: UnsafeRawBufferPointer) -> Bool {
        name.count > 4 && name.suffix(4).elementsEqual(".dvc".utf8)
    }

    private func child(_ name: [UInt8], of folder: RepoPath?) throws -> RepoPath {
        let own = try RepoPath(validating: name)
        return folder?.appending(own) ?? own
    }

    private func isLeftOut(_ path: RepoPath, isFolder: Bool, _ rules: IgnoreFiles) throws -> Bool {
        if path.bytes.withUnsafeBufferPointer({ rules.rules.isIgnored($0, isDirectory: isFolder) }) {
            return true
        }
        // No folder that is looked into is a symbolic link.
        return try session.isIgnoredByGit(inRealFolders: path, isFolder: isFolder)
    }

    private mutating func read(_ file: RepoPath) throws {
        let absolute = session.workspace.absolute(file)
        guard try absolute.status(following: true)?.kind == .regular,
            let bytes = try absolute.readIfPresent(limit: 256 << 20)
        else { return }
        let before = index.outputs.count
        do {
            try add(file, bytes)
        } catch {
            throw session.refusal(of: error, in: file)
        }
        for output in index.outputs[before...] { outputs.insert(output.path) }
    }

    private mutating func add(_ file: RepoPath, _ bytes: [UInt8]) throws {
        let name = session.workspace.display(file)
        guard file.name.elementsEqual("dvc.yaml".utf8) else {
            var pointer = try PointerFile(parsing: bytes, file: name)
            if pointer.command != nil, let stage = finished[file]?.last { pointer = pointer.recording(stage) }
            return try index.add(pointer, at: file, shownAs: name)
        }
        let workspace = session.workspace
        let lock = try workspace.absolute(file.sibling("dvc.lock")).readIfPresent(limit: 1 << 30)
        try index.add(
            bytes, lock: lock, finished: finished[file] ?? [], asPipeline: file, shownAs: name,
            settings: workspace.configuration.templateSettings
        ) { path in try workspace.absolute(path).readIfPresent(limit: 256 << 20) }
    }
}

extension RepoPath {
    /// The path of another name in the same folder.
    ///
    /// - Precondition: `name` is a valid file name.
    func sibling(_ name: String) -> RepoPath {
        guard let own = try? RepoPath(validating: name) else {
            preconditionFailure("a sibling has a valid name")
        }
        return parent?.appending(own) ?? own
    }
}
