import CairnCore
import CairnFormats
import CairnStore
import CairnSystem
import CairnTransfer

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
