import CairnCore
import CairnRemote
import CairnStore

extension RemoteView {
    /// The name of what a clone has published last.
    func latestRoots(of clone: PackedPush.Clone) -> RootsName? {
        latestRoots.first { $0.repository == clone.repository && $0.clone == clone.id }
    }

    /// The latest file of each clone that has published what it needs.
    public var latestRoots: [RootsName] {
        var latest: [RootsName] = []
        // Sorted by repository and clone, and within these by time.
        for name in roots.sorted() {
            if let last = latest.last, last.repository == name.repository, last.clone == name.clone {
                latest.removeLast()
            }
            latest.append(name)
        }
        return latest
    }
}

extension RemoteIndex {
    /// What a clone has published as needed.
    ///
    /// - Throws: `TransferError`.
    func roots(of clone: PackedPush.Clone, on view: RemoteView) async throws(TransferError) -> Set<ObjectID> {
        guard let latest = view.latestRoots(of: clone) else { return [] }
        return Set(try await roots(latest, on: view).roots)
    }

    /// Reads what a clone has published.
    ///
    /// - Throws: `TransferError`.
    public func roots(_ name: RootsName, on view: RemoteView) async throws(TransferError) -> RootsFile {
        let file = "\(name.clone.text)-\(name.writer.text).rts"
        if let bytes = kept(PackedLayout.roots, file), let known = try? RootsFile(parsing: bytes, name: name)
        {
            return known
        }
        let path = name.path
        let size = view.listing.objects.first { $0.key == path }?.size
        let bytes = try await remotely { () throws(RemoteError) in
            try await remote.read(path, nil, limit: Int(clamping: size ?? 1 << 30))
        }
        do throws(FormatError) {
            let roots = try RootsFile(parsing: bytes, name: name)
            keep(bytes, PackedLayout.roots, file)
            return roots
        } catch {
            throw TransferError(.malformed(name.path, error))
        }
    }

    /// Publishes what a clone needs, instead of what it published before.
    func publish(
        _ roots: Set<ObjectID>, of clone: PackedPush.Clone, as writer: ULID, on view: RemoteView
    ) async throws(TransferError) {
        let name = RootsName(repository: clone.repository, clone: clone.id, writer: writer)
        let bytes = RootsFile(
            name: name, store: view.marker.id, time: view.listing.now, label: clone.label, roots: roots
        ).serialized
        try await remotely { () throws(RemoteError) in
            _ = try await remote.write([RemoteUpload(name.path, .bytes(bytes), isNew: true)], jobs: 1)
        }
        keep(bytes, PackedLayout.roots, "\(name.clone.text)-\(name.writer.text).rts")
    }
}

extension RecordKey {
    /// The record that an output begins with, as rows of pushes name it. Whether a file is in one piece or has a recipe does not matter there.
    init(root id: ObjectID) {
        self =
            id.algorithm == .blake3
            ? RecordKey(id.isDirectory ? .directory : .blob, id.digest) : .alias(of: id)
    }
}
