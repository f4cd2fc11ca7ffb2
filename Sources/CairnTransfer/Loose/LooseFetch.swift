public import CairnCore
import CairnRemote
public import CairnStore
public import CairnSystem

/// Brings objects from a remote of any kind in loose layout into a cache, whose objects may be packed, and checks every byte on the way.
///
/// Many small objects are read at a time; large ones in parts, several at a time, of which those that came are kept when the work stops.
/// New objects get their names when their bytes are durable.
public struct LooseFetch: Sendable {
    /// What has to be brought.
    public struct Plan: Sendable {
        /// Objects that the cache lacks and the remote has.
        public internal(set) var objects: [ObjectReader.Object] = []
        /// Objects that neither has.
        public internal(set) var missing: [ObjectID] = []

        /// The bytes of all objects to be brought.
        public var bytes: Int64 { objects.reduce(0) { $0 + $1.size } }
        /// About how many requests that takes.
        public var requests: Int { objects.reduce(0) { $0 + LooseRemote.requests(forReading: $1.size) } }
    }

    private let remote: LooseRemote
    private let cache: ObjectStore
    private let packs: Bool
    private let folder: FilePath
    private let workers: Workers
    private let reporter: any Reporter

    /// The most large files that are read at a time, each in several parts.
    private static let largeAtATime = 4

    /// Describes a fetch.
    ///
    /// - Parameters:
    ///   - packs: whether native objects are packed in the cache, which has to be a packed store then.
    ///   - folder: where what has not come completely is kept.
    public init(
        from remote: LooseRemote, to cache: ObjectStore, packs: Bool, in folder: FilePath, workers: Workers,
        reporter: any Reporter
    ) {
        self.remote = remote
        self.cache = cache
        self.packs = packs
        self.folder = folder
        self.workers = workers
        self.reporter = reporter
    }

    /// The objects that the cache lacks.
    ///
    /// - Throws: `StoreError` if the cache cannot be looked at.
    public func lacking(_ wanted: [ObjectID]) throws(StoreError) -> [ObjectID] {
        let inventory = try ObjectInventory(of: cache, expecting: wanted.count, workers: workers)
        var lacking: [ObjectID] = []
        for id in wanted where try !inventory.contains(id) { lacking.append(id) }
        return lacking
    }

    /// Finds out what has to be brought. Nothing is changed.
    ///
    /// - Parameter wanted: no id twice.
    /// - Throws: `TransferError` if the remote or the cache cannot be looked at.
    public func plan(_ wanted: [ObjectID]) async throws(TransferError) -> Plan {
        let lacking = try locally { () throws(StoreError) in try self.lacking(wanted) }
        let sizes = try await remote.presence(of: lacking)
        var plan = Plan()
        for id in lacking {
            if let size = sizes[id] {
                plan.objects.append(ObjectReader.Object(id, size: size))
            } else {
                plan.missing.append(id)
            }
        }
        return plan
    }

    /// Brings objects that the cache lacks.
    ///
    /// - Parameters:
    ///   - wanted: no id twice.
    ///   - sizes: the bytes of objects, as far as somebody knows.
    ///   - phase: what the user is told that happens.
    /// - Returns: what came, and the objects that neither side has.
    /// - Throws: `TransferError` for what stops everything: a signal, no space, a remote that fails. Objects that arrived until then stay;
    ///   the same call goes on from there.
    public func run(
        _ wanted: [ObjectID], sizes: [ObjectID: Int64] = [:], phase: String
    ) async throws(TransferError) -> (moved: MovedObjects, missing: [ObjectID]) {
        let lacking = try locally { () throws(StoreError) in try self.lacking(wanted) }
        guard !lacking.isEmpty else { return (MovedObjects(), []) }
        let known = lacking.compactMap { sizes[$0] }
        let bytes = known.count == lacking.count ? known.clampedSum() : nil
        reporter.begin(phase, items: lacking.count, bytes: bytes)
        let run = try locally { () throws(StoreError) in try newRun() }
        var failure: TransferError?
        do throws(TransferError) {
            let limit = Int64(LooseRemote.partSize)
            try await Jobs.run(lacking.filter { sizes[$0] ?? 0 <= limit }, atATime: remote.jobs) {
                (id) throws(TransferError) in try await bring(id, run)
            }
            let large = lacking.compactMap { id in
                sizes[id].flatMap { $0 > limit ? ObjectReader.Object(id, size: $0) : nil }
            }
            let atATime = min(Self.largeAtATime, remote.jobs)
            try await Jobs.run(large + run.large.value, atATime: atATime) { (object) throws(TransferError) in
                try await bring(object, run, jobs: max(1, remote.jobs / atATime))
            }
        } catch {
            failure = error
        }
        do throws(TransferError) {
            // Also when the work stops: what is complete is kept.
            for lane in run.lanes { try locally { () throws(StoreError) in try lane.finish() } }
        } catch {
            throw failure ?? error
        }
        if let failure { throw failure }
        var moved = MovedObjects()
        for lane in run.lanes { moved.add(lane.arrived.value) }
        moved.failures += run.failures.value
        return (moved, run.missing.value.sorted())
    }

