import CairnFormats
import CairnPipeline
import CairnTestSupport
import Testing

/// Drives a scheduler through a whole run of made-up stages, and notes every rule that it breaks.
private struct Simulation {
    var upstream: [[Int]]
    var order: [Int]
    var jobs: Int
    var policy: FailurePolicy
    var resources: [Int: StageResources] = [:]
    var others: [String: Int64] = [:]
    var unchanged: Set<Int> = []
    var failing: Set<Int> = []
    var unreadable: Set<Int> = []

    /// What happened, in order: what was looked at, begun and ended.
    private(set) var begun: [Int] = []
    private(set) var mostAtOnce = 0

    mutating func run(random: inout SeededRandom) throws -> [StageOutcome] {
        var scheduler = try Scheduler(
            order: order, upstream: upstream, jobs: jobs, policy: policy, resources: resources,
            capacity: StageCapacity(memory: 100, processors: 4, others: others))
        var running: [Int] = []
        var ended: Set<Int> = []
        var looked: Set<Int> = []
        while !scheduler.isDone {
            var hasMoved = false
            while let stage = scheduler.nextToCheck() {
                hasMoved = true
                #expect(looked.insert(stage).inserted, "\(stage) is looked at once")
                #expect(upstream[stage].allSatisfy { ended.contains($0) || !order.contains($0) })
                if unreadable.contains(stage) {
                    scheduler.markEnded(stage, succeeded: false)
                    ended.insert(stage)
                } else if unchanged.contains(stage) {
                    scheduler.markUnchanged(stage)
                    ended.insert(stage)
                } else {
                    scheduler.markStale(stage)
                }
            }
            while let stage = scheduler.nextToRun() {
                hasMoved = true
                running.append(stage)
                begun.append(stage)
                checkShares(running)
            }
            mostAtOnce = max(mostAtOnce, running.count)
            #expect(scheduler.runningCount == running.count)
            if !running.isEmpty {
                let stage = running.remove(at: Int.random(in: 0..<running.count, using: &random))
                ended.insert(stage)
                scheduler.markEnded(stage, succeeded: !failing.contains(stage))
            } else if !hasMoved {
                if !scheduler.isDone { throw SupportError("nothing moves any more") }
            }
        }
        #expect(running.isEmpty)
        return upstream.indices.map { scheduler.outcome(of: $0) }
    }

    /// Never more than the jobs, never two of a mutex, never more of anything than there is.
    private func checkShares(_ running: [Int]) {
        #expect(running.count <= jobs)
        var used: [String: Int64] = [:]
        for stage in running {
            for name in resources[stage]?.mutexes ?? [] { used["mutex \(name)", default: 0] += 1 }
            for amount in resources[stage]?.amounts ?? [] { used[amount.name, default: 0] += amount.count }
        }
        for (name, count) in used {
            let usual: [String: Int64] = ["mem": 100, "cpu": 4]
            let available = others[name] ?? usual[name] ?? 1
            #expect(count <= available, "\(name)")
        }
    }

    /// What has to come of each stage, worked out one after another.
    func expected() -> [StageOutcome] {
        var outcomes = upstream.map { _ in StageOutcome.notReached }
        for stage in order {
            let before = upstream[stage].filter(order.contains)
            let blocked = before.compactMap { other -> Int? in
                if case .skipped(let cause) = outcomes[other] { return cause }
                return outcomes[other] == .failed && policy == .keepGoing ? other : nil
            }
            if let cause = blocked.first {
                outcomes[stage] = .skipped(because: cause)
            } else if unreadable.contains(stage) {
                outcomes[stage] = .failed
            } else if unchanged.contains(stage) {
                outcomes[stage] = .unchanged
            } else {
                outcomes[stage] = failing.contains(stage) ? .failed : .succeeded
            }
        }
        return outcomes
    }
}

private func needs(_ amounts: [String: Int64] = [:], mutexes: [String] = []) -> StageResources {
    var resources = StageResources()
    resources.amounts = amounts.sorted { $0.key < $1.key }.map {
        StageResources.Amount(name: $0.key, count: $0.value)
    }
    resources.mutexes = mutexes
    return resources
}

