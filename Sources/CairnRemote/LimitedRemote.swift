import CairnSystem
import Synchronization

/// How much may be asked of a remote; `nil` for no limit.
public struct RemoteLimits: Hashable, Sendable {
    /// Requests at a time.
    public var requestsAtATime: Int?
    /// Requests in a second, on average.
    public var requestsPerSecond: Double?
    /// Bytes in a second, both ways together, on average.
    public var bytesPerSecond: Double?

    /// Puts limits together.
    ///
    /// - Precondition: all are more than zero.
    public init(
        requestsAtATime: Int? = nil, requestsPerSecond: Double? = nil, bytesPerSecond: Double? = nil
    ) {
        precondition(requestsAtATime.map { $0 > 0 } ?? true, "no request could ever be made")
        precondition(requestsPerSecond.map { $0 > 0 } ?? true, "no request could ever be made")
        precondition(bytesPerSecond.map { $0 > 0 } ?? true, "no byte could ever be moved")
        self.requestsAtATime = requestsAtATime
        self.requestsPerSecond = requestsPerSecond
        self.bytesPerSecond = bytesPerSecond
    }
}

/// A remote of which no more is asked than limits allow. Each object that is written is a request of its own.
public final class LimitedRemote: Remote {
    private let base: any Remote
    private let slots: RequestSlots?
    private let requests: RequestRate?
    private let bytes: RequestRate?

    /// Wraps a remote.
    public init(_ base: any Remote, _ limits: RemoteLimits, surroundings: RemoteSurroundings = .system) {
        self.base = base
        slots = limits.requestsAtATime.map { RequestSlots($0) }
        requests = limits.requestsPerSecond.map { RequestRate($0, surroundings.clock) }
        bytes = limits.bytesPerSecond.map { RequestRate($0, surroundings.clock) }
    }

    public var place: String { base.place }
    public var isLocal: Bool { base.isLocal }

    public func list(_ prefix: String) async throws(RemoteError) -> RemoteListing {
        try await request { () async throws(RemoteError) in try await base.list(prefix) }
    }

    public func top() async throws(RemoteError) -> Set<String> {
        try await request { () async throws(RemoteError) in try await base.top() }
    }

    public func size(of key: String) async throws(RemoteError) -> Int64? {
        try await request { () async throws(RemoteError) in try await base.size(of: key) }
    }

    public func read(_ key: String, _ range: Range<Int64>?, limit: Int) async throws(RemoteError) -> [UInt8] {
        try await request { () async throws(RemoteError) in
            let read = try await base.read(key, range, limit: limit)
            // How many there are is known now; the next one waits for them.
            bytes?.use(Double(read.count))
            return read
        }
    }

    @discardableResult
    public func write(_ uploads: [RemoteUpload], jobs: Int) async throws(RemoteError) -> Set<String> {
        let existing = Mutex<Set<String>>([])
        try await Jobs.run(uploads, atATime: jobs) { [self] (upload) throws(RemoteError) in
            let found = try await request(sending: upload.size) { () async throws(RemoteError) in
                try await base.write([upload], jobs: 1)
            }
            existing.withLock { $0.formUnion(found) }
        }
        return existing.withLock { $0 }
    }

    public func delete(_ keys: [String]) async throws(RemoteError) {
        for start in stride(from: 0, to: keys.count, by: CountingRemote.deletionBatch) {
            let batch = Array(keys[start..<min(start + CountingRemote.deletionBatch, keys.count)])
            try await request { () async throws(RemoteError) in try await base.delete(batch) }
        }
    }

    private func request<Answer: Sendable>(
        sending size: Int64 = 0, _ body: () async throws(RemoteError) -> Answer
    ) async throws(RemoteError) -> Answer {
        await slots?.take()
        defer { slots?.giveBack() }
        try await bytes?.take(Double(size))
        try await requests?.take(1)
        return try await body()
    }
}
