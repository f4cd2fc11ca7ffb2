public import CairnCore
import CairnFormats
import CairnGit
import CairnStore
import CairnSystem

/// How data is added.
public struct AddOptions: Sendable {
    /// Writes pointers without storing the data.
    public var skipsStore = false
    /// Takes wild cards in targets as such, for shells that do not expand them.
    public var isGlob = false
    /// Copies one target from anywhere to this place in the workspace and tracks it there.
    public var out: String?
    /// The pointer file to write, instead of one beside the data.
    public var file: String?
    /// Replaces what is in the way of `out`.
    public var isForced = false
    /// Leaves files of the workspace as they are, whatever link type is configured.
    public var skipsRelink = false
    /// Whether symbolic links inside of native directories are taken for what they lead to; `nil` to do with each as recorded, and to keep
    /// new ones as links.
    public var followsLinks: Bool?
    /// Sends the data of one target to a remote instead of storing it here.
    public var goesToRemote = false
    /// The remote to send it to, instead of the default one.
    public var remote: String?
    /// How many transfers at a time go there.
    public var jobs: Int?

    /// Stores data, writes a pointer beside it, links as configured.
    public init() {}
}

/// What adding did.
public struct AddReport: Sendable {
    /// One tracked output.
    public struct Output: Sendable {
        /// Where the data lies.
        public let path: RepoPath
        /// The pointer that names it.
        public let pointer: RepoPath
        /// The file's or the listing's id.
        public let id: ObjectID
        /// Bytes of all files; `nil` when it is no longer known (docs/formats/pointer.md).
        public let size: Int64?
        /// Files of a directory.
        public let fileCount: Int?
        /// True if the pointer says something new.
        public let isChanged: Bool
    }

    /// The outputs, in the order of the targets.
    public internal(set) var outputs: [Output] = []
    /// How many objects are new in the store.
    public internal(set) var storedObjects = 0
    /// Files that belong into git, changed by the command.
    public internal(set) var gitFiles = GitFiles()
    /// Files that could not be linked as configured.
    public internal(set) var linkFailures: [RepoPath] = []
}

extension Workspace {
    /// Starts tracking files and directories, or takes in what changed in them.
    ///
    /// - Throws: `CairnError`; then no pointer was written, and no data of the user's was touched.
    public func add(
        _ targets: [String], _ options: AddOptions = AddOptions(), reporter: any Reporter = SilentReporter()
    ) throws -> AddReport {
        if options.followsLinks == false, !isNative {
            throw CairnError(
                .usage,
                "directories of DVC's format cannot keep symbolic links, so these are always followed",
                hint: "leave a link out by naming it in .dvcignore")
        }
        try options.check(targets)
        let session = try Session(self, reporter: reporter, writes: true)
        let index = try WorkspaceScan.run(session)
        if options.goesToRemote, let source = targets.first {
            return try addToRemote(source, options, index, session)
        }
        if let out = options.out {
            guard targets.count == 1, let source = targets.first else {
                throw CairnError(.usage, "--out takes exactly one target")
            }
            return try bringIn(source, to: out, options, index, session)
        }
        let expanded = try options.isGlob ? expand(targets, session) : targets
        guard options.file == nil || expanded.count == 1 else {
            throw CairnError(.usage, "--file takes exactly one target")
        }
        var additions: [Addition] = []
        var seen: Set<RepoPath> = []
        for target in expanded {
            let addition = try Addition(target, options, index, session)
            if seen.insert(addition.part ?? addition.path).inserted { additions.append(addition) }
        }
        try Addition.refuseOverlaps(additions, index, self)
        return try carryOut(additions, options, session)
    }

    private func carryOut(_ additions: [Addition], _ options: AddOptions, _ session: Session) throws
        -> AddReport
    {
        try StageLock.check(additions.map(\.path), in: self, reporter: session.reporter)
        let recorder = try OutputRecorder(
            session, expecting: additions.reduce(0) { $0 + ($1.tree?.snapshot.count ?? 0) },
            stores: !options.skipsStore)
        var report = AddReport()
        var results: [(addition: Addition, record: OutputRecord, tree: DataTree?)] = []
        for addition in additions {
            let (record, tree) = try addition.record(with: recorder, session)
            results.append((addition, record, tree))
        }
        report.storedObjects = recorder.pendingCount
        try recorder.commit()
        if !options.skipsStore && !options.skipsRelink {
            let relink = try Relink(session)
            for result in results {
                guard let tree = result.tree else { continue }
                let items = try relink.items(
                    of: tree, result.record.id?.algorithm ?? recorder.algorithm,
                    isExecutable: result.record.isExecutable)
                for failure in try relink.place(items) {
                    report.linkFailures.append(try RepoPath(validating: items.paths[failure.index]))
                }
                if result.record.isExecutable, !tree.isFolder { try relink.settleMode(of: tree.path) }
            }
        }
        var git = try GitFiles(session)
        do {
            try git.ignore(results.map(\.addition.path), session)
            report.outputs = try write(results.map { ($0.record, $0.addition) }, &git)
        } catch {
            git.undoIgnoring()
            throw error
        }
        // Only a memory of what was put where; nothing depends on it.
        if !options.skipsStore {
            try? session.index?.rememberOutputs(report.outputs.map { ($0.path, $0.id) })
        }
        try git.stageIfWanted(session)
        report.gitFiles = git
        return report
    }

