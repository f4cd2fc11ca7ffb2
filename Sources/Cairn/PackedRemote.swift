import CairnCore
import CairnFormats
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
        let remote = FolderRemote(store.folder, isGroupShared: store.isGroupShared)
        let memory = session.workspace.stateFolder.appending("remotes")
            .appending(String(BLAKE3.digest(of: Array(remote.place.utf8)).hex.prefix(16)))
        name = store.name
        index = RemoteIndex(
            of: remote, cachedIn: isRemembered ? memory : nil, trusts: trusts, surroundings: .system)
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
            self.init(fault, of: key, onRemote: name)
        case .lostMarker:
            self.init(
                .damaged, "'\(PackedLayout.marker)' of remote '\(name)' is gone, though its log is there",
                hint: "write it anew with the next push: `cairn push -r \(Shell.quoted(name))`")
        case .twoStores(let marker, let log):
            self.init(
                .conflict,
                "remote '\(name)' is two stores in one place: '\(PackedLayout.marker)' names \(marker.text), and the log has pushes to \(log.text)",
                hint:
                    "put back the '\(PackedLayout.marker)' of the store whose log it is, and keep the other one elsewhere"
            )
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
                hint: "find out what is damaged: `cairn verify --remote \(name)`")
        }
    }
}

extension CairnError {
    /// Words for a file of a packed remote that is not of its format.
    init(_ fault: FormatError, of key: String, onRemote name: String) {
        let hint =
            switch (fault.problem, fault.part) {
            case (.unknownFeatures, .marker): "install a newer version of cairn"
            case (.unknownVersion, _), (.unknownFeatures, _):
                "install a newer version of cairn; or, if no newer one was used here, \(Self.hint(onRemote: name))"
            default: Self.hint(onRemote: name)
            }
        self.init(.damaged, "'\(key)' on remote '\(name)' cannot be used: \(fault)", hint: hint)
    }

    /// What to do about a remote that has lost something.
    static func hint(onRemote name: String) -> String {
        "bring back what it lost, from a clone that has the data: `cairn repair --on \(Shell.quoted(name))`"
    }
}

extension RemoteStore {
    /// Words for what is wrong with something in the remote's folder; those of the store itself for anything else.
    func error(_ error: StoreError) -> CairnError {
        let top = folder.bytes
        guard error.path.bytes.starts(with: top) else { return CairnError(error) }
        let key = error.path.bytes.dropFirst(top.count).drop { $0 == UInt8(ascii: "/") }.printable
        let object = key.isEmpty ? "remote '\(name)'" : "'\(key)' on remote '\(name)'"
        let hint = CairnError.hint(onRemote: name)
        switch error.reason {
        case .malformed(let fault): return CairnError(fault, of: key, onRemote: name)
        case .io(.noSuchFileOrDirectory):
            return CairnError(.missing, "\(object) is not there", hint: hint)
        case .io(.permissionDenied), .io(.notPermitted):
            return CairnError(
                .denied, "access to \(object) is not allowed", hint: "ask who owns the remote")
        case .damaged(let id):
            return CairnError(.damaged, "object \(id.text) is damaged: \(object) has other bytes", hint: hint)
        case .missingPart(let part, let id):
            let whole = id.map { " of object \($0.text)" } ?? ""
            return CairnError(.missing, "\(part)\(whole) is in no pack of remote '\(name)'", hint: hint)
        default: return CairnError(error)
        }
    }

    /// Does something with the remote's folder; what is wrong there is put into words that name the remote.
    func naming<Result>(_ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let error as StoreError {
            throw self.error(error)
        } catch let error as SystemError {
            throw self.error(StoreError(error))
        }
    }
}

extension Workspace {
    /// Who this copy of the repository is, for remotes that several share.
    ///
    /// - Throws: `CairnError` if the clone has no name yet and none can be written.
    func cloneIdentity() throws -> PackedPush.Clone {
        let repository = try repositoryIdentity()
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

    /// What tells this repository from all others; one of DVC's format gets it when it is first asked for.
    private func repositoryIdentity() throws -> UniqueID {
        let files = ConfigurationFiles(root: root, surroundings: surroundings)
        // Read again: this very command may have made it.
        guard let text = try configuration.string("cairn.id") ?? files.loadOwn().repositoryID else {
            var random = SystemRandomNumberGenerator()
            let id = UniqueID(using: &random)
            try files.editOwn(.repository) { (file) throws(FormatsError) in try file.setRepositoryID(id.text)
            }
            return id
        }
        guard let id = UniqueID(parsing: text.utf8) else {
            let file = isNative ? ".dvc/config" : ".dvc/cairn.config"
            throw CairnError(
                .config, "cairn.id in '\(file)' is no UUID",
                hint: "restore the line from git: `git checkout -- \(file)`")
        }
        return id
    }

    /// Says once in a repository of DVC's format that `dvc` cannot use a packed remote.
    func warnOfPackedRemote(_ name: String, _ reporter: any Reporter) {
        let note = stateFolder.appending("packed-remote-noted")
        guard format == .dvc, (try? note.status()) == nil else { return }
        reporter.warn(
            "remote '\(name)' is packed: cairn can push to it and pull from it, `dvc` cannot",
            hint: "for `dvc`, add another one: `\(personality.command) remote add --layout loose NAME URL`")
        try? stateFolder.makeFolders()
        try? AtomicFile.writeForNow(Array("\(name)\n".utf8), to: note)  // it is said again then
    }

    /// Where the clone lies, for people: `host:/path`.
    private var cloneLabel: String { "\(Surroundings.hostName):\(root.bytes.printable)" }
}
