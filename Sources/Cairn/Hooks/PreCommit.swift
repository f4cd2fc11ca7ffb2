import CairnCore
import CairnFormats
import CairnGit
import CairnSystem

extension HookContext {
    /// Looks at what the next commit says about data, before git makes it.
    ///
    /// Every staged pointer, pipeline and lock has to be readable, its data has to be in the cache or on a remote, none of that data may go
    /// into git itself, and no two declarations may contradict each other. Whether the workspace has the data that is staged, and whether
    /// stages are stale, is said too; settings decide whether it stops the commit. Only what the commit changes is looked at.
    /// - Throws: `CairnError` if something cannot be looked at.
    public func preCommit() throws -> HookReport {
        var report = HookReport()
        guard let (git, top) = try repository() else { return report }
        var staged = try git.stagedFiles(since: git.head())
        // What a merge takes over as it is, others have committed.
        let heads = try git.headsInProgress()
        if !heads.isEmpty {
            staged = try staged.filter { file in
                guard let new = file.new else { return true }
                return try !heads.contains { try git.entry(at: file.path, in: $0) == new }
            }
        }
        guard !staged.isEmpty else { return report }
        for (workspace, files) in try workspaces(of: staged, below: top) {
            let session = try Session(workspace, reporter: reporter, writes: false)
            var known: [[UInt8]: FilePath?] = [:]
            let declared = try StagedDeclarations(session, git, files) { path in
                root(of: path, below: top, &known) == workspace.root
            }
            try PreCommitCheck(declared).run(&report)
        }
        return report
    }
}

/// The checks before a commit, in one workspace.
struct PreCommitCheck {
    private let declared: StagedDeclarations
    private let workspace: Workspace
    private let session: Session

    init(_ declared: StagedDeclarations) {
        self.declared = declared
        workspace = declared.workspace
        session = declared.session
    }

    /// Looks at everything; what is wrong goes into the report.
    func run(_ report: inout HookReport) throws {
        report.failures += declared.index.problems.map(\.error)
        let checks = DeclarationChecks(
            workspace: workspace, index: declared.index, locks: declared.locks)
        for (output, files) in checks.dataInGit(try committedFiles()) {
            report.failures.append(checks.error(dataInGit: output, files, isStaged: true))
        }
        report.failures += checks.contradictions(in: declared.changedFiles)
        try checkData(&report)
        // What is not as it should be in git says nothing about the workspace.
        if report.failures.isEmpty { try checkWorkspace(&report) }
    }

    /// Files that the commit puts into git, and those of git that lie in outputs of changed declarations.
    private func committedFiles() throws -> Set<RepoPath> {
        var files: Set<RepoPath> = []
        for (path, change) in declared.changes where change.new != nil { files.insert(path) }
        for output in declared.index.outputs where declared.changedFiles.contains(output.owner.file) {
            let own = declared.place.pathInGit(output.path)
            guard output.record.isCached, try declared.git.isTracked(own) else { continue }
            for entry in try declared.git.entries(below: own) {
                if let path = declared.place.path(entry.path) { files.insert(path) }
            }
        }
        return files
    }

    private func checkData(_ report: inout HookReport) throws {
        var changed = OutputIndex()
        for file in declared.changedFiles.sorted() {
            if let pointer = declared.index.pointers[file] {
                // Data of another repository is there; and a partial import has none here.
                if !pointer.dependencies.contains(where: { $0.repository != nil }) {
                    try? changed.add(pointer, at: file, shownAs: workspace.display(file))
                }
            } else if let pipeline = declared.index.pipelines[file] {
                try? changed.add(pipeline, at: file, shownAs: workspace.display(file))
            }
        }
        guard !changed.outputs.isEmpty else { return }
        var options = TransferOptions()
        options.leavesOut = declared.known
        let scope = try TransferScope(.verify, [], options, changed, session)
        let presence = DataPresence(session: session)
        for group in scope.groups {
            let (lacking, unasked) = try presence.lacking(fromCacheAnd: group.remote, group.used)
            for item in lacking {
                guard let owner = changed.output(at: item.output.path)?.owner else { continue }
                report.failures.append(error(item, owner, group.remote, unasked))
            }
        }
    }

