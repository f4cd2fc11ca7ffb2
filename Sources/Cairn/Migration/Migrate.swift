public import CairnCore
import CairnFormats
import CairnStore
import CairnSystem

/// How a workspace is brought to another format.
public struct MigrateOptions: Sendable {
    /// The format that it is to have.
    public var format: RepositoryFormat
    /// Only says what would be done.
    public var isDry = false
    /// Leaves out what DVC's format cannot hold, instead of refusing.
    public var isLossy = false
    /// Leaves entries alone whose data is not here, instead of refusing.
    public var allowsMissing = false

    /// Refuses where something would be lost or left behind.
    public init(to format: RepositoryFormat) { self.format = format }
}

/// What a migration did, or would do.
public struct MigrateReport: Sendable {
    /// An entry of a pointer file or a lock.
    public struct Entry: Sendable {
        /// The file that has it.
        public let file: RepoPath
        /// Where the data belongs, as the user sees it.
        public let path: String
        /// What it named.
        public let old: ObjectID
        /// What it names now; `nil` where it was left as it is, and in a dry run.
        public internal(set) var new: ObjectID?
    }

    /// Something of a directory that DVC's format cannot hold. A link that a file of its directory can stand for becomes that file.
    public enum Loss: String, Sendable {
        /// That a file is executable.
        case executableBit = "executable bit"
        /// A directory in which nothing is.
        case emptyFolder = "empty directory"
        /// A symbolic link that leads out of its directory, to a folder, or nowhere.
        case symbolicLink = "symbolic link"
    }

    /// Entries that have another id now, or would have, in the order of files.
    public internal(set) var entries: [Entry] = []
    /// Entries that keep their ids because the data is not here.
    public internal(set) var leftBehind: [Entry] = []
    /// Entries of locks that lose their ids, because nobody has the data and DVC does not know such ids: their stages count as changed.
    public internal(set) var forgotten: [Entry] = []
    /// Outputs that keep their ids in any format: imports from other repositories, versions of cloud remotes.
    public internal(set) var others: [RepoPath] = []
    /// Outputs whose files in the workspace are not what is recorded; what is recorded was migrated.
    public internal(set) var differing: [RepoPath] = []
    /// What was left out because DVC's format cannot hold it inside of a directory, or would be.
    public internal(set) var losses: [(path: RepoPath, loss: Loss)] = []
    /// Pointers, locks and configuration files that were written, or would be.
    public internal(set) var files: [RepoPath] = []
    /// How many files of data are concerned, and their bytes.
    public internal(set) var fileCount = 0
    public internal(set) var bytes: Int64 = 0
    /// How many objects are new in the cache.
    public internal(set) var storedObjects = 0
    /// Files that could not be linked as configured.
    public internal(set) var linkFailures: [RepoPath] = []
    /// True if there is a remote, which lacks the new objects so far.
    public internal(set) var hasRemote = false
    /// Files that belong into git, changed by the command.
    public internal(set) var gitFiles = GitFiles()
}

extension Workspace {
    /// Gives all data that pointers and locks of the workspace name ids of another format, and has new data recorded so from then on.
    ///
    /// What is recorded is migrated, not what lies in the workspace. Nothing is taken out of the cache, so that other revisions stay
    /// readable by the ids that they have. Objects are durable before the first pointer names them, and the format is written last: a
    /// workspace in which it stopped in between works, and the same call completes it.
    /// - Throws: `CairnError`, before anything is written: of kind `missing` for data that is not here, `conflict` for what DVC's format
    ///   cannot hold; of kind `damaged` for objects that cannot be used, when no pointer has been written.
    public func migrate(_ options: MigrateOptions, reporter: any Reporter = SilentReporter()) throws
        -> MigrateReport
    {
        let session = try Session(marked(as: options.format), reporter: reporter, writes: true)
        let index = try WorkspaceScan.run(session)
        let plan = try MigrationPlan(index, to: options.format, session)
        try refuse(plan, options)
        var report = MigrateReport(plan, self)
        report.hasRemote = !configuration.remoteNames.isEmpty
        let configurationFile = try RepoPath(validating: Array(".dvc/config".utf8))
        guard !options.isDry else {
            if format != options.format { report.files.append(configurationFile) }
            return report
        }
        try StageLock.check(plan.changing.compactMap(\.path), in: self, reporter: reporter)
        report.files = []
        if !plan.order.isEmpty || !plan.forgotten.isEmpty {
            let run = try MigrationRun(plan, session)
            let texts = try MigrationText.texts(of: index, plan, run)
            for position in report.entries.indices {
                report.entries[position].new = run.content(of: plan.changing[position])?.id
            }
            try AtomicFile.write(texts.map { (absolute($0.file), $0.text) })
            report.files = texts.map(\.file)
            report.storedObjects = run.storedCount
            report.linkFailures = run.linkFailures
            try remember(plan, run, session)
        }
        // Last: as long as this is not written, the same command goes on where it stopped.
        if try writeMark(options.format) { report.files.append(configurationFile) }
        var git = try GitFiles(session)
        for file in report.files { git.changed(file) }
        try git.stageIfWanted(session)
        report.gitFiles = git
        return report
    }

