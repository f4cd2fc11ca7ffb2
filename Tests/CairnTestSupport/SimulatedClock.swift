public import CairnRemote
import Synchronization

/// A clock that stands still until somebody moves it: to the moment for which the first sleeper waits.
public final class SimulatedClock: RemoteClock {
    private struct Sleeper {
        let wake: Duration
        let continuation: CheckedContinuation<Void, Never>
    }

    private struct State {
        var elapsed = Duration.zero
        /// In the order in which they went to sleep.
        var sleepers: [Sleeper] = []
    }

    private let start: Int64
    private let state = Mutex(State())

    /// A clock that begins at a date, in milliseconds since 1970.
    public init(start: Int64 = 1_700_000_000_000) { self.start = start }

    public var elapsed: Duration { state.withLock { $0.elapsed } }

    public var date: Int64 {
        let (seconds, attoseconds) = elapsed.components
        return start + seconds * 1000 + attoseconds / 1_000_000_000_000_000
    }

    public func sleep(for duration: Duration) async throws(RemoteError) {
        await withCheckedContinuation { continuation in
            state.withLock { state in
                let wake = state.elapsed + max(duration, .zero)
                state.sleepers.append(Sleeper(wake: wake, continuation: continuation))
            }
        }
    }

    /// Goes on to the moment for which the first sleeper waits, and wakes him; of several the one who sleeps longest.
    ///
    /// - Returns: false if nobody sleeps.
    @discardableResult
    public func advance() -> Bool {
        let sleeper = state.withLock { state -> Sleeper? in
            guard
                let first = state.sleepers.indices.min(by: {
                    state.sleepers[$0].wake < state.sleepers[$1].wake
                })
            else { return nil }
            let sleeper = state.sleepers.remove(at: first)
            state.elapsed = max(state.elapsed, sleeper.wake)
            return sleeper
        }
        sleeper?.continuation.resume()
        return sleeper != nil
    }
}
