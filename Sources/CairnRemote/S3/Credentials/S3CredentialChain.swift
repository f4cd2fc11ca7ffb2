import Synchronization

/// The keys of a remote: found where Amazon's programs look for them, kept in memory until they are about to end.
///
/// Whoever asks while a key is being looked for waits for that search; there is never more than one.
public final class S3CredentialChain: S3CredentialSource {
    private typealias Outcome = Result<S3Credentials?, RemoteError>

    private struct State {
        /// The last key; `.some(nil)` to ask without one.
        var key: S3Credentials??
        /// Until when it may be used without another look: milliseconds since 1970; `nil` if it does not end.
        var goodUntil: Int64?
        var isSearching = false
        var waiting: [CheckedContinuation<Outcome?, Never>] = []
    }

    /// How long before its end a key counts as ended, at most, in milliseconds.
    private static let margin: Int64 = 5 * 60_000
    /// How long a search that failed is not repeated as long as there is a key that has not ended.
    private static let pause: Int64 = 30_000

    private let finder: CredentialFinder
    private let state = Mutex(State())

    /// Says what to look for, and where. Nothing is read yet.
    public init(_ options: S3CredentialOptions, _ surroundings: S3CredentialSurroundings) {
        finder = CredentialFinder(options: options, surroundings: surroundings)
    }

    public func credentials() async throws(RemoteError) -> S3Credentials? {
        while true {
            if let key = usable() { return key }
            let outcome: Outcome? = await withCheckedContinuation { continuation in
                let mustSearch = state.withLock { state in
                    guard state.isSearching else {
                        state.isSearching = true
                        return true
                    }
                    state.waiting.append(continuation)
                    return false
                }
                if mustSearch { continuation.resume(returning: nil) }
            }
            guard let outcome else { return try await search().get() }
            // If only the one who searched was stopped, somebody else goes on.
            if case .failure(let error) = outcome, error.reason == .interrupted, !Task.isCancelled {
                continue
            }
            return try outcome.get()
        }
    }

    public func forget(_ credentials: S3Credentials) async {
        state.withLock { state in
            if state.key == .some(.some(credentials)) { state.key = nil }
        }
    }

    /// The key that is there, if it may be used without another look.
    private func usable() -> S3Credentials?? {
        let now = finder.surroundings.clock.date
        return state.withLock { state in
            guard let end = state.goodUntil else { return state.key }
            return now < end ? state.key : nil
        }
    }

    private func search() async -> Outcome {
        var outcome: Outcome
        do throws(RemoteError) {
            outcome = .success(try Self.current(await finder.find(), finder.surroundings.clock.date))
        } catch {
            outcome = .failure(error)
        }
        let now = finder.surroundings.clock.date
        let waiting = state.withLock { state in
            switch outcome {
            case .success(let key):
                state.key = .some(key)
                // A key that lives for minutes only is used for two thirds of its life.
                state.goodUntil = key?.expiry.map { $0 - min(Self.margin, ($0 - now) / 3) }
            case .failure(let error):
                guard error.reason != .interrupted, let key = state.key, let expiry = key?.expiry,
                    now + Self.pause < expiry
                else { break }
                outcome = .success(key)
                state.goodUntil = now + Self.pause
            }
            state.isSearching = false
            let waiting = state.waiting
            state.waiting = []
            return waiting
        }
        for continuation in waiting { continuation.resume(returning: outcome) }
        return outcome
    }

    /// Makes sure that a key has not ended yet.
    private static func current(_ key: S3Credentials?, _ now: Int64) throws(RemoteError) -> S3Credentials? {
        guard let end = key?.expiry, end <= now else { return key }
        throw RemoteError(
            .noCredentials(
                "the access key that was found ended \((now - end) / 60_000) minutes ago: sign in anew, or set the clock"
            ))
    }
}
