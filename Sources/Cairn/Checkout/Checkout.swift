public import CairnCore
import CairnStore
import CairnSystem

/// How outputs are brought to what their pointers say.
public struct CheckoutOptions: Sendable {
    /// How targets are understood.
    public var targets = TargetOptions()
    /// Replaces and removes files whose content is nowhere else.
    public var isForced = false
    /// Makes every link anew as configured now.
    public var relinks = false
    /// Passes over outputs and files whose data is not in the cache.
    public var allowsMissing = false
    /// The only outputs that are touched, for who knows which they are; `nil` for what targets say.
    var only: Set<RepoPath>?
    /// With `only`: what was an output before and is none any more, or is recorded no more.
    var former: [(path: RepoPath, id: ObjectID)] = []

    /// The safe way.
    public init() {}
}

/// What a checkout changed.
public struct CheckoutReport: Sendable {
    /// An output that changed.
    public struct Change: Sendable {
        /// Where it is.
        public let path: RepoPath
        /// True for a directory.
        public let isFolder: Bool
    }

    /// Outputs that were not there.
    public internal(set) var added: [Change] = []
    /// Outputs whose content changed.
    public internal(set) var modified: [Change] = []
    /// Former outputs that were taken away.
    public internal(set) var deleted: [Change] = []
    /// Numbers of files that were made, replaced and removed.
    public internal(set) var files = FileCounts()

    /// Numbers of files.
    public struct FileCounts: Sendable {
        /// Files that were not there.
        public internal(set) var added = 0
        /// Files with another content.
        public internal(set) var modified = 0
        /// Files that are no more.
        public internal(set) var deleted = 0
    }

    /// Outputs that could not be brought to what their pointers say: the data is not in the cache, or is damaged.
    public internal(set) var failed: [RepoPath] = []
    /// Objects that were lost and were found again, so that they could be checked out.
    public internal(set) var healed: [ObjectID] = []
    /// Objects that the cache lacks; of directories, with where they belong.
    var lost: [ObjectID: [RepoPath]] = [:]
    /// Files that could not be made, with the reason.
    var problems: [(path: [UInt8], error: CairnError)] = []
    /// True if something in the cache is damaged.
    public internal(set) var foundDamage = false
    /// Outputs whose pointer has no hash yet.
    public internal(set) var withoutHash: [RepoPath] = []
    /// True if links were made anew.
    public internal(set) var isRelinked = false
}

extension Workspace {
    /// Makes outputs in the workspace what their pointers say, from the cache.
    ///
    /// Everything is planned first. Without force, nothing changes if the content of any file in the way is nowhere else.
    /// - Throws: `CairnError` of kind `conflict` that lists the files that would be lost.
    public func checkout(
        _ targets: [String] = [], _ options: CheckoutOptions = CheckoutOptions(),
        reporter: any Reporter = SilentReporter()
    ) throws -> CheckoutReport {
        let session = try Session(self, reporter: reporter, writes: true)
        return try checkout(targets, options, WorkspaceScan.run(session), session)
    }

    /// The same for a command that holds the workspace open.
    ///
    /// What turns out to be damaged or missing is looked for in the rest of the cache and in the workspace, and then it goes on.
    func checkout(
        _ targets: [String], _ options: CheckoutOptions, _ index: OutputIndex, _ session: Session
    ) throws -> CheckoutReport {
        var report = try checkoutOnce(targets, options, index, session)
        // A listing may be found first, and then what it names; or a file relied on chunks that turn out to be damaged too.
        for _ in 0..<3 where !report.lost.isEmpty {
            guard try session.store().folder != nil else { break }
            // Files at their own places were looked at: they have another content.
            let users = report.lost.filter(\.key.isDirectory)
            var healing = Healing(session, try session.store(), usesTrash: false)
            let ids = report.lost.keys.sorted()
            let lost = Set(try healing.fromSetAside(healing.fromWorkspace(ids, users: users)))
            let healed = try ids.filter { try !lost.contains($0) || isThere($0, session) }
            guard !healed.isEmpty else { break }
            report.healed += healed.filter { !report.healed.contains($0) }
            report.add(try checkoutOnce(targets, options, index, session))
        }
        for problem in report.problems {
            session.reporter.warn(
                "cannot check out '\(problem.path.printable)': \(problem.error.message)",
                hint: problem.error.hint)
        }
        return report
    }

    /// True if the cache has an object in another place than the one that was damaged.
    private func isThere(_ id: ObjectID, _ session: Session) throws -> Bool {
        let store = try session.store()
        guard try store.contains(id) else { return false }
        return (try? store.verify(id)) != nil
    }

