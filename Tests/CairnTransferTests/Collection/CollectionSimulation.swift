import CairnCore
import CairnRemote
import CairnStore
import CairnSystem
import CairnTestSupport

@testable import CairnTransfer

/// A run in which several clones push to one remote and collect it, each at its own pace, with crashes, stalls and late operations; all
/// depends on a seed.
final class CollectionSimulation: Sendable {
    /// What the clones do and what happens to them.
    struct Settings: Sendable {
        var rules = ProtocolRules()
        var trouble = Trouble()
        var times = CollectionTimes()
        /// How old what is there at first is, in hours.
        var age = 15 * 24
        /// For how long it goes on, in hours.
        var hours = 4 * 24
        /// What a clone does next comes after so many hours at most.
        var pause = 40
        var cloneCount = 3
        /// How many directories there are.
        var directoryCount = 4
        /// Of ten commands so many are collections.
        var collections = 6
        /// True if there is no store at first: somebody's push makes it.
        var beginsEmpty = false
    }

    /// How clones live in the run of a seed: some runs are calm, some stores keep what was pushed for a shorter time.
    static func settings(seed: UInt64) -> Settings {
        var random = SeededRandom(seed: seed ^ 0x5EED)
        var settings = Settings()
        switch Int.random(in: 0..<4, using: &random) {
        case 0, 1: break
        case 2: settings.times = CollectionTimes(keep: 86_400)
        default: settings.times = CollectionTimes(keep: 86_400, grace: 3600)
        }
        settings.trouble.oldestListing = Int(settings.times.grace) * 9 / 20
        if Bool.random(using: &random) { settings.trouble.crashes = 0 }
        if Bool.random(using: &random) { settings.trouble.lateness = 0 }
        if Bool.random(using: &random) { settings.trouble.oldestListing = 0 }
        if Bool.random(using: &random) { (settings.trouble.stalls, settings.trouble.segmentStalls) = (0, 0) }
        settings.hours = 24 * ([3, 3, 3, 8].randomElement(using: &random) ?? 4)
        settings.pause = Int.random(in: 8...36, using: &random)
        settings.collections = Int.random(in: 4...7, using: &random)
        settings.directoryCount = Int.random(in: 2...4, using: &random)
        settings.beginsEmpty = Int.random(in: 0..<4, using: &random) == 0
        return settings
    }

    /// What happened.
    struct Outcome: Sendable {
        var losses: [String] = []
        var pushes = 0
        var collections = 0
        var announced = 0
        var deleted = 0
        var undone = 0
        var failures: [String: Int] = [:]

        mutating func add(_ other: Outcome) {
            losses += other.losses
            pushes += other.pushes
            collections += other.collections
            announced += other.announced
            deleted += other.deleted
            undone += other.undone
            failures.merge(other.failures, uniquingKeysWith: +)
        }
    }

    private let executor: SimulatedExecutor
    private let settings: Settings
    private let bucket: MemoryBucket
    private let cache: SampleCache
    private let scratch: String
    private let seed: UInt64
    private let promises: Shared<Promises>
    private let outcome = Shared(Outcome())
    /// When objects came to the remote.
    private let arrivals = Shared<[String: Int64]>([:])
    private let segments = Shared<[String: IndexSegment]>([:])

    static func run(seed: UInt64, _ settings: Settings) throws -> Outcome {
        try CollectionSimulation(seed: seed, settings).run()
    }

    static func run(seed: UInt64) throws -> Outcome {
        try CollectionSimulation(seed: seed, settings(seed: seed)).run()
    }

    private init(seed: UInt64, _ settings: Settings) throws {
        self.seed = seed
        self.settings = settings
        executor = SimulatedExecutor(seed: seed)
        bucket = MemoryBucket(clock: executor.clock)
        cache = try SampleCache.shared.get()
        scratch = try Self.folder.get()("\(seed)-\(settings.rules)".hashValue.description)
        promises = Shared(Promises(settings))
    }

    /// In memory where there is such a place.
    private static let folder = Result { try ScratchDirectory("cairn-simulation", inMemory: true) }

