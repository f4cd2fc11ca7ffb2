import Synchronization

/// Sends requests over libcurl, several at a time, and repeats those that fail for a reason that passes.
///
/// Connections are kept and used again; over TLS many requests share one where the server speaks HTTP/2. Proxies are those that the
/// environment names (`https_proxy`, `no_proxy`, ...). Redirects are answers like others: who follows one has to sign anew, or must not say who
/// he is. Of a body that does not say why a request failed, 64 KiB are taken at most, whatever the limit.
public final class HTTPClient: HTTPSending {
    /// How often a host is tried that has never answered: more likely its name is wrong.
    private static let attemptsAtStrangers = 4

    private let settings: HTTPSettings
    private let surroundings: RemoteSurroundings
    private let loop: CurlLoop
    private let slots: RequestSlots
    private let requestRate: RequestRate?
    private let window: Mutex<RequestWindow>
    /// Hosts that have answered, with whatever.
    private let acquaintances = Mutex<Set<String>>([])

    /// Describes a client. libcurl is loaded, and its thread begins, with the first request.
    ///
    /// - Parameter limits: bytes are counted as they go and come, so that large bodies flow evenly.
    public init(
        _ settings: HTTPSettings = HTTPSettings(), limits: RemoteLimits = RemoteLimits(),
        surroundings: RemoteSurroundings = .system
    ) {
        var settings = settings
        settings.requestsAtATime = max(1, min(settings.requestsAtATime, limits.requestsAtATime ?? .max))
        self.settings = settings
        self.surroundings = surroundings
        slots = RequestSlots(settings.requestsAtATime)
        window = Mutex(RequestWindow(settings.requestsAtATime))
        requestRate = limits.requestsPerSecond.map { RequestRate($0, surroundings.clock) }
        // Not libcurl's own limits of speed: those are each transfer's, and begin anew with each.
        let rate = limits.bytesPerSecond.map { RequestRate($0, surroundings.clock) }
        loop = CurlLoop(settings, rate: rate)
    }

    deinit { loop.close() }

    /// What was counted so far.
    public var traffic: HTTPTraffic { loop.traffic }

    /// How many requests go at a time now: fewer than may, after a server had too much to do.
    public var requestsAtATime: Int { window.withLock { $0.size } }

    public func send(
        _ request: HTTPRequest, _ rules: HTTPAttemptRules = HTTPAttemptRules()
    ) async throws(RemoteError) -> HTTPResponse {
        loop.count { $0.requests += 1 }
        var waits = RetryWaits(.init(attempts: settings.attempts))
        while true {
            var signed = request
            try await rules.prepare(&signed)
            let error: RemoteError
            do throws(RemoteError) {
                let (response, verdict) = try await attempt(signed, rules)
                guard verdict != .final, waits.mayTryAgain else { return response }
                if verdict == .again {
                    waits.skip()
                } else {
                    try await waits.wait(surroundings, response.retryAfter(surroundings))
                }
                continue
            } catch let failure {
                error = failure
            }
            guard error.isTemporary, waits.mayTryAgain, isWorthwhile(error, signed, waits.attempts) else {
                throw error
            }
            try await waits.wait(surroundings)
        }
    }

    private func attempt(
        _ request: HTTPRequest, _ rules: HTTPAttemptRules
    ) async throws(RemoteError) -> (HTTPResponse, HTTPAttemptRules.Verdict) {
        await slots.take()
        defer { slots.giveBack() }
        try await requestRate?.take(1)
        let generation = window.withLock { $0.generation }
        let response = try await loop.send(request)
        acquaintances.withLock { _ = $0.insert(request.host) }
        let verdict = rules.judge(response)
        let size = window.withLock { window in
            switch verdict {
            case .slower: window.slowDown(begunIn: generation)
            case .final: window.succeed()
            case .again, .later: break
            }
            return window.size
        }
        slots.limit(to: size)
        return (response, verdict)
    }

    /// Whether it may help to ask a host again that cannot be reached.
    private func isWorthwhile(_ error: RemoteError, _ request: HTTPRequest, _ attempts: Int) -> Bool {
        guard case .unreachable = error.reason else { return true }
        return attempts < Self.attemptsAtStrangers
            || acquaintances.withLock { $0.contains(request.host) }
    }
}

extension HTTPResponse {
    /// A server that asks for more patience does not get it.
    private static let longestRetryAfter: Int64 = 60

    /// How long the server wants to be left alone; RFC 9110, 10.2.3.
    func retryAfter(_ surroundings: RemoteSurroundings) -> Duration? {
        guard let value = headers["Retry-After"] else { return nil }
        let seconds =
            Int64(value) ?? HTTPDate.parse(value).map { ($0 - surroundings.clock.date + 999) / 1000 }
        return seconds.map { .seconds(max(0, min($0, Self.longestRetryAfter))) }
    }
}
