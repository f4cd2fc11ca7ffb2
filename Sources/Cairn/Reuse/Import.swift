public import CairnCore
import CairnFormats
import CairnStore
import CairnSystem

/// How much an import does.
public enum ImportExtent: Sendable {
    /// It pins the source and brings its data.
    case everything
    /// It pins the source without bringing its data.
    case pin
    /// It writes the pointer without asking the source for anything.
    case pointer
}

/// How data is imported.
public struct ImportOptions: Sendable {
    /// Where it goes; `nil` for its own name where the user stands.
    public var out: String?
    /// The revision of the other repository that is followed from then on; `nil` for its default branch.
    public var revision: String?
    /// Replaces what is in the way.
    public var isForced = false
    /// How much of it is done.
    public var extent = ImportExtent.everything
    /// What the user says about the other repository.
    public var overrides = SourceOverrides()
    /// The configuration file among that, as the user named it.
    public var configurationPath: String?
    /// How many transfers at a time; `nil` for what the configuration says.
    public var jobs: Int?

    /// All of it, by its own name.
    public init() {}
}

/// What was imported or updated.
public struct ImportReport: Sendable {
    /// One import.
    public struct Item: Sendable {
        /// Where the data lies.
        public let path: RepoPath
        /// The pointer file.
        public let pointer: RepoPath
        /// Where it comes from, as it may be shown: `path (repository)`, or a URL.
        public let source: String
        /// The object; `nil` if no data was brought.
        public let id: ObjectID?
        /// Bytes; `nil` if they are not known.
        public let size: Int64?
        /// How many files a directory has.
        public let fileCount: Int?
        /// The commit that it is pinned to; `nil` for a URL.
        public let commit: String?
        /// False if the pointer says what it said before.
        public let isChanged: Bool
    }

    /// The imports, in the order of the targets.
    public internal(set) var items: [Item] = []
    /// What changed for git.
    public internal(set) var gitFiles = GitFiles()
}

extension Workspace {
    /// A reader of other repositories for this workspace.
    func sourceReader(
        _ reporter: any Reporter, _ overrides: SourceOverrides = SourceOverrides(), jobs: Int? = nil
    )
        -> SourceReader
    {
        var reader = SourceReader(surroundings, as: personality, reporter: reporter)
        reader.overrides = overrides
        reader.secrets = secrets
        reader.jobs = jobs
        reader.folders = [root]
        return reader
    }

    /// Brings a file or directory of another repository into this workspace, and pins it: its pointer file says where it comes from, and
    /// of which commit it is.
    ///
    /// - Throws: `CairnError`; then no pointer was written.
    public func importData(
        _ path: String, from url: String, _ options: ImportOptions = ImportOptions(),
        reporter: any Reporter = SilentReporter()
    ) throws -> ImportReport {
        try refuseSecrets(in: options.overrides.remoteOptions, inAddress: url, reporter)
        let session = try Session(self, reporter: reporter, writes: true)
        let index = try WorkspaceScan.run(session)
        let inner = try SourcePath.parse(path)
        let addition = try importPlace(options.out, for: path, options.isForced, index, session)
        var repository = ImportedRepository(url: url, revision: options.revision)
        (repository.config, repository.remote) = options.overrides.recorded(
            configPath: options.configurationPath)
        var dependency = DependencyRecord(path: path)
        dependency.repository = repository
        let shown = "\(Array(path.utf8).printable) (\(SourceAddress.shown(url)))"
        let name = try addition.relativeName(session)
        if options.extent == .pointer {
            let record = OutputRecord(path: name, content: importedContent)
            return try finish(addition, dependency, record, shown, isExecuted: false, session)
        }
        let reader = sourceReader(reporter, options.overrides, jobs: options.jobs)
        let source = try SourceRepository(url, revision: options.revision, reader)
        let commit = try source.commit(options.revision)
        let view = try source.view(at: commit, around: inner)
        dependency.repository?.lockedRevision = commit.id.hex
        let selection = try view.selection()
        guard options.extent == .everything else {
            let record = OutputRecord(path: name, content: importedContent)
            return try finish(addition, dependency, record, shown, isExecuted: true, session)
        }
        var content = try bring(selection, of: view, session)
        // DVC's imports forget the bit, and the two are to write the same.
        if !isNative { content.isExecutable = false }
        let record = OutputRecord(path: name, content: content)
        try settle(record, of: addition.path, declaredBy: addition.pointerPath, isForced: true, session)
        return try finish(addition, dependency, record, shown, isExecuted: true, session)
    }

    /// What is recorded of data that was not brought yet: only how it will be hashed.
    var importedContent: ContentRecord { ContentRecord(hashedBy: algorithm) }

    /// Where imported data goes, checked.
    ///
    /// - Throws: `CairnError` that says why it cannot go there.
    func importPlace(
        _ out: String?, for source: String, _ isForced: Bool, _ index: OutputIndex, _ session: Session
    ) throws -> Addition {
        let typed = try Destination.place(out, for: source, surroundings)
        guard let text = String(validating: typed.bytes, as: UTF8.self) else {
            throw CairnError(
                .usage, "'\(typed.bytes.printable)' is not UTF-8, so no pointer file can hold it")
        }
        let path = try self.path(of: text)
        guard try isForced || absolute(path).status() == nil else {
            throw CairnError(
                .conflict, "'\(display(path))' exists already",
                hint: "replace it with `--force`, or choose another place",
                dvc: "The path '\(display(path))' already exists.\nTo override it, re-run with '--force'.")
        }
        var options = AddOptions()
        options.isForced = isForced
        let addition = try Addition(comingTo: path, options, index, session)
        if let known = index.output(at: path), !isForced {
            throw CairnError(
                .conflict, "'\(display(path))' is tracked by '\(display(known.owner.file))' already",
                hint:
                    "replace it with `--force`; an import is brought up to date by `\(personality.command) update`"
            )
        }
        try Addition.refuseOverlaps([addition], index, self)
        try StageLock.check([path], in: self, reporter: session.reporter)
        return addition
    }

