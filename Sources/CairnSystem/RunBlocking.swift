/// Runs asynchronous work from synchronous code and waits until it is done.
///
/// The work and its child tasks run on the executor, the caller's thread only waits: never call this from a task of the same executor, or
/// from Swift's cooperative pool.
/// - Throws: what the work throws.
public func runBlocking<Success: Sendable, Failure: Error>(
    on executor: some TaskExecutor, _ body: sending @escaping () async throws(Failure) -> Success
) throws(Failure) -> Success {
    let outcome = BoundedQueue<Result<Success, Failure>>(capacity: 1)
    Task(executorPreference: executor) {
        do throws(Failure) {
            outcome.push(.success(try await body()))
        } catch {
            outcome.push(.failure(error))
        }
    }
    guard let result = outcome.pop() else {
        preconditionFailure("a queue that nobody closes gives what it gets")
    }
    return try result.get()
}
