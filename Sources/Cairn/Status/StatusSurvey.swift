import CairnCore
import CairnStore
import CairnSystem

/// Looks at outputs and dependencies, each path of the workspace once.
final class StatusSurvey {
    // A class: it learns which objects the cache has when that is asked for first, and remembers trees.

    private let session: Session
    private let expected: Int
    private var takenInventory: ObjectInventory?
    private let store: ObjectStore
    private var trees: [TreeKey: DataTree] = [:]
    private var rulesByFolder: [RepoPath?: IgnoreFiles] = [:]
    private struct TreeKey: Hashable {
        let path: RepoPath
        /// What is recorded decides which links are followed.
        let recorded: ObjectID?
    }

    init(_ session: Session, expecting expected: Int) throws {
        self.session = session
        self.expected = expected
        store = try session.store()
    }

    private func inventory() throws -> ObjectInventory {
        if let takenInventory { return takenInventory }
        let inventory = try ObjectInventory(of: store, expecting: expected)
        takenInventory = inventory
        return inventory
    }

    /// True if neither workspace nor cache has the output.
    func isAbsent(_ output: TrackedOutput) -> Bool {
        guard let id = output.record.id, (try? inventory().contains(id)) == false else { return false }
        return !isPresent(output)
    }

    /// True if there is something at the output's place.
    func isPresent(_ output: TrackedOutput) -> Bool {
        ((try? session.folder.status(of: output.path.bytes)) ?? nil) != nil
    }

    func output(_ target: TargetedOutput) throws -> StatusReport.Item? {
        let output = target.output
        let shown = session.workspace.display(target.part ?? output.path)
        let memory = target.part == nil ? TreeMemory(output, store, session) : nil
        let algorithm = output.record.id?.algorithm ?? session.workspace.algorithm
        let found = try look(at: output.path, algorithm, output.record.id, remembering: memory)
        if case .asRemembered = found { return nil }
        let tree = found.tree
        guard let id = output.record.id else {
            return StatusReport.Item(path: shown, state: tree == nil ? .deleted : .modified, files: nil)
        }
        let current = try tree.map { try $0.id(id.algorithm) }
        if current == id, let tree {
            // The workspace has the very content, so its digests tell what the cache must have.
            let isComplete = try !output.record.isCached || hasAll(id, tree, target)
            if isComplete, case .files(_, let walked?) = found, walked.count >= TreeMemory.smallest {
                memory?.keep(walked)
            }
            return isComplete ? nil : StatusReport.Item(path: shown, state: .notInCache, files: nil)
        }
        var listing: DirListing?
        if output.record.isCached {
            guard try inventory().contains(id) else {
                return StatusReport.Item(path: shown, state: .notInCache, files: nil)
            }
            if id.isDirectory {
                // A damaged listing is as good as none.
                listing = try? store.listing(id)
                guard let listing, try hasAll(listing, id.algorithm, target) else {
                    return StatusReport.Item(path: shown, state: .notInCache, files: nil)
                }
            }
        }
        if let part = target.part { return try partly(part, output, listing, tree, shown) }
        guard let tree else { return StatusReport.Item(path: shown, state: .deleted, files: nil) }
        let counts = listing.flatMap { tree.isFolder ? compare($0, tree) : nil }
        return StatusReport.Item(path: shown, state: .modified, files: counts)
    }

    func dependency(_ dependency: RecordedDependency) throws -> StatusReport.Item? {
        let algorithm = dependency.id?.algorithm ?? session.workspace.algorithm
        let tree: DataTree?
        switch dependency.place {
        case .inside(let path): tree = try self.tree(path, algorithm, dependency.id)
        case .outside(let path):
            guard let name = path.lastComponentBytes, let own = try? RepoPath(validating: name) else {
                return nil
            }
            var found = try DataTree.external(
                path, as: own, algorithm, following: .recorded(dependency.id), session: session)
            try found?.readAll(algorithm, session)
            tree = found
        }
        guard let tree else { return StatusReport.Item(path: dependency.shown, state: .deleted, files: nil) }
        if let id = dependency.id, try tree.id(algorithm) == id { return nil }
        return StatusReport.Item(path: dependency.shown, state: .modified, files: nil)
    }

    /// What is at a path.
    private enum Found {
        case nothing
        /// A directory that looks as it did when all of it was as recorded.
        case asRemembered
        /// The files with their digests; with the walk that found them, if it was made just now.
        case files(DataTree, WalkedTree?)

        var tree: DataTree? { if case .files(let tree, _) = self { tree } else { nil } }
    }

