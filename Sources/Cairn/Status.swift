public import CairnCore
import CairnFormats
import CairnStore
import CairnSystem

/// What differs between the workspace, the pointers and the cache.
public struct StatusReport: Sendable {
    /// What became of a file or directory since it was recorded, under DVC's names.
    public enum State: String, Sendable {
        /// The cache lacks the object, or one of a directory's.
        case notInCache = "not in cache"
        /// There is nothing in the workspace.
        case deleted
        /// The content is another, or was never recorded.
        case modified
    }

    /// One file or directory that differs.
    public struct Item: Sendable {
        /// The path in the workspace; of an import's source as it is written.
        public let path: String
        /// What became of it.
        public let state: State
        /// How many files inside a directory were added, modified and deleted, where that is known.
        public let files: FileCounts?
        /// True if there is something in the workspace.
        public internal(set) var isPresent = true
        /// True if we put it there, or stored it from there, at some time.
        public internal(set) var wasPresent = true
    }

    /// Numbers of files inside a directory.
    public struct FileCounts: Sendable {
        /// Files that were not recorded.
        public var added = 0
        /// Files with another content.
        public var modified = 0
        /// Recorded files that are not there.
        public var deleted = 0
    }

    /// A pointer or a stage that differs.
    public struct Entry: Sendable {
        /// How the user can name it: a pointer's path, a stage's name.
        public let address: String
        /// What it depends on and that differs, in the order of the file.
        public internal(set) var dependencies: [Item] = []
        /// What it declares and that differs, in the order of the file.
        public internal(set) var outputs: [Item] = []
        /// True if the command is another than the one that ran last.
        public internal(set) var isCommandChanged = false
        /// True if an import's pointer was changed by hand.
        public internal(set) var isChecksumChanged = false
        /// True if it counts as changed whatever its data.
        public internal(set) var isAlwaysChanged = false

        var isClean: Bool {
            dependencies.isEmpty && outputs.isEmpty && !isCommandChanged && !isChecksumChanged && !isAlwaysChanged
        }
    }

    /// What differs, by declaring file in order of paths.
    public internal(set) var entries: [Entry] = []
    /// False if the workspace declares nothing at all.
    public internal(set) var hasDeclarations = false
    /// Outputs that are neither in the workspace nor in the cache: after a clone, a pull brings them.
    public internal(set) var absentOutputs = 0
    /// Stages whose dependencies were not looked at.
    public internal(set) var frozen: [String] = []
}

extension Workspace {
    /// Compares the workspace with what its pointers and locks record. Nothing is changed but the stat index.
    public func status(
        _ targets: [String] = [], _ options: TargetOptions = TargetOptions(), reporter: any Reporter = SilentReporter()
    ) throws -> StatusReport {
        let session = try Session(self, reporter: reporter, writes: false)
        let index = try WorkspaceScan.run(session)
        let wanted = try index.outputs(for: targets, options, in: self)
        var report = StatusReport()
        report.hasDeclarations = !index.pointers.isEmpty || !index.pipelines.isEmpty
        var survey = try StatusSurvey(session, expecting: wanted.reduce(0) { $0 + Int($1.output.record.fileCount ?? 1) })
        let remembered = Set(((try? session.index?.rememberedOutputs()) ?? []).map(\.path))
        var seen: Set<TrackedOutput.Owner> = []
        var owners: [TrackedOutput.Owner] = []
        for target in wanted where seen.insert(target.output.owner).inserted { owners.append(target.output.owner) }
        if targets.isEmpty { owners += index.ownersWithoutOutputs().filter { seen.insert($0).inserted } }
        for owner in owners {
            var entry = StatusReport.Entry(address: index.address(of: owner, in: self))
            let isFrozen = index.isFrozen(owner)
            if isFrozen, case .stage = owner { report.frozen.append(entry.address) }
            if !isFrozen {
                for dependency in try index.recordedDependencies(of: owner) {
                    if let item = try survey.dependency(dependency) { entry.dependencies.append(item) }
                }
            }
            for target in wanted where target.output.owner == owner {
                guard var item = try survey.output(target) else { continue }
                item.isPresent = survey.isPresent(target.output)
                item.wasPresent = remembered.contains(target.output.path)
                entry.outputs.append(item)
                if item.state != .modified, survey.isAbsent(target.output) { report.absentOutputs += 1 }
            }
            try index.describe(owner, in: &entry)
            if !entry.isClean { report.entries.append(entry) }
        }
        return report
    }
}

/// Looks at outputs and dependencies, each path of the workspace once.
private struct StatusSurvey {
    private let session: Session
    private let inventory: ObjectInventory
    private let store: LooseStore
    private var trees: [RepoPath: DataTree] = [:]

