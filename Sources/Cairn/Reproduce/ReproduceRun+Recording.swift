import CairnCore
import CairnPipeline
import CairnSystem

/// Making durable what stages made, and naming it in locks.
extension ReproduceRun {
    /// Gives what ended to the thread that makes it durable, if that has nothing to do.
    ///
    /// - Parameter isDue: true if it is not to wait for what ends in the next moments.
    func handOver(isDue: Bool = false) throws {
        guard let batch = open, !isCommitting, isDue || untilHandOver == .zero else { return }
        // First, so that nothing that is recorded can get into git. If it fails the run ends, and what ended is kept all the same.
        var failure: (any Error)?
        do { try ignoreOutputs(of: batch) } catch { failure = error }
        let news = news
        let committer =
            try self.committer
            ?? StageCommitter(journal: FinishedStages.newJournal(in: session.workspace)) { places, error in
                news.push(.stored(places, error.map { CairnError($0) }))
            }
        self.committer = committer
        open = nil
        isCommitting = true
        handedOver = Surroundings.uptime
        committer.take(batch)
        if let failure { throw failure }
    }

    private func ignoreOutputs(of batch: StageCommitter.Batch) throws {
        let outputs = batch.stages.flatMap { work[$0.place]?.recording?.outputs ?? [] }
        try git.ignore(
            outputs.filter(\.record.isCached).map(\.path).filter {
                try !session.isIgnoredByGit($0, isFolder: false)
            }, session)
    }

    /// How long what ended waits for more: stages that take less time than making them durable would have to wait for that.
    var untilHandOver: Duration { max(.zero, nextHandOver - Surroundings.uptime) }

    /// Stages whose outputs are durable: the locks may name them.
    func stored(_ stages: [Int], _ error: CairnError?) throws {
        isCommitting = false
        let now = Surroundings.uptime
        nextHandOver = now + min(Self.longestGathering, (now - handedOver) * 2)
        if let error {
            for stage in stages { note(stage, .failed(error)) }
            throw error
        }
        for stage in stages {
            guard let done = work.removeValue(forKey: stage), let recording = done.recording,
                let definition = nodes[stage].stage
            else { continue }
            try lockFiles.note(recording.locked, of: nodes[stage].owner.file, at: places[stage] ?? 0)
            if !options.skipsCommit { try relink(recording) }
            if !options.skipsCommit, !nodes[stage].isFrozen,
                RunCache.keeps(definition, of: nodes[stage], in: session.workspace)
            {
                try runCache.save(recording.locked)
            }
            note(stage, done.isRestored ? .restored : .ran, seconds: done.seconds, log: done.log)
            tell(.finished(stage: nodes[stage].address, seconds: done.seconds))
        }
        if Surroundings.uptime - lastWrite >= writeInterval { try writeLocks() }
    }

    private func relink(_ recording: StageRecording) throws {
        let relink = try Relink(session)
        for output in recording.outputs where output.record.isCached {
            let items = try relink.items(
                of: output.tree, output.algorithm, isExecutable: output.record.isExecutable)
            for failure in try relink.place(items) {
                report.linkFailures.append(try RepoPath(validating: items.paths[failure.index]))
            }
            // Only a memory of what was put where; nothing depends on it.
            if let id = output.record.id { try? session.index?.rememberOutput(output.path, id) }
        }
    }
}