    /// The files at a path with their digests; `nil` if there is nothing.
    ///
    /// - Parameter recorded: what is recorded there.
    private func tree(_ path: RepoPath, _ algorithm: HashAlgorithm, _ recorded: ObjectID?) throws -> DataTree?
    {
        try look(at: path, algorithm, recorded, remembering: nil).tree
    }

    /// Looks at a path, and reads what is not known of its files unless they are as remembered.
    private func look(
        at path: RepoPath, _ algorithm: HashAlgorithm, _ recorded: ObjectID?, remembering memory: TreeMemory?
    ) throws -> Found {
        let key = TreeKey(path: path, recorded: recorded)
        if algorithm == session.workspace.algorithm, let known = trees[key] { return .files(known, nil) }
        let rules = try rules(above: path)
        guard let own = try session.folder.status(of: path.bytes) else { return .nothing }
        let isFolder =
            own.kind == .symbolicLink
            ? try session.folder.status(of: path.bytes, following: true)?.kind == .folder
            : own.kind == .folder
        // What is ignored does not exist for us.
        guard !rules.isIgnored(path, isFolder: isFolder) else { return .nothing }
        let look = try DataLook(
            path, own, as: algorithm, following: .recorded(recorded), rules: rules, session: session)
        var walked: WalkedTree?
        if case .directory(let directory) = look.content { walked = directory }
        if let memory, let walked, memory.holds(for: walked) { return .asRemembered }
        var tree = look.takeTree()
        try tree.readAll(algorithm, session)
        if algorithm == session.workspace.algorithm { trees[key] = tree }
        return .files(tree, walked)
    }

    /// What `.dvcignore` files above a path leave out: the same for all that lies in one folder.
    private func rules(above path: RepoPath) throws -> IgnoreFiles {
        if let known = rulesByFolder[path.parent] { return known }
        let rules = try IgnoreFiles(above: path, session: session)
        rulesByFolder[path.parent] = rules
        return rules
    }

    private func hasAll(_ id: ObjectID, _ tree: DataTree, _ target: TargetedOutput) throws -> Bool {
        try tree.isStored(as: id, in: inventory()) { target.covers(tree.snapshot.paths[$0]) }
    }

    private func hasAll(_ listing: DirListing, _ algorithm: HashAlgorithm, _ target: TargetedOutput) throws
        -> Bool
    {
        for index in 0..<listing.count where target.covers(listing.paths[index]) {
            if let id = listing.object(at: index, algorithm), try !inventory().contains(id) { return false }
        }
        return true
    }

    /// The state of a part of an output.
    private func partly(
        _ part: RepoPath, _ output: TrackedOutput, _ listing: DirListing?, _ tree: DataTree?, _ shown: String
    ) throws -> StatusReport.Item? {
        guard let listing, let inside = part.relative(to: output.path) else {
            return StatusReport.Item(path: shown, state: tree == nil ? .deleted : .modified, files: nil)
        }
        let recorded = listing.listing(below: inside.bytes)
        let single = listing.index(of: inside.bytes).map { listing.digest(at: $0) }
        guard !recorded.isEmpty || single != nil else {
            throw CairnError(
                .notFound, "'\(shown)' is not recorded in '\(session.workspace.display(output.path))'")
        }
        var found: [[UInt8]: Digest] = [:]
        for (index, digest) in (tree?.digests ?? KnownDigests(count: 0)).enumerated() {
            guard let tree, let path = tree.isFolder ? tree.snapshot.paths[index] : nil, let digest else {
                continue
            }
            let target = TargetedOutput(output: output, part: part)
            if target.covers(path) { found[Array(path)] = digest }
        }
        if found.isEmpty { return StatusReport.Item(path: shown, state: .deleted, files: nil) }
        if let single {
            return found[inside.bytes] == single
                ? nil : StatusReport.Item(path: shown, state: .modified, files: nil)
        }
        let prefix = inside.bytes + [UInt8(ascii: "/")]
        let isSame =
            found.count == recorded.count
            && (0..<recorded.count).allSatisfy {
                found[prefix + recorded.paths[$0]] == recorded.digest(at: $0)
            }
        return isSame ? nil : StatusReport.Item(path: shown, state: .modified, files: nil)
    }

    private func compare(_ listing: DirListing, _ tree: DataTree) -> StatusReport.FileCounts {
        var counts = StatusReport.FileCounts()
        var same = 0
        for (index, digest) in tree.digests.enumerated() {
            guard let entry = listing.index(of: tree.snapshot.paths[index]) else {
                counts.added += 1
                continue
            }
            let isSame =
                listing.digest(at: entry) == digest && listing.kind(at: entry) == tree.kind(at: index)
            if isSame { same += 1 } else { counts.modified += 1 }
        }
        counts.deleted = listing.fileCount - same - counts.modified
        return counts
    }
}
