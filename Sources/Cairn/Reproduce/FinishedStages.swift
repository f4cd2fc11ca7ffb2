import CairnCore
import CairnFormats
import CairnPipeline
import CairnSystem

/// Stages that ran and are noted in the journal of a run, but not in their locks yet: the run goes on, or was killed.
///
/// Each run has a journal of its own in `.dvc/tmp/cairn/finished-stages`: several may go on side by side.
enum FinishedStages {
    private static func folder(of workspace: Workspace) -> FilePath {
        workspace.stateFolder.appending("finished-stages")
    }

    /// The path for the journal of a run that begins.
    static func newJournal(in workspace: Workspace) throws -> FilePath {
        let folder = folder(of: workspace)
        try folder.makeFolders()
        return folder.appending("\(Surroundings.now)-\(Surroundings.processID)")
    }

    /// The journals that are there, the oldest first.
    private static func journals(of workspace: Workspace) throws -> [FilePath] {
        let folder = folder(of: workspace)
        guard try folder.status()?.kind == .folder else { return [] }
        return try Folder(folder).names().sorted { $0.lexicographicallyPrecedes($1) }.map {
            FilePath(bytes: folder.bytes + [UInt8(ascii: "/")] + $0)
        }
    }

    /// What the journals have, by pipeline file; for each stage the newest entry.
    ///
    /// - Throws: `CairnError` for a journal that is damaged in the middle.
    static func read(in workspace: Workspace) throws -> [RepoPath: [LockedStage]] {
        var result: [RepoPath: [LockedStage]] = [:]
        for journal in try journals(of: workspace) { add(try RunJournal.records(at: journal), to: &result) }
        return result
    }

    private static func add(_ records: [RunJournal.Record], to result: inout [RepoPath: [LockedStage]]) {
        for record in records {
            result[record.file, default: []].removeAll { $0.name.hasSameBytes(as: record.stage.name) }
            result[record.file, default: []].append(record.stage)
        }
    }

    /// Writes what runs have left that are no more into the locks, and removes their journals.
    ///
    /// - Precondition: the lock of the repository is held.
    static func settle(in workspace: Workspace) throws {
        for path in try journals(of: workspace) {
            let journal: RunJournal
            do throws(PipelineError) {
                journal = try RunJournal(at: path)
            } catch {
                // Its run is alive and writes its locks itself.
                if case .journalInUse = error.reason { continue }
                throw error
            }
            var stages: [RepoPath: [LockedStage]] = [:]
            add(journal.records, to: &stages)
            var texts: [(path: FilePath, bytes: [UInt8])] = []
            for (file, list) in stages.sorted(by: { $0.key < $1.key }) {
                let isPointer = !file.name.elementsEqual("dvc.yaml".utf8)
                // What it did is of no use where the stage is no more.
                if isPointer, try workspace.absolute(file).status() == nil { continue }
                let ledger = try StageLedger(of: file, in: workspace)
                let new = try ledger.recording(list)
                if new != ledger.text { texts.append((workspace.absolute(ledger.path), new)) }
            }
            try AtomicFile.write(texts)
            try journal.remove()
        }
    }
}
