import CairnCore
import CairnRemote
import CairnStore

extension SourceView {
    /// Where the object of tracked data lies on the remote that has it.
    ///
    /// - Parameter text: the path as the user gave it.
    /// - Throws: `CairnError` of kind `usage` for what is not tracked, or is no object of its own there.
    func objectURL(_ text: String) throws -> [UInt8] {
        let shownPath = Array(text.utf8).printable
        guard let target = try selection().onlyOutput, let id = try object(of: target) else {
            throw CairnError(
                .usage,
                "'\(shownPath)' of '\(shown)' is not one tracked file or directory, so no remote has it under one name",
                dvc: "Unable to find DVC file with output '\(shownPath)'")
        }
        let name = target.output.record.remote
        let workspace = workspaces.first { name != nil || $0.hasDefaultRemote }
        let place = LooseStore.place(of: id)
        let key =
            Array(place.folder.joined(separator: [UInt8(ascii: "/")])) + [UInt8(ascii: "/")] + place.name
        guard let workspace else {
            guard repository.folder != nil, let own = workspaces.first else {
                throw CairnError(
                    .config, "'\(shown)' has no default remote", hint: "name one: `--remote NAME`")
            }
            return own.cacheFolder.bytes + [UInt8(ascii: "/")] + key
        }
        let store = try workspace.remoteStore(name, for: "get --show-url")
        guard try !store.isPacked(for: workspace.format) else {
            throw CairnError(
                .usage,
                "the objects of remote '\(store.name)' lie in packs, so '\(shownPath)' has no URL of its own there"
            )
        }
        let base: [UInt8] =
            switch store.place {
            case .folder(let folder): folder.bytes
            case .network(let connection): connection.location.shown
            }
        return base + (base.last == UInt8(ascii: "/") ? [] : [UInt8(ascii: "/")]) + key
    }

    private func object(of target: TargetedOutput) throws -> ObjectID? {
        guard let id = target.output.record.id else { return nil }
        guard let part = target.part, let inside = part.relative(to: target.output.path) else { return id }
        // The listing tells which object a file inside of a directory is.
        var workspace = workspaces.first ?? session.workspace
        workspace.foreign = session.workspace.foreign
        let own = try Session(workspace, reporter: repository.reader.reporter, writes: false)
        var listing = try? own.store().listing(id)
        if listing == nil,
            let store = try? workspace.remoteStore(target.output.record.remote, for: "get --show-url")
        {
            listing = try RemoteContents(of: store, own).listing(id)
        }
        guard let listing, let position = listing.index(of: inside.bytes) else { return nil }
        return listing.object(at: position, id.algorithm)
    }
}
