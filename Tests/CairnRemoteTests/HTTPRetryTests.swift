import CairnRemote
import CairnTestSupport
import Glibc
import Testing

@Suite("Attempts of requests", .ownThreads)
struct HTTPRetryTests {
    private let clock = HastyClock()

    private func client(_ attempts: Int = 8, atATime: Int = 16) -> HTTPClient {
        var settings = HTTPSettings()
        settings.attempts = attempts
        settings.requestsAtATime = atATime
        return HTTPClient(
            settings,
            surroundings: RemoteSurroundings(clock: clock, random: SystemRandomNumberGenerator()))
    }

    /// A server that answers so before it says yes.
    private func server(_ status: String, _ headers: [String] = [], times: Int) throws -> RawServer {
        try RawServer { request in
            [request.number < times ? .answer(status, headers, text: "no") : .answer("200 OK", text: "yes")]
        }
    }

    @Test(
        "what may pass is tried again after waits that grow",
        arguments: ["408 x", "425 x", "429 x", "500 x", "502 x", "503 x", "504 x"])
    func passing(_ status: String) async throws {
        let server = try server(status, times: 5)
        let response = try await client().send(HTTPRequest(.put, server.url, body: .bytes([1, 2])))
        #expect(response.status == 200)
        #expect(server.requests.map(\.body) == Array(repeating: [1, 2], count: 6))
        #expect(clock.sleeps.count == 5)
        #expect(clock.sleeps.allSatisfy { (.milliseconds(100)...(.seconds(20))).contains($0) })
        #expect(clock.sleeps[0] <= .milliseconds(300))
    }

    @Test(
        "what does not pass is an answer",
        arguments: ["400 x", "401 x", "403 x", "404 x", "412 x", "501 x", "301 x"])
    func lasting(_ status: String) async throws {
        let server = try server(status, times: 5)
        let response = try await client().send(HTTPRequest(.get, server.url))
        #expect("\(response.status) x" == status && server.requests.count == 1)
    }

    @Test("in the end the last answer is the answer", arguments: [1, 3])
    func exhausted(_ attempts: Int) async throws {
        let server = try server("503 Busy", times: 100)
        let response = try await client(attempts).send(HTTPRequest(.get, server.url))
        #expect(response.status == 503 && response.body == Array("no".utf8))
        #expect(server.requests.count == attempts)
    }

    @Test(
        "who is told when to come again comes not before, and waits no hours",
        arguments: [("3", 3), ("0", 0), ("100000", 60), ("-5", 0)])
    func retryAfter(_ value: String, _ seconds: Int64) async throws {
        let server = try server("503 Busy", ["Retry-After: \(value)"], times: 1)
        _ = try await client().send(HTTPRequest(.get, server.url))
        let sleeps = clock.sleeps
        #expect(sleeps.count == 1)
        // And somewhat more, so that those who were told the same do not come together.
        #expect(sleeps.allSatisfy { $0 > .seconds(seconds) && $0 <= .seconds(seconds) + .milliseconds(300) })
    }

    @Test(
        "the time to come again may be a date",
        arguments: ["Sat, 21 Nov 2099 18:49:08 GMT", "Sat, 21 Nov 2020 18:49:08 GMT"])
    func retryAfterDate(_ date: String) async throws {
        let server = try server("429 Busy", ["Retry-After: \(date)"], times: 1)
        _ = try await client().send(HTTPRequest(.get, server.url))
        let seconds: Int64 = date.contains("2099") ? 60 : 0
        let sleeps = clock.sleeps
        #expect(sleeps.allSatisfy { $0 > .seconds(seconds) && $0 <= .seconds(seconds) + .milliseconds(300) })
    }

    @Test("a request is prepared for each attempt anew, from what it was")
    func prepared() async throws {
        let server = try server("500 x", times: 2)
        let count = Shared(0)
        let rules = HTTPAttemptRules(prepare: { request throws(RemoteError) in
            count.change { $0 += 1 }
            request.headers.add("X-Attempt", "\(count.value)")
        })
        _ = try await client().send(HTTPRequest(.get, server.url), rules)
        #expect(server.requests.map { $0["X-Attempt"] } == ["1", "2", "3"])
    }

    @Test("what cannot be prepared is not sent")
    func unprepared() async throws {
        let server = try server("500 x", times: 2)
        let rules = HTTPAttemptRules(prepare: { _ throws(RemoteError) in throw RemoteError(.denied) })
        await #expect(throws: RemoteError(.denied)) {
            try await client().send(HTTPRequest(.get, server.url), rules)
        }
        #expect(server.requests.isEmpty)
    }

    @Test("an answer that asks for the same at once costs no wait, and has its bound")
    func again() async throws {
        let server = try server("403 Skewed", times: 100)
        let rules = HTTPAttemptRules(judge: { $0.status == 403 ? .again : .final })
        let response = try await client(3).send(HTTPRequest(.get, server.url), rules)
        #expect(response.status == 403 && server.requests.count == 3 && clock.sleeps.isEmpty)
    }

    @Test("fewer requests go at a time while a server has too much to do, and more again afterwards")
    func slower() async throws {
        let (now, most) = (Shared(0), Shared(0))
        let server = try RawServer { request in
            now.change { $0 += 1 }
            let count = now.value
            most.change { $0 = max($0, count) }
            defer { now.change { $0 -= 1 } }
            // What takes its time is counted while it does.
            var time = timespec(tv_sec: 0, tv_nsec: 2_000_000)
            nanosleep(&time, nil)
            return [count > 3 ? .answer("503 SlowDown") : .answer("200 OK")]
        }
        let client = client(1000, atATime: 16)
        try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<300 { group.addTask { try await client.send(HTTPRequest(.get, server.url)).status } }
            for try await status in group { #expect(status == 200) }
        }
        #expect(most.value > 3, "it was too much at first")
        #expect(client.requestsAtATime <= 8)
        // A few hundred answers, not thousands: it was not asked again and again.
        #expect(client.traffic.attempts < 900)
        let before = client.requestsAtATime
        for _ in 0..<60 { _ = try await client.send(HTTPRequest(.get, server.url)) }
        #expect(client.requestsAtATime > before)
    }

    @Test("a host that has answered before is waited for")
    func acquaintance() async throws {
        let server = try RawServer { [$0.number == 0 ? .answer("200 OK") : .reset] }
        let client = client(6)
        _ = try await client.send(HTTPRequest(.get, server.url))
        await #expect(
            throws: RemoteError(.temporary("the connection to 127.0.0.1:\(server.port) was broken"))
        ) {
            try await client.send(HTTPRequest(.get, server.url))
        }
        #expect(client.traffic.attempts == 7)
    }
}
