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
        var days = 40
        /// What a clone does next comes after so many hours at most.
        var pause = 30
        var cloneCount = 4
        /// Of ten commands so many are collections.
        var collections = 5
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

    static func run(seed: UInt64, _ settings: Settings = Settings()) throws -> Outcome {
        try CollectionSimulation(seed: seed, settings).run()
    }

    private init(seed: UInt64, _ settings: Settings) throws {
        self.seed = seed
        self.settings = settings
        executor = SimulatedExecutor(seed: seed)
        bucket = MemoryBucket(clock: executor.clock)
        cache = try SampleCache.shared.get()
        scratch = try Self.folder.get()("\(seed)-\(settings.rules)".hashValue.description)
        promises = Shared(Promises(count: settings.cloneCount, keep: settings.times.keep * 1000))
    }

    private static let folder = Result { try ScratchDirectory("cairn-simulation") }

    private func run() throws -> Outcome {
        defer { Files.delete(scratch) }
        try executor.run { [self] in
            let marker = StoreMarker(
                id: UniqueID(high: 0x2222_2222_2222_4222, low: 0x8222_2222_2222_2222),
                collection: settings.times)
            try await MemoryRemote(bucket).write(
                [RemoteUpload(PackedLayout.marker, .bytes(marker.bytes))], jobs: 1)
            await withTaskGroup(of: Void.self) { group in
                for clone in 0..<settings.cloneCount { group.addTask { await self.live(clone) } }
            }
        }
        check("the end")
        return outcome.value
    }

    /// What a clone does, one command after the other.
    private func live(_ clone: Int) async {
        var random = SeededRandom(seed: seed &* 31 &+ UInt64(clone))
        let end = Duration.seconds(86_400 * settings.days)
        var command: UInt64 = 0
        while executor.clock.elapsed < end {
            let pause = Int.random(in: 0..<(3600 * settings.pause), using: &random)
            try? await executor.clock.sleep(for: .seconds(pause))
            command += 1
            let surroundings = executor.surroundings
            let troubled = TroubledRemote(
                bucket, executor.clock, seed: random.next(), settings.trouble
            ) { self.happened($0) }
            let index = RemoteIndex(
                of: RetryingRemote(troubled.remote, surroundings: surroundings), cachedIn: nil,
                surroundings: surroundings, rules: settings.rules)
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
        let root = cache.directories[Int.random(in: 0..<cache.directories.count, using: &random)]
        let folder = FilePath("\(scratch)/\(clone)")
        try folder.makeFolders()
        let push = PackedPush(
            from: cache.store, to: index, as: CollectionFixture.clone(UInt64(clone)), in: folder, jobs: 2,
            workers: Workers(count: 1), reporter: SilentReporter())
        let view = try await index.viewForWriting()
        // Sometimes the user thinks about it.
        if Int.random(in: 0..<4, using: &random) == 0 {
            try await executor.clock.sleep(for: .seconds(Int.random(in: 0..<(3600 * 40), using: &random)))
        }
        trace.change { $0.append("\(Double(executor.clock.elapsed.components.seconds) / 3600) clone \(clone) begins to push \(name(root)), complete \(view.isComplete(root)) view at \(view.takenAt)") }
        let done = try await push.run(cache.objects[root] ?? [], roots: [root], on: view)
        guard done.missing.isEmpty, done.moved.failures.isEmpty else { throw SupportError("\(done)") }
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
        let scope = known.filter { _ in Int.random(in: 0..<3, using: &random) > 0 }
        guard let plan = try await collection.plan(keeping: scope) else { throw SupportError("no store") }
        if Int.random(in: 0..<4, using: &random) == 0 {
            try await executor.clock.sleep(for: .seconds(Int.random(in: 0..<(3600 * 40), using: &random)))
        }
        // From here on the clone may have said that it needs less.
        promises.change { $0.published[clone] = Set(scope) }
        trace.change { $0.append("\(Double(executor.clock.elapsed.components.seconds) / 3600) clone \(clone) collects, keeping \(scope.map(name))") }
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

        init(count: Int, keep: Int64) {
            published = Array(repeating: [], count: count)
            self.keep = keep
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
            guard case .segment(let name)? = PackedLayout.Item(parsing: key.utf8), let segment = segment(key)
            else { continue }
            for row in segment.pushes where row.repository == repository && row.root.digest == root.digest {
                let time = name.level == 0 ? arrivals.value[key] ?? row.time : row.time
                latest = max(latest ?? 0, time)
            }
        }
        return latest
    }

    private func rootNames(_ key: String) -> String {
        guard let bytes = bucket[key], let file = try? RootsFile(parsing: bytes) else { return "?" }
        return file.roots.map(name).joined()
    }
    private let trace = Shared<[String]>([])
    private func happened(_ operation: RemoteOperation) {
        trace.change { $0.append("\(Double(executor.clock.elapsed.components.seconds) / 3600) \(operation.description.hasPrefix("write log/roots") ? String(operation.description.suffix(40)) + rootNames(operation.key) : String(operation.description.prefix(60)))") }
        arrivals.change { times in
            if times[operation.key] == nil { times[operation.key] = executor.clock.date }
        }
        switch operation.kind {
        case .delete where operation.key.hasPrefix("packs/") || operation.key.hasPrefix("log/idx/"),
            .write where operation.key.hasPrefix("log/idx/"):
            check("\(operation)")
        default: break
        }
    }

    private func segment(_ key: String) -> IndexSegment? {
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
        let index = PackIndex(keys.filter { $0.hasPrefix("log/idx/") }.compactMap(segment))
        for root in promises.value.roots(now: executor.clock.date).sorted() {
            for key in cache.records[root] ?? [] {
                let isThere = index.locations(of: key).contains {
                    packs.contains(PackedLayout.path(ofPack: $0.pack.name))
                }
                guard !isThere else { continue }
                for key0 in trace.value { print(key0) }
                print("KEY", key, index.locations(of: key).map { $0.pack.name.hex.prefix(8) })
                for name in keys where name.hasPrefix("log/idx") {
                    guard let seg = segment(name) else { continue }
                    var packs: [String] = []
                    seg.forEachPlace(of: key) { p, _ in packs.append(String(seg.packs[p].name.hex.prefix(8))) }
                    print(name.prefix(50), "dead", seg.deadPacks.map { $0.name.hex.prefix(8) }, "has", packs, "packs", seg.packs.map { $0.name.hex.prefix(8) })
                }
                let hours = executor.clock.elapsed.components.seconds / 3600
                outcome.change {
                    $0.losses.append("after \(hours) hours, at \(moment): \(name(root)) lacks \(key)")
                }
                return
            }
        }
    }

    private func name(_ root: ObjectID) -> String {
        "directory \(cache.directories.firstIndex(of: root) ?? -1)"
    }
}