    private func run() throws -> Outcome {
        defer { Files.delete(scratch) }
        try executor.run { [self] in
            if !settings.beginsEmpty {
                for (key, bytes) in try SimulationStart.with(settings.rules).objects {
                    bucket.damage(key, bytes)
                }
                let marker = StoreMarker(id: SimulationStart.store, collection: settings.times)
                bucket.damage(PackedLayout.marker, marker.bytes)
            }
            try await executor.clock.sleep(for: .seconds(3600 * settings.age))
            await withTaskGroup(of: Void.self) { group in
                for clone in 0..<settings.cloneCount { group.addTask { await self.live(clone) } }
            }
        }
        check("the end")
        if seed % 40 == 0 { try fetchEverything() }
        return outcome.value
    }

    /// What a clone does, one command after the other.
    private func live(_ clone: Int) async {
        var random = SeededRandom(seed: seed &* 31 &+ UInt64(clone))
        let end = Duration.seconds(3600 * (settings.age + settings.hours))
        let surroundings = executor.surroundings
        let troubled = TroubledRemote(
            bucket, executor.clock, seed: random.next(), settings.trouble
        ) { self.happened($0) }
        let index = RemoteIndex(
            of: RetryingRemote(troubled.remote, surroundings: surroundings), cachedIn: nil,
            surroundings: surroundings, rules: settings.rules)
        while executor.clock.elapsed < end {
            let pause = Int.random(in: 0..<(3600 * settings.pause), using: &random)
            try? await executor.clock.sleep(for: .seconds(pause))
            troubled.revive()
            do {
                if Int.random(in: 0..<10, using: &random) < settings.collections {
                    try await collect(clone, index, &random)
                } else {
                    try await push(clone, index, &random)
                }
            } catch {
                let name =
                    (error as? TransferError).map { "\($0.reason)".prefix(60) } ?? "\(error)".prefix(60)
                outcome.change { $0.failures[String(name), default: 0] += 1 }
            }
        }
    }

    private func push(_ clone: Int, _ index: RemoteIndex, _ random: inout SeededRandom) async throws {
        let root = cache.directories[Int.random(in: 0..<settings.directoryCount, using: &random)]
        let folder = FilePath("\(scratch)/\(clone)")
        try folder.makeFolders()
        let push = PackedPush(
            from: cache.store, to: index, as: CollectionFixture.clone(UInt64(clone)), in: folder, jobs: 2,
            workers: Workers(count: 1), reporter: SilentReporter())
        for attempt in 0..<5 {
            let view = try await index.viewForPushing()
            // Sometimes the user thinks about it.
            if Int.random(in: 0..<4, using: &random) == 0 {
                try await executor.clock.sleep(
                    for: .seconds(Int.random(in: 0..<(3600 * 40), using: &random)))
            }
            // As the command does: of what is complete there, nothing is looked at.
            let objects = view.isComplete(root) ? [] : cache.objects[root] ?? []
            do throws(TransferError) {
                let done = try await push.run(objects, roots: [root], on: view)
                guard done.missing.isEmpty, done.moved.failures.isEmpty else { return }
                break
            } catch {
                guard error.reason == .overtaken, attempt < 4 else { throw error }
            }
        }
        let segments = rows(of: root, clone)
        promises.change { $0.pushed(root, by: clone, rowsSince: segments) }
        outcome.change { $0.pushes += 1 }
        check("push of \(name(root)) by \(clone)")
    }

    private func collect(_ clone: Int, _ index: RemoteIndex, _ random: inout SeededRandom) async throws {
        let folder = FilePath("\(scratch)/\(clone)")
        try folder.makeFolders()
        let collection = RemoteCollection(
            of: index, as: CollectionFixture.clone(UInt64(clone)), in: folder, jobs: 2,
            reporter: SilentReporter())
        if Int.random(in: 0..<20, using: &random) == 0 {
            if try await collection.undo() != nil { outcome.change { $0.undone += 1 } }
            return
        }
        let known = promises.value.published[clone].sorted()
        let scope = known.filter { _ in Bool.random(using: &random) }
        guard let plan = try await collection.plan(keeping: scope) else { throw SupportError("no store") }
        if Int.random(in: 0..<4, using: &random) == 0 {
            try await executor.clock.sleep(for: .seconds(Int.random(in: 0..<(3600 * 40), using: &random)))
        }
        // From here on the clone may have said that it needs less.
        promises.change { $0.published[clone] = Set(scope) }
        let result = try await collection.carryOut(plan)
        outcome.change {
            $0.collections += 1
            $0.announced += result.announced.count
            $0.deleted += result.deleted.count
        }
    }

    // MARK: What must be there

