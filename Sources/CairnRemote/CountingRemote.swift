import Synchronization

/// What went over to a remote and back.
public struct RemoteTraffic: Hashable, Sendable {
    /// Listings, those of the top among them.
    public var listings = 0
    /// Objects that were looked at one by one.
    public var looks = 0
    /// Objects, or parts of one, that were asked for.
    public var reads = 0
    /// Objects that were to be written.
    public var writes = 0
    /// Requests to delete, each for up to 1 000 objects.
    public var deletions = 0
    /// Bytes of the objects, or parts, that came.
    public var bytesRead: Int64 = 0
    /// Bytes of the objects that were written, or were there already.
    public var bytesWritten: Int64 = 0

    /// Nothing yet.
    public init() {}

    /// Requests of all kinds.
    public var operations: Int { listings + looks + reads + writes + deletions }
}

/// A remote that counts what is asked of it. Requests count when they begin, bytes when they have arrived.
public final class CountingRemote: Remote {
    /// How many objects go into one request to delete.
    static let deletionBatch = 1000

    private let base: any Remote
    private let counted = Mutex(RemoteTraffic())

    /// Wraps a remote.
    public init(_ base: any Remote) { self.base = base }

    /// What was counted so far.
    public var traffic: RemoteTraffic { counted.withLock { $0 } }

    public var place: String { base.place }
    public var isLocal: Bool { base.isLocal }

    public func list(_ prefix: String) async throws(RemoteError) -> RemoteListing {
        counted.withLock { $0.listings += 1 }
        return try await base.list(prefix)
    }

    public func top() async throws(RemoteError) -> Set<String> {
        counted.withLock { $0.listings += 1 }
        return try await base.top()
    }

    public func size(of key: String) async throws(RemoteError) -> Int64? {
        counted.withLock { $0.looks += 1 }
        return try await base.size(of: key)
    }

    public func read(_ key: String, _ range: Range<Int64>?, limit: Int) async throws(RemoteError) -> [UInt8] {
        counted.withLock { $0.reads += 1 }
        let bytes = try await base.read(key, range, limit: limit)
        counted.withLock { $0.bytesRead += Int64(bytes.count) }
        return bytes
    }

    @discardableResult
    public func write(_ uploads: [RemoteUpload], jobs: Int) async throws(RemoteError) -> Set<String> {
        counted.withLock { $0.writes += uploads.count }
        let existing = try await base.write(uploads, jobs: jobs)
        counted.withLock { $0.bytesWritten += uploads.reduce(0) { $0 + $1.size } }
        return existing
    }

    public func delete(_ keys: [String]) async throws(RemoteError) {
        counted.withLock { $0.deletions += (keys.count + Self.deletionBatch - 1) / Self.deletionBatch }
        try await base.delete(keys)
    }
}
