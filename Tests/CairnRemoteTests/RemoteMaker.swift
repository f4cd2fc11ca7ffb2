import CairnRemote
import CairnSystem
import CairnTestSupport
import Testing

/// A way to make an empty remote for one test.
struct RemoteMaker: Sendable, CustomTestStringConvertible {
    /// What the test's report calls it.
    let testDescription: String
    /// Makes one; what it needs lies in the folder, and ends with it.
    let make: @Sendable (ScratchDirectory) throws -> any Remote
    /// False for a service whose conditions look first and write then: of several writers at the same moment all believe to have been the first.
    let settlesRaces: Bool
    /// True where hundreds of requests take long.
    let isSlow: Bool

    /// How exactly its listings tell times, in milliseconds; `nil` if they do not.
    let precision: Int64?
    /// True if its listings leave names out that begin with a dot.
    let hidesDots: Bool

    init(
        _ name: String, settlesRaces: Bool = true, isSlow: Bool = false, precision: Int64? = 0,
        hidesDots: Bool = false,
        _ make: @escaping @Sendable (ScratchDirectory) throws -> any Remote
    ) {
        testDescription = name
        self.settlesRaces = settlesRaces
        self.isSlow = isSlow
        self.precision = precision
        self.hidesDots = hidesDots
        self.make = make
    }

    /// Every kind of remote that there is.
    static let all: [RemoteMaker] =
        [
            RemoteMaker("folder") { FolderRemote(FilePath($0("remote"))) },
            RemoteMaker("folder of a group") { FolderRemote(FilePath($0("remote")), isGroupShared: true) },
            RemoteMaker("memory") { _ in memory() },
            RemoteMaker("retrying") { _ in RetryingRemote(memory()) },
            RemoteMaker("limited") { _ in
                LimitedRemote(
                    memory(), RemoteLimits(requestsAtATime: 2, requestsPerSecond: 1e6, bytesPerSecond: 1e9))
            },
            RemoteMaker("counting") { _ in CountingRemote(memory()) },
            RemoteMaker("all decorators around a folder") {
                let folder = FolderRemote(FilePath($0("remote")))
                let limited = LimitedRemote(folder, RemoteLimits(requestsAtATime: 3))
                return RetryingRemote(CountingRemote(limited))
            },
        ] + onServers

    static func memory() -> MemoryRemote { MemoryRemote(MemoryBucket(clock: SystemClock())) }
}

extension RemoteUpload {
    /// An upload of bytes in memory.
    init(_ key: String, _ bytes: [UInt8]) { self.init(key, .bytes(bytes)) }

    /// An upload of text.
    init(_ key: String, text: String) { self.init(key, .bytes(Array(text.utf8))) }
}

extension Remote {
    /// Writes objects, several at a time.
    func write(_ uploads: RemoteUpload...) async throws(RemoteError) { try await write(uploads, jobs: 4) }

    /// Reads a whole object of up to a MiB.
    func read(_ key: String) async throws(RemoteError) -> [UInt8] { try await read(key, nil, limit: 1 << 20) }

    /// The keys of a listing.
    func keys(_ prefix: String = "") async throws(RemoteError) -> [String] {
        try await list(prefix).objects.map(\.key)
    }
}
