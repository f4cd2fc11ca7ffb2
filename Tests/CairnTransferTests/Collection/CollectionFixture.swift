import CairnCore
import CairnRemote
import CairnStore
import CairnSystem
import CairnTestSupport

@testable import CairnTransfer

/// A packed remote in memory, with clones that push to it and collect; time goes by only when a test says so.
final class CollectionFixture: Sendable {
    let executor = SimulatedExecutor(seed: 1)
    let bucket: MemoryBucket
    let scratch: ScratchDirectory
    let cache: SampleCache
    let clones: [PackedPush.Clone]

    init() throws {
        bucket = MemoryBucket(clock: executor.clock)
        scratch = try ScratchDirectory("cairn-collection")
        cache = try SampleCache.shared.get()
        clones = (0..<4).map { Self.clone(UInt64($0)) }
    }

    /// A clone; two of one repository each.
    static func clone(_ number: UInt64) -> PackedPush.Clone {
        PackedPush.Clone(
            repository: UniqueID(high: 0x1111_1111_1111_4111, low: 0x8111_1111_1111_1111 + number / 2),
            id: UniqueID(high: 0x3333_3333_3333_4333, low: 0x8333_3333_3333_3333 + number),
            label: "clone \(number)")
    }

    func index(
        hooks: RemoteHooks = RemoteHooks(), rules: ProtocolRules = ProtocolRules()
    ) -> RemoteIndex {
        RemoteIndex(
            of: MemoryRemote(bucket, hooks: hooks), cachedIn: nil, surroundings: executor.surroundings,
            rules: rules)
    }

    func wait(days: Int = 0, hours: Int = 0) async throws {
        try await executor.clock.sleep(for: .seconds(86_400 * days + 3600 * hours))
    }

    /// Pushes directories of the sample cache.
    func push(_ numbers: [Int], by clone: Int = 0, _ index: RemoteIndex? = nil) async throws {
        let index = index ?? self.index()
        let folder = FilePath(scratch("clone \(clone)"))
        try folder.makeFolders()
        let roots = numbers.map { cache.directories[$0] }
        let push = PackedPush(
            from: cache.store, to: index, as: clones[clone], in: folder, jobs: 2, workers: Workers(count: 1),
            reporter: SilentReporter())
        let all = Set(roots.flatMap { cache.objects[$0] ?? [] }).sorted()
        let done = try await push.run(all, roots: roots, on: try await index.viewForWriting())
        guard done.missing.isEmpty, done.moved.failures.isEmpty else {
            throw SupportError("not everything was pushed: \(done)")
        }
    }

    func collection(_ clone: Int = 0, _ index: RemoteIndex? = nil) throws -> RemoteCollection {
        let folder = FilePath(scratch("clone \(clone)"))
        try folder.makeFolders()
        return RemoteCollection(
            of: index ?? self.index(), as: clones[clone], in: folder, jobs: 2, reporter: SilentReporter())
    }

    func plan(
        keeping numbers: [Int], by clone: Int = 0, isForced: Bool = false
    ) async throws -> RemoteCollectionPlan {
        let scope = numbers.map { cache.directories[$0] }
        guard let plan = try await collection(clone).plan(keeping: scope, isForced: isForced) else {
            throw SupportError("there is no store")
        }
        return plan
    }

    /// Makes a plan and carries it out.
    @discardableResult
    func collect(keeping numbers: [Int], by clone: Int = 0) async throws -> RemoteCollection.Result {
        try await collection(clone).carryOut(try await plan(keeping: numbers, by: clone))
    }

    /// True if a directory can be fetched with all its files.
    func canFetch(_ number: Int) async throws -> Bool {
        let index = index()
        guard let view = try await index.view() else { return false }
        let here = try ScratchDirectory("cairn-fetched")
        let store = try ObjectStore(at: FilePath(here("cache")), creating: true, isPacked: true)
        guard let packed = store.packed else { return false }
        let ids = cache.objects[cache.directories[number]] ?? []
        let fetch = PackedFetch(from: index, to: packed, jobs: 2, reporter: SilentReporter())
        let done = try await fetch.run(ids, on: view.log)
        guard done.missing.isEmpty, done.moved.failures.isEmpty else { return false }
        for id in ids where !id.isDirectory {
            guard BLAKE3.digest(of: try packed.read(id)) == id.digest else { return false }
        }
        return try ids.allSatisfy { try store.contains($0) }
    }

    func keys(_ prefix: String) -> [String] { bucket.keys.filter { $0.hasPrefix(prefix) } }
}