    init(_ session: Session, expecting expected: Int) throws {
        self.session = session
        store = try session.store()
        inventory = try ObjectInventory(of: store, expecting: expected)
    }

    /// True if neither workspace nor cache has the output.
    func isAbsent(_ output: TrackedOutput) -> Bool {
        guard let id = output.record.id, (try? inventory.contains(id)) == false else { return false }
        return !isPresent(output)
    }

    /// True if there is something at the output's place.
    func isPresent(_ output: TrackedOutput) -> Bool {
        ((try? session.folder.status(of: output.path.bytes)) ?? nil) != nil
    }

    mutating func output(_ target: TargetedOutput) throws -> StatusReport.Item? {
        let output = target.output
        let shown = session.workspace.display(target.part ?? output.path)
        let tree = try tree(output.path, output.record.id?.algorithm ?? .md5)
        guard let id = output.record.id else {
            return StatusReport.Item(path: shown, state: tree == nil ? .deleted : .modified, files: nil)
        }
        let current = try tree.map { try self.id(of: $0, id.algorithm) }
        if current == id, let tree {
            // The workspace has the very content, so its digests tell what the cache must have.
            let isComplete = try !output.record.isCached || hasAll(id, tree, target)
            return isComplete ? nil : StatusReport.Item(path: shown, state: .notInCache, files: nil)
        }
        var listing: DirListing?
        if output.record.isCached {
            guard try inventory.contains(id) else { return StatusReport.Item(path: shown, state: .notInCache, files: nil) }
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

    mutating func dependency(_ dependency: RecordedDependency) throws -> StatusReport.Item? {
        let algorithm = dependency.id?.algorithm ?? .md5
        let tree: DataTree?
        switch dependency.place {
        case .inside(let path): tree = try self.tree(path, algorithm)
        case .outside(let path):
            guard let name = path.lastComponentBytes, let own = try? RepoPath(validating: name) else { return nil }
            var found = try DataTree.external(path, as: own, session: session)
            try found?.readAll(algorithm, session)
            tree = found
        }
        guard let tree else { return StatusReport.Item(path: dependency.shown, state: .deleted, files: nil) }
        if let id = dependency.id, try self.id(of: tree, algorithm) == id { return nil }
        return StatusReport.Item(path: dependency.shown, state: .modified, files: nil)
    }

    /// The files at a path with their digests; `nil` if there is nothing.
    private mutating func tree(_ path: RepoPath, _ algorithm: HashAlgorithm) throws -> DataTree? {
        if algorithm == .md5, let known = trees[path] { return known }
        let rules = try IgnoreFiles(above: path, session: session)
        // What is ignored does not exist for us.
        let isFolder = try session.folder.status(of: path.bytes, following: true)?.kind == .folder
        guard !rules.isIgnored(path, isFolder: isFolder),
            var tree = try DataTree.load(path, rules: rules, session: session)
        else { return nil }
        try tree.readAll(algorithm, session)
        if algorithm == .md5 { trees[path] = tree }
        return tree
    }

    private func id(of tree: DataTree, _ algorithm: HashAlgorithm) throws -> ObjectID {
        guard tree.isFolder else {
            guard let digest = tree.digests[0] else { preconditionFailure("a file that was read has a digest") }
            return ObjectID(algorithm, digest)
        }
        let bytes = try tree.listing().serialized
        return ObjectID(algorithm, bytes.withUnsafeBytes { MD5.digest(of: $0) }, isDirectory: true)
    }

    private func hasAll(_ id: ObjectID, _ tree: DataTree, _ target: TargetedOutput) throws -> Bool {
        guard try inventory.contains(id) else { return false }
        guard id.isDirectory else { return true }
        for (index, digest) in tree.digests.enumerated() {
            guard let digest, target.covers(tree.snapshot.paths[index]) else { continue }
            if try !inventory.contains(ObjectID(id.algorithm, digest)) { return false }
        }
        return true
    }

    private func hasAll(_ listing: DirListing, _ algorithm: HashAlgorithm, _ target: TargetedOutput) throws -> Bool {
        for index in 0..<listing.count where target.covers(listing.paths[index]) {
            if try !inventory.contains(ObjectID(algorithm, listing.digest(at: index))) { return false }
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
            throw CairnError(.notFound, "'\(shown)' is not recorded in '\(session.workspace.display(output.path))'")
        }
        var found: [[UInt8]: Digest] = [:]
        for (index, digest) in (tree?.digests ?? []).enumerated() {
            guard let tree, let path = tree.isFolder ? tree.snapshot.paths[index] : nil, let digest else { continue }
            let target = TargetedOutput(output: output, part: part)
            if target.covers(path) { found[Array(path)] = digest }
        }
        if found.isEmpty { return StatusReport.Item(path: shown, state: .deleted, files: nil) }
        if let single { return found[inside.bytes] == single ? nil : StatusReport.Item(path: shown, state: .modified, files: nil) }
        let prefix = inside.bytes + [UInt8(ascii: "/")]
        let isSame = found.count == recorded.count
            && (0..<recorded.count).allSatisfy { found[prefix + recorded.paths[$0]] == recorded.digest(at: $0) }
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
            if listing.digest(at: entry) == digest { same += 1 } else { counts.modified += 1 }
        }
        counts.deleted = listing.count - same - counts.modified
        return counts
    }
}

extension TargetedOutput {
    /// True if a path inside the output belongs to the part that is meant.
    func covers(_ path: some Collection<UInt8>) -> Bool {
        guard let part, let inside = part.relative(to: output.path) else { return true }
        return path.starts(with: inside.bytes)
            && (path.count == inside.bytes.count
                || path[path.index(path.startIndex, offsetBy: inside.bytes.count)] == UInt8(ascii: "/"))
    }
}

/// What a stage or an import depends on, as far as it can be looked at here.
struct RecordedDependency {
    enum Place {
        case inside(RepoPath)
        case outside(FilePath)
    }

