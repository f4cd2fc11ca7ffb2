import CairnRemote
import CairnSystem
import CairnTransfer

/// A packed remote that is no folder, while it is looked at closely or mended: a folder of this machine shows what is on it.
struct MirroredRemote {
    /// The remote, for what is said of things in the folder.
    let store: RemoteStore
    /// The folder.
    let mirror: RemoteMirror
    /// What the folder lies in; it goes with the value.
    private let scratch: ScratchFolder
    private let jobs: Int

    /// Makes a mirror.
    ///
    /// - Returns: `nil` for a remote that is a folder, or not packed.
    /// - Throws: `CairnError` if the remote cannot be looked at.
    init?(_ remote: RemoteStore, _ session: Session, jobs: Int?) throws {
        guard remote.folder == nil, try remote.isPacked(for: session.workspace.format) else { return nil }
        self.jobs = remote.jobs(jobs)
        scratch = try session.scratch()
        let root = scratch.folder.path(of: scratch.newName())
        try root.makeFolders()
        var store = remote
        store.mirror = root
        self.store = store
        mirror = RemoteMirror(of: remote.contract, at: root, jobs: self.jobs)
        try refresh()
    }

    /// Makes the folder look like the remote does now.
    func refresh() throws {
        try store.wait(jobs: jobs) { [mirror] () async throws(TransferError) in try await mirror.refresh() }
    }

    /// Brings what changed in the folder to the remote.
    func sendBack() throws {
        try store.wait(jobs: jobs) { [mirror] () async throws(TransferError) in try await mirror.sendBack() }
    }

    /// Does something that reads packs.
    ///
    /// - Throws: what `body` throws; `CairnError` for a pack that could not be had.
    func reading<Result>(_ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch {
            if let failure = mirror.failure { throw CairnError(failure, remote: store.name) }
            throw error
        }
    }
}
