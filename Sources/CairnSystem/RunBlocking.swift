import Synchronization

/// Runs asynchronous work from synchronous code and waits until it is done.
///
/// The work and its child tasks run on the executor, the caller's thread only waits: never call this from a task of the same executor, or
/// from Swift's cooperative pool.
/// - Throws: what the work throws.
public func runBlocking<Success: Sendable, Failure: Error>(
    on executor: some TaskExecutor, _ body: sending @escaping () async throws(Failure) -> Success
) throws(Failure) -> Success {
    try PendingWork(on: executor, body).get()
}

/// Asynchronous work that synchronous code has begun and will wait for.
public final class PendingWork<Success: Sendable, Failure: Error>: Sendable {
    private let outcome = BoundedQueue<Result<Success, Failure>>(capacity: 1)
    private let executor: any TaskExecutor
    private let isTaken = Atomic(false)

    /// Begins work; it and its child tasks run on the executor.
    public init(
        on executor: some TaskExecutor, _ body: sending @escaping () async throws(Failure) -> Success
    ) {
        self.executor = executor
        Task(executorPreference: executor) { [outcome] in
            do throws(Failure) {
                outcome.push(.success(try await body()))
            } catch {
                outcome.push(.failure(error))
            }
        }
    }

    // Nobody may go away while the work still uses what it was given.
    deinit { if !isTaken.load(ordering: .relaxed) { _ = outcome.pop() } }

    /// Waits until the work is done: never to be called from a task of the same executor, or from Swift's cooperative pool. To be called once.
    ///
    /// - Throws: what the work throws.
    public func get() throws(Failure) -> Success {
        isTaken.store(true, ordering: .relaxed)
        guard let result = outcome.pop() else {
            preconditionFailure("a queue that nobody closes gives what it gets")
        }
        return try result.get()
    }
}
