import CairnRemote
import Synchronization

/// A clock whose sleeps take no time, and that keeps how long they would have been.
final class HastyClock: RemoteClock {
    private let slept = Mutex<[Duration]>([])
    private let system = SystemClock()

    /// The sleeps so far.
    var sleeps: [Duration] { slept.withLock { $0 } }

    var elapsed: Duration { system.elapsed }
    var date: Int64 { system.date }

    func sleep(for duration: Duration) async throws(RemoteError) { slept.withLock { $0.append(duration) } }

    /// Surroundings with such a clock.
    static var surroundings: RemoteSurroundings {
        RemoteSurroundings(clock: HastyClock(), random: SystemRandomNumberGenerator())
    }
}
