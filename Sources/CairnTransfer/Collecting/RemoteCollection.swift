import CairnCore
import CairnRemote
import CairnStore
public import CairnSystem

/// Deletes from a packed remote what nobody needs, without a lock and beside pushers and other collectors: docs/formats/packed-store.md.
///
/// What goes is announced first, and deleted by a later collection, whoever runs it, when the grace period of the store is over. Until then
/// `undo` brings it back.
public struct RemoteCollection: Sendable {
    let index: RemoteIndex
    let clone: PackedPush.Clone
    let folder: FilePath
    let jobs: Int
    let reporter: any Reporter

    /// How often a collection begins anew because others moved what it was about to read.
    static let attempts = 20

    /// Describes a collection.
    ///
    /// - Parameters:
    ///   - clone: who collects.
    ///   - folder: an existing folder of this machine for packs that wait to be sent.
    ///   - jobs: how many parts of packs are read or sent at a time.
    public init(
        of index: RemoteIndex, as clone: PackedPush.Clone, in folder: FilePath, jobs: Int,
        reporter: any Reporter
    ) {
        self.index = index
        self.clone = clone
        self.folder = folder
        self.jobs = jobs
        self.reporter = reporter
    }

    /// Finds out what would go. Nothing is changed.
    ///
    /// - Parameters:
    ///   - scope: what this clone keeps: files and directories, with all that belongs to them. What other clones have published as needed,
    ///     and what was pushed lately, is kept besides.
    ///   - isForced: whether repositories that have pushed and never said what they need are passed over.
    ///   - known: the log and the index as they were just read; `nil` to read them.
    /// - Returns: `nil` if the remote is no packed store.
    /// - Throws: `TransferError`, with `.unknownRoots` or `.unreadableRoots` if it is not certain what others need, `.unreadable` if something
    ///   needed is damaged or lost, `.readOnly` if this program may not write there.
    public func plan(
        keeping scope: [ObjectID], isForced: Bool = false, on known: RemoteView? = nil
    ) async throws(TransferError) -> RemoteCollectionPlan? {
        let read = if let known { Optional(known) } else { try await index.view() }
        guard var view = read else { return nil }
        if case .readOnly(let missing) = view.marker.access { throw TransferError(.readOnly(missing)) }
        reporter.begin("looking", items: nil, bytes: nil)
        var bad: Set<Digest> = []
        for _ in 0..<Self.attempts {
            let packs = try await PackListing(of: index.remote)
            let lost = bad.union(packs.missing(from: view))
            let roots = try await CollectionRoots(
                scope: scope, of: clone, on: view, packs, index, isForced: isForced)
            var marking = ClosureMarking(
                on: view.index(avoiding: lost), RecordReading(from: index.remote, jobs: jobs))
            try await marking.run(roots)
            guard let key = marking.unreadable.first else {
                return RemoteCollectionPlan(
                    scope: Set(scope), roots: roots, view: view, packs: packs, lost: lost, marking)
            }
            // Another collector may have moved it and deleted the pack since the log was read.
            let before = view.segments
            view = try await index.refresh(view)
            let isNews = Set(before.keys) != Set(view.segments.keys)
            guard isNews || !marking.reading.badPacks.isSubset(of: lost) else {
                throw TransferError(.unreadable(key))
            }
            bad = marking.reading.badPacks
        }
        throw TransferError(.overtaken)
    }
}
