import CairnCore
public import CairnRemote
import CairnStore
public import CairnSystem
import Synchronization

/// The log of a packed remote: what is new in it is fetched, the rest is kept, in memory and in a folder of this machine.
public final class RemoteIndex: Sendable {
    // A class: what one refresh has learned, the next one need not fetch.

    /// The remote.
    public let remote: any Remote
    let surroundings: RemoteSurroundings
    private let folder: FilePath?
    private let state = Mutex(State())

    private struct State {
        var marker: StoreMarker?
        /// True if the marker comes from the folder and was not seen on the remote by this value.
        var isMarkerRemembered = false
        var segments: [SegmentName: IndexSegment] = [:]
        var condemned: [CondemnName: CondemnRecord] = [:]
    }

    /// How often the log is listed again because something was gone that the last listing had.
    private static let attempts = 5
    /// A remembered marker is believed for so long, in nanoseconds.
    private static let memoryOfMarker: Int64 = 86_400 * 1_000_000_000

    /// Describes an index.
    ///
    /// - Parameter folder: where what was fetched is kept; `nil` to keep it in memory only. It may be deleted at any time.
    public init(of remote: any Remote, cachedIn folder: FilePath?, surroundings: RemoteSurroundings) {
        self.remote = remote
        self.folder = folder
        self.surroundings = surroundings
    }

    /// Reads the log.
    ///
    /// - Returns: `nil` if the remote is no packed store, or not there at all.
    /// - Throws: `TransferError`.
    public func view() async throws(TransferError) -> RemoteView? {
        guard let marker = try await marker() else { return nil }
        if let view = try await refreshIfThere(marker) { return view }
        // The log is empty, and the marker was only remembered: perhaps somebody took the store away.
        forgetMarker()
        guard let marker = try await self.marker() else { return nil }
        return try await refresh(marker)
    }

    /// Reads the log, and makes the store before if there is none.
    ///
    /// - Parameter refusing: called with what stands at the top of the remote if there is no packed store; may throw.
    /// - Throws: `TransferError`, with `.readOnly` if this program may not write there.
    public func viewForWriting() async throws(TransferError) -> RemoteView {
        let view: RemoteView
        if let known = try await self.view() {
            view = known
        } else {
            let (marker, isNew) = try await make()
            // Whoever made the store knows what its log says: nothing that could be relied on.
            view = isNew ? empty(marker) : try await refresh(marker)
        }
        if case .readOnly(let missing) = view.marker.access { throw TransferError(.readOnly(missing)) }
        return view
    }

    /// What a writer would start from; nothing is written, and where there is no store, the view is that of an empty one.
    ///
    /// - Throws: `TransferError`, with `.readOnly` if this program may not write there.
    public func viewForPlanning() async throws(TransferError) -> RemoteView {
        guard let view = try await view() else {
            return empty(StoreMarker(id: surroundings.withRandom { UniqueID(using: &$0) }))
        }
        if case .readOnly(let missing) = view.marker.access { throw TransferError(.readOnly(missing)) }
        return view
    }

    /// Reads the log again.
    ///
    /// - Throws: `TransferError`.
    public func refresh(_ view: RemoteView) async throws(TransferError) -> RemoteView {
        try await refresh(view.marker)
    }

    /// Takes in a segment that was just written, so that it need not be fetched.
    func remember(_ segment: IndexSegment, _ name: SegmentName, _ bytes: [UInt8]) {
        state.withLock { $0.segments[name] = segment }
        keep(bytes, PackedLayout.segments, name.text)
    }

    // MARK: Marker