    let place: Place
    /// The path as the user knows it.
    let shown: String
    /// What it was; `nil` if that was never recorded.
    let id: ObjectID?
}

extension OutputIndex {
    /// Stages and imports that declare no output of their own.
    fileprivate func ownersWithoutOutputs() -> [TrackedOutput.Owner] {
        pipelines.keys.sorted().flatMap { file in
            ((try? pipelines[file]?.file.resolvedStages(with: pipelines[file]?.lock)) ?? [])
                .filter { $0.outputs.isEmpty }.map { TrackedOutput.Owner.stage(file: file, name: $0.name) }
        }
    }

    func isFrozen(_ owner: TrackedOutput.Owner) -> Bool {
        switch owner {
        // A frozen import is not downloaded again; that its source changed is known only by asking there.
        case .pointer(let file): pointers[file]?.isFrozen ?? false
        case .stage: stage(of: owner)?.isFrozen ?? false
        }
    }

    func stage(of owner: TrackedOutput.Owner) -> ResolvedStage? {
        guard case .stage(let file, let name) = owner, let pipeline = pipelines[file] else { return nil }
        return try? pipeline.file.resolvedStages(with: pipeline.lock).first { $0.name.hasSameBytes(as: name) }
    }

    /// Dependencies that are files: of stages, and of imports from this machine.
    fileprivate func recordedDependencies(of owner: TrackedOutput.Owner) throws -> [RecordedDependency] {
        let records: [DependencyRecord]
        let folder: RepoPath?
        switch owner {
        case .pointer(let file):
            records = pointers[file]?.dependencies ?? []
            folder = try Self.folder(of: file, workingDirectory: pointers[file]?.workingDirectory, shownAs: file.description)
        case .stage(let file, _):
            let stage = stage(of: owner)
            records = stage?.dependencies ?? []
            folder = try Self.folder(of: file, workingDirectory: stage?.workingDirectory, shownAs: file.description)
        }
        return records.compactMap { record in
            // URLs, other repositories and data sets cannot be looked at without asking somebody else.
            guard let text = record.path, record.repository == nil, record.dataset == nil,
                text.utf8.firstRange(of: "://".utf8) == nil
            else { return nil }
            if text.utf8.first == UInt8(ascii: "/") {
                return RecordedDependency(place: .outside(FilePath(bytes: Array(text.utf8))), shown: text, id: record.id)
            }
            guard let path = try? Self.path(text, in: folder, shownAs: "") else { return nil }
            return RecordedDependency(place: .inside(path), shown: path.description, id: record.id)
        }
    }

    /// Notes what concerns the declaration itself and not its data.
    fileprivate func describe(_ owner: TrackedOutput.Owner, in entry: inout StatusReport.Entry) throws {
        switch owner {
        case .pointer(let file):
            guard let pointer = pointers[file] else { return }
            entry.isAlwaysChanged = pointer.isAlwaysChanged
            if let recorded = pointer.md5, pointer.isImport { entry.isChecksumChanged = recorded != MD5.digest(of: pointer.stageDigestInput).hex }
        case .stage:
            guard let stage = stage(of: owner) else { return }
            entry.isCommandChanged = stage.isCommandChanged
            entry.isAlwaysChanged = stage.isAlwaysChanged
        }
    }
}
