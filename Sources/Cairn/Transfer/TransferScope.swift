import CairnCore
public import CairnFormats
import CairnStore
import CairnSystem

/// How data is moved between the cache and remotes.
public struct TransferOptions: Sendable {
    /// How targets are understood.
    public var targets = TargetOptions()
    /// The remote to use instead of the default one; outputs that belong to another are left out.
    public var remote: String?
    /// Revisions besides the workspace.
    public var revisions = RevisionScope()
    /// How many transfers at a time.
    public var jobs: Int?
    /// Whether to find out only what would be moved.
    public var isDryRun = false
    /// Whether records of earlier runs are moved too.
    public var includesRunRecords = false
    /// Only outputs of fewer bytes; those whose size is not recorded count as small.
    public var sizeLimit: Int64?
    /// Only outputs that are of one of these kinds, hold such a file or lie in such a directory; empty for all.
    public var kinds: Set<StageOutput.Kind> = []

    /// Objects of outputs that are known to be where they should be.
    var leavesOut: Set<ObjectID> = []

    /// All of the workspace, with the default remote.
    public init() {}
}

/// The outputs that a command moves, by the remote that they go to or come from.
struct TransferScope {
    /// Which way data goes.
    enum Direction: String {
        case push, fetch
        /// Nothing moves: also what no remote has ever had is meant.
        case verify
        /// As `verify`; a remote that the user names is asked for everything.
        case repair

        var command: String { rawValue }
        var isMoving: Bool { self == .push || self == .fetch }
    }

    /// Outputs that share a remote.
    struct Group {
        /// The remote, or why there is none.
        let remote: Result<RemoteStore, CairnError>
        var used = UsedObjects()
    }

    /// One for each remote, in the order in which outputs name them.
    private(set) var groups: [Group] = []
    /// What comes from other repositories, for a fetch.
    private(set) var imports: [WantedImport] = []
    /// Revisions, or files in them, that could not be read.
    private(set) var skipped: [(name: String, error: CairnError)] = []

    private let direction: Direction
    private let options: TransferOptions
    private let session: Session
    private var positions: [[UInt8]: Int] = [:]
    /// The groups by the number of a configuration and the name of a remote in it.
    private var known: [Int: [String?: Int]] = [:]

    /// Collects outputs of the workspace and of the revisions in scope.
    ///
    /// - Throws: `CairnError` for targets that mean nothing, an unknown remote, an unknown revision.
    init(
        _ direction: Direction, _ targets: [String], _ options: TransferOptions, _ index: OutputIndex,
        _ session: Session
    ) throws {
        self.direction = direction
        self.options = options
        self.session = session
        if let jobs = options.jobs, jobs < 1 {
            throw CairnError(.usage, "\(jobs) transfers at a time cannot be: 1 is the least")
        }
        let workspace = session.workspace
        workspace.connections.want(jobs: options.jobs)
        if let name = options.remote { _ = try workspace.remoteStore(name, for: direction.command) }
        try add(index.outputs(for: targets, options.targets, in: workspace), of: index, nil, workspace, -1)
        guard !options.revisions.isEmpty else { return }
        var reader = try RevisionReader(session)
        guard let git = try session.git() else { preconditionFailure("the reader has found the repository") }
        for commit in options.revisions.exact?.base ?? [] { try reader.skip(commit) }
        for commit in try options.revisions.commits(in: git) {
            guard let content = try reader.read(commit, onlyNew: targets.isEmpty) else { continue }
            for problem in content.index.problems { skipped.append((commit.name, problem.error)) }
            do {
                let configured = try content.workspace.get()
                try add(
                    content.index.outputs(for: targets, options.targets, in: workspace), of: content.index,
                    commit.name, configured, content.configuration)
            } catch let error as CairnError where error.kind != .interrupted {
                // Not every revision has every target.
                if error.kind != .notFound || targets.isEmpty { skipped.append((commit.name, error)) }
            }
        }
    }

    private mutating func add(
        _ targets: [TargetedOutput], of index: OutputIndex, _ revision: String?, _ configured: Workspace,
        _ configuration: Int
    ) throws {
        let paths = options.kinds.reduce(into: Set()) { $0.formUnion(index.paths(of: $1)) }
        for target in targets {
            let record = target.output.record
            if let limit = options.sizeLimit, limit > 0, record.size ?? 0 >= limit { continue }
            if !options.kinds.isEmpty, !paths.contains(where: target.output.path.overlaps) { continue }
            if let id = record.id, options.leavesOut.contains(id) { continue }
            if direction == .push, !record.isPushed || target.output.isRepositoryImport { continue }
            if direction != .repair, let named = options.remote, let own = record.remote,
                !named.hasSameBytes(as: own)
            {
                continue
            }
            if direction == .fetch, let wanted = WantedImport(target, index, revision: revision) {
                imports.append(wanted)
                continue
            }
            guard let wanted = WantedOutput(target, revision: revision) else { continue }
            let name = options.remote ?? record.remote
            // A revision from before there was a remote has nothing anywhere.
            if direction.isMoving, revision != nil, name == nil, !configured.hasDefaultRemote { continue }
            let position = known[configuration]?[name] ?? position(of: remote(name, configured))
            known[configuration, default: [:]][name] = position
            groups[position].used.add(wanted)
        }
    }

    private func remote(_ name: String?, _ configured: Workspace) -> Result<RemoteStore, CairnError> {
        do {
            return .success(try configured.remoteStore(name, for: direction.command))
        } catch {
            // The user names a remote of today, whatever the revision calls its own.
            if options.remote != nil,
                let known = try? session.workspace.remoteStore(name, for: direction.command)
            {
                return .success(known)
            }
            return .failure(CairnError(error))
        }
    }

    /// Takes imports in that could not be had from where they come from.
    ///
    /// - Returns: those for which there is no remote to ask.
    mutating func ask(
        remotesFor failed: [(import: WantedImport, error: CairnError)], _ configured: Workspace
    ) -> [(import: WantedImport, error: CairnError)] {
        failed.filter { failure in
            let target = failure.import.target
            let name = options.remote ?? target.output.record.remote
            guard name != nil || configured.hasDefaultRemote,
                let wanted = WantedOutput(target, revision: failure.import.revision),
                case .success(let store) = remote(name, configured), (try? store.isMissing()) == false
            else { return true }
            groups[position(of: .success(store))].used.add(wanted)
            return false
        }
    }

    private mutating func position(of remote: Result<RemoteStore, CairnError>) -> Int {
        let key: [UInt8]
        switch remote {
        case .success(let store): key = store.identity
        case .failure(let error): key = [0] + Array(error.message.utf8)
        }
        if let known = positions[key] { return known }
        positions[key] = groups.count
        groups.append(Group(remote: remote))
        return groups.count - 1
    }
}
