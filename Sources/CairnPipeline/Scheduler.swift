/// What happens when a stage fails.
public enum FailurePolicy: Hashable, Sendable {
    /// Nothing more begins.
    case stop
    /// What does not wait for it goes on.
    case keepGoing
    /// Everything goes on, also what waits for it.
    case ignore
}

/// What came of a stage.
public enum StageOutcome: Hashable, Sendable {
    /// Its turn has not come.
    case notReached
    /// There was nothing to do.
    case unchanged
    /// It ran and ended well.
    case succeeded
    /// It did not, or could not be looked at.
    case failed
    /// It waited for one that failed, directly or not.
    case skipped(because: Int)
}

/// Decides which stage is looked at next, and which runs next: a state machine without threads, clock or chance.
///
/// One thread asks and tells. As long as `isDone` is false it looks at what `nextToCheck` gives and says `markUnchanged` or `markStale`,
/// begins what `nextToRun` gives, and says `markEnded` of what has ended. When both give nothing, there is nothing to do before one ends.
/// What is told in the same order gives the same answers. With one job at a time stages are looked at and run one after another exactly in
/// the given order.
public struct Scheduler: Sendable {
    private enum State: Sendable {
        case waiting, ready, checking, queued, running
        case ended(StageOutcome)
    }

    private let order: [Int]
    private let jobs: Int
    private let policy: FailurePolicy
    private let places: [Int: Int]
    /// For each place those that wait for it.
    private let dependents: [[Int]]
    private var states: [State]
    /// How many stages each place still waits for.
    private var missing: [Int]
    private var ready = LeastFirst<Int>()
    private var queue: ResourceQueue
    /// How many are being looked at, wait for their turn to run, and run.
    private var counts = (checking: 0, queued: 0, running: 0)
    private var remaining: Int
    /// True if nothing more begins.
    public private(set) var isStopped = false

    /// Makes a plan.
    ///
    /// - Parameters:
    ///   - order: the stages, each once, in an order in which they could run one after another.
    ///   - upstream: for each number of a stage those that it waits for; those that are not in `order` are not waited for.
    ///   - jobs: how many run at the same time.
    ///   - resources: what a stage needs, by its number.
    ///   - address: how errors name a stage.
    /// - Throws: `PipelineError` for a stage that needs more of something than there is.
    public init(
        order: [Int], upstream: [[Int]], jobs: Int, policy: FailurePolicy = .stop,
        resources: [Int: StageResources] = [:],
        capacity: StageCapacity = StageCapacity(memory: 0, processors: 1),
        address: (Int) -> String = { "\($0)" }
    ) throws(PipelineError) {
        self.order = order
        self.jobs = max(1, jobs)
        self.policy = policy
        let places = Dictionary(uniqueKeysWithValues: order.enumerated().map { ($0.element, $0.offset) })
        self.places = places
        var dependents = Array(repeating: [Int](), count: order.count)
        var missing = Array(repeating: 0, count: order.count)
        for (place, stage) in order.enumerated() {
            for other in upstream[stage] {
                guard let before = places[other] else { continue }
                dependents[before].append(place)
                missing[place] += 1
            }
        }
        self.dependents = dependents
        self.missing = missing
        states = Array(repeating: .waiting, count: order.count)
        remaining = order.count
        queue = try Self.queue(order, resources, capacity, address)
        for place in order.indices where missing[place] == 0 { markReady(place) }
    }

    /// True when nothing is left to do: nothing is looked at, runs, or could.
    public var isDone: Bool {
        counts.checking == 0 && counts.running == 0 && (isStopped || remaining == 0)
    }

    /// How many stages run.
    public var runningCount: Int { counts.running }

    /// What came of a stage.
    public func outcome(of stage: Int) -> StageOutcome {
        if let place = places[stage], case .ended(let outcome) = states[place] {
            outcome
        } else {
            .notReached
        }
    }

    /// The next stage to look at: all that it waits for has come to its end.
    ///
    /// - Returns: `nil` if there is none now.
    public mutating func nextToCheck() -> Int? {
        if isStopped { return nil }
        // One after another means that a stage is looked at when those before it have run.
        if jobs == 1 && counts.checking + counts.queued + counts.running > 0 { return nil }
        guard let place = ready.popFirst() else { return nil }
        states[place] = .checking
        counts.checking += 1
        return order[place]
    }