    /// Brings what was selected into the cache.
    ///
    /// - Returns: what the pointer is to say of it.
    func bring(_ selection: SourceSelection, of view: SourceView, _ session: Session) throws -> ContentRecord
    {
        if let only = selection.onlyOutput, let id = only.output.record.id, id.algorithm == algorithm,
            only.output.record.content.files == nil
        {
            try SourceSupply(view, into: session).bring([only])
            return try content(of: only, id, view, session)
        }
        try stateFolder.makeFolders()
        let staged = try StagedSource(selection, of: view, in: Folder(stateFolder), "reuse")
        let recorded = try staged.record(as: algorithm, into: session)
        return ContentRecord(
            id: recorded.id, size: recorded.size, fileCount: recorded.fileCount.map(Int64.init),
            isExecutable: recorded.isExecutable)
    }

    /// What is recorded of an output, or of a part of one, whose data is in the cache.
    private func content(
        of target: TargetedOutput, _ id: ObjectID, _ view: SourceView, _ session: Session
    ) throws -> ContentRecord {
        let store = try session.store()
        let record = target.output.record
        guard id.isDirectory else {
            return ContentRecord(
                id: id, size: try record.size ?? store.size(of: id), isExecutable: record.isExecutable)
        }
        let whole = try store.listing(id)
        guard let inside = target.part?.relative(to: target.output.path)?.bytes else {
            return ContentRecord(
                id: id, size: try record.size ?? Self.size(of: whole, id.algorithm, store),
                fileCount: Int64(whole.fileCount))
        }
        if let single = whole.index(of: inside), let object = whole.object(at: single, id.algorithm) {
            return ContentRecord(
                id: object, size: try store.size(of: object),
                isExecutable: whole.kind(at: single) == .executable)
        }
        let part = whole.listing(below: inside)
        guard !part.isEmpty else { throw StagedSource.missing(target, view) }
        let recorder = try OutputRecorder(session, expecting: 1, stores: true)
        let own = try recorder.record(part, id.algorithm)
        try recorder.commit()
        return ContentRecord(
            id: own, size: try Self.size(of: part, id.algorithm, store), fileCount: Int64(part.fileCount))
    }

    private static func size(
        of listing: DirListing, _ algorithm: HashAlgorithm, _ store: ObjectStore
    ) throws -> Int64 {
        if let size = listing.totalSize { return size }
        var total: Int64 = 0
        for index in 0..<listing.count {
            if let id = listing.object(at: index, algorithm) { total += try store.size(of: id) ?? 0 }
        }
        return total
    }

    /// Makes imported data what its record says.
    ///
    /// - Throws: `CairnError` of kind `conflict` if that would destroy the only copy of files.
    func settle(
        _ record: OutputRecord, of path: RepoPath, declaredBy pointer: RepoPath, isForced: Bool,
        _ session: Session
    ) throws {
        guard let id = record.id else { return }
        var plan = try CheckoutPlan(session, expecting: Int(record.fileCount ?? 1), allowsMissing: false)
        var existing = try DataTree.load(
            path, as: id.algorithm, following: .recorded(id),
            rules: IgnoreFiles(above: path, session: session),
            session: session)
        try plan.want(
            path, id, isExecutable: record.isExecutable, declaredBy: pointer, part: nil, tree: &existing)
        guard plan.unsaved.isEmpty || isForced else {
            throw CairnError(
                .conflict, "'\(display(path))' was changed here, and what it holds is nowhere else",
                hint:
                    "move it away, or keep it in the cache with `\(personality.command) commit \(Shell.quoted(display(pointer)))`"
            )
        }
        if let failure = try CheckoutRun(session).apply(plan).first { throw CairnError(failure.error) }
    }

    /// Makes git ignore the data, and writes the pointer: the last step.
    func finish(
        _ addition: Addition, _ dependency: DependencyRecord, _ record: OutputRecord, _ shown: String,
        isExecuted: Bool, _ session: Session
    ) throws -> ImportReport {
        var pointer = PointerFile(outputs: [record], dependencies: [dependency])
        pointer.isFrozen = true
        if isExecuted { pointer.md5 = pointer.stageDigest.hex }
        var git = try GitFiles(session)
        do {
            try git.ignore(addition.path, session)
            try absolute(addition.pointerPath).removingLastComponent().makeFolders()
            try AtomicFile.write(pointer.text(), to: absolute(addition.pointerPath))
        } catch {
            git.undoIgnoring()
            throw error
        }
        git.changed(addition.pointerPath)
        // Only a memory; nothing depends on it.
        if let id = record.id { try? session.index?.rememberOutput(addition.path, id) }
        try git.stageIfWanted(session)
        var report = ImportReport()
        report.items = [
            ImportReport.Item(
                path: addition.path, pointer: addition.pointerPath, source: shown, id: record.id,
                size: record.size,
                fileCount: record.fileCount.map(Int.init), commit: dependency.repository?.lockedRevision,
                isChanged: true)
        ]
        report.gitFiles = git
        return report
    }
}
