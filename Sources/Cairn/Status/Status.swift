public import CairnCore
import CairnPipeline

extension Workspace {
    /// Compares the workspace with what its pointers and locks record. Nothing is changed but the stat index.
    public func status(
        _ targets: [String] = [], _ options: TargetOptions = TargetOptions(),
        reporter: any Reporter = SilentReporter()
    ) throws -> StatusReport {
        let session = try Session(self, reporter: reporter, writes: false)
        let index = try WorkspaceScan.run(session)
        let wanted = try index.outputs(for: targets, options, in: self)
        var seen: Set<TrackedOutput.Owner> = []
        var owners: [TrackedOutput.Owner] = []
        for target in wanted where seen.insert(target.output.owner).inserted {
            owners.append(target.output.owner)
        }
        if targets.isEmpty { owners += index.ownersWithoutOutputs().filter { seen.insert($0).inserted } }
        var report = try status(of: owners, wanted, index, session)
        report.hasDeclarations = !index.pointers.isEmpty || !index.pipelines.isEmpty
        return report
    }

    /// The same for who knows what is declared, and which declarations are meant.
    ///
    /// - Parameters:
    ///   - wanted: the outputs of the owners, as far as they are to be looked at.
    ///   - asksOthers: whether servers are asked for what lies elsewhere.
    func status(
        of owners: [TrackedOutput.Owner], _ wanted: [TargetedOutput], _ index: OutputIndex,
        _ session: Session,
        asksOthers: Bool = true
    ) throws -> StatusReport {
        var report = StatusReport()
        let survey = try StatusSurvey(
            session, expecting: wanted.lazy.map(\.output.record).expectedFileCount)
        let remembered = Set(((try? session.index?.rememberedOutputs()) ?? []).map(\.path))
        let stages = try StageSurvey(session, index)
        let externals = ExternalDependencies(session, index)
        let nodes = Dictionary(
            try index.stageNodes(in: self).map { ($0.owner, $0) }, uniquingKeysWith: { first, _ in first })
        let targetsByOwner = Dictionary(grouping: wanted) { $0.output.owner }
        for owner in owners {
            var entry = StatusReport.Entry(address: index.address(of: owner, in: self))
            let isFrozen = index.isFrozen(owner)
            if isFrozen, index.stage(of: owner) != nil { report.frozen.append(entry.address) }
            if !isFrozen {
                for dependency in try index.recordedDependencies(of: owner, in: self) {
                    if let item = try survey.dependency(dependency) { entry.dependencies.append(item) }
                }
                if asksOthers {
                    entry.dependencies += try items(of: owner, externals, index, session)
                }
                if let node = nodes[owner], let stage = node.stage {
                    entry.parameters = try stages.parameters(of: node, stage).filter(\.isChanged)
                    entry.isNew = stage.locked == nil && !stage.isDefinitionChanged
                }
            }
            if asksOthers, case .pointer(let file) = owner, let pointer = index.pointers[file],
                let source = availableUpdate(of: pointer, at: file, session)
            {
                entry.dependencies.append(
                    StatusReport.Item(path: source, state: .updateAvailable, files: nil))
            }
            for target in targetsByOwner[owner] ?? [] {
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

extension Workspace {
    /// What differs of that which lies elsewhere; a warning for what cannot be asked just now.
    private func items(
        of owner: TrackedOutput.Owner, _ externals: ExternalDependencies, _ index: OutputIndex,
        _ session: Session
    ) throws -> [StatusReport.Item] {
        let (records, folder) = try index.externalDependencies(of: owner, in: self)
        return try records.compactMap { record in
            let shown = SourceAddress.shown(record.path ?? "")
            do {
                return try externals.change(of: record, in: folder).map {
                    StatusReport.Item(
                        path: shown, state: StatusReport.State($0, isURL: !shown.isDataSet), files: nil)
                }
            } catch let error as CairnError where error.kind == .network || error.kind == .denied {
                session.reporter.warn(
                    "whether '\(shown)' changed is not known: \(error.message)", hint: error.hint)
                return nil
            }
        }
    }
}

extension StatusReport.State {
    /// The word for a change of something that lies elsewhere. DVC calls a URL modified that was never recorded, and a data set new.
    fileprivate init(_ change: DataChange, isURL: Bool) {
        self =
            switch change {
            case .new: isURL ? .modified : .new
            case .deleted: .deleted
            case .notInCache: .notInCache
            case .notInSync: .notInSync
            case .modified: .modified
            }
    }
}

extension String {
    /// True for the address of a data set.
    fileprivate var isDataSet: Bool { dataSetName != nil }
}

extension OutputIndex {
    /// Notes what concerns the declaration itself and not its data.
    fileprivate func describe(_ owner: TrackedOutput.Owner, in entry: inout StatusReport.Entry) throws {
        switch owner {
        case .pointer(let file):
            guard let pointer = pointers[file] else { return }
            entry.isAlwaysChanged = stage(of: owner)?.isAlwaysChanged ?? pointer.isAlwaysChanged
            // One that was never carried out has no checksum.
            if pointer.hasStageDigest { entry.isChecksumChanged = pointer.md5 != pointer.stageDigest.hex }
        case .stage:
            guard let stage = stage(of: owner) else { return }
            entry.isCommandChanged = stage.isCommandChanged
            entry.isAlwaysChanged = stage.isAlwaysChanged
        }
    }
}
