import CairnCore
import CairnRemote
import CairnSystem
import Synchronization

/// Sends nothing: a closure answers. Attempts follow each other as the rules want it, without waits.
final class ScriptedService: HTTPSending {
    static let mostAttempts = 8

    private let answer: @Sendable (HTTPRequest) throws(RemoteError) -> HTTPResponse
    private let log = Mutex<[HTTPRequest]>([])

    init(_ answer: @escaping @Sendable (HTTPRequest) throws(RemoteError) -> HTTPResponse) {
        self.answer = answer
    }

    /// Answers one after the other, the last one again and again.
    convenience init(_ answers: HTTPResponse...) {
        let rest = Mutex(answers)
        self.init { _ in rest.withLock { $0.count > 1 ? $0.removeFirst() : $0[0] } }
    }

    /// The attempts so far, as they were sent.
    var requests: [HTTPRequest] { log.withLock { $0 } }

    /// Their methods and URLs, without the host.
    var lines: [String] { requests.map { "\($0.method.rawValue) \($0.target)" } }

    func send(_ request: HTTPRequest, _ rules: HTTPAttemptRules) async throws(RemoteError) -> HTTPResponse {
        var attempt = 1
        while true {
            var signed = request
            try await rules.prepare(&signed)
            log.withLock { $0.append(signed) }
            let response = try answer(signed)
            if response.isSuccess, response.body.count > request.limit {
                throw RemoteError(.tooLarge(Int64(response.body.count)))
            }
            guard rules.judge(response) != .final, attempt < Self.mostAttempts else { return response }
            attempt += 1
        }
    }
}

extension HTTPRequest {
    /// Path and query.
    var target: String {
        let parts = url.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
        return parts.count == 4 ? "/" + parts[3] : "/"
    }

    /// The bytes of the body.
    var bytes: [UInt8] {
        switch body {
        case .none: []
        case .bytes(let bytes): bytes
        case .file(let path, let range):
            Array(
                ((try? path.readIfPresent()) ?? nil ?? [])[Int(range.lowerBound)..<Int(range.upperBound)])
        }
    }
}

extension HTTPResponse {
    static let date = "Tue, 14 Nov 2023 22:13:20 GMT"

    /// An answer with text.
    init(_ status: Int, _ headers: HTTPHeaders = [:], text: String) {
        var headers = headers
        if headers["Date"] == nil { headers.add("Date", Self.date) }
        self.init(status, headers, body: Array(text.utf8))
    }

    /// An error as S3 says it.
    static func error(_ status: Int, _ code: String, _ more: String = "", _ headers: HTTPHeaders = [:])
        -> HTTPResponse
    {
        HTTPResponse(
            status, headers,
            text: "<?xml version=\"1.0\"?>\n<Error><Code>\(code)</Code><Message>m</Message>\(more)</Error>")
    }
}

/// A clock that stands at the date of the scripted answers and does not wait.
struct StillClock: RemoteClock {
    var elapsed: Duration { .zero }
    var date: Int64 { 1_700_000_000_000 }
    func sleep(for duration: Duration) async throws(RemoteError) {}
}

extension S3Remote {
    static let testKey = S3Credentials(accessKeyID: "AKIDTEST", secretAccessKey: "do-not-tell-1")

    /// A remote over a script.
    init(
        _ http: any HTTPSending, prefix: String = "p", key: S3Credentials? = testKey,
        _ change: (inout S3Settings) -> Void = { _ in }
    ) throws(RemoteError) {
        var settings = S3Settings(bucket: "bucket", prefix: prefix, endpoint: "http://s3.test")
        change(&settings)
        self = try S3Remote(
            settings, over: http, credentials: FixedKey(key),
            surroundings: RemoteSurroundings(clock: StillClock(), random: SystemRandomNumberGenerator()))
    }
}

/// What an operation fails with.
func failure(_ body: () async throws(RemoteError) -> some Any) async -> RemoteError? {
    do throws(RemoteError) {
        _ = try await body()
        return nil
    } catch {
        return error
    }
}
