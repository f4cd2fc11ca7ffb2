import CairnCore
import CairnFormats
import CairnGit

/// One line of what git tells before a push: which commit is to become which reference there.
public struct PushedReference: Hashable, Sendable {
    /// The commit, or what a tag names; `nil` if the reference is to be deleted.
    let local: GitObjectID?
    /// What the reference is there now, as far as git knows; `nil` for nothing.
    let remote: GitObjectID?

    /// Reads the lines that git gives a hook on standard input; others are passed over.
    public static func parse(_ input: [UInt8]) -> [PushedReference] {
        input.split(separator: UInt8(ascii: "\n")).compactMap { line in
            let words = line.split(separator: UInt8(ascii: " ")).map { String(decoding: $0, as: UTF8.self) }
            guard words.count == 4 else { return nil }
            return PushedReference(local: id(words[1]), remote: id(words[3]))
        }
    }

    /// Takes the two ends that the program `pre-commit` gives in place of lines.
    ///
    /// - Parameters:
    ///   - local: the id of the commit that is pushed.
    ///   - remote: the id of what is there; `nil` if it is not known.
    public init?(local: String, remote: String?) {
        guard let tip = Self.id(local) else { return nil }
        self.local = tip
        self.remote = remote.flatMap(Self.id)
    }

    private init(local: GitObjectID?, remote: GitObjectID?) {
        self.local = local
        self.remote = remote
    }

    /// - Returns: `nil` for the id of nothing, too.
    private static func id(_ text: String) -> GitObjectID? {
        text.utf8.allSatisfy { $0 == UInt8(ascii: "0") } ? nil : GitObjectID(hex: text)
    }
}

extension HookContext {
    /// Looks whether the data of the commits that are about to be pushed is on the remotes where it belongs, and pushes it if settings say so.
    ///
    /// Commits that the other repository has already are not looked at, and of the others only what they change.
    /// - Parameters:
    ///   - references: what is pushed.
    ///   - name: the name of the other repository in git's configuration, or its URL.
    /// - Throws: `CairnError` if something cannot be looked at: then the push must not go on, either.
    public func prePush(_ references: [PushedReference], to name: String) throws -> HookReport {
        var report = HookReport()
        guard let (git, top) = try repository() else { return report }
        let tips = references.compactMap(\.local).compactMap { try? git.commit($0).id }
        guard !tips.isEmpty else { return report }
        let known =
            references.compactMap(\.remote)
            + (try git.references(below: "refs/remotes/\(name)/").map(\.commit))
        let pushed = try git.commits(from: tips, leavingOut: known)
        let change = try PushedCommits(pushed, git)
        guard !change.commits.isEmpty else { return report }
        for (workspace, _) in try workspaces(of: change.files, below: top) {
            try check(change, workspace, &report)
        }
        return report
    }

    private func check(_ change: PushedCommits, _ workspace: Workspace, _ report: inout HookReport) throws {
        let reaction = workspace.own.reaction(of: .push)
        guard reaction != .ignore else { return }
        var options = TransferOptions()
        options.revisions.exact = change
        do {
            let session = try Session(workspace, reporter: reporter, writes: false)
            let scope = try TransferScope(.push, [], options, OutputIndex(), session)
            for (name, error) in scope.skipped {
                report.failures.append(
                    CairnError(error.kind, "\(name) is to be pushed, and cannot be read: \(error.message)"))
            }
            noteMissingRemote(workspace, scope, change, session, &report)
            let presence = DataPresence(session: session)
            var lacking: [(RemoteStore, LackingOutput)] = []
            for group in scope.groups {
                let remote = try group.remote.get()
                lacking += try presence.lacking(on: remote, group.used).map { (remote, $0) }
            }
            guard !lacking.isEmpty else { return }
            if reaction == .push {
                let pushed = try workspace.push(scopeOf: options, reporter: reporter)
                report.pushes.append((workspace, pushed))
                if pushed.isComplete { return }
                lacking = try scope.groups.flatMap { group in
                    let remote = try group.remote.get()
                    return try presence.lacking(on: remote, group.used).map { (remote, $0) }
                }
            }
            for error in errors(lacking, change, workspace) { report.note(error, as: reaction != .warn) }
        } catch {
            let error = CairnError(error)
            guard error.kind != .interrupted else { throw error }
            // Nobody knows whether the data is there: the promise cannot be checked, so it is not given.
            report.failures.append(
                CairnError(
                    error.kind,
                    "whether the data of the commits is on the remote is not known: \(error.message)",
                    hint:
                        "\(error.hint.map { "\($0); or " } ?? "")push without that: `\(Self.skipVariable)=1 git push`"
                ))
        }
    }

    /// A sentence for each version of an output whose data is lacking, the last with what to type.
    private func errors(
        _ lacking: [(RemoteStore, LackingOutput)], _ change: PushedCommits, _ workspace: Workspace
    ) -> [CairnError] {
        let most = 10
        let shown = lacking.prefix(most).map { remote, item in
            "remote '\(remote.name)' lacks the data of \(item.names(in: workspace)) in commit \(item.output.revision ?? "HEAD")"
        }
        let more =
            lacking.count > most ? ["the remote lacks the data of \(lacking.count - most) more versions"] : []
        let command = workspace.personality.command
        let revisions = Set(lacking.map(\.1.output.revision))
        let scope =
            if revisions.count == 1, let only = revisions.first ?? nil { "--rev \(only)" } else {
                "--all-commits"
            }
        let hint =
            "push it first: `\(command) push \(scope)`; or push without it: `\(Self.skipVariable)=1 git push`"
        let sentences = shown + more
        return sentences.enumerated().map { index, text in
            CairnError(.missing, text, hint: index == sentences.count - 1 ? hint : nil)
        }
    }

    /// Says that data goes nowhere when no remote is configured: git's own push is not stopped for that.
    private func noteMissingRemote(
        _ workspace: Workspace, _ scope: TransferScope, _ change: PushedCommits, _ session: Session,
        _ report: inout HookReport
    ) {
        guard scope.groups.isEmpty, !workspace.hasDefaultRemote,
            change.files.contains(where: { $0.new != nil })
        else { return }
        report.warnings.append(
            CairnError(
                .config, "there is no remote for data, so nobody else gets the data of these commits",
                hint: "`\(workspace.personality.command) remote add -d NAME URL`"))
    }
}

/// The commits of a push that change declarations, and where they begin.
struct PushedCommits: Sendable {
    /// Those that change what is declared, newest first.
    private(set) var commits: [GitCommit] = []
    /// Commits that are there already and that the others build on.
    private(set) var base: [GitCommit] = []
    /// What the commits change.
    private(set) var files: [GitChangedFile] = []

    /// Sorts out which of some commits matter.
    ///
    /// - Throws: `GitError` if a tree cannot be read.
    init(_ all: [GitCommit], _ git: GitRepository) throws(GitError) {
        let own = Set(all.map(\.id))
        var outside: Set<GitObjectID> = []
        for commit in all {
            var parents: [GitCommit] = []
            for id in commit.parents {
                // Where a shallow clone ends, what was before is not known: the commit counts as a beginning.
                guard let parent = try? git.commit(id) else { continue }
                parents.append(parent)
                if !own.contains(id), outside.insert(id).inserted { base.append(parent) }
            }
            let changes = try git.changedFiles(from: parents.first, to: commit) {
                HookContext.declaresData($0) || $0.suffix(11).elementsEqual(".dvc/config".utf8)
            }
            guard !changes.isEmpty else { continue }
            commits.append(commit)
            files += changes
        }
    }
}
