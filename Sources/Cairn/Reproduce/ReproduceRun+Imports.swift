import CairnCore
import CairnFormats
import CairnPipeline
import CairnSystem

/// Imports that are not frozen: they follow where they come from.
extension ReproduceRun {
    /// Brings an import up to date if its source, its pointer or its data changed.
    func follow(_ pointer: PointerFile, _ stage: Int) throws {
        let node = nodes[stage]
        let workspace = session.workspace
        let found = try isStale(pointer, node)
        guard found || options.isForced else {
            tell(.unchanged(stage: node.address, isPointer: true, isFrozen: false))
            note(stage, .verified(isRecorded: false))
            return scheduler.markUnchanged(stage)
        }
        tell(.verifying(pointer: node.address))
        guard !options.isDry else {
            renewed.insert(stage)
            note(stage, .verified(isRecorded: true))
            return scheduler.markUnchanged(stage)
        }
        if let confirm, try !confirm(node.address) {
            throw CairnError(.conflict, "reproduction aborted by the user")
        }
        // What is in the way, and nowhere else, is kept.
        try StageClearing(session).keep(node)
        let item = try workspace.update(
            pointer, at: node.owner.file, UpdateOptions(), index, session, &git)
        renewed.insert(stage)
        try survey.forgetFiles()
        note(stage, .verified(isRecorded: item.isChanged))
        scheduler.markUnchanged(stage)
    }

    private func isStale(_ pointer: PointerFile, _ node: StageNode) throws -> Bool {
        if pointer.md5 != pointer.stageDigest.hex || pointer.isAlwaysChanged { return true }
        let data = try StatusSurvey(session, expecting: 0)
        if try node.outputs.contains(where: {
            try data.output(TargetedOutput(output: $0, part: nil)) != nil
        }) {
            return true
        }
        if let dependency = pointer.dependencies.first, dependency.repository != nil {
            return try session.workspace.latestCommit(of: dependency, at: node.owner.file, session)
                .hasSameBytes(as: dependency.repository?.lockedRevision ?? "") == false
        }
        let workspace = session.workspace
        for dependency in try index.recordedDependencies(of: node.owner, in: workspace)
        where try data.dependency(dependency) != nil { return true }
        let elsewhere = try index.externalDependencies(of: node.owner, in: workspace)
        return try elsewhere.records.contains {
            try survey.externals.change(of: $0, in: elsewhere.folder) != nil
        }
    }
}
