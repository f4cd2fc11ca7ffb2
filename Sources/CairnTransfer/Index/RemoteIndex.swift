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
    let rules: ProtocolRules
    let folder: FilePath?
    private let trusts: Bool
    let state = Mutex(State())

    struct State {
        var marker: StoreMarker?
        /// True if the marker comes from the folder and was not seen on the remote by this value.
        var isMarkerRemembered = false
        /// What somebody has just seen at the top of the remote.
        var top: Set<String>?
        /// True if there was a log when the top of the remote was looked at.
        var hasLog = false
        var segments: [SegmentName: IndexSegment] = [:]
        var condemned: [CondemnName: CondemnRecord] = [:]
        /// What the keys of the last listing stand for.
        var items: [String: PackedLayout.Item] = [:]
    }

    /// How often the log is listed again because something was gone that the last listing had.
    private static let attempts = 5

    /// Describes an index.
    ///
    /// - Parameters:
    ///   - folder: where what was fetched is kept; `nil` to keep it in memory only. It may be deleted at any time.
    ///   - trusts: false where something may have been lost: of each directory and each file is then looked whether all parts are there.
    ///   - top: what stood at the top of the remote a moment ago, if somebody has looked.
    public convenience init(
        of remote: any Remote, cachedIn folder: FilePath?, trusts: Bool = true, top: Set<String>? = nil,
        surroundings: RemoteSurroundings
    ) {
        self.init(
            of: remote, cachedIn: folder, trusts: trusts, surroundings: surroundings, rules: ProtocolRules())
        state.withLock { $0.top = top }
    }

    init(
        of remote: any Remote, cachedIn folder: FilePath?, trusts: Bool = true,
        surroundings: RemoteSurroundings, rules: ProtocolRules
    ) {
        self.rules = rules
        self.remote = remote
        self.folder = folder
        self.trusts = trusts
        self.surroundings = surroundings
    }

    /// Reads the log, but not the index.
    ///
    /// - Returns: `nil` if the remote is no packed store, or not there at all.
    /// - Throws: `TransferError`.
    public func log() async throws(TransferError) -> RemoteLog? {
        guard let marker = try await marker() else { return nil }
        let log = try await list(marker)
        guard log.listing.objects.isEmpty, state.withLock({ $0.isMarkerRemembered }) else { return log }
        // The log is empty, and the marker was only remembered: perhaps somebody took the store away.
        forgetMarker()
        guard let marker = try await self.marker() else { return nil }
        return try await list(marker)
    }

    /// Reads the log and the index.
    ///
    /// - Returns: `nil` if the remote is no packed store, or not there at all.
    /// - Throws: `TransferError`.
    public func view() async throws(TransferError) -> RemoteView? {
        guard let log = try await log() else { return nil }
        return try await view(of: log)
    }

    /// Reads the index that a log tells of.
    ///
    /// - Throws: `TransferError`.
    public func view(of log: RemoteLog) async throws(TransferError) -> RemoteView {
        do throws(TransferError) {
            return RemoteView(log, try await segments(log.segmentSizes), trusts: trusts)
        } catch {
            guard error.isAbsence else { throw error }
            return try await refresh(log.marker)
        }
    }

    /// Reads the log again.
    ///
    /// - Throws: `TransferError`.
    public func refresh(_ view: RemoteView) async throws(TransferError) -> RemoteView {
        try await refresh(view.marker)
    }

    /// Lists the log again.
    ///
    /// - Throws: `TransferError`.
    public func refresh(_ log: RemoteLog) async throws(TransferError) -> RemoteLog {
        try await list(log.marker)
    }

    /// Takes in a segment that was just written, so that it need not be fetched.
    func remember(_ segment: IndexSegment, _ name: SegmentName, _ bytes: [UInt8]) {
        state.withLock { $0.segments[name] = segment }
        keep(bytes, PackedLayout.segments, name.text)
    }

    // MARK: Log

    func refresh(_ marker: StoreMarker) async throws(TransferError) -> RemoteView {
        var failure: TransferError?
        for _ in 0..<Self.attempts {
            do throws(TransferError) {
                let log = try await list(marker)
                return RemoteView(log, try await segments(log.segmentSizes), trusts: trusts)
            } catch {
                // Somebody merged segments and removed those that were merged.
                guard error.isAbsence else { throw error }
                failure = error
            }
        }
        throw failure ?? TransferError(.noStore)
    }

    private func list(_ marker: StoreMarker) async throws(TransferError) -> RemoteLog {
        let takenAt = surroundings.clock.elapsed
        let listing = try await remotely { () throws(RemoteError) in
            try await remote.list(PackedLayout.log + "/")
        }
        var sizes: [SegmentName: Int64] = [:]
        var condemned: [CondemnName: CondemnRecord] = [:]
        var acknowledged: Set<ULID> = []
        var roots: [RootsName] = []
        let known = state.withLock { $0.items }
        var items: [String: PackedLayout.Item] = [:]
        for object in listing.objects {
            let item = known[object.key] ?? PackedLayout.Item(parsing: object.key.utf8)
            items[object.key] = item
            switch item {
            case .segment(let name): sizes[name] = object.size
            case .condemnRecord(let name): condemned[name] = try await record(name, object.size)
            case .pushMark(let push): acknowledged.insert(push)
            case .roots(let name): roots.append(name)
            default: break
            }
        }
        state.withLock { [condemned, items] state in
            state.items = items
            state.condemned = condemned
        }
        return RemoteLog(
            marker: marker, listing: listing, takenAt: takenAt, segmentSizes: sizes,
            acknowledged: acknowledged, condemned: condemned, roots: roots)
    }

    private func segments(
        _ sizes: [SegmentName: Int64]
    ) async throws(TransferError) -> [SegmentName: IndexSegment] {
        var segments: [SegmentName: IndexSegment] = [:]
        var replaced: Set<Digest> = []
        // A segment that others were merged into has a higher level than they, and says who they are.
        for (name, size) in sizes.sorted(by: { ($1.key.level, $0.key.push) < ($0.key.level, $1.key.push) })
        where !replaced.contains(name.digest) {
            let segment = try await segment(name, size)
            segments[name] = segment
            replaced.formUnion(segment.replaced)
        }
        let current = segments.filter { !replaced.contains($0.key.digest) }
        state.withLock { $0.segments = current }
        return current
    }

    /// A segment that is on this machine already.
    func known(_ name: SegmentName) -> IndexSegment? {
        if let known = state.withLock({ $0.segments[name] }) { return known }
        guard let bytes = kept(PackedLayout.segments, name.text),
            let segment = try? IndexSegment(parsing: bytes, name: name.digest)
        else { return nil }
        state.withLock { $0.segments[name] = segment }
        return segment
    }

    /// A segment, read if it is not on this machine.
    func segment(_ name: SegmentName, _ size: Int64) async throws(TransferError) -> IndexSegment {
        if let known = known(name) { return known }
        let bytes = try await remotely { () throws(RemoteError) in
            try await remote.read(name.path, nil, limit: Int(clamping: size))
        }
        do throws(FormatError) {
            let segment = try IndexSegment(parsing: bytes, name: name.digest)
            keep(bytes, PackedLayout.segments, name.text)
            state.withLock { $0.segments[name] = segment }
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