    private func error(
        _ item: LackingOutput, _ owner: TrackedOutput.Owner, _ remote: Result<RemoteStore, CairnError>,
        _ unasked: CairnError?
    ) -> CairnError {
        let command = workspace.personality.command
        let name = declared.index.address(of: owner, in: workspace)
        let quoted = Shell.quoted(name)
        var place = "the cache lacks it"
        if case .success(let remote) = remote {
            place =
                unasked.map { "the cache lacks it, and the remote cannot be asked (\($0.message))" }
                ?? "neither the cache nor remote '\(remote.name)' has it"
        }
        return CairnError(
            .missing,
            "'\(workspace.display(owner.file))' is to be committed without its data: of \(item.names(in: workspace)), \(place)",
            hint:
                "store what the workspace has: `\(command) commit \(quoted)`; or get it: `\(command) fetch \(quoted)`"
        )
    }

    // MARK: The workspace

    /// Compares the workspace with what is staged.
    private func checkWorkspace(_ report: inout HookReport) throws {
        let (ofWorkspace, ofPipeline) = (
            workspace.own.reaction(of: .workspace), workspace.own.reaction(of: .pipeline)
        )
        guard ofWorkspace != .ignore || ofPipeline != .ignore else { return }
        let owners = try concernedOwners()
        guard !owners.isEmpty else { return }
        let index = declared.index
        let concerned = Set(owners)
        let wanted = index.outputs.filter { concerned.contains($0.owner) }.map {
            TargetedOutput(output: $0, part: nil)
        }
        let status = try workspace.status(of: owners, wanted, index, session, asksOthers: false)
        let command = workspace.personality.command
        for entry in status.entries {
            let quoted = Shell.quoted(entry.address)
            // What the cache lacks was looked at; what was never checked out is no mistake.
            let changed = entry.outputs.filter { $0.state == .modified && $0.isPresent }
            if !changed.isEmpty, ofWorkspace != .ignore {
                let names = changed.prefix(3).map { "'\($0.path)'" }.joined(separator: ", ")
                let more = changed.count > 3 ? " and \(changed.count - 3) more" : ""
                report.note(
                    CairnError(
                        .conflict,
                        "the workspace has another \(names)\(more) than is to be committed with '\(entry.address)'",
                        hint: "take it in: `\(command) commit \(quoted)`, and `git add` what that changes"),
                    as: ofWorkspace == .fail)
            }
            guard ofPipeline != .ignore, !entry.address.utf8.suffix(4).elementsEqual(".dvc".utf8),
                entry.isNew || entry.isCommandChanged || !entry.dependencies.isEmpty
                    || !entry.parameters.isEmpty
            else { continue }
            report.note(
                CairnError(
                    .conflict,
                    "stage '\(entry.address)' is stale: \(Self.reason(entry))",
                    hint: "run it: `\(command) repro \(quoted)`"), as: ofPipeline == .fail)
        }
    }

    private static func reason(_ entry: StatusReport.Entry) -> String {
        if entry.isNew { return "it has never run" }
        var parts = entry.isCommandChanged ? ["its command"] : []
        parts += entry.dependencies.map { "'\($0.path)'" } + entry.parameters.map { "'\($0.key)'" }
        let shown = parts.prefix(3).joined(separator: ", ")
        return "\(shown)\(parts.count > 3 ? " and \(parts.count - 3) more" : "") changed since it ran"
    }

    /// Changed pointers and those stages that have to do with what the commit changes.
    private func concernedOwners() throws -> [TrackedOutput.Owner] {
        let index = declared.index
        var owners: [TrackedOutput.Owner] = declared.changedFiles.sorted()
            .filter { index.pointers[$0] != nil }.map { .pointer($0) }
        var changed = Set(declared.changes.keys)
        for output in index.outputs where declared.changedFiles.contains(output.owner.file) {
            changed.insert(output.path)
        }
        for node in try index.stageNodes(in: workspace) where node.stage != nil {
            let isConcerned =
                declared.changedFiles.contains(node.owner.file)
                || node.inputs.contains { input in
                    guard case .inside(let path) = input else { return false }
                    return changed.contains { $0.overlaps(path) }
                }
            if isConcerned, !owners.contains(node.owner) { owners.append(node.owner) }
        }
        return owners
    }
}
