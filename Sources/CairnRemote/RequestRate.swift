import Synchronization

/// So many units a second on average; nothing is saved up while nothing is used.
final class RequestRate: Sendable {
    /// How many units a second.
    let perSecond: Double
    private let clock: any RemoteClock
    /// The moment from which on the next units may be used.
    private let next: Mutex<Duration>

    init(_ perSecond: Double, _ clock: any RemoteClock) {
        self.perSecond = perSecond
        self.clock = clock
        next = Mutex(clock.elapsed)
    }

    /// Waits for the turn of these units, after those that were taken before.
    ///
    /// - Throws: `RemoteError` if the user asks to stop meanwhile.
    func take(_ units: Double) async throws(RemoteError) {
        let turn = use(units)
        while true {
            let rest = turn - clock.elapsed
            guard rest > .zero else { return }
            try await clock.sleep(for: rest)
        }
    }

    /// How long it takes until the next units may be used; zero or less if they may now.
    var wait: Duration { next.withLock { $0 } - clock.elapsed }

    /// Counts units that were used without a turn: those that come next wait for them.
    ///
    /// - Returns: when they would have had their turn.
    @discardableResult
    func use(_ units: Double) -> Duration {
        let now = clock.elapsed
        return next.withLock { next in
            let turn = max(next, now)
            next = turn + .seconds(units / perSecond)
            return turn
        }
    }
}
