import CairnSystem
import Synchronization

/// Time as remote work sees it.
public protocol RemoteClock: Sendable {
    /// How much time went by since some moment; it goes on while the machine sleeps.
    var elapsed: Duration { get }
    /// Milliseconds since 1970 by this machine, for names; nothing that matters may depend on it.
    var date: Int64 { get }
    /// Waits.
    ///
    /// - Throws: `RemoteError` with `.interrupted` if the user asks to stop meanwhile.
    func sleep(for duration: Duration) async throws(RemoteError)
}

/// What remote work takes from outside: time and randomness. A simulation passes its own.
public struct RemoteSurroundings: Sendable {
    /// The clock.
    public let clock: any RemoteClock
    private let random: SharedRandom

    /// Puts surroundings together.
    public init(clock: any RemoteClock, random: sending any RandomNumberGenerator) {
        self.clock = clock
        self.random = SharedRandom(random)
    }

    /// Those of this machine.
    public static let system = RemoteSurroundings(clock: SystemClock(), random: SystemRandomNumberGenerator())

    /// Calls `body` with the source of randomness, which no one else uses meanwhile.
    public func withRandom<Result: Sendable>(
        _ body: (inout any RandomNumberGenerator) -> Result
    ) -> Result {
        random.generator.withLock { body(&$0) }
    }
}

private final class SharedRandom: Sendable {
    let generator: Mutex<any RandomNumberGenerator>
    init(_ random: sending any RandomNumberGenerator) { generator = Mutex(random) }
}
