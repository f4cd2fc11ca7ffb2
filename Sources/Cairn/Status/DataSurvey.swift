import CairnCore
import CairnFormats
import CairnGit
import CairnStore
import CairnSystem

/// Gathers the three sides of `data status` and compares them.
struct DataSurvey {
    private let session: Session
    private let options: DataStatusOptions
    private let index: OutputIndex
    private let git: GitRepository?
    /// What the last commit declares; `nil` outside of git.
    private let committed: OutputIndex?
    private let hasCommit: Bool
    private let store: ObjectStore
    private let inventory: ObjectInventory
    private var remotes: [String: RemoteContents] = [:]
    private var wanted: Set<RepoPath> = []
    private var report = DataStatusReport()

    init(_ session: Session, _ options: DataStatusOptions) throws {
        self.session = session
        self.options = options
        index = try WorkspaceScan.run(session)
        git = try session.git()
        let head = try git?.head()
        hasCommit = head != nil
        if let git, let head {
            committed = try RevisionFiles(head, named: "HEAD", session, git)?.content.index ?? OutputIndex()
        } else {
            committed = git == nil ? nil : OutputIndex()
        }
        for problem in committed?.problems ?? [] {
            session.reporter.warn(problem.error.message, hint: nil)
        }
        store = try session.store()
        inventory = try ObjectInventory(
            of: store,
            expecting: options.isGranular
                ? index.outputs.lazy.map(\.record).expectedFileCount : index.outputs.count)
    }

    mutating func run(_ targets: [String]) throws -> DataStatusReport {
        wanted = try resolve(targets)
        let recorded = Self.roots(index)
        var kept = try compareWithWorkspace(recorded)
        if let committed {
            let unchanged = try compareWithCommit(Self.roots(committed), recorded)
            if options.listsUnchanged { kept.formIntersection(unchanged) }
        }
        report.unchanged = kept.sorted()
        if options.checksRemote { try lookAtRemote() }
        try lookAtGit()
        return report
    }

    // MARK: targets

    /// The paths that targets stand for; none for everything.
    private func resolve(_ targets: [String]) throws -> Set<RepoPath> {
        var paths: Set<RepoPath> = []
        for target in targets {
            guard let path = try session.workspace.pathOrRoot(of: target) else { return [] }
            let known = index.outputs + (committed?.outputs ?? [])
            if known.contains(where: { $0.path.overlaps(path) }) {
                paths.insert(path)
                continue
            }
            do {
                let found = try index.outputs(for: [target], in: session.workspace)
                paths.formUnion(found.map { $0.part ?? $0.output.path })
            } catch let error as CairnError
                where error.kind == .notFound && session.workspace.personality == .dvc
            {
                // DVC takes every path, and has nothing to say about most. The path itself keeps the set from being empty.
                paths.insert(path)
            }
        }
        return paths
    }

    private var isWanted: (([UInt8]) -> Bool)? {
        guard !wanted.isEmpty else { return nil }
        return { [wanted] path in
            wanted.contains {
                path.starts(with: $0.bytes)
                    && (path.count == $0.bytes.count || path[$0.bytes.count] == UInt8(ascii: "/"))
            }
        }
    }

    // MARK: sides

    /// The outputs with data in the store, by path. An import without a hash of its own goes by that of its source.
    private static func roots(_ index: OutputIndex) -> [RepoPath: TrackedOutput] {
        var roots: [RepoPath: TrackedOutput] = [:]
        for var output in index.outputs where output.record.isCached {
            if output.record.id == nil, !output.isRepositoryImport, case .pointer(let file) = output.owner {
                output.record.id = index.pointers[file]?.dependencies.first?.id
            }
            roots[output.path] = output
        }
        return roots
    }

