import CairnCore
import CairnRemote
import CairnStore
import CairnSystem

/// The marker of the store: looked for, remembered for a day, and made by the first who writes.
extension RemoteIndex {
    /// A remembered marker is believed for so long, in nanoseconds.
    private static let memoryOfMarker: Int64 = 86_400 * 1_000_000_000

    /// Reads the log, and makes the store before if there is none.
    ///
    /// A marker that was lost is written anew, with the id that the log tells.
    /// - Throws: `TransferError`, with `.readOnly` if this program may not write there.
    public func viewForWriting() async throws(TransferError) -> RemoteView {
        let view = try await viewForPushing()
        guard !view.log.isMade else { return view }
        // Whoever made the store knows what its log says: nothing that could be relied on.
        if try await makeStore(of: view) { return RemoteView(empty(view.marker, isMade: true), [:]) }
        guard let other = try await viewOfWriter() else { throw TransferError(.lostMarker) }
        return try checked(other)
    }

    /// As `viewForWriting()`, but where there is nothing yet, nothing is written: a push makes the store while it gathers what it sends.
    ///
    /// - Throws: `TransferError`, with `.readOnly` if this program may not write there.
    public func viewForPushing() async throws(TransferError) -> RemoteView {
        if let known = try await viewOfWriter() { return try checked(known) }
        guard hasLog else {
            let id = surroundings.withRandom { UniqueID(using: &$0) }
            return RemoteView(empty(StoreMarker(id: id), isMade: false), [:])
        }
        let id = try await idOfLog() ?? surroundings.withRandom { UniqueID(using: &$0) }
        let (marker, _) = try await make(id, isNew: false)
        return try checked(try await refresh(marker))
    }

    /// Writes the marker of a store that a view promises.
    ///
    /// - Returns: false if somebody else has made a store there meanwhile: the view is of no use then.
    func makeStore(of view: RemoteView) async throws(TransferError) -> Bool {
        try await make(view.marker.id, isNew: true).isOurs
    }

    /// Reads the log; `nil` if there is no marker.
    private func viewOfWriter() async throws(TransferError) -> RemoteView? {
        // What a writer relies on is read, not remembered.
        if state.withLock({ $0.marker == nil || $0.isMarkerRemembered }), rememberedMarker() != nil {
            do throws(TransferError) {
                _ = try await readMarker()
            } catch {
                guard error.isAbsence else { throw error }
                forgetMarker()
            }
        }
        do throws(TransferError) {
            return try await view()
        } catch {
            guard error.reason == .lostMarker else { throw error }
            return nil
        }
    }

    /// The id of the store to which the latest pushes in the log went; `nil` if the log has none.
    private func idOfLog() async throws(TransferError) -> UniqueID? {
        guard hasLog else { return nil }
        let provisional = StoreMarker(id: surroundings.withRandom { UniqueID(using: &$0) })
        let view = try await refresh(provisional)
        return view.segments.values.flatMap(\.pushes).max { $0.time < $1.time }?.store
    }

    /// True if the last look at the top of the remote found a log.
    private var hasLog: Bool { state.withLock { $0.hasLog } }

    /// Refuses stores that this program may not write to.
    private func checked(_ view: RemoteView) throws(TransferError) -> RemoteView {
        if case .readOnly(let missing) = view.marker.access { throw TransferError(.readOnly(missing)) }
        if let other = view.stores.first(where: { $0 != view.marker.id }) {
            throw TransferError(.twoStores(marker: view.marker.id, log: other))
        }
        return view
    }

    /// What a writer would start from; nothing is written, and where there is no store, the view is that of an empty one.
    ///
    /// - Throws: `TransferError`, with `.readOnly` if this program may not write there.
    public func viewForPlanning() async throws(TransferError) -> RemoteView {
        if let view = try await viewOfWriter() { return try checked(view) }
        let marker = StoreMarker(
            id: try await idOfLog() ?? surroundings.withRandom { UniqueID(using: &$0) })
        return hasLog ? try await refresh(marker) : RemoteView(empty(marker, isMade: false), [:])
    }