@Suite("Scheduling")
struct SchedulerTests {
    @Test("random graphs end as they have to, whatever ends first, and keep every rule", arguments: 0..<300)
    func random(_ seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let count = Int.random(in: 1...25, using: &random)
        let density = Int.random(in: 1...8, using: &random)
        let upstream = (0..<count).map { stage in
            (0..<stage).filter { _ in Int.random(in: 0..<12, using: &random) < density / 2 }
        }
        func some(_ share: Int) -> Set<Int> {
            Set((0..<count).filter { _ in Int.random(in: 0..<100, using: &random) < share })
        }
        var simulation = Simulation(
            upstream: upstream, order: Array(0..<count), jobs: 1,
            policy: [.keepGoing, .ignore].randomElement(using: &random) ?? .ignore, others: ["gpu": 2])
        simulation.unchanged = some(20)
        simulation.failing = some([0, 15].randomElement(using: &random) ?? 0)
        simulation.unreadable = some([0, 5].randomElement(using: &random) ?? 0)
        // Some stages are not part of the plan.
        let left = some(10)
        simulation.order.removeAll { left.contains($0) }
        for stage in 0..<count where Bool.random(using: &random) {
            simulation.resources[stage] = needs(
                [
                    "gpu": Int64.random(in: 0...2, using: &random),
                    "mem": Int64.random(in: 0...100, using: &random),
                    "cpu": Int64.random(in: 0...4, using: &random),
                ].filter { $0.value > 0 && Bool.random(using: &random) },
                mutexes: ["a", "b"].filter { _ in Int.random(in: 0..<3, using: &random) == 0 })
        }
        for jobs in [1, 2, 4, 30] {
            simulation.jobs = jobs
            var one = simulation
            let outcomes = try one.run(random: &random)
            // Of several causes of a skip the first to fail is told.
            func plain(_ outcome: StageOutcome) -> StageOutcome {
                if case .skipped = outcome { .skipped(because: -1) } else { outcome }
            }
            #expect(outcomes.map(plain) == simulation.expected().map(plain))
            #expect(Set(one.begun).count == one.begun.count)
            if jobs == 1 { #expect(one.begun == one.begun.sorted(), "one after another in the given order") }
        }
    }

    @Test("after a failure nothing more begins, but what runs is waited for")
    func stop() throws {
        var scheduler = try Scheduler(order: [0, 1, 2, 3], upstream: [[], [], [], [0]], jobs: 2)
        while let stage = scheduler.nextToCheck() { scheduler.markStale(stage) }
        #expect(scheduler.nextToRun() == 0)
        #expect(scheduler.nextToRun() == 1)
        #expect(scheduler.nextToRun() == nil)
        scheduler.markEnded(1, succeeded: false)
        #expect(scheduler.nextToRun() == nil)
        #expect(!scheduler.isDone)
        scheduler.markEnded(0, succeeded: true)
        #expect(scheduler.nextToCheck() == nil)
        #expect(scheduler.isDone && scheduler.isStopped)
        #expect((0..<4).map(scheduler.outcome) == [.succeeded, .failed, .notReached, .notReached])
    }

    @Test("with one job a stage is looked at when those before it have run")
    func oneJob() throws {
        var scheduler = try Scheduler(order: [0, 1, 2], upstream: [[], [0], []], jobs: 1)
        #expect(scheduler.nextToCheck() == 0)
        #expect(scheduler.nextToCheck() == nil)
        scheduler.markStale(0)
        #expect(scheduler.nextToCheck() == nil)
        #expect(scheduler.nextToRun() == 0)
        #expect(scheduler.nextToCheck() == nil)
        scheduler.markEnded(0, succeeded: true)
        #expect(scheduler.nextToCheck() == 1)
        scheduler.markUnchanged(1)
        #expect(scheduler.nextToCheck() == 2)
    }

    @Test("a stage that wants much comes to its turn behind small ones that never end all together")
    func fairness() throws {
        // Two chains of stages that want one each, and a stage after all of them in the order that wants two.
        let length = 50
        let chains = (0..<(2 * length)).map { $0 < 2 ? [] : [$0 - 2] }
        let resources = Dictionary(
            uniqueKeysWithValues: (0...(2 * length)).map { ($0, needs(["gpu": $0 == 2 * length ? 2 : 1])) })
        var scheduler = try Scheduler(
            order: Array(0...(2 * length)), upstream: chains + [[]], jobs: 4, resources: resources,
            capacity: StageCapacity(memory: 0, processors: 1, others: ["gpu": 2]))
        var running: [Int] = []
        var begun: [Int] = []
        while !scheduler.isDone {
            while let stage = scheduler.nextToCheck() { scheduler.markStale(stage) }
            while let stage = scheduler.nextToRun() {
                running.append(stage)
                begun.append(stage)
            }
            // One at a time ends, so that there are never two free by chance.
            scheduler.markEnded(running.removeFirst(), succeeded: true)
        }
        #expect(begun.count == 2 * length + 1)
        #expect(begun.prefix(5).contains(2 * length), "\(begun.prefix(8))")
    }

    @Test("what another one waits for is not taken, and everything else is used")
    func claims() throws {
        // 0 holds the mutex, 1 wants it and the gpu, 2 wants the gpu, 3 nothing.
        var scheduler = try Scheduler(
            order: [0, 1, 2, 3], upstream: [[], [], [], []], jobs: 4,
            resources: [
                0: needs(mutexes: ["m"]), 1: needs(["gpu": 1], mutexes: ["m"]), 2: needs(["gpu": 1]),
            ])
        while let stage = scheduler.nextToCheck() { scheduler.markStale(stage) }
        #expect(scheduler.nextToRun() == 0)
        #expect(scheduler.nextToRun() == 3)
        #expect(scheduler.nextToRun() == nil)
        scheduler.markEnded(0, succeeded: true)
        #expect(scheduler.nextToRun() == 1)
        #expect(scheduler.nextToRun() == nil)
        scheduler.markEnded(1, succeeded: true)
        #expect(scheduler.nextToRun() == 2)
    }

    @Test("a stage that wants more than there is is refused before anything runs")
    func tooMuch() {
        func message(_ resources: StageResources) -> String? {
            do throws(PipelineError) {
                _ = try Scheduler(
                    order: [0], upstream: [[]], jobs: 1, resources: [0: resources],
                    capacity: StageCapacity(memory: 7 << 30 | 600 << 20, processors: 2, others: ["gpu": 2]),
                    address: { _ in "train" })
                return nil
            } catch { return error.message }
        }
        #expect(message(needs(["gpu": 4])) == "stage 'train' wants gpu: 4, but there is no more than 2")
        #expect(
            message(needs(["mem": 8 << 30])) == "stage 'train' wants mem: 8G, but there is no more than 7.5G")
        #expect(message(needs(["tpu": 2])) == "stage 'train' wants tpu: 2, but there is no more than 1")
        #expect(message(needs(["gpu": 2, "cpu": 2])) == nil)
    }

    @Test("ten thousand stages in a chain, beside each other, and all after one mutex")
    func large() throws {
        let count = 10_000
        var random = SeededRandom(seed: 1)
        let wide = Array(repeating: [Int](), count: count)
        let chain = (0..<count).map { $0 == 0 ? [] : [$0 - 1] }
        let mutex = Dictionary(uniqueKeysWithValues: (0..<count).map { ($0, needs(mutexes: ["m"])) })
        for (upstream, resources) in [(wide, [:]), (chain, [:]), (wide, mutex)]
            as [([[Int]], [Int: StageResources])]
        {
            var scheduler = try Scheduler(
                order: Array(0..<count), upstream: upstream, jobs: 8, resources: resources)
            var running: [Int] = []
            var steps = 0
            while !scheduler.isDone {
                while let stage = scheduler.nextToCheck() { scheduler.markStale(stage) }
                while let stage = scheduler.nextToRun() { running.append(stage) }
                steps += 1
                guard !running.isEmpty else { break }
                scheduler.markEnded(
                    running.remove(at: Int.random(in: 0..<running.count, using: &random)), succeeded: true)
            }
            #expect(scheduler.isDone && steps == count)
        }
    }
}
