import CairnCore
import Synchronization

/// Requests to one bucket, and what was learned from the answers: where it is, how its clock goes, what the service can do.
final class S3Session: Sendable {
    /// What a service makes of `If-None-Match: *`.
    enum Conditions: Sendable {
        /// Nobody knows yet.
        case unknown
        /// It never replaces an object then.
        case honoured
        /// It replaces objects all the same.
        case ignored
        /// It refuses the request for it.
        case refused
    }

    /// What was learned.
    struct Knowledge: Sendable {
        /// Where the bucket is.
        var address: S3Address
        /// How far the service's clock is ahead of ours, in milliseconds.
        var clockOffset: Int64 = 0
        /// What it makes of conditions when an object is put.
        var conditions = Conditions.unknown
        /// True while somebody is finding that out.
        var isTrying = false
        /// False if it refuses conditions when parts are put together.
        var takesConditionsAtCompletion = true
        /// Whether entity tags are MD5 digests; `nil` if nobody knows yet.
        var hasDigestTags: Bool?
        /// False if objects have to be deleted one by one.
        var deletesMany = true
    }

    let settings: S3Settings
    let clock: any RemoteClock
    let credentials: any S3CredentialSource
    private let http: any HTTPSending
    private let knowledge: Mutex<Knowledge>

    /// - Throws: `RemoteError` if the settings describe no bucket.
    init(
        _ settings: S3Settings, _ http: any HTTPSending, _ credentials: any S3CredentialSource,
        _ clock: any RemoteClock
    ) throws(RemoteError) {
        self.settings = settings
        self.http = http
        self.credentials = credentials
        self.clock = clock
        knowledge = Mutex(Knowledge(address: try S3Address(settings)))
    }

    /// What is known now.
    var known: Knowledge { knowledge.withLock { $0 } }

    /// Notes something new.
    func learn<Result: Sendable>(_ body: (inout Knowledge) -> Result) -> Result {
        knowledge.withLock { body(&$0) }
    }

    /// Sends a request, from the place and at the date that are right, and signed.
    ///
    /// - Parameter name: what errors call the object.
    /// - Returns: an answer of success, or one that is expected.
    /// - Throws: `RemoteError` for all others.
    func send(_ request: S3Request, _ name: String = "") async throws(RemoteError) -> HTTPResponse {
        let attempts = S3Attempts(request, of: self)
        let plain = HTTPRequest(
            request.method, known.address.url(request.key, request.query), request.headers,
            body: request.body, limit: request.limit)
        let rules = HTTPAttemptRules(
            prepare: { (request) throws(RemoteError) in try await attempts.prepare(&request) },
            judge: { attempts.judge($0) })
        let response: HTTPResponse
        do throws(RemoteError) {
            response = try await http.send(plain, rules)
        } catch {
            throw RemoteError(error.reason, error.key.isEmpty ? name : error.key)
        }
        if request.isAnswered(by: response) { return response }
        throw RemoteError(attempts.reason(response), name)
    }

    /// The size of an object; `nil` if there is none.
    ///
    /// - Throws: `RemoteError`. An answer that says no more than that one may not know is asked again in a way that has more words.
    func size(of key: String, _ name: String) async throws(RemoteError) -> Int64? {
        var request = S3Request(.head, key, .read)
        request.headers.add(settings.customerKeyHeaders)
        request.expected = [400, 401, 403, 404]
        let response = try await send(request, name)
        switch response.status {
        case 404: return nil
        case 400, 401, 403:
            // Answers to HEAD have no body that could tell why.
            request.method = .get
            request.headers.add("Range", "bytes=0-0")
            request.expected = [404, 416]
            _ = try await send(request, name)
            throw RemoteError(.refused(.other(status: response.status, code: "")), name)
        default:
            guard let size = response.headers["Content-Length"].flatMap({ Int64($0) }), size >= 0 else {
                throw RemoteError(.refused(.unexpected("no size of an object")), name)
            }
            return size
        }
    }
}

extension HTTPHeaders {
    /// Adds all headers of others.
    mutating func add(_ others: HTTPHeaders) {
        for field in others.fields { add(field.name, field.value) }
    }
}