    /// What came so far.
    private struct FetchRun: Sendable {
        let files: ArrivalLane
        let packs: ArrivalLane?
        /// Objects that turned out to be large.
        let large = Guarded<[ObjectReader.Object]>([])
        let missing = Guarded<[ObjectID]>([])
        let failures = Guarded<[(id: ObjectID, error: StoreError)]>([])

        var lanes: [ArrivalLane] { [files] + [packs].compactMap(\.self) }

        func lane(of id: ObjectID) -> ArrivalLane {
            id.algorithm == .blake3 ? packs ?? files : files
        }

        func fail(_ id: ObjectID, _ error: StoreError) {
            if case .missing = error.reason {
                missing.update { $0.append(id) }
            } else {
                failures.update { $0.append((id, error)) }
            }
        }
    }

    private func newRun() throws(StoreError) -> FetchRun {
        PartedFile.clear(folder.appending("parts"))
        let files = ArrivalLane(.files(cache.loose), workers: workers)
        guard packs, let packed = cache.packed else { return FetchRun(files: files, packs: nil) }
        let beside = try ObjectStore(at: folder.appending("loose"), creating: true)
        return FetchRun(
            files: files, packs: ArrivalLane(.packs(packed, beside: beside), workers: workers))
    }

    /// Brings an object in one piece, or notes that it is large.
    private func bring(_ id: ObjectID, _ run: FetchRun) async throws(TransferError) {
        try locally { () throws(StoreError) in
            try onDisk { () throws(SystemError) in try Interruption.check() }
        }
        let answer: Result<[UInt8], StoreError>
        do throws(RemoteError) {
            answer = try await remote.read(id, limit: LooseRemote.partSize)
        } catch {
            guard case .tooLarge(let size) = error.reason else { throw TransferError(.remote(error)) }
            return run.large.update { $0.append(ObjectReader.Object(id, size: size)) }
        }
        switch answer {
        case .failure(let error): run.fail(id, error)
        case .success(let bytes):
            try locally { () throws(StoreError) in try run.lane(of: id).add(bytes, as: id) }
            reporter.advance(items: 1, bytes: Int64(bytes.count))
        }
    }

    /// Brings an object in parts.
    private func bring(
        _ object: ObjectReader.Object, _ run: FetchRun, jobs: Int
    ) async throws(TransferError) {
        if object.id.isDirectory, object.size > DirListing.largestSize {
            return run.fail(
                object.id, StoreError(tooLarge: object.id, object.size, remote.path(of: object.id)))
        }
        if let free = cache.root.freeSpace, free < object.size {
            throw TransferError(.local(StoreError(.noSpace(needed: object.size, free: free), cache.root)))
        }
        for attempt in 1...LooseRemote.readAttempts {
            let parts = try locally { () throws(StoreError) in
                try PartedFile(object, in: folder.appending("parts"), reporter)
            }
            do throws(RemoteError) {
                try await parts.read(from: remote.remote, jobs: jobs)
            } catch {
                switch error.reason {
                case .notFound:
                    return run.fail(object.id, StoreError(.missing(object.id), remote.path(of: object.id)))
                case .truncated: break
                default: throw TransferError(.remote(error))
                }
            }
            if try locally({ () throws(StoreError) in try parts.isSound() }) {
                try locally { () throws(StoreError) in
                    try run.lane(of: object.id).add(
                        parts.name, in: parts.folder, as: object.id, size: object.size,
                        leftovers: parts.paths)
                }
                return reporter.advance(items: 1, bytes: 0)
            }
            parts.discard()
            if attempt == LooseRemote.readAttempts {
                run.fail(object.id, StoreError(.damaged(object.id), remote.path(of: object.id)))
            }
        }
    }
}
