import CairnCore
import CairnRemote
import CairnSystem
import CairnTestSupport

@testable import CairnStore
@testable import CairnTransfer

/// Clones of a repository with caches of their own, and one packed remote.
final class PackedClones: Sendable {
    /// What a clone of a test has.
    final class Clone: Sendable {
        let cache: ObjectStore
        let identity: PackedPush.Clone
        private let folder: FilePath

        init(_ folder: FilePath, repository: UniqueID) throws {
            var random = SystemRandomNumberGenerator()
            self.folder = folder
            identity = PackedPush.Clone(
                repository: repository, id: UniqueID(using: &random), label: folder.string)
            cache = try ObjectStore(at: folder.appending("cache"), creating: true, isPacked: true)
            try folder.appending("tmp").makeFolders()
        }

        var packed: PackedStore {
            get throws {
                guard let packed = cache.packed else { throw StoreError(.io(.noSuchFileOrDirectory), folder) }
                return packed
            }
        }

        var temporary: FilePath { folder.appending("tmp") }
    }

    let scratch: ScratchDirectory
    /// The folder of the remote.
    let remoteFolder: FilePath
    private let repository: UniqueID
    private let count = Shared(0)
    private let threads = TaskThreads(count: 6)
    private let otherThreads = TaskThreads(count: 6)

    init() throws {
        var random = SystemRandomNumberGenerator()
        scratch = try ScratchDirectory("cairn-packed-remote")
        remoteFolder = FilePath(scratch("remote"))
        repository = UniqueID(using: &random)
    }

    func clone() throws -> Clone {
        count.change { $0 += 1 }
        return try Clone(FilePath(scratch("clone\(count.value)")), repository: repository)
    }

    /// What a command did at the remote.
    typealias Traffic = RemoteTraffic

    /// Pushes roots with all that they consist of.
    @discardableResult
    func push(
        _ roots: [ObjectID], from clone: Clone, to remote: (any Remote)? = nil, attempts: Int = 5
    ) throws -> (moved: MovedObjects, missing: [ObjectID], traffic: Traffic) {
        let counting = CountingRemote(remote ?? FolderRemote(remoteFolder))
        let index = RemoteIndex(
            of: counting, cachedIn: clone.temporary.appending("remote"), surroundings: .system)
        let push = PackedPush(
            from: clone.cache, to: index, as: clone.identity, in: clone.temporary, jobs: 4,
            workers: Workers(count: 2), reporter: SilentReporter())
        let cache = clone.cache
        let result = try runBlocking(on: remote == nil ? otherThreads : threads) {
            () async throws(TransferError) in
            var left = attempts
            while true {
                let view = try await index.viewForPushing()
                let objects = Self.members(of: roots.filter { !view.isComplete($0) }, in: cache)
                do throws(TransferError) {
                    return try await push.run(objects, roots: roots, on: view)
                } catch {
                    left -= 1
                    guard error.reason == .overtaken, left > 0 else { throw error }
                }
            }
        }
        return (result.moved, result.missing, counting.traffic)
    }

    /// Fetches a root, or those files of a directory that are wanted.
    @discardableResult
    func fetch(
        _ root: ObjectID, to clone: Clone, from remote: (any Remote)? = nil,
        where isWanted: @escaping @Sendable ([UInt8]) -> Bool = { _ in true }
    ) throws -> (moved: MovedObjects, missing: [ObjectID], traffic: Traffic) {
        let counting = CountingRemote(remote ?? FolderRemote(remoteFolder))
        let index = RemoteIndex(
            of: counting, cachedIn: clone.temporary.appending("remote"), surroundings: .system)
        let fetch = PackedFetch(from: index, to: try clone.packed, jobs: 4, reporter: SilentReporter())
        let cache = clone.cache
        var result = try runBlocking(on: threads) { () async throws(TransferError) in
            guard let log = try await index.log() else { throw TransferError(.noStore) }
            var result = try await fetch.run(cache.has(root) ? [] : [root], on: log)
            guard root.isDirectory, let listing = try? cache.listing(root) else { return result }
            var files: Set<ObjectID> = []
            for place in 0..<listing.count where isWanted(Array(listing[place].path)) {
                if let id = listing.object(at: place, .blake3), !cache.has(id) { files.insert(id) }
            }
            let second = try await fetch.run(files.sorted(), in: [root], on: log)
            result.moved.add(second.moved)
            result.missing += second.missing
            return result
        }
        result.missing.sort()
        return (result.moved, result.missing, counting.traffic)
    }

    private static func members(of roots: [ObjectID], in cache: ObjectStore) -> [ObjectID] {
        var objects = Set(roots)
        for root in roots where root.isDirectory {
            guard let listing = try? cache.listing(root) else { continue }
            for place in 0..<listing.count {
                if let id = listing.object(at: place, .blake3) { objects.insert(id) }
            }
        }
        return objects.sorted()
    }
}

extension ObjectStore {
    fileprivate func has(_ id: ObjectID) -> Bool { (try? contains(id)) ?? false }
}

extension PackedClones.Clone {
    /// Adds a directory of files to the cache.
    func add(_ files: [(path: String, bytes: [UInt8])]) throws -> ObjectID {
        let batch = try PackBatch(into: packed)
        var builder = DirListingBuilder(.native)
        for (path, bytes) in files {
            let digest = BLAKE3.digest(of: bytes)
            try batch.add(RecordKey(.blob, digest), bytes[...])
            try builder.append(Array(path.utf8), digest, size: Int64(bytes.count))
        }
        let (id, bytes) = try builder.listing().identified(.blake3)
        try batch.add(listing: bytes, id: id)
        try batch.commit()
        return id
    }

    /// Adds a large file to the cache.
    func add(_ bytes: [UInt8]) throws -> ObjectID {
        let path = temporary.appending("file")
        try AtomicFile.writeForNow(bytes, to: path)
        let batch = try PackBatch(into: packed)
        let found = try batch.add(OpenFile(reading: path), workers: Workers(count: 2))
        try batch.commit()
        return ObjectID(.blake3, found.digest)
    }
}

/// A remote before whose first write something else happens.
struct HookedRemote: Remote {
    let base: any Remote
    let hook: @Sendable () -> Void

    init(_ base: any Remote, _ hook: @escaping @Sendable () -> Void) {
        self.base = base
        self.hook = hook
    }

    var place: String { base.place }

    func list(_ prefix: String) async throws(RemoteError) -> RemoteListing { try await base.list(prefix) }
    func top() async throws(RemoteError) -> Set<String> { try await base.top() }
    func size(of key: String) async throws(RemoteError) -> Int64? { try await base.size(of: key) }
    func read(_ key: String, _ range: Range<Int64>?, limit: Int) async throws(RemoteError) -> [UInt8] {
        try await base.read(key, range, limit: limit)
    }
    func write(_ uploads: [RemoteUpload], jobs: Int) async throws(RemoteError) -> Set<String> {
        hook()
        return try await base.write(uploads, jobs: jobs)
    }
    func delete(_ keys: [String]) async throws(RemoteError) { try await base.delete(keys) }
}