    /// What clones were told to be safe.
    struct Promises: Sendable {
        /// For each clone what it has published as needed, as far as its pushes came to their end.
        var published: [Set<ObjectID>]
        /// Roots of pushes, and when they came to the remote.
        var rows: [(root: ObjectID, time: Int64)] = []
        let keep: Int64

        init(_ settings: Settings) {
            published = (0..<settings.cloneCount).map { clone in
                settings.beginsEmpty
                    ? [] : Set((try? SimulationStart.with(ProtocolRules()).roots[clone]) ?? [])
            }
            keep = settings.times.keep * 1000
        }

        mutating func pushed(_ root: ObjectID, by clone: Int, rowsSince time: Int64?) {
            published[clone].insert(root)
            if let time { rows.append((root, time)) }
        }

        func roots(now: Int64) -> Set<ObjectID> {
            Set(rows.filter { now - $0.time < keep }.map(\.root)).union(published.flatMap(\.self))
        }
    }

    /// When the latest row of a root came, if it was from this clone's last push.
    private func rows(of root: ObjectID, _ clone: Int) -> Int64? {
        let repository = CollectionFixture.clone(UInt64(clone)).repository
        var latest: Int64?
        for key in bucket.keys {
            guard let segment = segment(key) else { continue }
            for row in segment.pushes where row.repository == repository && row.root.digest == root.digest {
                let isMerged = !key.hasPrefix("log/idx/0")
                latest = max(latest ?? 0, isMerged ? row.time : arrivals.value[key] ?? row.time)
            }
        }
        return latest
    }

    private func happened(_ operation: RemoteOperation) {
        arrivals.change { times in
            if times[operation.key] == nil { times[operation.key] = executor.clock.date }
        }
        let isLoss =
            operation.kind == .delete
            || segment(operation.key).map { !$0.deadPacks.isEmpty || !$0.replaced.isEmpty } ?? false
        if isLoss { check("\(operation)") }
    }

    private func segment(_ key: String) -> IndexSegment? {
        guard key.hasPrefix("log/idx/") else { return nil }
        if let known = segments.value[key] { return known }
        guard let bytes = bucket[key], let segment = try? IndexSegment(parsing: bytes) else { return nil }
        segments.change { $0[key] = segment }
        return segment
    }

    /// Notes what should be there and is not.
    private func check(_ moment: String) {
        guard outcome.value.losses.isEmpty else { return }
        let keys = bucket.keys
        let packs = Set(keys.filter { $0.hasPrefix("packs/") })
        let index = PackIndex(keys.compactMap(segment))
        for root in promises.value.roots(now: executor.clock.date).sorted() {
            for key in cache.records[root] ?? [] where !isThere(key, index, packs) {
                let hours = executor.clock.elapsed.components.seconds / 3600
                outcome.change {
                    $0.losses.append("after \(hours) hours, at \(moment): \(name(root)) lacks \(key)")
                }
                return
            }
        }
    }

    /// Fetches all that should be there, as a fresh clone does.
    private func fetchEverything() throws {
        let store = try ObjectStore(at: FilePath("\(scratch)/fetched"), creating: true, isPacked: true)
        guard let packed = store.packed else { throw SupportError("a packed store has packs") }
        try executor.run { [self] in
            let index = RemoteIndex(
                of: MemoryRemote(bucket), cachedIn: nil, surroundings: executor.surroundings)
            guard let view = try await index.view() else { throw SupportError("there is no store") }
            let roots = promises.value.roots(now: executor.clock.date)
            let ids = Set(roots.flatMap { cache.objects[$0] ?? [] }).sorted()
            let fetch = PackedFetch(from: index, to: packed, jobs: 2, reporter: SilentReporter())
            let done = try await fetch.run(ids, on: view.log)
            for id in ids where try !store.contains(id) {
                outcome.change { $0.losses.append("\(id) cannot be fetched: \(done)") }
            }
        }
    }

    private func isThere(_ key: RecordKey, _ index: PackIndex, _ packs: Set<String>) -> Bool {
        guard let first = index.location(of: key) else { return false }
        if packs.contains(PackedLayout.path(ofPack: first.pack.name)) { return true }
        return index.locations(of: key).contains {
            packs.contains(PackedLayout.path(ofPack: $0.pack.name))
        }
    }

    private func name(_ root: ObjectID) -> String {
        "directory \(cache.directories.firstIndex(of: root) ?? -1)"
    }
}