    /// Writes the pointers: the last step, after which the data is tracked.
    func write(
        _ results: [(record: OutputRecord, addition: Addition)], _ git: inout GitFiles
    ) throws -> [AddReport.Output] {
        var files: [(path: FilePath, bytes: [UInt8])] = []
        var outputs: [AddReport.Output] = []
        for (record, addition) in results {
            let text = try text(naming: record, for: addition)
            let file = absolute(addition.pointerPath)
            let isChanged = try file.readIfPresent() != text
            if isChanged { files.append((file, text)) }
            git.changed(addition.pointerPath)
            guard let id = record.id else { preconditionFailure("a recorded output has an id") }
            outputs.append(
                AddReport.Output(
                    path: addition.path, pointer: addition.pointerPath, id: id, size: record.size,
                    fileCount: record.fileCount.map(Int.init), isChanged: isChanged))
        }
        try AtomicFile.write(files)
        return outputs
    }

    private func text(naming record: OutputRecord, for addition: Addition) throws -> [UInt8] {
        guard let pointer = addition.pointer else { return PointerFile.newText(for: [record]) }
        var records = pointer.outputs
        if let place = records.firstIndex(where: { $0.path.hasSameBytes(as: record.path) }) {
            records[place] = record
        } else {
            records = [record]
        }
        return try pointer.updatingText(outputs: records)
    }

    /// Copies data from anywhere into the store and the workspace, and tracks it.
    private func bringIn(
        _ source: String, to out: String, _ options: AddOptions, _ index: OutputIndex, _ session: Session
    ) throws -> AddReport {
        let typed = FilePath(bytes: Array(source.utf8))
        let origin = typed.isAbsolute ? typed : surroundings.workingDirectory.pushing(typed)
        let path = try place(of: origin, at: out, options)
        let there = try absolute(path).status()
        guard there == nil || options.isForced else {
            throw CairnError(
                .conflict, "'\(display(path))' exists already",
                hint: "replace it with `\(personality.command) add --force …`")
        }
        var addition = try Addition(comingTo: path, options, index, session)
        try Addition.refuseOverlaps([addition], index, self)
        guard
            let tree = try DataTree.external(
                origin, as: path, algorithm, following: options.links(or: .none), session: session)
        else {
            throw CairnError(.notFound, "'\(Array(source.utf8).printable)' does not exist")
        }
        addition.tree = tree
        let recorder = try OutputRecorder(session, expecting: tree.snapshot.count, stores: true)
        let (record, _) = try addition.record(with: recorder, session)
        try recorder.commit()
        guard let id = record.id else { preconditionFailure("a recorded output has an id") }
        var plan = try CheckoutPlan(session, expecting: tree.snapshot.count, allowsMissing: false)
        var existing = try DataTree.load(
            path, as: id.algorithm, following: .recorded(id),
            rules: IgnoreFiles(above: path, session: session), session: session)
        try plan.want(
            path, id, isExecutable: record.isExecutable, declaredBy: addition.pointerPath, part: nil,
            tree: &existing)
        try CheckoutRun(session).apply(plan)
        addition.tree = nil
        return try track(record, as: addition, ignores: true, session)
    }

    /// Writes the pointer of one output, and makes git ignore the data if wanted; all of it or nothing.
    func track(
        _ record: OutputRecord, as addition: Addition, ignores: Bool, _ session: Session
    ) throws -> AddReport {
        var git = try GitFiles(session)
        do {
            if ignores { try git.ignore(addition.path, session) }
            var report = AddReport()
            report.outputs = try write([(record, addition)], &git)
            try git.stageIfWanted(session)
            report.gitFiles = git
            return report
        } catch {
            git.undoIgnoring()
            throw error
        }
    }

    /// Where data from elsewhere goes: into a folder that is there, or that a slash at the end means, by its own name.
    func place(of origin: FilePath, at out: String, _ options: AddOptions) throws -> RepoPath {
        let path = try path(of: out)
        let isFolder = try absolute(path).status(following: true)?.kind == .folder
        guard out.utf8.last == UInt8(ascii: "/") || (isFolder && !options.isForced) else { return path }
        guard let name = origin.lexicallyNormalized().lastComponentBytes else {
            throw CairnError(.usage, "'\(origin.bytes.printable)' has no name")
        }
        return path.appending(try RepoPath(validating: name))
    }

    /// Paths of the workspace that match the targets' wild cards.
    private func expand(_ targets: [String], _ session: Session) throws -> [String] {
        var result: [String] = []
        for target in targets {
            guard target.utf8.contains(where: { "*?[".utf8.contains($0) }) else {
                result.append(target)
                continue
            }
            let found = try WorkspaceGlob.matches(of: target, in: self, session)
            guard !found.isEmpty else {
                throw CairnError(
                    .notFound, "'\(Array(target.utf8).printable)' matches nothing in the workspace")
            }
            result += found
        }
        return result
    }
}
