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
    /// - Parameter wanted: the outputs of the owners, as far as they are to be looked at.
    func status(
        of owners: [TrackedOutput.Owner], _ wanted: [TargetedOutput], _ index: OutputIndex, _ session: Session
    ) throws -> StatusReport {
        var report = StatusReport()
        let survey = try StatusSurvey(
            session, expecting: wanted.lazy.map(\.output.record).expectedFileCount)
        let remembered = Set(((try? session.index?.rememberedOutputs()) ?? []).map(\.path))
        let stages = try StageSurvey(session, index)
        let nodes = Dictionary(
            try index.stageNodes(in: self).map { ($0.owner, $0) }, uniquingKeysWith: { first, _ in first })
        let targetsByOwner = Dictionary(grouping: wanted) { $0.output.owner }
        for owner in owners {
            var entry = StatusReport.Entry(address: index.address(of: owner, in: self))
            let isFrozen = index.isFrozen(owner)
            if isFrozen, case .stage = owner { report.frozen.append(entry.address) }
            if !isFrozen {
                for dependency in try index.recordedDependencies(of: owner, below: root) {
                    if let item = try survey.dependency(dependency) { entry.dependencies.append(item) }
                }
                if let node = nodes[owner], let stage = node.stage {
                    entry.parameters = try stages.parameters(of: node, stage).filter(\.isChanged)
                    entry.isNew = stage.locked == nil
                }
            }
            if case .pointer(let file) = owner, let pointer = index.pointers[file],
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

extension OutputIndex {
    /// Notes what concerns the declaration itself and not its data.
    fileprivate func describe(_ owner: TrackedOutput.Owner, in entry: inout StatusReport.Entry) throws {
        switch owner {
        case .pointer(let file):
            guard let pointer = pointers[file] else { return }
            entry.isAlwaysChanged = pointer.isAlwaysChanged
            // One that was never carried out has no checksum.
            if pointer.isImport { entry.isChecksumChanged = pointer.md5 != pointer.stageDigest.hex }
        case .stage:
            guard let stage = stage(of: owner) else { return }
            entry.isCommandChanged = stage.isCommandChanged
            entry.isAlwaysChanged = stage.isAlwaysChanged
        }
    }
}
