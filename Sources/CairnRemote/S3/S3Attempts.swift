import Synchronization

/// The attempts at one request: each gets its address, its date and its signature, and each answer may teach something for the next.
final class S3Attempts: Sendable {
    private struct State {
        /// What the last attempt went out with.
        var address: S3Address?
        var date: Int64 = 0
        var key: S3Credentials?
        /// A key to forget before the next attempt.
        var expired: S3Credentials?
        /// How often something was mended.
        var moves = 0
        var clockCorrections = 0
        var newKeys = 0
        var resends = 0
    }

    /// Nobody is sent from place to place more often, and a body that never arrives as it was sent is not sent more often again.
    private static let mostMoves = 4
    private static let mostResends = 2
    /// A clock that goes wrong by less is not what the service complains of.
    private static let smallestCorrection: Int64 = 60_000

    private let request: S3Request
    private let session: S3Session
    private let state = Mutex(State())

    init(_ request: S3Request, of session: S3Session) {
        self.request = request
        self.session = session
    }

    /// Completes a request.
    func prepare(_ http: inout HTTPRequest) async throws(RemoteError) {
        let expired = state.withLock { state in
            defer { state.expired = nil }
            return state.expired
        }
        if let expired { await session.credentials.forget(expired) }
        let key = try await session.credentials.credentials()
        let known = session.known
        let date = session.clock.date + known.clockOffset
        http.url = known.address.url(request.key, request.query)
        if let key {
            S3Signature(key, region: known.address.region).sign(&http, request.payload, at: date)
        }
        state.withLock { state in
            state.address = known.address
            state.date = date
            state.key = key
        }
    }

    /// Judges an answer, and learns from it.
    func judge(_ response: HTTPResponse) -> HTTPAttemptRules.Verdict {
        if request.isAnswered(by: response), !(response.status == 403 || response.status == 400) {
            return .final
        }
        let answer = answer(response)
        return state.withLock { state in
            switch answer.remedy {
            case .none: return .final
            case .later: return .later
            case .slower: return .slower
            case .resend:
                state.resends += 1
                return state.resends <= Self.mostResends ? .later : .final
            case .clock: return correctClock(answer, &state) ? .again : .final
            case .place:
                // Where there are no words for it, it may still be the clock.
                let isMended = move(answer, &state) || answer.code.isEmpty && correctClock(answer, &state)
                return isMended ? .again : .final
            case .key: return renewKey(&state) ? .again : .final
            }
        }
    }

    /// What the last answer means for the user.
    func reason(_ response: HTTPResponse) -> RemoteError.Reason {
        let (date, isSigned) = state.withLock { ($0.date, $0.key != nil) }
        return answer(response).reason(
            request.permission, bucket: session.settings.bucket, request: date, isSigned: isSigned)
    }

    private func answer(_ response: HTTPResponse) -> S3Answer {
        S3Answer(response, scheme: session.known.address.endpoint.scheme)
    }

    private func correctClock(_ answer: S3Answer, _ state: inout State) -> Bool {
        guard let time = answer.time, state.clockCorrections == 0,
            abs(time - state.date) >= Self.smallestCorrection
        else { return false }
        state.clockCorrections += 1
        let offset = time - session.clock.date
        session.learn { $0.clockOffset = offset }
        return true
    }

    private func move(_ answer: S3Answer, _ state: inout State) -> Bool {
        state.moves += 1
        guard state.moves <= Self.mostMoves, let from = state.address else { return false }
        return session.learn { known in
            // Another request may have learned it meanwhile.
            guard known.address == from else { return true }
            guard let place = from.moved(to: answer.region, answer.endpoint, session.settings) else {
                return false
            }
            known.address = place
            return true
        }
    }

    private func renewKey(_ state: inout State) -> Bool {
        state.newKeys += 1
        guard state.newKeys == 1, let key = state.key else { return false }
        state.expired = key
        return true
    }
}
