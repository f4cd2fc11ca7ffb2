import CairnRemote
import CairnSystem
import CairnTestSupport
import Synchronization
import Testing

@Suite("Remotes around remotes")
struct DecoratorTests {
    private let executor = SimulatedExecutor(seed: 11)
    private let bucket: MemoryBucket

    init() { bucket = MemoryBucket(clock: executor.clock) }

    /// A remote whose operations take some time, and fail so often before they go well.
    private final class Weather: Sendable {
        private let failures: Mutex<[RemoteError.Reason]>
        private let times = Mutex<[Duration]>([])
        private let presence = Mutex((now: 0, most: 0))
        let clock: SimulatedClock
        let duration: Duration

        init(_ clock: SimulatedClock, failures: [RemoteError.Reason] = [], duration: Duration = .zero) {
            self.clock = clock
            self.failures = Mutex(failures)
            self.duration = duration
        }

        /// When each operation began.
        var begun: [Duration] { times.withLock { $0 } }
        /// How many there were at the same time.
        var most: Int { presence.withLock { $0.most } }

        var hooks: RemoteHooks {
            RemoteHooks(
                before: { operation throws(RemoteError) in
                    self.times.withLock { $0.append(self.clock.elapsed) }
                    self.presence.withLock { presence in
                        presence.now += 1
                        presence.most = max(presence.most, presence.now)
                    }
                    try await self.clock.sleep(for: self.duration)
                    self.presence.withLock { $0.now -= 1 }
                    let failure = self.failures.withLock { $0.isEmpty ? nil : $0.removeFirst() }
                    if let failure { throw RemoteError(failure, operation.key) }
                    return .happens
                })
        }
    }

    private func uploads(_ count: Int, size: Int = 10) -> [RemoteUpload] {
        (0..<count).map { RemoteUpload("d/\($0)", [UInt8](repeating: 1, count: size)) }
    }

    @Test("what is temporary is tried again after waits that grow, with a bound")
    func retries() throws {
        for failures in 0..<10 {
            let weather = Weather(
                executor.clock, failures: Array(repeating: .temporary("busy"), count: failures))
            let remote = RetryingRemote(
                MemoryRemote(bucket, hooks: weather.hooks), surroundings: executor.surroundings)
            let outcome = Result { try executor.run { try await remote.list("") } }
            #expect(weather.begun.count == min(failures + 1, 8))
            if failures < 8 {
                #expect(throws: Never.self) { try outcome.get() }
            } else {
                #expect(throws: RemoteError(.temporary("busy"))) { try outcome.get() }
            }
            let waits = zip(weather.begun.dropFirst(), weather.begun).map { $0 - $1 }
            #expect(waits.allSatisfy { (.milliseconds(100)...(.seconds(20))).contains($0) })
        }
    }

    @Test("waits grow up to the longest and differ from client to client")
    func waits() throws {
        var all: [[Duration]] = []
        for _ in 0..<20 {
            let weather = Weather(executor.clock, failures: Array(repeating: .temporary("busy"), count: 30))
            let remote = RetryingRemote(
                MemoryRemote(bucket, hooks: weather.hooks), patience: .init(attempts: 30),
                surroundings: executor.surroundings)
            _ = try? executor.run { try await remote.top() }
            all.append(zip(weather.begun.dropFirst(), weather.begun).map { $0 - $1 })
        }
        #expect(Set(all).count == 20)
        #expect(all.allSatisfy { $0.count == 29 && $0[0] <= .milliseconds(300) })
        #expect(all.joined().max() == .seconds(20))
    }

