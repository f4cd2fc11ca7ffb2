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
    /// - Parameter jobs: how many transfers at a time the user wants.
    init(_ store: RemoteStore, _ session: Session, jobs: Int?) {
        let remote = FolderRemote(store.folder, isGroupShared: store.isGroupShared)
        let memory = session.workspace.stateFolder.appending("remotes")
            .appending(String(BLAKE3.digest(of: Array(remote.place.utf8)).hex.prefix(16)))
        name = store.name
        index = RemoteIndex(of: remote, cachedIn: memory, surroundings: .system)
        self.jobs = max(1, jobs ?? store.jobs ?? Workers.forTransfers.count)
        threads = TaskThreads(count: self.jobs + 1)
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

extension CairnError {
    /// Words for what went wrong between the cache and a packed remote.
    init(_ error: TransferError, remote name: String) {
        switch error.reason {
        case .remote(let error): self.init(error, remote: name)
        case .local(let error): self.init(error)
        case .malformed(let key, let fault):
            self.init(.damaged, "'\(key)' on remote '\(name)' cannot be used: \(fault)")
        case .noStore:
            self.init(.notFound, "remote '\(name)' is no packed store")
        case .readOnly(let features):
            self.init(
                .denied,
                "remote '\(name)' cannot be written to by this version of cairn: it lacks \(features.joined(separator: ", "))",
                hint: "install a newer version")
        case .overtaken:
            self.init(
                .conflict, "remote '\(name)' is collected again and again while data is pushed to it",
                hint: "wait until `cairn gc -c` has ended elsewhere, and run the same command again")
        case .unknownRoots(let repository):
            self.init(
                .conflict,
                "nothing was deleted: repository \(repository.text) has pushed to remote '\(name)' and has not said what it needs",
                hint:
                    "run `cairn push` there, or give up what it has there: `cairn gc -c -r \(name) --forget \(repository.text)`"
            )
        case .unreadableRoots(let roots, let fault):
            let why = fault.map { "cannot be read: \($0)" } ?? "is that of another store"
            self.init(
                .damaged,
                "nothing was deleted: '\(roots.path)' on remote '\(name)', which says what a clone needs, \(why)",
                hint:
                    "run `cairn push` in that clone, or give up what it needs: `cairn gc -c -r \(name) --forget \(roots.repository.text)/\(roots.clone.text)`"
            )
        case .unreadable(let key):
            self.init(
                .damaged, "nothing was deleted: the \(key) on remote '\(name)' is needed and cannot be read",
                hint: "find out what is damaged: `cairn verify -r \(name)`")
        }
    }
}

extension Workspace {
    /// Who this copy of the repository is, for remotes that several share.
    ///
    /// - Throws: `CairnError` if the clone has no name yet and none can be written.
    func cloneIdentity() throws -> PackedPush.Clone {
        guard let text = configuration.string("cairn.id"), let repository = UniqueID(parsing: text.utf8)
        else {
            throw CairnError(
                .config, "cairn.id in '.dvc/config' is no UUID",
                hint: "restore the line from git: `git checkout -- .dvc/config`")
        }
        let file = stateFolder.appending("clone")
        if let bytes = try file.readIfPresent(limit: 64),
            let id = UniqueID(parsing: bytes.prefix { $0 != UInt8(ascii: "\n") })
        {
            return PackedPush.Clone(repository: repository, id: id, label: cloneLabel)
        }
        var random = SystemRandomNumberGenerator()
        let id = UniqueID(using: &random)
        try stateFolder.makeFolders()
        try AtomicFile.write(Array("\(id.text)\n".utf8), to: file)
        return PackedPush.Clone(repository: repository, id: id, label: cloneLabel)
    }

    /// Where the clone lies, for people: `host:/path`.
    private var cloneLabel: String { "\(Surroundings.hostName):\(root.bytes.printable)" }
}
