import CairnCore
import CairnStore

/// What a collector has to keep, with all that belongs to it: docs/formats/packed-store.md.
struct CollectionRoots {
    /// Objects that clones say they need.
    private(set) var objects: Set<ObjectID>
    /// Records that pushes brought.
    private(set) var records: Set<RecordKey> = []
    /// Packs of class meta of which every record is needed: pushers believe that all is there that is named in them.
    private(set) var packs: Set<Digest> = []
    /// Condemn records whose time has come.
    private(set) var ripe: [CondemnName: CondemnRecord] = [:]

    /// - Parameters:
    ///   - scope: what this clone keeps.
    ///   - isForced: whether repositories that have said nothing are passed over.
    init(
        scope: some Sequence<ObjectID>, of clone: PackedPush.Clone, on view: RemoteView, _ packs: PackListing,
        _ index: RemoteIndex, isForced: Bool
    ) async throws(TransferError) {
        objects = Set(scope)
        var known: Set<UniqueID> = [clone.repository]
        for name in view.latestRoots {
            known.insert(name.repository)
            guard name.repository != clone.repository || name.clone != clone.id else { continue }
            let file: RootsFile
            do throws(TransferError) {
                file = try await index.roots(name, on: view)
            } catch {
                guard case .malformed(_, let fault) = error.reason else { throw error }
                throw TransferError(.unreadableRoots(name, fault))
            }
            guard file.store == view.marker.id else { throw TransferError(.unreadableRoots(name, nil)) }
            objects.formUnion(file.roots)
        }
        let times = LogTimes(view)
        let rules = view.marker.collection
        ripe = view.condemned.filter { name, record in
            record.store == view.marker.id && times.now - times.time(of: record, name) >= rules.grace * 1000
        }
        let seenPushes = ripe.values.map { Set($0.seenPushes) }
        for (name, segment) in view.segments {
            for row in segment.pushes {
                if !isForced, !known.contains(row.repository) {
                    throw TransferError(.unknownRoots(row.repository))
                }
                let isYoung = times.now - times.time(of: row, in: name) < rules.keep * 1000
                if isYoung || !seenPushes.allSatisfy({ $0.contains(row.push) }) { records.insert(row.root) }
            }
        }
        let seenPacks = ripe.values.map { Set($0.seenMetaPacks) }
        let givenUp = view.givenUp
        for pack in view.index.packs where pack.packClass == .meta && !givenUp.contains(pack.name) {
            let isYoung =
                index.rules.keepsYoungRecords && !packs.isOlder(pack.name, than: rules.minimumAge)
            if isYoung || !seenPacks.allSatisfy({ $0.contains(pack.name) }) { self.packs.insert(pack.name) }
        }
    }
}