    func marker() async throws(TransferError) -> StoreMarker? {
        if let known = state.withLock({ $0.marker }) { return known }
        if let remembered = rememberedMarker() {
            state.withLock { state in
                state.marker = remembered
                state.isMarkerRemembered = true
            }
            return remembered
        }
        let seen = state.withLock { $0.top.take() }
        let top =
            if let seen { seen } else {
                try await remotely { () throws(RemoteError) in try await remote.top() }
            }
        let hasLog = top.contains(PackedLayout.log + "/")
        state.withLock { $0.hasLog = hasLog }
        guard top.contains(PackedLayout.marker) else {
            if try await isLost() { throw TransferError(.lostMarker) }
            return nil
        }
        return try await readMarker()
    }

    /// True if there are segments, which nobody writes before the marker.
    private func isLost() async throws(TransferError) -> Bool {
        guard hasLog else { return false }
        let listing = try await remotely { () throws(RemoteError) in
            try await remote.list(PackedLayout.segments + "/")
        }
        let isThere = listing.objects.contains {
            if case .segment = PackedLayout.Item(parsing: $0.key.utf8) { true } else { false }
        }
        state.withLock { $0.hasLog = isThere }
        return isThere
    }

    private func readMarker() async throws(TransferError) -> StoreMarker {
        let bytes = try await remotely { () throws(RemoteError) in
            try await remote.read(PackedLayout.marker, nil, limit: StoreMarker.largestSize)
        }
        do throws(FormatError) {
            let marker = try StoreMarker(parsing: bytes)
            keep(bytes, nil, PackedLayout.marker)
            state.withLock { state in
                state.marker = marker
                state.isMarkerRemembered = false
            }
            return marker
        } catch {
            throw TransferError(.malformed(PackedLayout.marker, error))
        }
    }

    private func rememberedMarker() -> StoreMarker? {
        guard let folder else { return nil }
        let path = folder.appending(PackedLayout.marker)
        guard let status = try? path.status(), status.mtime > Surroundings.now - Self.memoryOfMarker,
            let bytes = (try? path.readIfPresent(limit: StoreMarker.largestSize)) ?? nil
        else { return nil }
        return try? StoreMarker(parsing: bytes)
    }

    func forgetMarker() {
        state.withLock { state in
            state.marker = nil
            state.top = nil
            state.segments = [:]
            state.condemned = [:]
        }
        if let folder { try? Folder(folder).remove(PackedLayout.marker.utf8) }  // it is looked for again then
    }

    /// Makes the store. Of two who do so at the same time, one wins.
    private func make(
        _ id: UniqueID, isNew: Bool
    ) async throws(TransferError) -> (marker: StoreMarker, isOurs: Bool) {
        let bytes = StoreMarker(id: id).bytes
        let existing = try await remotely { () throws(RemoteError) in
            try await remote.write(
                [RemoteUpload(PackedLayout.marker, .bytes(bytes), isNew: isNew)], jobs: 1)
        }
        guard existing.isEmpty else {
            let marker = try await readMarker()
            // An attempt that seemed to have failed may have written it.
            return (marker, marker.id == id)
        }
        let marker = StoreMarker(id: id)
        keep(bytes, nil, PackedLayout.marker)
        state.withLock { state in
            state.marker = marker
            state.isMarkerRemembered = false
        }
        return (marker, true)
    }

    private func empty(_ marker: StoreMarker, isMade: Bool) -> RemoteLog {
        RemoteLog(
            marker: marker, listing: RemoteListing(objects: [], now: surroundings.clock.date),
            takenAt: surroundings.clock.elapsed, segmentSizes: [:], acknowledged: [], condemned: [:],
            roots: [], isMade: isMade)
    }
}
