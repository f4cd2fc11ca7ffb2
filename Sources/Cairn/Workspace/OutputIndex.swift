public import CairnCore
public import CairnFormats
import CairnGit
public import CairnPipeline
import CairnSystem

/// An output with its place in the workspace and the file that declares it.
public struct TrackedOutput: Sendable {
    /// Who declares an output.
    public enum Owner: Hashable, Sendable {
        /// A pointer file.
        case pointer(RepoPath)
        /// A stage of a pipeline file.
        case stage(file: RepoPath, name: String)

        /// The file that declares it.
        public var file: RepoPath {
            switch self {
            case .pointer(let file): file
            case .stage(let file, _): file
            }
        }
    }

    /// Where the data lies.
    public let path: RepoPath
    /// What is recorded of it.
    public var record: OutputRecord
    /// The file that declares it.
    public let owner: Owner
    /// The list of its stage that it is in; a pointer has data only.
    public let kind: StageOutput.Kind
    /// True if the data comes from another repository and is fetched from there.
    public let isRepositoryImport: Bool

    /// Puts an output together.
    public init(
        path: RepoPath, record: OutputRecord, owner: Owner, kind: StageOutput.Kind = .output,
        isRepositoryImport: Bool = false
    ) {
        self.path = path
        self.kind = kind
        self.record = record
        self.owner = owner
        self.isRepositoryImport = isRepositoryImport
    }

    /// True if the output was a directory when it was recorded.
    public var isFolder: Bool { record.id?.isDirectory ?? false }
}

/// All that declares data in a workspace, or in a commit: who owns which path.
public struct OutputIndex: Sendable {
    /// Pointer files by path.
    public private(set) var pointers: [RepoPath: PointerFile] = [:]
    /// Pipeline files by path.
    public private(set) var pipelines: [RepoPath: Pipeline] = [:]
    /// All outputs, by declaring file in order of paths, and in the order in which the file has them.
    public private(set) var outputs: [TrackedOutput] = []
    /// Stages that pointer files have themselves.
    private var commands: [RepoPath: ResolvedStage] = [:]
    /// The position of each output, of the first where several claim a path.
    private var positions: [RepoPath: Int] = [:]
    /// Files that could not be read, with the reason.
    public internal(set) var problems: [(file: RepoPath, error: CairnError)] = []

    /// A pipeline file with its lock.
    public struct Pipeline: Sendable {
        /// What is declared.
        public let file: PipelineFile
        /// The same with templates filled in.
        public let resolved: ResolvedPipeline
        /// What is recorded; `nil` if there is no lock.
        public let lock: PipelineLock?
        /// The stages with what is recorded of each, in the order of the file.
        let stages: [ResolvedStage]
        /// Names to places in `stages`.
        private let places: [[UInt8]: Int]

        /// Fills in templates and finds what the lock has of each stage.
        ///
        /// - Throws: `FormatsError` for a template that cannot be filled in.
        init(
            _ file: PipelineFile, _ lock: PipelineLock?, _ source: TemplateFiles,
            _ settings: TemplateSettings
        ) throws(FormatsError) {
            self.file = file
            self.lock = lock
            let resolved = try file.resolved(with: source, settings: settings)
            self.resolved = resolved
            stages = resolved.stages.map { ResolvedStage($0, lock?.stage($0.name)) }
            places = Dictionary(
                stages.enumerated().map { (Array($0.element.name.utf8), $0.offset) },
                uniquingKeysWith: { first, _ in first })
        }

        /// The stage of a name.
        func stage(_ name: String) -> ResolvedStage? { places[Array(name.utf8)].map { stages[$0] } }
    }

    /// Creates an empty index.
    init() {}

    /// Takes in a pointer file.
    mutating func add(_ bytes: [UInt8], asPointer file: RepoPath, shownAs name: String) throws {
        try add(PointerFile(parsing: bytes, file: name), at: file, shownAs: name)
    }

