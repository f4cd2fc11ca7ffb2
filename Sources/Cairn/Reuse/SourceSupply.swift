import CairnCore
import CairnFormats
import CairnStore
import CairnSystem

/// Brings data of another repository into a cache: from its own cache if it is on this machine, then from its remotes, and what it
/// imports itself from where it imports it.
struct SourceSupply {
    private let view: SourceView
    /// What is open where the data goes.
    private let session: Session
    private let reader: SourceReader

    /// Repositories that import from each other are followed so far.
    private static let depthLimit = 16

    init(_ view: SourceView, into session: Session) {
        self.view = view
        self.session = session
        reader = view.repository.reader
    }

    private var destination: Workspace { session.workspace }

    /// Brings everything that outputs need.
    ///
    /// - Throws: `CairnError` of kind `missing` that names what nobody has, `damaged` for bytes that are not what they should be, and that
    ///   of a remote that cannot be asked.
    func bring(_ targets: [TargetedOutput]) throws {
        for target in targets where WantedOutput(target) == nil {
            throw CairnError(
                .missing, "no data of '\(target.output.path)' was ever recorded in '\(view.shown)'",
                hint: "record it there: `\(reader.personality.command) repro`, and commit")
        }
        // What is damaged there may be sound on the remote.
        let inCache = try fromCache(targets)
        var failures: [CairnError] = []
        var groups: [(remote: String?, targets: [TargetedOutput])] = []
        for target in try lacking(targets) {
            if target.output.isRepositoryImport {
                do { try fromSource(of: target) } catch let error as CairnError
                    where error.kind != .interrupted
                {
                    failures.append(error)
                }
                // Somebody may have pushed it all the same.
            }
            let name = target.output.record.remote
            if let place = groups.firstIndex(where: { $0.remote == name }) {
                groups[place].targets.append(target)
            } else {
                groups.append((name, [target]))
            }
        }
        for (remote, targets) in groups { try fromRemotes(remote, lacking(targets), &failures) }
        let lacking = try lacking(targets)
        guard !lacking.isEmpty else { return }
        if let first = failures.first ?? inCache.first { throw first }
        let names = lacking.prefix(5).map { "'\($0.part ?? $0.output.path)'" }.joined(separator: ", ")
        let more = lacking.count > 5 ? " and \(lacking.count - 5) more" : ""
        throw CairnError(
            .missing, "neither the cache nor the remotes of '\(view.shown)' have the data of \(names)\(more)",
            hint: "push it there: `\(reader.personality.command) push`")
    }

    private func used(_ targets: [TargetedOutput]) -> UsedObjects {
        var used = UsedObjects()
        for wanted in targets.compactMap({ WantedOutput($0) }) { used.add(wanted) }
        return used
    }

    private func lacking(_ targets: [TargetedOutput]) throws -> [TargetedOutput] {
        try targets.filter { try !destination.isInCache(used([$0]), session) }
    }

    /// - Returns: why some of it cannot be used there.
    private func fromCache(_ targets: [TargetedOutput]) throws -> [CairnError] {
        guard view.repository.folder != nil, let theirs = view.workspaces.first?.cacheFolder,
            try theirs.status(following: true)?.kind == .folder
        else { return [] }
        let wanted = try lacking(targets)
        guard !wanted.isEmpty else { return [] }
        let store = RemoteStore(
            name: "cache of \(view.shown)", place: .folder(theirs), jobs: nil, isGroupShared: false,
            wanted: nil)
        var report = TransferReport()
        try destination.fetch(used(wanted), from: store, TransferOptions(), &report, session)
        return report.failures.map(\.error)
    }

    private func fromRemotes(
        _ name: String?, _ targets: [TargetedOutput], _ failures: inout [CairnError]
    ) throws {
        var asked: Set<[UInt8]> = []
        for workspace in view.workspaces {
            let wanted = try lacking(targets)
            guard !wanted.isEmpty else { return }
            guard name != nil || workspace.hasDefaultRemote else { continue }
            do {
                let store = try remote(name, in: workspace)
                guard asked.insert(store.identity).inserted else { continue }
                var report = TransferReport()
                var options = TransferOptions()
                options.jobs = reader.jobs
                if try store.isPacked(for: workspace.format, reporter: reader.reporter) {
                    let packed = PackedRemote(store, session, jobs: reader.jobs)
                    try destination.fetch(used(wanted), from: packed, store, &report, session)
                } else {
                    try destination.fetch(used(wanted), from: store, options, &report, session)
                }
                failures += report.failures.map(\.error)
            } catch let error as CairnError where error.kind != .interrupted {
                failures.append(error)
            }
        }
    }

    /// A remote of the other repository.
    ///
    /// - Throws: `CairnError` also for a place that means something only beside that repository.
    private func remote(_ name: String?, in workspace: Workspace) throws -> RemoteStore {
        if view.repository.folder == nil {
            let remote = try workspace.remote(name)
            for section in remote.sections {
                let url = workspace.configuration.value(ConfigKey(section, "url"))?.text ?? ""
                guard !url.isURL, url.utf8.first != UInt8(ascii: "/"),
                    url.utf8.first != UInt8(ascii: "~"),
                    workspace.configuration.origin(of: ConfigKey(section, "url"))?.level == .repository
                else { continue }
                throw CairnError(
                    .config,
                    "remote '\(remote.name)' of '\(view.shown)' is the path '\(Array(url.utf8).printable)', which only means something beside that repository",
                    hint: "say where it is from here: `--remote-config url=…`")
            }
        }
        return try workspace.remoteStore(name, for: "get")
    }

    /// Brings what the other repository imports itself from where it imports it.
    private func fromSource(of target: TargetedOutput) throws {
        guard case .pointer(let file) = target.output.owner, let pointer = view.index.pointers[file],
            let dependency = pointer.dependencies.first(where: { $0.repository != nil })
        else { return }
        guard reader.depth < Self.depthLimit else {
            throw CairnError(
                .config,
                "'\(view.shown)' imports '\(target.output.path)' through more than \(Self.depthLimit) repositories"
            )
        }
        var inner = SourceReader(reader.surroundings, as: reader.personality, reporter: reader.reporter)
        inner.depth = reader.depth + 1
        inner.jobs = reader.jobs
        inner.secrets = reader.secrets
        inner.canBeLocal = view.repository.isLocal
        inner.folders = view.repository.folder.map { [$0] } ?? []
        guard let workspace = view.workspaces.first else { return }
        try ImportSource(dependency, in: workspace, inner).bring(target, into: session)
    }
}
