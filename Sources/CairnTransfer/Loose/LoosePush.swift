public import CairnCore
import CairnRemote
public import CairnStore
public import CairnSystem

/// Sends objects of a cache, as they are in files or in packs, to a remote of any kind in loose layout, and checks every byte on the way.
///
/// An object that is there stays as it is. The listing of a directory is sent only when all that it names is there: whoever finds a listing
/// may rely on it, at whatever moment the work stops.
public struct LoosePush: Sendable {
    /// What has to be sent.
    public struct Plan: Sendable {
        /// Objects that the remote lacks and the cache has.
        public internal(set) var objects: [ObjectReader.Object] = []
        /// Objects that neither has.
        public internal(set) var missing: [ObjectID] = []
        /// Those of the wanted objects that the remote has.
        var present: Set<ObjectID> = []

        /// The bytes of all objects to be sent.
        public var bytes: Int64 { objects.reduce(0) { $0 + $1.size } }
        /// About how many requests that takes.
        public var requests: Int { objects.reduce(0) { $0 + LooseRemote.requests(forSending: $1.size) } }
    }

    private let cache: ObjectStore
    private let remote: LooseRemote
    private let scratch: ScratchFolder?
    private let quarantine: FilePath?
    private let workers: Workers
    private let reporter: any Reporter

    /// The most large files that are sent at a time, each in several parts.
    private static let largeAtATime = 4

    /// Describes a push.
    ///
    /// - Parameters:
    ///   - scratch: where large files are put together that lie in packs of the cache; without it nothing can be sent.
    ///   - quarantine: where objects of the cache go that turn out to be damaged; `nil` to leave them alone.
    public init(
        from cache: ObjectStore, to remote: LooseRemote, by scratch: ScratchFolder?, quarantine: FilePath?,
        workers: Workers, reporter: any Reporter
    ) {
        self.cache = cache
        self.remote = remote
        self.scratch = scratch
        self.quarantine = quarantine
        self.workers = workers
        self.reporter = reporter
    }

    /// Finds out what has to be sent. Nothing is changed.
    ///
    /// - Parameter wanted: no id twice.
    /// - Throws: `TransferError` if the remote or the cache cannot be looked at.
    public func plan(_ wanted: [ObjectID]) async throws(TransferError) -> Plan {
        var plan = Plan()
        plan.present = Set(try await remote.presence(of: wanted).keys)
        let lacking = wanted.filter { !plan.present.contains($0) }
        (plan.objects, plan.missing) = try locally { () throws(StoreError) in
            try ObjectReader(of: cache, workers: workers, reporter: reporter).find(lacking)
        }
        return plan
    }

    /// Sends what a plan names.
    ///
    /// - Throws: `TransferError` for what stops everything: a signal, a remote that fails. Objects that arrived until then stay; the same
    ///   call goes on from there.
    public func run(_ plan: Plan, phase: String) async throws(TransferError) -> MovedObjects {
        guard !plan.objects.isEmpty else { return MovedObjects() }
        reporter.begin(phase, items: plan.objects.count, bytes: plan.bytes)
        let run = PushRun()
        try await send(plan.objects.filter { !$0.id.isDirectory }, run)
        let directories = plan.objects.filter(\.id.isDirectory)
        try await send(try await complete(directories, plan, run), run)
        return run.report.value
    }

    /// What was sent so far.
    private struct PushRun: Sendable {
        let report = Guarded(MovedObjects())
        let sent = Guarded<Set<ObjectID>>([])
    }

