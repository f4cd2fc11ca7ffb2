public import CairnCore
import CairnFormats
import CairnPipeline
import CairnSystem

/// Which stages are listed.
public struct StageListOptions: Sendable {
    /// Whether a folder stands for all that is declared below it.
    public var isRecursive = false
    /// Whether a file that cannot be read ends the list instead of being left out.
    public var isStrict = false

    /// The stages of files that can be read.
    public init() {}
}

/// A stage, or a pointer, in a list.
public struct ListedStage: Sendable {
    /// The name by which the user can call it.
    public let address: String
    /// What people wrote about it.
    public internal(set) var description: String?
    /// What it reads, with files of parameters, as written.
    public internal(set) var dependencies: [String] = []
    /// What it writes, but for metrics and plots, as written.
    public internal(set) var outputs: [String] = []
    /// The metrics and plots that it writes, as written.
    public internal(set) var reports: [String] = []
}

/// A list of stages.
public struct StageListReport: Sendable {
    /// The stages, each once, in the order of the targets and their files.
    public internal(set) var stages: [ListedStage] = []
    /// Files that were left out because they cannot be read.
    public internal(set) var problems: [(file: RepoPath, error: CairnError)] = []
}

extension Workspace {
    /// Lists stages and pointers.
    ///
    /// - Parameter targets: pipeline files, pointers, stages and groups of stages; `nil` for everything in the workspace.
    /// - Throws: `CairnError` of kind `notFound` for a target that is none, and for what cannot be read, if it was named or the list is
    ///   strict.
    public func listStages(
        _ targets: [String]?, _ options: StageListOptions = StageListOptions(),
        reporter: any Reporter = SilentReporter()
    ) throws -> StageListReport {
        let session = try Session(self, reporter: reporter, writes: false)
        let index = try WorkspaceScan.run(session, keepsGoing: !options.isStrict)
        var lister = StageLister(index, options, self)
        if let targets {
            for target in targets { try lister.add(target) }
        } else {
            try lister.addAll(below: nil)
        }
        return lister.report
    }
}

private struct StageLister {
    private let index: OutputIndex
    private let options: StageListOptions
    private let workspace: Workspace
    private var seen: Set<TrackedOutput.Owner> = []
    private(set) var report = StageListReport()

    init(_ index: OutputIndex, _ options: StageListOptions, _ workspace: Workspace) {
        self.index = index
        self.options = options
        self.workspace = workspace
        report.problems = index.problems
    }

    mutating func add(_ target: String) throws {
        if options.isRecursive {
            let folder = try workspace.pathOrRoot(of: target)
            let place = folder.map { workspace.absolute($0) } ?? workspace.root
            if try place.status(following: true)?.kind == .folder { return try addAll(below: folder) }
        }
        let found = try StageTarget(target, index, workspace)
        if let pointer = found.pointer { return add(pointer: pointer) }
        let definitions = try index.definitions(in: found.file)
        let wanted = found.name.map { name in definitions.filter { $0.isCalled(name) } } ?? definitions
        guard found.name == nil || !wanted.isEmpty else { throw found.notFound(index, workspace) }
        for definition in wanted { add(definition, of: found.file) }
    }

    /// Adds all that is declared below a folder; everything for `nil`.
    mutating func addAll(below folder: RepoPath?) throws {
        let files = (Array(index.pointers.keys) + Array(index.pipelines.keys)).sorted()
        for file in files where folder.map(file.isBelow) ?? true {
            if index.pointers[file] != nil {
                add(pointer: file)
                continue
            }
            do {
                for definition in try index.definitions(in: file) { add(definition, of: file) }
            } catch let error as CairnError where !options.isStrict && error.kind != .interrupted {
                report.problems.append((file, error))
            }
        }
    }

    private mutating func add(pointer file: RepoPath) {
        guard let pointer = index.pointers[file], seen.insert(.pointer(file)).inserted else { return }
        var stage = ListedStage(address: workspace.display(file))
        stage.description = pointer.description
        stage.dependencies = pointer.dependencies.compactMap(\.path)
        stage.outputs = pointer.outputs.map(\.path)
        report.stages.append(stage)
    }

    private mutating func add(_ definition: StageDefinition, of file: RepoPath) {
        let owner = TrackedOutput.Owner.stage(file: file, name: definition.name)
        guard seen.insert(owner).inserted else { return }
        var stage = ListedStage(address: index.address(of: owner, in: workspace))
        stage.description = definition.description
        stage.dependencies = definition.dependencies + definition.parameters.map(\.file)
        stage.outputs = definition.outputs.filter { $0.kind == .output }.map(\.path)
        stage.reports = definition.outputs.filter { $0.kind != .output }.map(\.path)
        report.stages.append(stage)
    }
}

extension StageDefinition {
    /// True if the name is that of the stage or of the group that it is one of.
    func isCalled(_ text: String) -> Bool {
        name.hasSameBytes(as: text) || group?.hasSameBytes(as: text) ?? false
    }
}
