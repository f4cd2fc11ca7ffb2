/// What sends requests, and repeats those that fail for a reason that passes.
public protocol HTTPSending: Sendable {
    /// Sends a request until there is an answer to go by.
    ///
    /// - Parameter rules: what to do before and after each attempt.
    /// - Returns: the answer of the last attempt, whatever its status.
    /// - Throws: `RemoteError` if the last attempt brought no whole answer: one that is temporary for what may
    ///   pass, others for what does not.
    func send(_ request: HTTPRequest, _ rules: HTTPAttemptRules) async throws(RemoteError) -> HTTPResponse
}

/// How one request is tried.
public struct HTTPAttemptRules: Sendable {
    /// What an answer means for the next attempt.
    public enum Verdict: Sendable {
        /// This is the answer.
        case final
        /// The same request may go well at once, as after a correction of the clock; counted as an attempt.
        case again
        /// The same request may go well later; waits get longer.
        case later
        /// The server has too much to do: `later`, and fewer requests at a time from now on.
        case slower
    }

    /// Completes a request before each attempt: it begins from the request as it was made. Here signatures are made.
    public var prepare: @Sendable (inout HTTPRequest) async throws(RemoteError) -> Void
    /// Judges an answer.
    public var judge: @Sendable (HTTPResponse) -> Verdict

    /// Puts rules together. Where nothing is said a request goes as it is, and statuses decide.
    public init(
        prepare: @escaping @Sendable (inout HTTPRequest) async throws(RemoteError) -> Void = { _ in },
        judge: @escaping @Sendable (HTTPResponse) -> Verdict = HTTPAttemptRules.byStatus
    ) {
        self.prepare = prepare
        self.judge = judge
    }

    /// What a status alone says.
    public static let byStatus: @Sendable (HTTPResponse) -> Verdict = { response in
        switch response.status {
        case 429, 503: .slower
        case 408, 425, 500, 502, 504: .later
        default: .final
        }
    }
}