    @Test(
        "what is not temporary is not tried again",
        arguments: [RemoteError.Reason.notFound, .denied, .full, .interrupted, .conflict, .io(.ioError)])
    func permanent(_ reason: RemoteError.Reason) throws {
        let weather = Weather(executor.clock, failures: [reason])
        let remote = RetryingRemote(
            MemoryRemote(bucket, hooks: weather.hooks), surroundings: executor.surroundings)
        #expect(throws: RemoteError(reason, "k")) {
            try executor.run { try await remote.read("k", nil, limit: 1) }
        }
        #expect(weather.begun.count == 1)
    }

    @Test("a write that failed in the middle is finished by the next attempt")
    func writeAgain() throws {
        let weather = Weather(executor.clock, failures: [.temporary("a"), .temporary("b"), .temporary("c")])
        let remote = RetryingRemote(
            MemoryRemote(bucket, hooks: weather.hooks), surroundings: executor.surroundings)
        let uploads = uploads(10)
        try executor.run { try await remote.write(uploads, jobs: 3) }
        #expect(bucket.keys.count == 10)
    }

    @Test("no more requests are made at a time than are allowed", arguments: [1, 3, 100])
    func requestsAtATime(_ limit: Int) throws {
        let weather = Weather(executor.clock, duration: .seconds(1))
        let remote = LimitedRemote(
            MemoryRemote(bucket, hooks: weather.hooks), RemoteLimits(requestsAtATime: limit),
            surroundings: executor.surroundings)
        let uploads = uploads(20)
        try executor.run {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await remote.write(uploads, jobs: 20) }
                for _ in 0..<10 { group.addTask { _ = try await remote.list("") } }
                group.addTask { try await remote.delete(["x"]) }
                try await group.waitForAll()
            }
        }
        #expect(weather.begun.count == 31)
        #expect(weather.most == min(limit, 31))
    }

    @Test("requests keep to their rate")
    func requestsPerSecond() throws {
        let weather = Weather(executor.clock)
        let remote = LimitedRemote(
            MemoryRemote(bucket, hooks: weather.hooks), RemoteLimits(requestsPerSecond: 10),
            surroundings: executor.surroundings)
        let uploads = uploads(50)
        try executor.run { try await remote.write(uploads, jobs: 16) }
        let steps = zip(weather.begun.sorted().dropFirst(), weather.begun.sorted()).map { $0 - $1 }
        #expect(steps.allSatisfy { abs($0 / .milliseconds(100) - 1) < 0.01 })
    }

    @Test("bytes keep to their rate, whichever way they go")
    func bytesPerSecond() throws {
        let remote = LimitedRemote(
            MemoryRemote(bucket), RemoteLimits(bytesPerSecond: 1000), surroundings: executor.surroundings)
        let uploads = uploads(20, size: 500)
        try executor.run { try await remote.write(uploads, jobs: 4) }
        // The last ones are paid for by whoever comes next.
        let written = executor.clock.elapsed
        #expect((9...10).contains(written / .seconds(1)))
        try executor.run {
            for number in 0..<20 { _ = try await remote.read("d/\(number)", nil, limit: 500) }
            _ = try await remote.list("")
        }
        #expect((10...11).contains((executor.clock.elapsed - written) / .seconds(1)))
    }

    @Test("a failed request gives its place back")
    func placeBack() throws {
        let weather = Weather(executor.clock, failures: Array(repeating: .denied, count: 5))
        let remote = LimitedRemote(
            MemoryRemote(bucket, hooks: weather.hooks), RemoteLimits(requestsAtATime: 1),
            surroundings: executor.surroundings)
        for _ in 0..<5 {
            #expect(throws: RemoteError(.denied)) { try executor.run { try await remote.top() } }
        }
        #expect(try executor.run { try await remote.top() } == [])
    }

    @Test("requests are counted by kind, and bytes both ways")
    func counting() throws {
        let remote = CountingRemote(MemoryRemote(bucket))
        let uploads = uploads(3, size: 7)
        var expected = RemoteTraffic()
        #expect(remote.traffic == expected)
        try executor.run {
            try await remote.write(uploads, jobs: 2)
            _ = try await remote.read("d/0", nil, limit: 10)
            _ = try await remote.read("d/1", 2..<5, limit: 10)
            _ = try await remote.list("d/")
            _ = try await remote.top()
            try await remote.delete((0..<1001).map { "d/\($0)" })
            try await remote.delete([])
        }
        expected.writes = 3
        expected.bytesWritten = 21
        expected.reads = 2
        expected.bytesRead = 10
        expected.listings = 2
        expected.deletions = 2
        #expect(remote.traffic == expected)
        #expect(expected.operations == 9)
        #expect(throws: RemoteError(.notFound, "d/0")) {
            try executor.run { try await remote.read("d/0", nil, limit: 10) }
        }
        #expect(remote.traffic.reads == 3 && remote.traffic.bytesRead == 10)
    }

    @Test("who wraps a remote says where it is")
    func place() {
        let base = MemoryRemote(bucket, place: "here")
        #expect(RetryingRemote(base).place == "here")
        #expect(LimitedRemote(base, RemoteLimits()).place == "here")
        #expect(CountingRemote(base).place == "here")
    }
}