    private func checkoutOnce(
        _ targets: [String], _ options: CheckoutOptions, _ index: OutputIndex, _ session: Session
    ) throws -> CheckoutReport {
        var wanted: [TargetedOutput]
        do {
            wanted = try index.outputs(for: targets, options.targets, in: self)
        } catch let error as CairnError where error.kind == .notFound && personality == .dvc {
            throw CairnError(
                .internal, "Did you mean `git checkout \(targets.joined(separator: " "))`?: \(error.message)")
        }
        if let only = options.only { wanted.removeAll { !only.contains($0.output.path) } }
        try StageLock.check(wanted.map(\.output.path), in: self, reporter: session.reporter)
        var report = CheckoutReport()
        var plan = try CheckoutPlan(
            session, expecting: wanted.lazy.map(\.output.record).expectedFileCount,
            allowsMissing: options.allowsMissing)
        for target in wanted where target.output.record.isCached {
            let output = target.output
            guard let id = output.record.id else {
                report.withoutHash.append(output.path)
                if !options.allowsMissing { report.failed.append(output.path) }
                continue
            }
            var tree = try DataTree.load(
                output.path, as: id.algorithm, following: .recorded(id),
                rules: IgnoreFiles(above: output.path, session: session),
                session: session)
            try plan.want(
                output.path, id, isExecutable: output.record.isExecutable,
                declaredBy: output.owner.file, part: target.part, tree: &tree)
        }
        if options.only != nil {
            try dropFormerOutputs(options.former, index, mayBeUnrecorded: false, &plan, session)
        } else if targets.isEmpty, let remembered = try? session.index?.rememberedOutputs() {
            try dropFormerOutputs(
                remembered.map { ($0.path, $0.id) }, index, mayBeUnrecorded: true, &plan, session)
        }
        guard plan.unsaved.isEmpty || options.isForced else { throw unsaved(plan.unsaved) }
        if !options.allowsMissing {
            report.failed += Set(plan.missing.map(\.output)).sorted()
        }
        for missing in plan.missing {
            report.lost[missing.id, default: []].append(try RepoPath(validating: missing.path))
        }
        for (path, id) in plan.damaged {
            try CheckoutRun(session).moveAside(id, neededBy: path.bytes)
            report.failed.append(path)
            report.lost[id, default: []].append(path)
            report.foundDamage = true
        }
        plan.leaveAlone(Set(report.failed))
        report.files.modified = plan.items.replaced.count
        report.files.added = plan.items.count - plan.items.replaced.count
        report.files.deleted = plan.removals.count
        for (path, error) in try CheckoutRun(session).apply(plan) {
            let output = try index.owner(of: path) ?? RepoPath(validating: path)
            if !report.failed.contains(output) { report.failed.append(output) }
            if let id = error.damagedObject {
                report.lost[id, default: []].append(try RepoPath(validating: path))
                report.foundDamage = true
            }
            report.problems.append((path, CairnError(error)))
        }
        let failed = Set(report.failed)
        for change in plan.changes where !failed.contains(change.path) {
            let entry = CheckoutReport.Change(path: change.path, isFolder: change.isFolder)
            switch change.change {
            case .added: report.added.append(entry)
            case .modified: report.modified.append(entry)
            case .deleted: report.deleted.append(entry)
            }
        }
        if options.relinks {
            try relink(wanted.filter { !failed.contains($0.output.path) }, session)
            report.isRelinked = true
        }
        return report
    }

    private func relink(_ wanted: [TargetedOutput], _ session: Session) throws {
        let relink = try Relink(session)
        for target in wanted where target.output.record.isCached {
            guard let id = target.output.record.id,
                var tree = try DataTree.load(
                    target.output.path, as: id.algorithm, following: .recorded(id),
                    rules: IgnoreFiles(above: target.output.path, session: session),
                    session: session)
            else { continue }
            try tree.readAll(id.algorithm, session)
            let items = try relink.items(
                of: tree, id.algorithm, isExecutable: target.output.record.isExecutable)
            let failures = try relink.place(items)
            guard failures.isEmpty else { throw CairnError(allOf: failures.map { CairnError($0.error) }) }
        }
    }

    /// Plans the removal of what earlier revisions had as outputs, where its content is in the cache.
    ///
    /// - Parameter mayBeUnrecorded: whether a declared output of which nothing is recorded is one, so that its data stays.
    private func dropFormerOutputs(
        _ remembered: [(path: RepoPath, id: ObjectID)], _ index: OutputIndex, mayBeUnrecorded: Bool,
        _ plan: inout CheckoutPlan, _ session: Session
    ) throws {
        let present = index.outputs.filter { mayBeUnrecorded || $0.record.id != nil }
        let current = Set(present.map(\.path))
        for (path, id) in remembered where !current.contains(path) {
            // What overlaps an output of today belongs to it.
            guard !present.contains(where: { $0.path.overlaps(path) }) else { continue }
            var tree = try? DataTree.load(
                path, as: id.algorithm, following: .recorded(id),
                rules: IgnoreFiles(above: path, session: session), session: session)
            if tree == nil { try? session.index?.forgetOutput(path) }
            try plan.drop(path, id, tree: &tree)
        }
    }

    /// The refusal of a command that would destroy the only copy of files.
    func unsaved(_ paths: [[UInt8]]) -> CairnError {
        let shown = paths.map { path in
            (try? RepoPath(validating: path)).map { "'\(display($0))'" } ?? "'\(path.printable)'"
        }
        let more = shown.count > 10 ? " and \(shown.count - 10) more" : ""
        let absolute = paths.map { "\(root.bytes.printable)/\($0.printable)" }
        return CairnError(
            .conflict,
            "the content of \(shown.prefix(10).joined(separator: ", "))\(more) is nowhere else and would be lost",
            hint:
                "keep it with `\(personality.command) add` or `\(personality.command) commit`, or give it up with `--force`",
            dvc:
                "Can't remove the following unsaved files without confirmation. Use `--force` to force.\n\(absolute.joined(separator: "\n"))"
        )
    }
}

extension OutputIndex {
    /// The output that is or holds a path.
    func owner(of path: [UInt8]) throws -> RepoPath? {
        let path = try RepoPath(validating: path)
        return (output(at: path) ?? output(above: path))?.path
    }
}
