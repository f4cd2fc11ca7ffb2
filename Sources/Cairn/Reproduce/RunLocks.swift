import CairnCore
import CairnFormats
import CairnSystem

/// The locks of a run of stages: that of the repository while the run itself works, and DVC's record of who reads and writes what while
/// only commands of stages do.
///
/// Commands may then use this program or DVC; another run of the same stages is kept out by the record.
struct RunLocks {
    /// Paths of one running stage.
    struct Use {
        let reads: [RepoPath]
        let writes: [RepoPath]
    }

    private let session: Session
    private var uses: [Int: Use] = [:]
    /// True while the record names us.
    private var isNoted = false

    init(_ session: Session) { self.session = session }

    /// A stage starts.
    mutating func begin(_ stage: Int, _ use: Use) { uses[stage] = use }
    /// A stage ended.
    mutating func end(_ stage: Int) { uses[stage] = nil }

    /// Lets others work in the repository while commands of ours run.
    mutating func release() throws {
        guard session.isLocked else { return }
        try note(uses.values.map { $0 })
        isNoted = true
        session.unlock()
    }

    /// Takes the repository for us again, however long another command needs.
    mutating func acquire() throws {
        guard !session.isLocked else { return }
        try session.lockAgain()
        guard isNoted else { return }
        isNoted = false
        try note([])
    }

    /// Writes the record with these uses of ours in place of those that it has.
    private func note(_ uses: [Use]) throws {
        // DVC holds this lock while it changes the record, which takes it moments.
        let folder = try Folder(session.workspace.temporaryFolder)
        guard let lock = try FileLock.wait(for: .alone, of: "rwlock.lock".utf8, in: folder, patience: 10_000)
        else {
            throw CairnError(
                .locked, "'\(folder.path(of: "rwlock.lock".utf8).bytes.printable)' is held by another process"
            )
        }
        defer { withExtendedLifetime(lock) {} }
        let file = session.workspace.temporaryFolder.appending("rwlock")
        var record = try StageRecord(reading: file)
        record.forget(process: Surroundings.processID)
        for use in uses {
            for path in use.writes { record.add(write: session.workspace.absolute(path), Self.command) }
            for path in use.reads { record.add(read: session.workspace.absolute(path), Self.command) }
        }
        try record.write(to: file)
    }

    private static var command: String { Surroundings.commandLine }
}
