/// A remote that tries again what may go well a little later.
///
/// Everything can be repeated: objects never change, so that one that was written already counts as written, and one that was deleted as
/// deleted. What an earlier attempt wrote is among the keys that `write` tells to have been there.
public struct RetryingRemote: Remote {
    /// How often something is tried, and how long it waits in between.
    public struct Patience: Hashable, Sendable {
        /// How often something is tried at most, the first time included.
        public var attempts: Int
        /// The shortest wait.
        public var shortest: Duration
        /// The longest wait.
        public var longest: Duration

        /// By default eight attempts, with waits from 0.1 to 20 seconds.
        public init(
            attempts: Int = 8, shortest: Duration = .milliseconds(100), longest: Duration = .seconds(20)
        ) {
            self.attempts = attempts
            self.shortest = shortest
            self.longest = longest
        }
    }

    private let base: any Remote
    private let patience: Patience
    private let surroundings: RemoteSurroundings

    /// Wraps a remote.
    public init(
        _ base: any Remote, patience: Patience = Patience(), surroundings: RemoteSurroundings = .system
    ) {
        self.base = base
        self.patience = patience
        self.surroundings = surroundings
    }

    public var place: String { base.place }
    public var isLocal: Bool { base.isLocal }

    public func list(_ prefix: String) async throws(RemoteError) -> RemoteListing {
        try await retry { () async throws(RemoteError) in try await base.list(prefix) }
    }

    public func top() async throws(RemoteError) -> Set<String> {
        try await retry { () async throws(RemoteError) in try await base.top() }
    }

    public func size(of key: String) async throws(RemoteError) -> Int64? {
        try await retry { () async throws(RemoteError) in try await base.size(of: key) }
    }

    public func read(_ key: String, _ range: Range<Int64>?, limit: Int) async throws(RemoteError) -> [UInt8] {
        try await retry { () async throws(RemoteError) in try await base.read(key, range, limit: limit) }
    }

    @discardableResult
    public func write(_ uploads: [RemoteUpload], jobs: Int) async throws(RemoteError) -> Set<String> {
        try await retry { () async throws(RemoteError) in try await base.write(uploads, jobs: jobs) }
    }

    public func delete(_ keys: [String]) async throws(RemoteError) {
        try await retry { () async throws(RemoteError) in try await base.delete(keys) }
    }

    private func retry<Answer: Sendable>(
        _ body: () async throws(RemoteError) -> Answer
    ) async throws(RemoteError) -> Answer {
        var waits = RetryWaits(patience)
        while true {
            do throws(RemoteError) {
                return try await body()
            } catch {
                guard error.isTemporary, waits.mayTryAgain else { throw error }
            }
            try await waits.wait(surroundings)
        }
    }
}