    /// Paths of both sides that belong together because one lies inside the other, under the outermost of them.
    private func groups(_ old: some Sequence<RepoPath>, _ new: some Sequence<RepoPath>) -> [RepoPath:
        [RepoPath]]
    {
        let all = Set(old).union(new)
        let concerned = wanted.isEmpty ? all : all.filter { path in wanted.contains { $0.overlaps(path) } }
        return Dictionary(grouping: concerned) { $0.topmost(in: all) ?? $0 }
    }

    /// An output as its pointer has it, with its files if they are looked at.
    private mutating func recordedRoot(_ output: TrackedOutput, listingFiles: Bool) throws -> DataRoot {
        guard let id = output.record.id, id.isDirectory, listingFiles else {
            return DataRoot(path: output.path, id: output.record.id, files: .none)
        }
        if let listing = try listing(id, of: output) {
            return DataRoot(path: output.path, id: id, files: .listing(listing))
        }
        return DataRoot(path: output.path, id: id, files: .unknown)
    }

    /// A listing from the cache, or from the output's remote.
    private mutating func listing(_ id: ObjectID, of output: TrackedOutput) throws -> DirListing? {
        if let listing = try Self.listing(id, in: store) { return listing }
        guard let remote = try? contents(for: output) else { return nil }
        return try Self.listing(id, in: remote)
    }

    private static func listing(_ id: ObjectID, in store: some ListingSource) throws -> DirListing? {
        do {
            return try store.listing(id)
        } catch let error as StoreError {
            switch error.reason {
            case .missing, .damaged, .unreadableListing: return nil
            default: throw error
            }
        }
    }

    /// The data of an output in the workspace.
    ///
    /// - Returns: `nil` if there is nothing.
    private func workspaceTree(_ path: RepoPath, _ algorithm: HashAlgorithm, _ recorded: ObjectID?) throws
        -> (
            tree: DataTree, id: ObjectID
        )?
    {
        guard try session.folder.status(of: path.bytes, following: true) != nil,
            var tree = try DataTree.load(
                path, as: algorithm, following: .recorded(recorded),
                rules: IgnoreFiles(above: path, session: session), session: session)
        else { return nil }
        let id = try tree.currentID(algorithm, session)
        return (tree, id)
    }

    // MARK: comparisons

    private mutating func compareWithWorkspace(
        _ recorded: [RepoPath: TrackedOutput]
    ) throws -> Set<DataStatusReport.Path> {
        var comparison = DataComparison(listsUnchanged: options.listsUnchanged, where: isWanted)
        var missing: [DataStatusReport.Path] = []
        for (_, members) in groups(recorded.keys, []).sorted(by: { $0.key < $1.key }) {
            try Interruption.check()
            var (old, new): ([DataRoot], [DataRoot]) = ([], [])
            var empty: [RepoPath: [[UInt8]]] = [:]
            for path in members.sorted() {
                guard let output = recorded[path] else { continue }
                let found = try workspaceTree(
                    path, output.record.id?.algorithm ?? session.workspace.algorithm, output.record.id)
                if let found {
                    let files: DataRoot.Files =
                        options.isGranular && found.tree.isFolder ? .tree(found.tree) : .none
                    new.append(DataRoot(path: path, id: found.id, files: files))
                    empty[path] = found.tree.snapshot.emptyFolders
                }
                if let found, found.id == output.record.id, options.isGranular, found.tree.isFolder,
                    try inventory.contains(found.id)
                {
                    // The same content: the workspace's files tell what the listing has.
                    old.append(DataRoot(path: path, id: found.id, files: .tree(found.tree)))
                } else {
                    old.append(try recordedRoot(output, listingFiles: options.isGranular))
                }
            }
            let inventory = inventory
            comparison.visitOld = { path, id in
                if try !inventory.contains(id) {
                    missing.append(DataStatusReport.Path(bytes: Array(path), isFolder: id.isDirectory))
                }
            }
            try comparison.compare(
                DataGroup(old, where: isWanted), DataGroup(new, where: isWanted), emptyFolders: empty)
        }
        comparison.finish()
        report.uncommitted = comparison.changes
        report.notInCache = missing.sorted()
        return Set(comparison.unchanged)
    }

