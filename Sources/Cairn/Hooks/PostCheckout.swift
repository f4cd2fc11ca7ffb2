import CairnCore
import CairnFormats
import CairnGit
import CairnSystem

extension HookContext {
    /// Brings the data along after git has checked out another commit.
    ///
    /// While a rebase passes through commits, nothing happens: its end is told by `postRewrite`.
    /// - Parameters:
    ///   - old: the id of the commit before; all zeros for none, as in a new worktree.
    ///   - new: the id of the commit now.
    /// - Throws: `CairnError` if something cannot be looked at.
    public func postCheckout(from old: String, to new: String) throws -> HookReport {
        guard let (git, top) = try repository(), !git.isRebasing(), let tip = GitObjectID(hex: new) else {
            return HookReport()
        }
        let before = old.utf8.allSatisfy { $0 == UInt8(ascii: "0") } ? nil : GitObjectID(hex: old)
        return try follow(
            from: before.map { try git.commit($0) }, to: try git.commit(tip), git, top)
    }

    /// Brings the data along after a merge.
    ///
    /// - Parameter isSquash: whether the merge was only put into the workspace and the index.
    /// - Throws: `CairnError` if something cannot be looked at.
    public func postMerge(isSquash: Bool) throws -> HookReport {
        guard let (git, top) = try repository(), let head = try git.head() else { return HookReport() }
        guard isSquash else { return try follow(from: git.originalHead(), to: head, git, top) }
        let files = try git.stagedFiles(since: head, where: Self.declaresData)
        return try follow(files, since: head, git, top)
    }

    /// Brings the data along after a rebase.
    ///
    /// - Throws: `CairnError` if something cannot be looked at.
    public func postRewrite() throws -> HookReport {
        guard let (git, top) = try repository(), let head = try git.head() else { return HookReport() }
        return try follow(from: git.originalHead(), to: head, git, top)
    }

    /// Brings the data along after a commit that git has made from others: a cherry-pick, a revert, the end of a merge with conflicts.
    ///
    /// What a usual commit has, the workspace had before.
    /// - Throws: `CairnError` if something cannot be looked at.
    public func postCommit() throws -> HookReport {
        guard let (git, top) = try repository(), !git.isRewriting, let move = git.lastMove(),
            ["cherry-pick", "revert", "commit (merge)", "commit (cherry-pick)"].contains(where: {
                move.words.utf8.starts(with: $0.utf8)
            }), let head = try git.head()
        else { return HookReport() }
        return try follow(from: move.old.map { try git.commit($0) }, to: head, git, top)
    }

    private func follow(
        from old: GitCommit?, to new: GitCommit, _ git: GitRepository, _ top: FilePath
    ) throws -> HookReport {
        guard old?.tree != new.tree else { return HookReport() }
        return try follow(
            git.changedFiles(from: old, to: new, where: Self.declaresData), since: old, git, top)
    }

    private func follow(
        _ files: [GitChangedFile], since old: GitCommit?, _ git: GitRepository, _ top: FilePath
    ) throws -> HookReport {
        var report = HookReport()
        guard !files.isEmpty else { return report }
        for (workspace, files) in try workspaces(of: files, below: top) {
            guard workspace.own.reaction(of: .checkout) != .ignore else { continue }
            try DataFollowing(workspace, git, reporter).run(files, since: old, &report)
        }
        return report
    }
}

/// Makes the outputs of one workspace what changed declarations say.
private struct DataFollowing {
    private let workspace: Workspace
    private let git: GitRepository
    private let place: WorkspaceInGit
    private let reporter: any Reporter

    init(_ workspace: Workspace, _ git: GitRepository, _ reporter: any Reporter) {
        self.workspace = workspace
        self.git = git
        place = WorkspaceInGit(workspace, git)
        self.reporter = reporter
    }

    func run(_ changes: [GitChangedFile], since old: GitCommit?, _ report: inout HookReport) throws {
        var files: Set<RepoPath> = []
        for change in changes {
            guard let path = place.path(change.path) else { continue }
            files.insert(Self.declaring(path))
        }
        let session = try Session(workspace, reporter: reporter, writes: true)
        let index = try WorkspaceScan.run(session, keepsGoing: true)
        report.warnings += index.problems.filter { files.contains(Self.declaring($0.file)) }.map(\.error)
        let before = try old.map { try declarations(files, in: $0) } ?? OutputIndex()
        var options = CheckoutOptions()
        var wanted = OutputIndex()
        options.only = []
        for file in files.sorted() {
            if let pointer = index.pointers[file] {
                try wanted.add(pointer, at: file, shownAs: workspace.display(file))
            } else if let pipeline = index.pipelines[file] {
                try wanted.add(pipeline, at: file, shownAs: workspace.display(file))
            }
        }
        for output in wanted.outputs where output.record.isCached {
            // What was never made has no data to bring.
            guard let id = output.record.id else { continue }
            if before.output(at: output.path)?.record.id != id { options.only?.insert(output.path) }
        }
        // A file that cannot be read may still declare it.
        let unreadable = Set(index.problems.map { Self.declaring($0.file) })
        for output in before.outputs where output.record.isCached && !unreadable.contains(output.owner.file) {
            // A stage that has not run in this commit made nothing in it.
            guard let id = output.record.id, index.output(at: output.path)?.record.id == nil else { continue }
            options.former.append((output.path, id))
        }
        guard options.only?.isEmpty == false || !options.former.isEmpty else { return }
        do {
            if workspace.own.reaction(of: .checkout) == .pull {
                let fetched = try workspace.fetch([], TransferOptions(), wanted, session)
                report.warnings += fetched.failures.map(\.error)
            }
            let result = try workspace.checkout([], options, index, session)
            report.checkouts.append((workspace, result))
            guard !result.failed.isEmpty else { return }
            report.warnings.append(lacking(result))
        } catch {
            let error = CairnError(error)
            guard error.kind != .interrupted else { throw error }
            report.failures.append(
                CairnError(
                    error.kind, "the workspace does not have the data of this commit: \(error.message)",
                    hint: error.hint))
        }
    }

    /// The file that declares what another one records.
    private static func declaring(_ file: RepoPath) -> RepoPath {
        file.name.elementsEqual("dvc.lock".utf8) ? file.sibling("dvc.yaml") : file
    }

    private func lacking(_ result: CheckoutReport) -> CairnError {
        let names = result.failed.sorted().map { "'\(workspace.display($0))'" }
        let more = names.count > 3 ? " and \(names.count - 3) more" : ""
        return CairnError(
            .missing,
            "the cache lacks the data of \(names.prefix(3).joined(separator: ", "))\(more) in this commit",
            hint: "get it: `\(workspace.personality.command) pull`")
    }

    /// What some files declare in a commit; what cannot be read there declares nothing.
    private func declarations(_ files: Set<RepoPath>, in commit: GitCommit) throws -> OutputIndex {
        var index = OutputIndex()
        func text(_ path: RepoPath) throws -> [UInt8]? {
            try git.file(at: place.pathInGit(path), in: commit)
        }
        for file in files.sorted() {
            guard let bytes = try text(file) else { continue }
            let name = workspace.display(file)
            if file.name.elementsEqual("dvc.yaml".utf8) {
                try? index.add(
                    bytes, lock: text(file.sibling("dvc.lock")), asPipeline: file, shownAs: name,
                    settings: workspace.configuration.templateSettings, reading: text)
            } else {
                try? index.add(bytes, asPointer: file, shownAs: name)
            }
        }
        return index
    }
}
