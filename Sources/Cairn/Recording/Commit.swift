public import CairnCore
import CairnFormats
import CairnSystem

/// How changes are taken in.
public struct CommitOptions: Sendable {
    /// How targets are understood.
    public var targets = TargetOptions()
    /// Takes in whatever changed without asking.
    public var isForced = false
    /// Leaves files of the workspace as they are, whatever link type is configured.
    public var skipsRelink = false

    /// Asks first, links as configured.
    public init() {}
}

/// What taking in changes did.
public struct CommitReport: Sendable {
    /// An output that is recorded as it lies in the workspace now.
    public struct Output: Sendable {
        /// Where the data lies.
        public let path: RepoPath
        /// The file's or the listing's id.
        public let id: ObjectID
        /// Bytes of all files; `nil` where they are not known.
        public let size: Int64?
        /// Files of a directory.
        public let fileCount: Int?
        /// True if the record says something new.
        public let isChanged: Bool
    }

    /// The outputs, in the order of the files that declare them.
    public internal(set) var outputs: [Output] = []
    /// How many objects are new in the store.
    public internal(set) var storedObjects = 0
    /// Pointers and pipeline locks that were written.
    public internal(set) var changedFiles: [RepoPath] = []
    /// Files that could not be linked as configured.
    public internal(set) var linkFailures: [RepoPath] = []
}

extension Workspace {
    /// Records data as it lies in the workspace: what changed in outputs of pointers and of stages, and what the cache lacks of them.
    ///
    /// A stage is taken as a whole, with what it depends on, its parameters and its command.
    /// Everything is asked before anything is stored, and all objects are durable before the first pointer names them.
    /// - Parameter confirm: asked for each pointer or stage that changed, unless forced.
    /// - Throws: `CairnError`, of kind `conflict` where `confirm` says no; then nothing changed.
    public func commit(
        _ targets: [String] = [], _ options: CommitOptions = CommitOptions(),
        reporter: any Reporter = SilentReporter(),
        confirm: (_ question: String) throws -> Bool = { _ in false }
    ) throws -> CommitReport {
        let session = try Session(self, reporter: reporter, writes: true)
        return try commit(targets, options, WorkspaceScan.run(session), session, confirm: confirm)
    }

    /// The same for a command that holds the workspace open.
    func commit(
        _ targets: [String], _ options: CommitOptions, _ index: OutputIndex, _ session: Session,
        confirm: (_ question: String) throws -> Bool
    ) throws -> CommitReport {
        var units = try CommitUnit.all(of: index, targets, options.targets, session)
        try StageLock.check(units.flatMap { $0.outputs.map(\.path) }, in: self, reporter: session.reporter)
        for position in units.indices {
            try Interruption.check()
            try units[position].look(session)
            guard !options.isForced else { continue }
            let changes = try units[position].changes(index, session)
            guard !changes.isEmpty else { continue }
            let stage = index.address(of: units[position].owner, in: self)
            guard try confirm(changes.question(stage: stage)) else {
                throw CairnError(
                    .conflict, "'\(stage)' changed, which needs to be confirmed",
                    hint: "take everything in with `\(personality.command) commit --force`",
                    dvc: "unable to commit changed stage: '\(stage)'. Use `-f|--force` to force.")
            }
            units[position].isAccepted = true
        }
        return try carryOut(units, options, index, session)
    }

    private func carryOut(
        _ units: [CommitUnit], _ options: CommitOptions, _ index: OutputIndex, _ session: Session
    ) throws -> CommitReport {
        let expected = units.reduce(0) { $0 + $1.fileCount }
        let recorder = try OutputRecorder(session, expecting: expected, stores: true)
        // Outputs that stay out of the store are only looked at.
        let witness = try OutputRecorder(session, expecting: 0, stores: false)
        var results: [CommitUnit.Result] = []
        for unit in units {
            let renews = options.isForced || unit.isAccepted
            results.append(
                try unit.record(with: recorder, witness: witness, renewing: renews, index, session))
        }
        var report = CommitReport()
        report.storedObjects = recorder.pendingCount
        try recorder.commit()
        if !options.skipsRelink {
            let relink = try Relink(session)
            for item in results.flatMap(\.trees) {
                let items = try relink.items(of: item.tree, item.algorithm, isExecutable: item.isExecutable)
                for failure in try relink.place(items) {
                    report.linkFailures.append(try RepoPath(validating: items.paths[failure.index]))
                }
            }
        }
        var git = try GitFiles(session)
        do {
            try git.ignore(results.flatMap(\.outputs).filter(\.record.isCached).map(\.path), session)
            report.changedFiles = try CommitText.write(results, index, self)
        } catch {
            git.undoIgnoring()
            throw error
        }
        for output in results.flatMap(\.outputs) {
            guard let id = output.record.id else { preconditionFailure("a recorded output has an id") }
            report.outputs.append(
                CommitReport.Output(
                    path: output.path, id: id, size: output.record.size,
                    fileCount: output.record.fileCount.map(Int.init),
                    isChanged: output.isChanged))
            // Only a memory of what was put where; nothing depends on it.
            if output.record.isCached { try? session.index?.rememberOutput(output.path, id) }
        }
        return report
    }
}
