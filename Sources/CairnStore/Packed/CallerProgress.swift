import Synchronization

/// Tells the caller of parallel work how far it is, on the caller's own thread: what it passed need not be made for several.
final class CallerProgress: @unchecked Sendable {
    // Sendable: `body` is called by `report` alone, whose callers keep to the thread that made the value.
    private let body: (Int64) -> Void
    private let unreported = Atomic<Int64>(0)

    private init(_ body: @escaping (Int64) -> Void) { self.body = body }

    /// Lends `body` to parallel work that ends before this returns.
    static func lend<Result: ~Copyable, Failure: Error>(
        _ body: (Int64) -> Void, to work: (CallerProgress) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try withoutActuallyEscaping(body) { (body) throws(Failure) in try work(CallerProgress(body)) }
    }

    /// Counts bytes that are done; on any thread.
    func count(_ bytes: Int) { unreported.add(Int64(bytes), ordering: .relaxed) }

    /// Tells the caller what was counted since the last time.
    ///
    /// - Precondition: it is the caller's thread. That is number 0 of `Workers.run`.
    func report() {
        let bytes = unreported.exchange(0, ordering: .relaxed)
        if bytes > 0 { body(bytes) }
    }
}