    /// Takes in a pointer file that is parsed already.
    mutating func add(_ pointer: PointerFile, at file: RepoPath, shownAs name: String) throws {
        let folder = try OutputIndex.folder(
            of: file, workingDirectory: pointer.workingDirectory, shownAs: name)
        pointers[file] = pointer
        let stage = ResolvedStage(pointer, name: file.name.printable)
        commands[file] = stage
        let isImport = pointer.dependencies.contains { $0.repository != nil }
        for (place, record) in pointer.outputs.enumerated() {
            append(
                TrackedOutput(
                    path: try OutputIndex.path(record.path, in: folder, shownAs: name), record: record,
                    owner: .pointer(file), kind: stage?.kinds[place] ?? .output,
                    isRepositoryImport: isImport))
        }
    }

    /// Takes in a pipeline file with its lock.
    ///
    /// - Parameters:
    ///   - finished: stages that ran after the lock was written.
    ///   - read: gives the files that templates are filled in from.
    mutating func add(
        _ bytes: [UInt8], lock: [UInt8]?, finished: [LockedStage] = [], asPipeline file: RepoPath,
        shownAs name: String, settings: TemplateSettings,
        reading read: @escaping (RepoPath) throws -> [UInt8]?
    ) throws {
        let lockName = name.replacingSuffix("dvc.yaml", with: "dvc.lock")
        var known = try lock.map { try PipelineLock(parsing: $0, file: lockName) }
        if !finished.isEmpty { known = try (known ?? PipelineLock()).replacing(finished) }
        let source = TemplateFiles(folder: file.parent, name: name, read: read)
        try add(
            Pipeline(PipelineFile(parsing: bytes, file: name), known, source, settings), at: file,
            shownAs: name)
    }

    /// Takes in a pipeline file that is parsed already.
    mutating func add(_ pipeline: Pipeline, at file: RepoPath, shownAs name: String) throws {
        pipelines[file] = pipeline
        for stage in pipeline.stages {
            let folder = try OutputIndex.folder(
                of: file, workingDirectory: stage.workingDirectory, shownAs: name)
            for (record, kind) in zip(stage.outputs, stage.kinds) {
                append(
                    TrackedOutput(
                        path: try OutputIndex.path(record.path, in: folder, shownAs: name), record: record,
                        owner: .stage(file: file, name: stage.name), kind: kind))
            }
        }
    }

    /// Refuses a path that two files claim, and an output inside of another: which of them would own a file?
    func refuseOverlaps(in workspace: Workspace) throws {
        // Sorted with a slash at the end, what lies inside of an output follows it.
        let order = outputs.indices.sorted {
            (outputs[$0].path.bytes + [UInt8(ascii: "/")]).lexicographicallyPrecedes(
                outputs[$1].path.bytes + [UInt8(ascii: "/")])
        }
        for (first, second) in zip(order, order.dropFirst()) {
            let (outer, inner) = (outputs[first], outputs[second])
            guard outer.path.overlaps(inner.path) else { continue }
            let (name, other) = (workspace.display(outer.path), workspace.display(inner.path))
            let (owner, next) = (
                address(of: outer.owner, in: workspace), address(of: inner.owner, in: workspace)
            )
            let command = workspace.personality.command
            if outer.path == inner.path {
                throw CairnError(
                    .conflict, "the output '\(name)' is declared twice, in '\(owner)' and in '\(next)'",
                    hint: "remove one of them: `\(command) remove \(Shell.quoted(next))`",
                    dvc: "output '\(name)' is already specified in stages:\n\t- \(owner)\n\t- \(next)")
            }
            throw CairnError(
                .conflict,
                "the output '\(other)' of '\(next)' lies inside of the output '\(name)' of '\(owner)'",
                hint: "remove one of them: `\(command) remove \(Shell.quoted(next))`",
                dvc:
                    "The output paths:\n'\(name)'('\(owner)')\n'\(other)'('\(next)')\noverlap and are thus in the same tracked directory.\nTo keep reproducibility, outputs should be in separate tracked directories or tracked individually."
            )
        }
    }

    private mutating func append(_ output: TrackedOutput) {
        if positions[output.path] == nil { positions[output.path] = outputs.count }
        outputs.append(output)
    }

