import CairnCore
import CairnFormats
import CairnPipeline
import CairnSystem

/// Deciding whether a stage or a pointer has anything to do.
extension ReproduceRun {
    func decide(_ stage: Int) throws {
        let node = nodes[stage]
        guard let definition = node.stage else { return try decide(pointer: stage) }
        var found = try reasons(stage, definition)
        if !found.isEmpty, options.pulls, found.allSatisfy(\.isMissingData) {
            try pull([node.address])
            try survey.forgetFiles()
            found = try reasons(stage, definition)
        }
        causes[stage] = found
        guard !found.isEmpty else {
            tell(.unchanged(stage: node.address, isPointer: false, isFrozen: node.isFrozen))
            note(stage, node.isFrozen ? .frozen : .unchanged)
            return scheduler.markUnchanged(stage)
        }
        tell(.stale(stage: node.address, causes: found))
        if options.isDry {
            tell(.wouldRun(stage: node.address, command: definition.definition.command))
            renewed.insert(stage)
            note(stage, .wouldRun)
            return scheduler.markUnchanged(stage)
        }
        if let confirm, try !confirm(node.address) {
            throw CairnError(.conflict, "reproduction aborted by the user")
        }
        for output in node.outputs where output.record.isCached {
            try GitFiles.refuseTracked(output.path, session)
        }
        if node.isFrozen { return try verify(frozen: stage, definition) }
        try StageLock.check(node.outputs.map(\.path), in: session.workspace, reporter: session.reporter)
        if options.pulls { try pullMissing(node) }
        let inputs = try StageRecording.inputs(of: node, definition, survey, session)
        work[stage] = Work(inputs: inputs)
        if try restore(stage, definition, inputs) { return }
        scheduler.markStale(stage)
    }

    /// Why a stage has to run, with what was asked for and what became of the stages before it.
    private func reasons(_ stage: Int, _ definition: ResolvedStage) throws -> [StaleCause] {
        var found = try survey.state(of: nodes[stage], definition).causes
        if options.allowsMissing { found = try found.filter { try !isMereAbsence($0, stage) } }
        let ran = graph.upstream[stage].first { renewed.contains($0) }
        if options.isDry, !nodes[stage].isFrozen, let ran { found.append(.upstream(nodes[ran].address)) }
        if options.isForced || (options.forcesDownstream && ran != nil) { found.append(.forced) }
        return found
    }

    /// True if data is only not here, and nothing says that it changed.
    private func isMereAbsence(_ cause: StaleCause, _ stage: Int) throws -> Bool {
        switch cause {
        case .output(_, .notInCache), .output(_, .deleted): return true
        case .dependency(let path, .deleted):
            // The stage that makes it may have made something else since.
            let known = try index.recordedDependencies(
                of: nodes[stage].owner, in: session.workspace
            ).first { $0.shown == path }
            guard let known, case .inside(let place) = known.place else { return known?.id != nil }
            guard let maker = index.output(at: place) else { return true }
            return maker.record.id == nil || maker.record.id == known.id
        default: return false
        }
    }

    /// A pointer: what people changed is recorded, what is missing is an error.
    func decide(pointer stage: Int) throws {
        let node = nodes[stage]
        guard case .pointer(let pointer) = node.kind else { return }
        if pointer.isImport, !pointer.isFrozen { return try follow(pointer, stage) }
        var data = try StatusSurvey(session, expecting: 0)
        func changes() throws -> [StatusReport.Item] {
            try node.outputs.compactMap { try data.output(TargetedOutput(output: $0, part: nil)) }
        }
        var items = try changes()
        let isMissing = { (item: StatusReport.Item) in item.state != .modified }
        if options.pulls, !items.isEmpty, items.allSatisfy(isMissing) {
            try pull([node.address])
            data = try StatusSurvey(session, expecting: 0)
            items = try changes()
        }
        if options.allowsMissing { items.removeAll(where: isMissing) }
        guard !items.isEmpty else {
            tell(.unchanged(stage: node.address, isPointer: true, isFrozen: false))
            note(stage, .verified(isRecorded: false))
            return scheduler.markUnchanged(stage)
        }
        guard !pointer.isImport else { return try bring(pointer, stage, items) }
        tell(.verifying(pointer: node.address))
        if let item = items.first(where: { !$0.isPresent }) {
            throw CairnError(
                .missing, "'\(item.path)' of '\(node.address)' does not exist",
                hint:
                    "bring it: `\(session.workspace.personality.command) pull \(Shell.quoted(node.address))`",
                dvc: "missing data 'source': \(item.path)")
        }
        guard !options.isDry else {
            note(stage, .verified(isRecorded: true))
            return scheduler.markUnchanged(stage)
        }
        var commit = CommitOptions()
        commit.isForced = true
        let done = try session.workspace.commit([node.address], commit, index, session) { _ in true }
        for file in done.changedFiles { git.changed(file) }
        renewed.insert(stage)
        try survey.forgetFiles()
        note(stage, .verified(isRecorded: true))
        scheduler.markUnchanged(stage)
    }

    /// An import whose data is not what it should be: it is brought again from where it is pinned to.
    private func bring(_ pointer: PointerFile, _ stage: Int, _ items: [StatusReport.Item]) throws {
        let node = nodes[stage]
        let command = session.workspace.personality.command
        guard pointer.dependencies.contains(where: { $0.repository != nil }) else {
            throw CairnError(
                .missing, "'\(items[0].path)' of '\(node.address)' is not what was imported from its URL",
                hint:
                    "bring what is there now: `\(command) update \(Shell.quoted(node.address))`, or the data as it was: `\(command) pull`",
                dvc: "missing data 'source': \(items[0].path)")
        }
        guard !options.isDry else {
            note(stage, .verified(isRecorded: true))
            return scheduler.markUnchanged(stage)
        }
        tell(.verifying(pointer: node.address))
        let fetched = try session.workspace.fetch([node.address], TransferOptions(), index, session)
        if let failure = fetched.failures.first { throw failure.error }
        let report = try session.workspace.checkout([node.address], CheckoutOptions(), index, session)
        guard report.failed.isEmpty else {
            throw CairnError(
                .missing, "the data of '\(node.address)' was never brought",
                hint: "bring it: `\(command) update \(Shell.quoted(node.address))`")
        }
        try survey.forgetFiles()
        note(stage, .verified(isRecorded: false))
        scheduler.markUnchanged(stage)
    }

    func pull(_ targets: [String]) throws {
        _ = try session.workspace.fetch(targets, TransferOptions(), index, session)
        _ = try session.workspace.checkout(targets, CheckoutOptions(), index, session)
    }

    /// Brings data that a stage reads and that is neither here nor made by a stage of this run.
    private func pullMissing(_ node: StageNode) throws {
        for input in node.inputs {
            guard case .inside(let path) = input, try session.folder.status(of: path.bytes) == nil,
                let output = index.output(at: path) ?? index.output(above: path), output.record.id != nil
            else { continue }
            try pull([session.workspace.display(path)])
        }
    }
}
