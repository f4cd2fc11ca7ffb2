import CairnRemote
import CairnSystem
import CairnTestSupport
import Testing

/// What the simulations of transfers rest on: the same seed gives the same run.
@Suite("Simulated time and tasks")
struct SimulationTests {
    /// What three clients do in a run that depends on a seed: each operation with the time at which it happened.
    private static func run(seed: UInt64) throws -> [String] {
        let trace = Shared<[String]>([])
        let executor = SimulatedExecutor(seed: seed)
        let surroundings = executor.surroundings
        let bucket = MemoryBucket(clock: executor.clock)
        try executor.run {
            await withTaskGroup(of: Void.self) { group in
                for client in 0..<3 {
                    let hooks = RemoteHooks(
                        before: { operation throws(RemoteError) in
                            let delay = surroundings.withRandom { Int.random(in: 0...50, using: &$0) }
                            try await executor.clock.sleep(for: .milliseconds(delay))
                            if delay % 7 == 0 { throw RemoteError(.temporary("busy")) }
                            trace.change { $0.append("\(executor.clock.date) \(client): \(operation)") }
                            return .happens
                        })
                    let remote = RetryingRemote(
                        MemoryRemote(bucket, hooks: hooks), surroundings: surroundings)
                    group.addTask {
                        do throws(RemoteError) {
                            let uploads = (0..<4).map { RemoteUpload("\(client)/\($0)", text: "\($0)") }
                            try await remote.write(uploads, jobs: 2)
                            let listing = try await remote.list("")
                            trace.change { $0.append("\(client) sees \(listing.objects.count)") }
                            _ = try await remote.read("\(client)/0", nil, limit: 10)
                            try await remote.delete(["\((client + 1) % 3)/3"])
                        } catch {
                            trace.change { $0.append("\(client): \(error)") }
                        }
                    }
                }
            }
        }
        return trace.value
    }

    @Test("the same seed gives the same run", arguments: 0..<20 as Range<UInt64>)
    func sameSeed(_ seed: UInt64) throws {
        let first = try Self.run(seed: seed)
        #expect(first.count >= 24)
        #expect(try Self.run(seed: seed) == first)
    }

    @Test("other seeds give other runs")
    func otherSeeds() throws {
        let runs = try Set((0..<20).map { try Self.run(seed: $0) })
        #expect(runs.count == 20)
    }

    @Test("the order of tasks that could all go on depends on the seed alone")
    func order() throws {
        func run(_ seed: UInt64) throws -> [Int] {
            let order = Shared<[Int]>([])
            try SimulatedExecutor(seed: seed).run {
                await Jobs.run(Array(0..<10), atATime: 10) { (number) in order.change { $0.append(number) } }
            }
            return order.value
        }
        let orders = try (0..<10).map(run)
        #expect(try (0..<10).map(run) == orders)
        #expect(Set(orders).count > 5)
        #expect(orders.allSatisfy { $0.sorted() == Array(0..<10) })
    }

    @Test("sleepers wake in the order of their times, and no real time goes by")
    func sleeping() throws {
        let executor = SimulatedExecutor(seed: 1)
        let woken = Shared<[Duration]>([])
        let start = executor.clock.date
        try executor.run {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for hours in [5, 1, 100_000, 3, 1] {
                    group.addTask {
                        try await executor.clock.sleep(for: .seconds(3600 * hours))
                        woken.change { $0.append(executor.clock.elapsed) }
                    }
                }
                try await group.waitForAll()
            }
        }
        #expect(woken.value == [1, 1, 3, 5, 100_000].map { .seconds(3600 * $0) })
        #expect(executor.clock.date - start == 100_000 * 3_600_000)
    }

    @Test("a simulation in which nobody can go on ends, and what a task throws comes out")
    func stuck() {
        #expect(throws: SupportError.self) {
            try SimulatedExecutor(seed: 1).run {
                // Nobody ever yields an element.
                for await _ in AsyncStream<Int>.makeStream().stream {}
            }
        }
        #expect(throws: RemoteError(.full)) {
            try SimulatedExecutor(seed: 1).run { throw RemoteError(.full) }
        }
    }
}
