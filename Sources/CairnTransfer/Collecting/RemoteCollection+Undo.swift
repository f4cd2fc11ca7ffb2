import CairnCore
import CairnRemote
public import CairnStore

extension RemoteCollection {
    /// What `undo` brought back.
    public struct Undone: Sendable {
        /// How many files and directories can be had again.
        public let objectCount: Int
        /// The bytes of the packs that were written for it.
        public let bytes: Int64
        /// Records that cannot be read any more.
        public let lost: [RecordKey]
    }

    /// Copies what the latest collection announced into new packs. That it was announced stays true: others may have begun to act on it.
    ///
    /// - Returns: `nil` if nothing is announced that is not given up yet, or all of that was brought back.
    /// - Throws: `TransferError`.
    public func undo() async throws(TransferError) -> Undone? {
        guard let view = try await index.view() else { return nil }
        if case .readOnly(let missing) = view.marker.access { throw TransferError(.readOnly(missing)) }
        let dead = view.index.deadPacks
        let open = view.condemned.filter { name, record in
            record.store == view.marker.id && !dead.isSuperset(of: record.packs)
        }
        guard let latest = open.keys.max(), let record = open[latest] else { return nil }
        var keys: [RecordKey] = []
        RecordMarks(on: view.index).forEachRecord(of: Set(record.packs)) { key, pack, _, _ in
            guard let place = view.index.location(of: key), place.isCondemned else { return }
            // Of two condemned packs that have it, one is asked.
            if place.pack.name == pack.name || !record.packs.contains(place.pack.name) { keys.append(key) }
        }
        keys = Array(Set(keys)).sorted()
        guard !keys.isEmpty else { return nil }
        reporter.begin("bringing back", items: nil, bytes: nil)
        let copying = RecordCopying(
            index: index, writer: index.newName(), folder: folder, jobs: jobs, reporter: reporter)
        let copy = try await copying.copy(keys, from: view.index, of: view.marker)
        let lost = Set(copy.failed)
        let count = keys.count { key in
            !lost.contains(key) && (key.kind == .blob || key.kind == .recipe || key.kind == .directory)
        }
        return Undone(objectCount: count, bytes: copy.bytes, lost: copy.failed)
    }

    /// Gives up what clones have published as needed: an empty set is published in their names.
    ///
    /// - Parameters:
    ///   - repository: whose clones.
    ///   - id: one of them; `nil` for all.
    /// - Returns: the clones. None if the remote has never heard of them.
    /// - Throws: `TransferError`.
    public func forget(
        _ repository: UniqueID, clone id: UniqueID? = nil
    ) async throws(TransferError) -> [UniqueID] {
        guard let view = try await index.view() else { throw TransferError(.noStore) }
        if case .readOnly(let missing) = view.marker.access { throw TransferError(.readOnly(missing)) }
        var latest = view.latestRoots.filter {
            $0.repository == repository && (id == nil || $0.clone == id)
        }
        if latest.isEmpty, id == nil,
            view.segments.values.contains(where: { $0.pushes.contains { $0.repository == repository } })
        {
            // It has pushed and has never said what it needs: this clone says it.
            latest = [RootsName(repository: repository, clone: clone.id, writer: index.newName())]
        }
        for name in latest {
            let clone = PackedPush.Clone(repository: repository, id: name.clone, label: "forgotten")
            try await index.publish([], of: clone, as: index.newName(after: name.writer), on: view)
        }
        return latest.map(\.clone)
    }
}
