/// The waits between the attempts of one operation.
struct RetryWaits {
    private let patience: RetryingRemote.Patience
    private var last: Duration
    /// How many attempts there were, the one that is under way among them.
    private(set) var attempts = 1

    init(_ patience: RetryingRemote.Patience) {
        self.patience = patience
        last = patience.shortest
    }

    /// True if there may be another attempt.
    var mayTryAgain: Bool { attempts < patience.attempts }

    /// Waits before the next attempt.
    ///
    /// - Parameter asked: how long the other side wants to be left alone, if it said so.
    /// - Throws: `RemoteError` if the user asks to stop meanwhile.
    mutating func wait(
        _ surroundings: RemoteSurroundings, _ asked: Duration? = nil
    ) async throws(RemoteError) {
        attempts += 1
        last = next(after: last, surroundings)
        // All who were told the same time would come back at the same time.
        try await surroundings.clock.sleep(for: asked.map { $0 + last } ?? last)
    }

    /// Counts an attempt that needs no wait.
    mutating func skip() { attempts += 1 }

    /// A wait of one and a half to two and a half times the one before, at random: clients that failed together do not come back together, and all of
    /// them wait for some seconds before they give up, which a server that has too much to do may need.
    ///
    /// Source: M. Brooker, "Exponential backoff and jitter", AWS Architecture Blog, 2015; the decorrelated form, with a lower bound that grows.
    private func next(after wait: Duration, _ surroundings: RemoteSurroundings) -> Duration {
        let share = surroundings.withRandom { Double.random(in: 0...1, using: &$0) }
        return min(patience.longest, wait * (1.5 + share))
    }
}