    private func marker() async throws(TransferError) -> StoreMarker? {
        if let known = state.withLock({ $0.marker }) { return known }
        if let remembered = rememberedMarker() {
            state.withLock { state in
                state.marker = remembered
                state.isMarkerRemembered = true
            }
            return remembered
        }
        let top = try await remotely { () throws(RemoteError) in try await remote.top() }
        guard top.contains(PackedLayout.marker) else { return nil }
        return try await readMarker()
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

    private func forgetMarker() {
        state.withLock { state in
            state.marker = nil
            state.segments = [:]
            state.condemned = [:]
        }
        if let folder { try? Folder(folder).remove(PackedLayout.marker.utf8) }  // it is looked for again then
    }

    /// Makes the store. Of two who do so at the same time, one wins.
    private func make() async throws(TransferError) -> (marker: StoreMarker, isNew: Bool) {
        let id = surroundings.withRandom { UniqueID(using: &$0) }
        let bytes = StoreMarker(id: id).bytes
        let existing = try await remotely { () throws(RemoteError) in
            try await remote.write([RemoteUpload(PackedLayout.marker, .bytes(bytes))], jobs: 1)
        }
        guard existing.isEmpty else { return (try await readMarker(), false) }
        let marker = StoreMarker(id: id)
        keep(bytes, nil, PackedLayout.marker)
        state.withLock { state in
            state.marker = marker
            state.isMarkerRemembered = false
        }
        return (marker, true)
    }

    private func empty(_ marker: StoreMarker) -> RemoteView {
        RemoteView(
            marker: marker, segments: [:], acknowledged: [], condemned: [:], roots: [],
            listing: RemoteListing(objects: [], now: surroundings.clock.date),
            takenAt: surroundings.clock.elapsed)
    }

    // MARK: Log

    /// `nil` if the log is empty and nobody has seen the marker on the remote.
    private func refreshIfThere(_ marker: StoreMarker) async throws(TransferError) -> RemoteView? {
        let view = try await refresh(marker)
        let isRemembered = state.withLock { $0.isMarkerRemembered }
        return view.listing.objects.isEmpty && isRemembered ? nil : view
    }

    private func refresh(_ marker: StoreMarker) async throws(TransferError) -> RemoteView {
        var failure: TransferError?
        for _ in 0..<Self.attempts {
            do throws(TransferError) {
                return try await read(marker)
            } catch {
                // Somebody merged segments and removed those that were merged.
                guard case .remote(let cause) = error.reason, cause.reason == .notFound else { throw error }
                failure = error
            }
        }
        throw failure ?? TransferError(.noStore)
    }

    private func read(_ marker: StoreMarker) async throws(TransferError) -> RemoteView {
        let takenAt = surroundings.clock.elapsed
        let listing = try await remotely { () throws(RemoteError) in
            try await remote.list(PackedLayout.log + "/")
        }
        var names: [(SegmentName, Int64)] = []
        var condemned: [(CondemnName, Int64)] = []
        var acknowledged: Set<ULID> = []
        var roots: [RootsName] = []
        for object in listing.objects {
            switch PackedLayout.Item(parsing: object.key.utf8) {
            case .segment(let name): names.append((name, object.size))
            case .condemnRecord(let name): condemned.append((name, object.size))
            case .pushMark(let push): acknowledged.insert(push)
            case .roots(let name): roots.append(name)
            default: break
            }
        }
        let segments = try await segments(names)
        var records: [CondemnName: CondemnRecord] = [:]
        for (name, size) in condemned { records[name] = try await record(name, size) }
        state.withLock { [segments, records] state in
            state.segments = segments
            state.condemned = records
        }
        return RemoteView(
            marker: marker, segments: segments, acknowledged: acknowledged, condemned: records,
            roots: roots, listing: listing, takenAt: takenAt)
    }

    private func segments(
        _ names: [(name: SegmentName, size: Int64)]
    ) async throws(TransferError) -> [SegmentName: IndexSegment] {
        let known = state.withLock { $0.segments }
        var segments: [SegmentName: IndexSegment] = [:]
        var replaced: Set<Digest> = []
        // A segment that others were merged into has a higher level than they, and says who they are.
        for (name, size) in names.sorted(by: { ($1.name.level, $0.name.push) < ($0.name.level, $1.name.push) }
        )
        where !replaced.contains(name.digest) {
            let segment = if let segment = known[name] { segment } else { try await segment(name, size) }
            segments[name] = segment
            replaced.formUnion(segment.replaced)
        }
        return segments.filter { !replaced.contains($0.key.digest) }
    }

    private func segment(_ name: SegmentName, _ size: Int64) async throws(TransferError) -> IndexSegment {
        if let bytes = kept(PackedLayout.segments, name.text),
            let segment = try? IndexSegment(parsing: bytes, name: name.digest)
        {
            return segment
        }
        let bytes = try await remotely { () throws(RemoteError) in
            try await remote.read(name.path, nil, limit: Int(clamping: size))
        }
        do throws(FormatError) {
            let segment = try IndexSegment(parsing: bytes, name: name.digest)
            keep(bytes, PackedLayout.segments, name.text)
            return segment
        } catch {
            throw TransferError(.malformed(name.path, error))
        }
    }

    private func record(_ name: CondemnName, _ size: Int64) async throws(TransferError) -> CondemnRecord {
        if let known = state.withLock({ $0.condemned[name] }) { return known }
        let bytes = try await remotely { () throws(RemoteError) in
            try await remote.read(name.path, nil, limit: Int(clamping: size))
        }
        do throws(FormatError) {
            return try CondemnRecord(parsing: bytes, name: name)
        } catch {
            throw TransferError(.malformed(name.path, error))
        }
    }

    // MARK: Folder

    /// Keeps what was fetched; failing to costs time later, nothing else.
    func keep(_ bytes: [UInt8], _ part: String?, _ name: String) {
        guard let folder else { return }
        let place = part.map { folder.appending($0) } ?? folder
        try? place.makeFolders()
        try? AtomicFile.writeForNow(bytes, to: place.appending(name))
    }

    func kept(_ part: String, _ name: String) -> [UInt8]? {
        guard let folder else { return nil }
        return (try? folder.appending(part).appending(name).readIfPresent(limit: .max)) ?? nil
    }
}

extension RemoteIndex {
    /// Writes a segment, and takes it in.
    func write(_ segment: IndexSegmentBuilder.Segment, as name: SegmentName) async throws(TransferError) {
        let upload = RemoteUpload(name.path, .bytes(segment.bytes))
        try await remotely { () throws(RemoteError) in _ = try await remote.write([upload], jobs: 1) }
        do throws(FormatError) {
            remember(try IndexSegment(parsing: segment.bytes, name: segment.name), name, segment.bytes)
        } catch {
            throw TransferError(.malformed(name.path, error))
        }
    }
}
