import CairnCore
import CairnRemote
import CairnStore
import CairnSystem
import CairnTransfer

/// A packed remote as one command works with it.
struct PackedRemote {
    /// The name in the configuration.
    let name: String
    /// The log of the remote.
    let index: RemoteIndex
    /// How many packs, or parts of packs, are moved at a time.
    let jobs: Int
    private let threads: TaskThreads

    /// Opens a remote; nothing is read yet.
    ///
    /// - Parameters:
    ///   - jobs: how many transfers at a time the user wants.
    ///   - trusts: false where something may have been lost.
    ///   - isRemembered: whether what is learned of the remote is kept for later commands.
    init(_ store: RemoteStore, _ session: Session, jobs: Int?, trusts: Bool = true, isRemembered: Bool = true)
    {
        let remote = store.contract
        let memory = session.workspace.stateFolder.appending("remotes")
            .appending(String(BLAKE3.digest(of: Array(remote.place.utf8)).hex.prefix(16)))
        name = store.name
        index = RemoteIndex(
            of: remote, cachedIn: isRemembered ? memory : nil, trusts: trusts,
            top: store.connection?.takeTop(), surroundings: .system)
        self.jobs = store.jobs(jobs)
        threads = TaskThreads(count: self.jobs + 1)
    }

    /// Begins asynchronous work on threads of its own.
    func begin<Success: Sendable>(
        _ body: sending @escaping () async throws(TransferError) -> Success
    ) -> PendingWork<Success, TransferError> {
        PendingWork(on: threads, body)
    }

    /// Waits for work that was begun.
    ///
    /// - Throws: `CairnError`.
    func end<Success>(_ work: PendingWork<Success, TransferError>) throws -> Success {
        do throws(TransferError) { return try work.get() } catch { throw CairnError(error, remote: name) }
    }

    /// Does asynchronous work on threads of its own and waits for it.
    ///
    /// - Throws: `CairnError`.
    func wait<Success: Sendable>(
        _ body: sending @escaping () async throws(TransferError) -> Success
    ) throws -> Success {
        do throws(TransferError) {
            return try runBlocking(on: threads, body)
        } catch {
            throw CairnError(error, remote: name)
        }
    }
}
