import CairnCore
import CairnGit
import CairnSystem

/// Walks the history back from a commit and stops where the data of a path changed.
struct DataLogWalk {
    /// A commit, and the name that the path has there.
    private struct Step: Hashable {
        let commit: GitCommit
        let path: RepoPath?
    }

    private let options: DataLogOptions
    private let git: GitRepository
    private let session: Session
    private var reader: PathReader
    /// The steps that are to be taken, the oldest commit first.
    private var waiting: [Step] = []
    private var seen: Set<Step> = []
    /// Commits that do not count, because a range leaves them out.
    private var excluded: Set<GitObjectID> = []
    private let shallow: Set<GitObjectID>
    private var log = DataLog()

    /// True if a commit has something at the path.
    private(set) var hasSeenData = false

    init(_ path: RepoPath?, _ options: DataLogOptions, _ git: GitRepository, _ session: Session) throws {
        self.options = options
        self.git = git
        self.session = session
        reader = try PathReader(session, git)
        shallow = git.shallowCommits()
        let range = try git.range(options.revision)
        if let base = range?.base { excluded = Set(try git.commits(from: base).map(\.id)) }
        let tip = try range?.tip ?? git.resolve(options.revision)
        if !excluded.contains(tip.id) { add(Step(commit: tip, path: path)) }
    }

    private mutating func add(_ step: Step) {
        guard !excluded.contains(step.commit.id), seen.insert(step).inserted else { return }
        // Few steps wait at a time: one for each line of history that is open.
        let position = waiting.firstIndex { $0.commit.committerTime > step.commit.committerTime }
        waiting.insert(step, at: position ?? waiting.count)
    }

    /// Takes all steps.
    ///
    /// - Throws: `GitError` or `StoreError` if something cannot be read, `SystemError` when the user asked to stop.
    mutating func run() throws -> DataLog {
        while let step = waiting.popLast(), log.versions.count < options.count ?? .max {
            try Interruption.check()
            try take(step)
        }
        log.problems = reader.problems
        return log
    }

    private mutating func take(_ step: Step) throws {
        let look = try reader.look(at: step.path, in: step.commit)
        if !look.isAbsent { hasSeenData = true }
        guard !shallow.contains(step.commit.id) else {
            // What was before is not here, so that nobody knows whether this commit changed anything.
            if !look.isAbsent { log.isCutOff = true }
            return try note(step, look, look.isAbsent ? nil : .added)
        }
        if try isUnknown(look, in: step.commit) {
            for id in step.commit.parents { add(Step(commit: try git.commit(id), path: step.path)) }
            return
        }
        var parents: [(commit: GitCommit, look: PathLook)] = []
        for id in step.commit.parents {
            let parent = try git.commit(id)
            let there = try reader.look(at: step.path, in: parent)
            if there.key == look.key { return add(Step(commit: parent, path: step.path)) }
            parents.append((parent, there))
        }
        guard !parents.isEmpty else { return try note(step, look, look.isAbsent ? nil : .added) }
        if look.isAbsent {
            if let there = parents.first(where: { !$0.look.isAbsent })?.look {
                hasSeenData = true
                try note(step, there, .deleted)
            }
            for parent in parents { add(Step(commit: parent.commit, path: step.path)) }
            return
        }
        var change = DataVersion.Change.added
        for parent in parents {
            var path = step.path
            if try !parent.look.isAbsent || isUnknown(parent.look, in: parent.commit) {
                change = .modified
            } else if options.followsRenames, let own = step.path,
                let old = try renamed(own, look, step.commit, parent.commit)
            {
                path = old
                if change == .added { change = .renamed(from: old.bytes) }
            }
            add(Step(commit: parent.commit, path: path))
        }
        try note(step, look, change)
    }

    /// True if nobody can tell whether the path is in a commit: what may declare it cannot be read there.
    private mutating func isUnknown(_ look: PathLook, in commit: GitCommit) throws -> Bool {
        try look.isAbsent && !reader.index(of: commit).problems.isEmpty
    }

    /// The path at which a parent has what a commit has at another one.
    private mutating func renamed(
        _ path: RepoPath, _ look: PathLook, _ commit: GitCommit, _ parent: GitCommit
    ) throws -> RepoPath? {
        guard let output = look.output, let id = look.id else { return nil }
        let (after, before) = (try reader.index(of: commit), try reader.index(of: parent))
        let gone = before.outputs.filter { $0.record.isCached && after.output(at: $0.path) == nil }
        guard let inside = path.relative(to: output.path), path != output.path else {
            return Self.nearest(path, gone.filter { $0.record.id == id }.map(\.path))
        }
        // The whole directory has another name.
        for other in gone where other.isFolder {
            let old = other.path.appending(inside)
            if try PathLook.look(at: old, in: before, reader.listings).id == id { return old }
        }
        // The file has another name in the same directory.
        guard !look.isFolder, let own = before.output(at: output.path), own.isFolder,
            let older = try reader.listings.listing(of: own),
            let newer = try reader.listings.listing(of: output)
        else { return nil }
        let names = older.indices.filter {
            older.object(at: $0, id.algorithm) == id && newer.index(of: older.paths[$0]) == nil
        }
        return Self.nearest(
            path, names.compactMap { try? output.path.appending(RepoPath(validating: older.paths[$0])) })
    }

    /// Of several paths one with the same last name, else the first.
    private static func nearest(_ path: RepoPath, _ others: [RepoPath]) -> RepoPath? {
        others.first { $0.name.elementsEqual(path.name) } ?? others.min()
    }

    private mutating func note(_ step: Step, _ look: PathLook, _ change: DataVersion.Change?) throws {
        guard let change else { return }
        let text = try git.authorship(of: step.commit)
        let isDeleted = change == .deleted
        var size = isDeleted ? nil : look.size
        if !isDeleted, size == nil, let id = look.id, !look.isFolder {
            size = try session.store().size(of: id)
        }
        let isKnown = if case .unknown = look.key { false } else { true }
        log.versions.append(
            DataVersion(
                commit: step.commit.id.hex, author: text.name, email: text.email,
                time: CommitTime(seconds: text.time, offset: text.offset), summary: step.commit.summary,
                change: change, path: step.path?.bytes ?? [], id: isDeleted ? nil : look.id,
                isFolder: look.isFolder, size: size, fileCount: isDeleted ? nil : look.fileCount,
                isKnown: isKnown))
    }
}
