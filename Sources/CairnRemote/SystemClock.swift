import CairnSystem

/// The clock of this machine.
public struct SystemClock: RemoteClock {
    /// How long a sleep lasts before it looks whether the user asked to stop.
    private static let slice = Duration.milliseconds(100)

    /// Creates the clock.
    public init() {}

    public var elapsed: Duration { Surroundings.uptime }

    public var date: Int64 { Surroundings.now / 1_000_000 }

    public func sleep(for duration: Duration) async throws(RemoteError) {
        let end = elapsed + duration
        while true {
            if Interruption.isRequested || Task.isCancelled { throw RemoteError(.interrupted) }
            let rest = end - elapsed
            guard rest > .zero else { return }
            // It only fails when the task is cancelled, which the next round sees.
            try? await Task.sleep(for: min(rest, Self.slice))
        }
    }
}