    /// A stage that is being looked at needs not run.
    public mutating func markUnchanged(_ stage: Int) {
        let place = checkedPlace(of: stage)
        counts.checking -= 1
        end(place, .unchanged)
    }

    /// A stage that is being looked at has to run.
    public mutating func markStale(_ stage: Int) {
        let place = checkedPlace(of: stage)
        counts.checking -= 1
        counts.queued += 1
        states[place] = .queued
        queue.insert(place)
    }

    /// The next stage to run: there is a free job, and everything that it needs is free and is taken now.
    ///
    /// - Returns: `nil` if none can begin now.
    public mutating func nextToRun() -> Int? {
        if isStopped || counts.running == jobs { return nil }
        guard let place = queue.next() else { return nil }
        states[place] = .running
        counts.queued -= 1
        counts.running += 1
        return order[place]
    }

    /// A stage that ran has come to its end, or one could not be looked at and counts as failed.
    public mutating func markEnded(_ stage: Int, succeeded: Bool) {
        guard let place = places[stage] else { preconditionFailure("a stage of the plan ended") }
        switch states[place] {
        case .running:
            counts.running -= 1
            queue.giveBack(place)
        case .checking: counts.checking -= 1
        default: preconditionFailure("a stage ends once, after it began")
        }
        end(place, succeeded ? .succeeded : .failed)
        guard !succeeded else { return }
        switch policy {
        case .stop: stop()
        case .keepGoing: skipDependents(of: place)
        case .ignore: break
        }
    }

    /// Has nothing more begin. What runs is waited for.
    public mutating func stop() { isStopped = true }

    private func checkedPlace(of stage: Int) -> Int {
        guard let place = places[stage], case .checking = states[place] else {
            preconditionFailure("a stage is judged once, while it is looked at")
        }
        return place
    }

    private mutating func end(_ place: Int, _ outcome: StageOutcome) {
        states[place] = .ended(outcome)
        remaining -= 1
        if outcome == .failed && policy != .ignore { return }
        for other in dependents[place] {
            missing[other] -= 1
            if missing[other] == 0, case .waiting = states[other] { markReady(other) }
        }
    }

    private mutating func skipDependents(of place: Int) {
        var rest = dependents[place]
        while let other = rest.popLast() {
            guard case .waiting = states[other] else { continue }
            states[other] = .ended(.skipped(because: order[place]))
            remaining -= 1
            rest += dependents[other]
        }
    }

    private mutating func markReady(_ place: Int) {
        states[place] = .ready
        ready.insert(place)
    }

    /// Numbers everything that is shared; a mutex is a thing of which there is one.
    private static func queue(
        _ order: [Int], _ resources: [Int: StageResources], _ capacity: StageCapacity,
        _ address: (Int) -> String
    ) throws(PipelineError) -> ResourceQueue {
        var numbers: [[UInt8]: Int] = [:]
        var amounts: [Int64] = []
        func number(_ key: [UInt8], _ amount: Int64) -> Int {
            if let number = numbers[key] { return number }
            numbers[key] = amounts.count
            amounts.append(amount)
            return amounts.count - 1
        }
        var needs: [[ResourceQueue.Need]] = []
        for stage in order {
            var own: [ResourceQueue.Need] = []
            for name in resources[stage]?.mutexes ?? [] {
                own.append(ResourceQueue.Need(thing: number([0] + Array(name.utf8), 1), count: 1))
            }
            for amount in resources[stage]?.amounts ?? [] {
                let available = capacity.amount(of: Array(amount.name.utf8))
                guard amount.count <= available else {
                    throw PipelineError(
                        .demandExceedsAll(
                            stage: address(stage), resource: amount.name, wanted: amount.count,
                            available: available))
                }
                own.append(
                    ResourceQueue.Need(
                        thing: number([1] + Array(amount.name.utf8), available), count: amount.count))
            }
            needs.append(own.sorted { $0.thing < $1.thing })
        }
        return ResourceQueue(needs: needs, amounts: amounts)
    }
}
