import CairnCore
import CairnFormats
import CairnSystem

/// An output that comes from another repository, as a fetch has to bring it.
struct WantedImport {
    let target: TargetedOutput
    let dependency: DependencyRecord
    let revision: String?

    /// - Returns: `nil` for what is imported from elsewhere.
    init?(_ target: TargetedOutput, _ index: OutputIndex, revision: String?) {
        guard target.output.isRepositoryImport, case .pointer(let file) = target.output.owner,
            let dependency = index.pointers[file]?.dependencies.first(where: { $0.repository != nil })
        else { return nil }
        self.target = target
        self.dependency = dependency
        self.revision = revision
    }
}

extension Workspace {
    /// Brings imports into the cache from the repositories that they come from.
    ///
    /// - Returns: those that could not be had there: a remote of ours may have them all the same.
    func fetch(
        _ imports: [WantedImport], _ options: TransferOptions, _ report: inout TransferReport,
        _ session: Session
    ) throws -> [(import: WantedImport, error: CairnError)] {
        var failed: [(import: WantedImport, error: CairnError)] = []
        for wanted in imports {
            try Interruption.check()
            guard let output = WantedOutput(wanted.target, revision: wanted.revision) else { continue }
            var used = UsedObjects()
            used.add(output)
            if try isInCache(used, session) { continue }
            guard !options.isDryRun else {
                report.count += 1
                report.files += output.id.isDirectory ? 0 : 1
                continue
            }
            do {
                var reader = sourceReader(session.reporter, jobs: options.jobs)
                reader.folders = [root, absolute(wanted.target.output.path).removingLastComponent()]
                try ImportSource(wanted.dependency, in: self, reader).bring(wanted.target, into: session)
                try used.expand(ListingReader(session, movesDamagedAside: false))
                report.count += used.ids.count
                report.bytes += try used.ids.reduce(0) { try $0 + (session.store().size(of: $1) ?? 0) }
                report.remotes.append(SourceAddress.shown(wanted.dependency.repository?.url ?? ""))
            } catch {
                let error = CairnError(error)
                guard error.kind != .interrupted else { throw error }
                failed.append((wanted, error))
            }
        }
        return failed
    }
}

extension TransferReport {
    /// Notes imports that nobody has.
    mutating func add(_ failed: [(import: WantedImport, error: CairnError)]) {
        for (wanted, error) in failed {
            guard let id = wanted.target.output.record.id else { continue }
            let user = ObjectUser(path: wanted.target.output.path, revision: wanted.revision)
            failures.append(Failure(object: Object(id: id, users: [user]), error: error))
        }
    }
}
