public import CairnRemote
import Synchronization

/// Runs all tasks of a simulation on the caller's thread, one step at a time, in an order that depends on a seed alone.
///
/// When no task can go on, time goes on to the moment for which the first sleeper waits. What the tasks do must not depend on other
/// threads, on real clocks, or on the order of a `Set` or `Dictionary`, which differs from process to process unless
/// `SWIFT_DETERMINISTIC_HASHING` is set.
public final class SimulatedExecutor: TaskExecutor {
    /// The time of the simulation.
    public let clock: SimulatedClock
    private let state: Mutex<State>

    private struct State {
        var jobs: [UnownedJob] = []
        var random: SeededRandom
    }

    /// An executor without tasks.
    public init(seed: UInt64, clock: SimulatedClock = SimulatedClock()) {
        self.clock = clock
        state = Mutex(State(random: SeededRandom(seed: seed)))
    }

    /// Time and randomness for remote work, both of this simulation.
    public var surroundings: RemoteSurroundings {
        let seed = state.withLock { $0.random.next() }
        return RemoteSurroundings(clock: clock, random: SeededRandom(seed: seed))
    }

    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        state.withLock { $0.jobs.append(job) }
    }

    /// Runs tasks until something is so.
    ///
    /// - Throws: `SupportError` when all tasks wait for something that nobody will do.
    public func run(until isDone: () -> Bool) throws(SupportError) {
        while !isDone() {
            if let job = takeJob() {
                job.runSynchronously(on: asUnownedTaskExecutor())
            } else if !clock.advance() {
                throw SupportError("all tasks of the simulation wait, and nobody sleeps")
            }
        }
    }

    /// Runs a task, with those that it begins and those that were there before, to its end.
    ///
    /// - Throws: `SupportError` when it waits for something that nobody will do; or what it throws.
    @discardableResult
    public func run<Success: Sendable>(_ body: sending @escaping () async throws -> Success) throws -> Success
    {
        let outcome = Outcome<Success>()
        Task(executorPreference: self) {
            do {
                outcome.set(.success(try await body()))
            } catch {
                outcome.set(.failure(error))
            }
        }
        try run { outcome.value != nil }
        guard let value = outcome.value else { throw SupportError("the task has not ended") }
        return try value.get()
    }

    /// One of the tasks that can go on.
    private func takeJob() -> UnownedJob? {
        state.withLock { state in
            guard !state.jobs.isEmpty else { return nil }
            return state.jobs.remove(at: Int.random(in: 0..<state.jobs.count, using: &state.random))
        }
    }

    private final class Outcome<Success: Sendable>: Sendable {
        private let stored = Mutex<Result<Success, any Error>?>(nil)
        var value: Result<Success, any Error>? { stored.withLock { $0 } }
        func set(_ value: Result<Success, any Error>) { stored.withLock { $0 = value } }
    }
}