    private mutating func compareWithCommit(
        _ old: [RepoPath: TrackedOutput], _ new: [RepoPath: TrackedOutput]
    ) throws -> Set<DataStatusReport.Path> {
        var comparison = DataComparison(listsUnchanged: options.listsUnchanged, where: isWanted)
        for (_, members) in groups(old.keys, new.keys).sorted(by: { $0.key < $1.key }) {
            try Interruption.check()
            if !options.listsUnchanged, members.count == 1, let id = old[members[0]]?.record.id,
                new[members[0]]?.record.id == id
            {
                continue
            }
            func side(_ outputs: [RepoPath: TrackedOutput]) throws -> [DataRoot] {
                var roots: [DataRoot] = []
                for path in members.sorted() {
                    if let output = outputs[path] {
                        roots.append(try recordedRoot(output, listingFiles: options.isGranular))
                    }
                }
                return roots
            }
            let (left, right) = (try side(old), try side(new))
            try comparison.compare(DataGroup(left, where: isWanted), DataGroup(right, where: isWanted))
        }
        comparison.finish()
        report.committed = comparison.changes
        return Set(comparison.unchanged)
    }

    // MARK: the remote

    /// What an output's remote has.
    ///
    /// - Throws: `CairnError` of kind `config` if none is configured.
    private mutating func contents(for output: TrackedOutput) throws -> RemoteContents {
        let name = output.record.remote ?? options.remote
        if let known = remotes[name ?? ""] { return known }
        let remote = try session.workspace.remoteStore(name, for: "data status")
        let contents = try remote.naming { () throws in
            let contents = try RemoteContents(of: remote, session)
            // What is wrong with its index shows here.
            _ = try contents.store?.packed?.index()
            return contents
        }
        remotes[name ?? ""] = contents
        return contents
    }

    private mutating func lookAtRemote() throws {
        var missing: Set<DataStatusReport.Path> = []
        let filter = isWanted
        for output in index.outputs
        where output.record.isCached && output.record.isPushed && !output.isRepositoryImport {
            guard output.record.id != nil,
                wanted.isEmpty || wanted.contains(where: { $0.overlaps(output.path) })
            else { continue }
            let group = DataGroup([try recordedRoot(output, listingFiles: options.isGranular)], where: filter)
            // For DVC, a remote that is not configured lacks everything.
            let isNowhere =
                session.workspace.personality == .dvc && (output.record.remote ?? options.remote) == nil
                && !session.workspace.hasDefaultRemote
            let ids = Set((0..<group.count).map { group.ids[$0] }).sorted()
            let there = isNowhere ? [] : try contents(for: output).present(among: ids)
            for position in 0..<group.count where !there.contains(group.ids[position]) {
                missing.insert(
                    DataStatusReport.Path(
                        bytes: Array(group.paths[position]), isFolder: group.ids[position].isDirectory))
            }
        }
        report.notInRemote = missing.sorted()
    }

    // MARK: git

    private mutating func lookAtGit() throws {
        guard let git else { return }
        report.isEmptyRepository = !hasCommit
        if options.listsUntracked {
            let prefix = git.relativePath(of: session.workspace.root) ?? []
            for path in try git.untrackedFiles(below: prefix) {
                let own = prefix.isEmpty ? path : Array(path.dropFirst(prefix.count + 1))
                let isFolder = own.last == UInt8(ascii: "/")
                guard let inside = try? RepoPath(validating: isFolder ? Array(own.dropLast()) : own),
                    isWanted?(inside.bytes) ?? true
                else { continue }
                report.untracked.append(
                    session.workspace.relativeToUser(inside) + (isFolder ? [UInt8(ascii: "/")] : []))
            }
        }
        if options.looksAtGit {
            report.isGitDirty = try git.hasChanges(countsUntracked: options.listsUntracked)
        }
    }
}
