import CairnCore
import CairnFormats
import CairnPipeline

/// Taking from the remote what earlier runs made.
extension ReproduceRun {
    /// A run of a stage on what it would read now that the remote knows of, or has the outputs of; what it made is in the cache then.
    ///
    /// - Returns: `nil` if there is none, or if nothing is to be pulled. A remote that cannot be asked counts as one that has none.
    func pulledRun(of node: StageNode, _ inputs: LockedStage) throws -> LockedStage? {
        let workspace = session.workspace
        guard options.pulls, !isRemoteSilent, workspace.hasDefaultRemote else { return nil }
        do {
            let key = RunCache.key(of: inputs, outputs: node.outputs).key
            let remote = try workspace.remoteStore(nil, for: "repro --pull")
            _ = try workspace.fetchRunRecords([key], from: remote, jobs: nil, session)
            for run in try runCache.runs(like: inputs, outputs: node.outputs) {
                try workspace.fetch(outputs(of: node, asIn: run), session)
                if try runCache.isWhole(run) { return run }
            }
        } catch {
            let error = CairnError(error)
            // The stage can run as well.
            if error.kind == .interrupted || error.kind == .internal { throw error }
            isRemoteSilent = true
            session.reporter.warn(
                "earlier runs cannot be had from the remote: \(error.message)", hint: error.hint)
        }
        return nil
    }

    /// The outputs of a stage with the content that a run gave them.
    private func outputs(of node: StageNode, asIn run: LockedStage) -> [TrackedOutput] {
        node.outputs.compactMap { output in
            guard
                let made = run.outputs.first(where: { $0.path.hasSameBytes(as: output.record.path) })
            else { return nil }
            var output = output
            output.record.content = made.content
            // What git keeps is in the cache as well where runs are remembered.
            output.record.isCached = true
            return output
        }
    }
}
