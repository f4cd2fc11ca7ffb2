import CairnCore
import CairnFormats
import CairnGit

/// Looks at what commits say about data, one by one, as the hook before a commit does with what is staged.
struct CommitChecks {
    private let session: Session
    private let workspace: Workspace
    private let git: GitRepository
    private let place: WorkspaceInGit
    private var reader: RevisionReader

    /// - Throws: `CairnError` of kind `usage` where there is no git repository.
    init(_ session: Session) throws {
        self.session = session
        workspace = session.workspace
        reader = try RevisionReader(session)
        guard let git = try session.git() else { preconditionFailure("the reader has found the repository") }
        self.git = git
        place = WorkspaceInGit(session.workspace, git)
    }

    /// What is wrong with a commit by its own fault: data that it puts into git, and declarations that contradict each other.
    ///
    /// Declarations that cannot be read are not told here: whoever asks for their data hears of them.
    mutating func findings(in commit: NamedCommit) throws -> [VerifyReport.Finding] {
        guard let content = try reader.read(commit, onlyNew: false) else { return [] }
        let parent = commit.commit.parents.first.flatMap { try? git.commit($0) }
        let changes = try git.changedFiles(from: parent, to: commit.commit)
        var locks: [RepoPath: PipelineLock] = [:]
        for (file, pipeline) in content.index.pipelines { locks[file] = pipeline.lock }
        let checks = DeclarationChecks(workspace: workspace, index: content.index, locks: locks)
        var files: Set<RepoPath> = []
        var declarations: Set<RepoPath> = []
        for change in changes where change.new != nil {
            guard let path = place.path(change.path) else { continue }
            files.insert(path)
            guard HookContext.declaresData(change.path) else { continue }
            declarations.insert(path.name.elementsEqual("dvc.lock".utf8) ? path.sibling("dvc.yaml") : path)
        }
        for output in content.index.outputs where declarations.contains(output.owner.file) {
            guard output.record.isCached,
                try git.entry(at: place.pathInGit(output.path), in: commit.commit) != nil
            else { continue }
            files.insert(output.path)
        }
        let inGit = checks.dataInGit(files).map {
            checks.error(dataInGit: $0.output, $0.files, isStaged: false)
        }
        return (inGit + checks.contradictions(in: declarations)).map {
            VerifyReport.Finding(revision: commit.name, error: $0)
        }
    }

    /// The commits at which this clone's history ends although there were others before.
    func ends(of commits: [NamedCommit]) -> [String] {
        guard git.isShallow else { return [] }
        return commits.filter { commit in
            commit.commit.parents.contains { (try? git.commit($0)) == nil }
        }.map(\.name)
    }
}

extension Workspace {
    /// Checks the commits of a range, each for itself.
    func verifyRange(_ options: VerifyOptions, _ session: Session, _ report: inout VerifyReport) throws {
        guard options.revisions.range != nil else { return }
        var checks = try CommitChecks(session)
        guard let git = try session.git() else { return }
        var scope = RevisionScope()
        scope.range = options.revisions.range
        let commits = try scope.commits(in: git)
        for commit in commits {
            do {
                report.findings += try checks.findings(in: commit)
            } catch {
                let error = CairnError(error)
                guard error.kind != .interrupted else { throw error }
                report.skipped.append((commit.name, error))
            }
        }
        report.ends = checks.ends(of: commits)
    }

    /// Looks whether remotes have what pointers and locks name, by their indexes or the names of their objects; no byte of data is read.
    func verifyPresence(
        _ scope: TransferScope, jobs: Int?, _ session: Session, _ report: inout VerifyReport
    ) throws {
        for group in scope.groups {
            let remote = try group.remote.get()
            try remote.naming {
                var used = group.used
                let contents = try RemoteContents(of: remote, session, jobs: jobs)
                let reader = try ListingReader(session, others: [contents], movesDamagedAside: false)
                try used.expand(reader)
                let there = try contents.present(among: used.ids)
                let missing = used.ids.filter { !there.contains($0) }
                let users = try used.users(of: Set(missing), reader)
                report.count += there.count
                report.missing += missing.map { TransferReport.Object(id: $0, users: users[$0] ?? []) }
            }
            report.remotes.append(remote.name)
        }
    }
}
