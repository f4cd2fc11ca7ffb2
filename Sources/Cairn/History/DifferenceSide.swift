import CairnCore
import CairnGit
import CairnSystem

/// One side of a comparison: what a commit or the workspace declares, as far as it was asked for.
struct DifferenceSide {
    /// How messages call it.
    let name: String
    /// What it declares.
    let index: OutputIndex
    /// True for the workspace, whose data is looked at; of a commit only what is recorded counts.
    let isWorkspace: Bool
    /// The outputs that are compared.
    private(set) var outputs: [RepoPath: TrackedOutput] = [:]
    /// The outputs and parts of outputs that targets name; all outputs without targets.
    private(set) var roots: Set<RepoPath> = []
    /// Imports that were never downloaded, and go by what is recorded of their source.
    private(set) var sourced: Set<RepoPath> = []

    private init(_ name: String, _ index: OutputIndex, isWorkspace: Bool) throws {
        self.name = name
        self.index = index
        self.isWorkspace = isWorkspace
        if let problem = index.problems.first { throw problem.error }
    }

    /// A side that has nothing.
    static func empty() throws -> DifferenceSide {
        try DifferenceSide("nothing", OutputIndex(), isWorkspace: false)
    }

    /// All that a commit declares.
    ///
    /// - Throws: `CairnError` of kind `config` for a file of it that cannot be read.
    static func commit(_ commit: GitCommit, _ name: String, _ session: Session) throws -> DifferenceSide {
        var reader = try RevisionReader(session)
        let content = try reader.read(NamedCommit(commit: commit, name: name), onlyNew: false)
        var side = try DifferenceSide(name, content?.index ?? OutputIndex(), isWorkspace: false)
        side.take(side.index.outputs.map { TargetedOutput(output: $0, part: nil) })
        return side
    }

    /// Both sides with what targets leave of them.
    ///
    /// - Returns: `nil` if both are the same commit, or both the workspace.
    /// - Throws: `CairnError` as `Workspace.dataDifference`.
    static func pair(
        _ options: DataDifferenceOptions, _ session: Session, _ git: GitRepository
    ) throws -> (old: DifferenceSide, new: DifferenceSide)? {
        let here = RecordedValues.workspaceName
        let commits = try [options.old, options.new].map { name in
            name.hasSameBytes(as: here) ? nil : try git.resolve(name)
        }
        if commits[0]?.id == commits[1]?.id { return nil }
        // DVC compares the workspace only as the newer side.
        if commits[0] == nil, session.workspace.personality == .dvc { return nil }
        var reader = try RevisionReader(session)
        func side(_ commit: GitCommit?, _ name: String) throws -> DifferenceSide {
            guard let commit else {
                return try DifferenceSide(here, try WorkspaceScan.run(session), isWorkspace: true)
            }
            // A commit from before the workspace was made has nothing.
            let content = try reader.read(NamedCommit(commit: commit, name: name), onlyNew: false)
            return try DifferenceSide(name, content?.index ?? OutputIndex(), isWorkspace: false)
        }
        var old = try side(commits[0], options.old)
        var new = try side(commits[1], options.new)
        try select(options.targets, &old, &new, session.workspace)
        return (old, new)
    }

    private static func select(
        _ targets: [String], _ old: inout DifferenceSide, _ new: inout DifferenceSide, _ workspace: Workspace
    ) throws {
        if targets.isEmpty {
            old.take(old.index.outputs.map { TargetedOutput(output: $0, part: nil) })
            new.take(new.index.outputs.map { TargetedOutput(output: $0, part: nil) })
        }
        for target in targets {
            let (first, second) = (
                try old.outputs(for: target, workspace), try new.outputs(for: target, workspace)
            )
            if first == nil, second == nil { throw unknown(target, old, new, workspace) }
            old.take(first ?? [])
            new.take(second ?? [])
        }
    }

    /// What a target means on this side; `nil` for nothing.
    private func outputs(for target: String, _ workspace: Workspace) throws -> [TargetedOutput]? {
        var options = TargetOptions()
        // DVC wants every output to be named.
        options.isRecursive = workspace.personality == .cairn
        do {
            let found = try index.outputs(for: [target], options, in: workspace)
            guard found.isEmpty, options.isRecursive, let path = try workspace.pathOrRoot(of: target) else {
                return found
            }
            return folder(path)
        } catch let error as CairnError where error.kind == .notFound {
            guard options.isRecursive, let path = try workspace.pathOrRoot(of: target) else { return nil }
            let below = folder(path)
            return below.isEmpty ? nil : below
        }
    }

    /// The outputs below a folder, whoever declares them.
    private func folder(_ path: RepoPath) -> [TargetedOutput] {
        index.outputs.filter { $0.path.isBelow(path) }.map { TargetedOutput(output: $0, part: nil) }
    }

    private mutating func take(_ targeted: [TargetedOutput]) {
        for target in targeted where target.output.record.isCached {
            var output = target.output
            // An import without a hash of its own goes by that of its source.
            if output.record.id == nil, !output.isRepositoryImport, case .pointer(let file) = output.owner {
                output.record.id = index.pointers[file]?.dependencies.first?.id
                sourced.insert(output.path)
            }
            outputs[output.path] = output
            roots.insert(target.part ?? output.path)
        }
    }

    private static func unknown(
        _ target: String, _ old: DifferenceSide, _ new: DifferenceSide, _ workspace: Workspace
    ) -> CairnError {
        let shown = Array(target.utf8).printable
        let known = (old.index.outputs + new.index.outputs).map { workspace.display($0.path) }
        // DVC takes it for a fault of its own.
        return CairnError(
            workspace.personality == .dvc ? .internal : .notFound,
            "'\(shown)' is not tracked, neither in '\(old.name)' nor in '\(new.name)'",
            hint: EditDistance.closest(to: target, among: known).map { "did you mean '\($0)'?" },
            dvc: "[Errno 2] No such file or directory: '\(shown)'")
    }
}