    /// Refuses to leave something behind, or to lose it, that nobody agreed to.
    private func refuse(_ plan: MigrationPlan, _ options: MigrateOptions) throws {
        let command = "\(personality.command) migrate --to \(options.format.rawValue)"
        if !plan.missing.isEmpty, !options.allowsMissing {
            let lines = plan.missing.map {
                "'\($0.shown(in: self))' is recorded in '\(display($0.textFile))', and its data is neither in the cache nor, as recorded, in the workspace"
            }
            let isStored = plan.missing.contains(where: \.isStored)
            let way =
                isStored
                ? "bring it: `\(personality.command) fetch`"
                : "record what lies in the workspace now: `\(personality.command) commit`"
            throw CairnError(
                allOf: lines.map {
                    CairnError(
                        .missing, $0,
                        hint: "\(way); or leave those entries as they are: `\(command) --allow-missing`")
                })
        }
        let extras = plan.losses.map { ($0.path, $0.loss) } + plan.filledLinks.map { ($0, .symbolicLink) }
        if !extras.isEmpty, !options.isLossy {
            throw CairnError(
                allOf: extras.sorted { $0.0 < $1.0 }.map { path, loss in
                    CairnError(
                        .conflict,
                        "'\(display(path))' is \(loss.words), which DVC's format cannot hold inside of a directory",
                        hint: "leave out what it cannot hold: `\(command) --lossy`")
                })
        }
    }

    /// Keeps the memory of which outputs lie in the workspace up to date; nothing depends on it.
    private func remember(_ plan: MigrationPlan, _ run: MigrationRun, _ session: Session) throws {
        guard let index = session.index, let known = try? index.rememberedOutputs() else { return }
        var ids: [RepoPath: ObjectID] = [:]
        for output in known { ids[output.path] = output.id }
        var renewed: [(path: RepoPath, id: ObjectID)] = []
        for place in plan.changing where place.isStored {
            guard let path = place.path, ids[path] == place.key.id, let new = run.content(of: place)?.id
            else {
                continue
            }
            renewed.append((path, new))
        }
        try? index.rememberOutputs(renewed)
    }
}

extension MigrateReport {
    /// What a plan says.
    fileprivate init(_ plan: MigrationPlan, _ workspace: Workspace) {
        func entry(_ place: MigrationPlace) -> Entry {
            Entry(file: place.textFile, path: place.shown(in: workspace), old: place.key.id)
        }
        entries = plan.changing.map(entry)
        forgotten = plan.forgotten.map(entry)
        let missing = Set(plan.missing.map(\.key)).subtracting(plan.forgotten.map(\.key))
        leftBehind = plan.places.filter { missing.contains($0.key) }.map(entry)
        others = plan.others
        differing = plan.differing
        losses = plan.losses
        fileCount = plan.fileCount
        bytes = plan.bytes
        files = Set((entries + forgotten).map(\.file)).sorted()
    }
}

extension MigrateReport.Loss {
    /// What something is of which this is lost.
    fileprivate var words: String {
        switch self {
        case .executableBit: "executable"
        case .emptyFolder: "an empty directory"
        case .symbolicLink: "a symbolic link"
        }
    }
}
