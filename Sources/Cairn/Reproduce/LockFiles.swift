import CairnCore
import CairnFormats
import CairnPipeline
import CairnSystem

/// The locks that a run writes: as often as is worth it while it goes on, and at its end.
///
/// Entries that are new stand in the order in which one stage at a time would have run, whatever the order in which they ended: the text
/// is the same for any number of stages at a time.
struct LockFiles {
    /// One lock.
    private struct File {
        /// The lock before this run changed it, and its text of now.
        var ledger: StageLedger
        /// Stages of the run that ended, with their places in the order.
        var stages: [(place: Int, stage: LockedStage)] = []
        var isWritten = false
        var isDirty = false
    }

    private let workspace: Workspace
    private var files: [RepoPath: File] = [:]

    init(_ workspace: Workspace) { self.workspace = workspace }

    /// True if a stage ended that no lock on the disk has yet.
    var isDirty: Bool { files.values.contains { $0.isDirty } }

    /// Notes a stage that ended.
    mutating func note(_ stage: LockedStage, of file: RepoPath, at place: Int) throws {
        if files[file] == nil { files[file] = File(ledger: try StageLedger(of: file, in: workspace)) }
        files[file]?.stages.append((place, stage))
        files[file]?.isDirty = true
    }

    /// Writes what is new, each lock whole or not at all.
    ///
    /// - Precondition: the lock of the repository is held.
    /// - Parameter willWrite: called with the first text of each lock.
    /// - Returns: the locks that were written.
    mutating func write(_ willWrite: (_ file: RepoPath, _ isNew: Bool) -> Void) throws -> [RepoPath] {
        var written: [RepoPath] = []
        for name in files.keys.sorted() {
            guard var file = files[name], file.isDirty else { continue }
            let path = file.ledger.path
            // A command of a stage may have written to the lock as well.
            if try workspace.absolute(path).readIfPresent(limit: 1 << 30) != file.ledger.text {
                file.ledger = try StageLedger(of: name, in: workspace)
            }
            let stages = file.stages.sorted { $0.place < $1.place }.map(\.stage)
            let text = try file.ledger.recording(stages)
            if text != file.ledger.text {
                if !file.isWritten { willWrite(path, file.ledger.text == nil) }
                try AtomicFile.write(text, to: workspace.absolute(path))
                written.append(path)
                file.isWritten = true
            }
            file.ledger.text = text
            file.isDirty = false
            files[name] = file
        }
        return written
    }
}
