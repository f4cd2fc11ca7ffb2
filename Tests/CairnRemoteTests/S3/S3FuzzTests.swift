import CairnSystem
import CairnTestSupport
import Synchronization
import Testing

@testable import CairnRemote

@Suite("Answers of S3 services, damaged", .ownThreads)
struct S3FuzzTests {
    /// A service whose answers are damaged at random: bodies, headers, statuses. It never takes more than some thousand requests.
    private static func service(_ bucket: ScriptedBucket, _ seed: UInt64) -> any HTTPSending {
        let random = Mutex(SeededRandom(seed: seed))
        let base = bucket.service
        return DamagingService(base: base, random: random)
    }

    @Test("whatever is answered, operations end, with a result or an error (fuzzed)")
    func operations() async throws {
        let threads = TaskThreads(count: 2)
        let problem = Fuzzing.firstProblem(rounds: 300) { random in
            let seed = random.next()
            let large = Int.random(in: 0..<20, using: &random) == 0
            return try runBlocking(on: threads) { try await Self.round(seed, isLarge: large) }
        }
        #expect(problem == nil)
    }

    private static func round(_ seed: UInt64, isLarge: Bool) async throws -> String? {
        let bucket = ScriptedBucket()
        bucket.change { state in for number in 0..<3 { state.objects["p/o\(number)"] = [1, 2, 3] } }
        let service = Self.service(bucket, seed)
        let remote = try S3Remote(service)
        _ = await failure { () async throws(RemoteError) in try await remote.list("") }
        _ = await failure { () async throws(RemoteError) in try await remote.top() }
        var wrong: String?
        _ = await failure { () async throws(RemoteError) in
            let part = try await remote.read("o1", 1..<3, limit: 2)
            if part.count != 2 { wrong = "a part of \(part.count) bytes" }
        }
        _ = await failure { () async throws(RemoteError) in
            let whole = try await remote.read("o1", nil, limit: 100)
            if whole.count > 100 { wrong = "\(whole.count) bytes" }
        }
        let content = [UInt8](repeating: 5, count: isLarge ? (16 << 20) + 1 : 10)
        _ = await failure { () async throws(RemoteError) in
            try await remote.write([RemoteUpload("new", .bytes(content))], jobs: 2)
        }
        _ = await failure { () async throws(RemoteError) in try await remote.delete(["o1", "o2"]) }
        return wrong
    }
}

private final class DamagingService: HTTPSending {
    private let base: ScriptedService
    private let random: Mutex<SeededRandom>
    private let count = Mutex(0)

    init(base: ScriptedService, random: consuming sending Mutex<SeededRandom>) {
        self.base = base
        self.random = random
    }

    func send(_ request: HTTPRequest, _ rules: HTTPAttemptRules) async throws(RemoteError) -> HTTPResponse {
        let number = count.withLock { count in
            count += 1
            return count
        }
        guard number < 5000 else { preconditionFailure("requests come to an end") }
        let judged = HTTPAttemptRules(prepare: rules.prepare, judge: { _ in .final })
        var attempt = 0
        while true {
            attempt += 1
            let answer = damaged(try await base.send(request, judged))
            if answer.isSuccess, answer.body.count > request.limit {
                throw RemoteError(.tooLarge(Int64(answer.body.count)))
            }
            if rules.judge(answer) == .final || attempt == ScriptedService.mostAttempts { return answer }
        }
    }

    private func damaged(_ response: HTTPResponse) -> HTTPResponse {
        random.withLock { random in
            var response = response
            switch Int.random(in: 0..<8, using: &random) {
            case 0: response.body = random.damaged(response.body)
            case 1: response.body = random.damagedText(response.body)
            case 2:
                response.status =
                    [200, 204, 206, 301, 307, 400, 403, 404, 412, 416, 500, 501, 503].randomElement(
                        using: &random) ?? 200
            case 3:
                let names = [
                    "Content-Length", "Content-Range", "Date", "ETag", "x-amz-bucket-region", "Location",
                ]
                let values = [
                    "", "-1", "99999999999999999999", "bytes 1-2/3", "bytes 0-9223372036854775807/1", "\u{0}",
                    "eu-west-1", "http://s3.test/x", "Tue, 14 Nov 2099 22:13:20 GMT", "\"\"",
                ]
                response.headers[names.randomElement(using: &random) ?? ""] = values.randomElement(
                    using: &random)
            case 4: response.headers["Date"] = nil
            case 5:
                let code =
                    ["SlowDown", "RequestTimeTooSkewed", "PermanentRedirect", "ExpiredToken", "NoSuchUpload"]
                    .randomElement(using: &random) ?? ""
                response = .error(
                    [200, 301, 400, 403, 404, 503].randomElement(using: &random) ?? 400, code,
                    "<Region>r\(random.next())</Region>")
            default: break
            }
            return response
        }
    }
}