    /// The stage of an owner; `nil` for a pointer to data.
    func stage(of owner: TrackedOutput.Owner) -> ResolvedStage? {
        switch owner {
        case .pointer(let file): commands[file]
        case .stage(let file, let name): pipelines[file]?.stage(name)
        }
    }

    /// The output at exactly this path.
    public func output(at path: RepoPath) -> TrackedOutput? { positions[path].map { outputs[$0] } }

    /// The output that a path is inside of.
    public func output(above path: RepoPath) -> TrackedOutput? {
        path.folderAbove { positions[$0] != nil }.flatMap { output(at: $0) }
    }

    /// The name by which the user can call what declares an output, from where they stand.
    ///
    /// A pointer goes by its path, a stage of the `dvc.yaml` in the user's folder by its name, another by path and name.
    public func address(of owner: TrackedOutput.Owner, in workspace: Workspace) -> String {
        switch owner {
        case .pointer(let file): return workspace.display(file)
        case .stage(let file, let name):
            let shown = workspace.display(file)
            return shown == "dvc.yaml" ? name : "\(shown):\(name)"
        }
    }

    /// The folder that paths of a declaring file start from; `nil` for the workspace itself.
    static func folder(of file: RepoPath, workingDirectory: String?, shownAs name: String) throws -> RepoPath?
    {
        guard let text = workingDirectory else { return file.parent }
        return try resolve(Array(text.utf8), in: file.parent, shownAs: name)
    }

    /// The place of an output.
    ///
    /// - Throws: `CairnError` for a path that is absolute, a URL, or outside of the workspace.
    static func path(_ text: String, in folder: RepoPath?, shownAs name: String) throws -> RepoPath {
        guard let path = try resolve(Array(text.utf8), in: folder, shownAs: name) else {
            throw CairnError(
                .config, "\(name): the output '\(Array(text.utf8).printable)' is the workspace itself")
        }
        // A hostile pointer must not reach what git and this program run by.
        let reserved = [".git", ".hg", ".dvc"]
        guard !path.components.contains(where: { part in reserved.contains { part.elementsEqual($0.utf8) } })
        else {
            throw CairnError(
                .config,
                "\(name): the output '\(path)' lies in a folder that belongs to git or to the workspace itself"
            )
        }
        return path
    }

    private static func resolve(_ text: [UInt8], in folder: RepoPath?, shownAs name: String) throws
        -> RepoPath?
    {
        var parts = folder?.components.map(Array.init) ?? []
        let isURL = text.firstRange(of: Array("://".utf8)) != nil
        guard text.first != UInt8(ascii: "/"), !isURL, !text.contains(0) else {
            throw CairnError(
                .config, "\(name): the path '\(text.printable)' is not inside of the workspace",
                hint: "use a path relative to the file that names it")
        }
        for part in text.split(separator: UInt8(ascii: "/")) where !part.elementsEqual(".".utf8) {
            if part.elementsEqual("..".utf8) {
                guard parts.popLast() != nil else {
                    throw CairnError(
                        .config, "\(name): the path '\(text.printable)' leads out of the workspace")
                }
            } else {
                parts.append(Array(part))
            }
        }
        guard !parts.isEmpty else { return nil }
        return try RepoPath(validating: Array(parts.joined(separator: [UInt8(ascii: "/")])))
    }
}

extension String {
    /// The text with another end, if it ends so.
    func replacingSuffix(_ suffix: String, with other: String) -> String {
        utf8.count >= suffix.utf8.count && utf8.suffix(suffix.utf8.count).elementsEqual(suffix.utf8)
            ? String(utf8.dropLast(suffix.utf8.count))! + other : self  // cut at an ASCII byte
    }
}

extension RepoPath {
    /// The nearest folder above the path that satisfies a condition.
    func folderAbove(where isWanted: (RepoPath) -> Bool) -> RepoPath? {
        var folder = parent
        while let next = folder, !isWanted(next) { folder = next.parent }
        return folder
    }
}