    /// The listings whose files the remote has.
    private func complete(
        _ directories: [ObjectReader.Object], _ plan: Plan, _ run: PushRun
    ) async throws(TransferError) -> [ObjectReader.Object] {
        let there = plan.present.union(run.sent.value)
        let lost = Set(plan.missing + run.report.value.failures.map(\.id))
        var readable: [(object: ObjectReader.Object, listing: DirListing)] = []
        var unknown: Set<ObjectID> = []
        for object in directories {
            do throws(StoreError) {
                let listing = try cache.listing(object.id)
                readable.append((object, listing))
                for member in listing.objects(object.id.algorithm)
                where !there.contains(member) && !lost.contains(member) {
                    // Of a part of a directory only the files of the part are wanted.
                    unknown.insert(member)
                }
            } catch {
                try locally { () throws(StoreError) in try fail(object.id, error, run) }
            }
        }
        let others = try await remote.presence(of: unknown.sorted())
        return readable.compactMap { object, listing in
            let lacking = listing.objects(object.id.algorithm).first {
                !there.contains($0) && others[$0] == nil
            }
            guard let lacking else { return object }
            run.report.update { $0.incomplete.append((object.id, lacking)) }
            return nil
        }
    }

    private func send(_ objects: [ObjectReader.Object], _ run: PushRun) async throws(TransferError) {
        let large = objects.filter { $0.size > LooseRemote.partSize }
        let atATime = min(Self.largeAtATime, remote.jobs)
        try await Jobs.run(large, atATime: atATime) { (object) throws(TransferError) in
            try await send(object, run, jobs: max(1, remote.jobs / atATime))
        }
        let small = objects.filter { $0.size <= LooseRemote.partSize }
        try await Jobs.run(small, atATime: remote.jobs) { (object) throws(TransferError) in
            try await send(object, run, jobs: 1)
        }
    }

    private func send(
        _ object: ObjectReader.Object, _ run: PushRun, jobs: Int
    ) async throws(TransferError) {
        let content: PushedContent
        do throws(StoreError) {
            try onDisk { () throws(SystemError) in try Interruption.check() }
            guard let scratch else { preconditionFailure("who sends has room for what is put together") }
            content = try PushedContent(object, of: cache, by: scratch)
        } catch {
            if error.stopsEverything { throw TransferError(.local(error)) }
            return try locally { () throws(StoreError) in try fail(object.id, error, run) }
        }
        let key = LooseRemote.key(of: object.id)
        let existing: Set<String>
        do throws(RemoteError) {
            existing = try await remote.remote.write([RemoteUpload(key, content.upload)], jobs: jobs)
        } catch {
            guard error.reason == .conflict else { throw TransferError(.remote(error)) }
            run.report.update {
                $0.failures.append((object.id, StoreError(.damaged(object.id), remote.path(of: object.id))))
            }
            return
        }
        guard try locally({ () throws(StoreError) in try content.isUnchanged(in: cache) }) else {
            // What was sent may be anything; what somebody else brought meanwhile is theirs.
            if !existing.contains(key) {
                try await remotely { () async throws(RemoteError) in try await remote.remote.delete([key]) }
            }
            let error = StoreError(.changing, cache.loose.path(of: object.id))
            return try locally { () throws(StoreError) in try fail(object.id, error, run) }
        }
        run.sent.update { _ = $0.insert(object.id) }
        run.report.update {
            $0.count += 1
            $0.bytes += object.size
        }
        reporter.advance(items: 1, bytes: object.size)
    }

    private func fail(_ id: ObjectID, _ error: StoreError, _ run: PushRun) throws(StoreError) {
        run.report.update { $0.failures.append((id, error)) }
        guard let quarantine, error.damagedObject != nil else { return }
        if let place = try cache.moveAside(id, into: quarantine) {
            run.report.update { $0.movedAside.append((id, place)) }
        }
    }
}

extension LooseRemote {
    /// About how many requests it takes to send an object: large ones go in parts.
    static func requests(forSending size: Int64) -> Int {
        size <= partSize ? 1 : Int((size + Int64(partSize) - 1) / Int64(partSize)) + 2
    }

    /// About how many requests it takes to read an object.
    static func requests(forReading size: Int64) -> Int {
        max(1, Int((size + Int64(partSize) - 1) / Int64(partSize)))
    }
}

extension DirListing {
    /// The objects that it names.
    func objects(_ algorithm: HashAlgorithm) -> some Sequence<ObjectID> {
        (0..<count).lazy.compactMap { object(at: $0, algorithm) }
    }
}
