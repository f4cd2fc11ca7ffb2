import CairnRemote
import CairnSystem
import CairnTestSupport
import Glibc
import Testing

@Suite("Client of HTTP", .ownThreads)
struct HTTPClientTests {
    /// A client whose waits between attempts take no time.
    private func client(
        _ settings: HTTPSettings = HTTPSettings(), limits: RemoteLimits = RemoteLimits()
    ) -> HTTPClient {
        HTTPClient(settings, limits: limits, surroundings: HastyClock.surroundings)
    }

    private func reason(
        _ client: HTTPClient, _ request: HTTPRequest
    ) async -> RemoteError.Reason? {
        do throws(RemoteError) {
            _ = try await client.send(request)
            return nil
        } catch {
            return error.reason
        }
    }

    @Test("sends what it is told, and brings what comes back")
    func exchange() async throws {
        let server = try RawServer { request in
            [
                .answer(
                    "200 Fine", ["X-One: 1", "x-two:  two words \t", "X-One: again"],
                    body: request.method == "HEAD" ? [] : Array("\(request.method)!".utf8))
            ]
        }
        let client = client()
        let all: [(HTTPRequest.Method, HTTPRequest.Body)] = [
            (.get, .none), (.head, .none), (.put, .bytes([1, 2, 3])), (.put, .none), (.put, .bytes([])),
            (.post, .bytes([4])), (.post, .none), (.delete, .none), (.delete, .bytes([5])),
        ]
        for (number, (method, body)) in all.enumerated() {
            let url = "\(server.url)/a%20b/../c%2Fd//e?x=1&y=%2B"
            let response = try await client.send(
                HTTPRequest(method, url, ["X-Test": "value", "X-Empty": ""], body: body))
            #expect(response.status == 200)
            #expect(response.body == (method == .head ? [] : Array("\(method.rawValue)!".utf8)))
            #expect(response.headers["x-one"] == "1")
            #expect(response.headers["X-Two"] == "two words")
            let request = server.requests[number]
            #expect(request.method == method.rawValue)
            #expect(request.target == "/a%20b/../c%2Fd//e?x=1&y=%2B", "nothing in it is changed")
            #expect(request["X-Test"] == "value")
            #expect(request["X-Empty"] == "")
            #expect(request["Host"] == "127.0.0.1:\(server.port)")
            #expect(request["Expect"] == nil)
            #expect(request["Accept-Encoding"] == nil)
            if case .bytes(let bytes) = body { #expect(request.body == bytes) }
            if method == .put || method == .post {
                #expect(request["Content-Length"] == "\(body.count)")
            }
        }
        #expect(server.connectionCount == 1, "one connection serves all")
        let traffic = client.traffic
        #expect(traffic.requests == 9 && traffic.attempts == 9 && traffic.connections == 1)
        #expect(traffic.bytesUp == 5)
        #expect(traffic.bytesDown == 4 + 3 * 4 + 2 * 5 + 2 * 7)
    }

    @Test("sends a part of a file", arguments: [0..<1_500_000, 1_000_000..<3_000_000, 7..<8, 5..<5])
    func file(_ range: Range<Int64>) async throws {
        let scratch = try ScratchDirectory()
        var random = SeededRandom(seed: 4)
        let bytes = random.bytes(3_000_000)
        try Files.write(bytes, to: scratch("file"))
        let server = try RawServer { _ in [.answer("200 OK")] }
        let body = HTTPRequest.Body.file(FilePath(scratch("file")), range)
        let client = client()
        for _ in 0..<2 {
            #expect(try await client.send(HTTPRequest(.put, "\(server.url)/x", body: body)).status == 200)
        }
        for request in server.requests {
            #expect(request.body.elementsEqual(bytes[Int(range.lowerBound)..<Int(range.upperBound)]))
        }
        // Leave is asked for once, where it may spare something.
        let asked = server.requests.map { $0["Expect"] != nil }
        #expect(asked == [range.count > 1 << 20, false])
    }

    @Test("a server that does not know the question for leave costs a second, once")
    func noLeave() async throws {
        let server = try RawServer(agrees: false) { _ in [.answer("200 OK")] }
        let client = client()
        let bytes = [UInt8](repeating: 9, count: 2 << 20)
        for _ in 0..<15 {
            let request = HTTPRequest(.put, "\(server.url)/x", body: .bytes(bytes))
            #expect(try await client.send(request).status == 200)
        }
        #expect(server.requests.map { $0["Expect"] != nil } == [true] + Array(repeating: false, count: 14))
        #expect(server.requests.allSatisfy { $0.body == bytes })
    }

    @Test("a file that is shorter than was said, or not there, is an error")
    func missingFile() async throws {
        let scratch = try ScratchDirectory()
        try Files.write([1, 2, 3], to: scratch("file"))
        let server = try RawServer { _ in [.answer("200 OK")] }
        func reason(_ name: String) async -> RemoteError.Reason? {
            await self.reason(
                client(),
                HTTPRequest(.put, "\(server.url)/x", body: .file(FilePath(scratch(name)), 0..<4)))
        }
        #expect(await reason("file") == .truncated)
        #expect(await reason("none") == .io(.noSuchFileOrDirectory))
        #expect(server.requests.isEmpty)
    }

    @Test("many requests at the same time share so many connections as they may")
    func many() async throws {
        let server = try RawServer { [.wait(1), .answer("200 OK", text: $0.target)] }
        var settings = HTTPSettings()
        settings.requestsAtATime = 5
        let client = client(settings)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<200 {
                group.addTask {
                    let response = try await client.send(HTTPRequest(.get, "\(server.url)/\(number)"))
                    #expect(response.body == Array("/\(number)".utf8))
                }
            }
            try await group.waitForAll()
        }
        #expect(server.connectionCount <= 5)
        #expect(client.traffic.connections == server.connectionCount)
    }

    @Test("an answer with more than is taken is refused, whether it says so or not")
    func limit() async throws {
        let server = try RawServer { request in
            switch request.target {
            case "/said": [.text("HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n"), .hang]
            case "/endless":
                [.text("HTTP/1.1 200 OK\r\n\r\n"), .sendForever([UInt8](repeating: 1, count: 65_536))]
            default:
                [
                    .text("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
                    .sendForever(Array("4\r\nabcd\r\n".utf8)),
                ]
            }
        }
        let client = client()
        func reason(_ path: String) async -> RemoteError.Reason? {
            await self.reason(client, HTTPRequest(.get, server.url + path, limit: 100))
        }
        #expect(await reason("/said") == .tooLarge(1_000_000_000_000))
        for path in ["/endless", "/chunks"] {
            guard case .tooLarge(let size) = await reason(path) else {
                Issue.record("\(path) was taken")
                continue
            }
            #expect(size > 100)
        }
        #expect(client.traffic.attempts == 3, "asking again would not help")
    }

    @Test("of an answer that is no success enough is taken to know why, and no more")
    func words() async throws {
        let server = try RawServer { request in
            request.target == "/short"
                ? [.answer("404 Not Found", text: "no such key, and a long story about it")]
                : [
                    .text("HTTP/1.1 403 Forbidden\r\n\r\n"),
                    .sendForever([UInt8](repeating: 1, count: 65_536)),
                ]
        }
        let short = try await client().send(HTTPRequest(.get, "\(server.url)/short", limit: 3))
        #expect(short.status == 404 && short.body == Array("no such key, and a long story about it".utf8))
        let long = try await client().send(HTTPRequest(.get, "\(server.url)/long", limit: 3))
        #expect(long.status == 403 && long.body.count == 64 << 10)
    }

    @Test("what ends before its end is asked for again, and in the end an error")
    func truncated() async throws {
        let answers: [String: [RawServer.Step]] = [
            "/short": [.text("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"), .close],
            "/reset": [.text("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"), .wait(20), .reset],
            "/chunks": [.text("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"), .close],
            "/head": [.text("HTTP/1.1 200 OK\r\nContent-"), .close],
            "/nothing": [.close],
        ]
        let server = try RawServer { request in
            request.number % 4 == 3 ? [.answer("200 OK", text: "whole")] : answers[request.target] ?? []
        }
        for path in answers.keys {
            let client = client()
            let response = try await client.send(HTTPRequest(.get, server.url + path))
            #expect(response.body == Array("whole".utf8), "\(path)")
            #expect(client.traffic.attempts >= 2)
        }
        let never = try RawServer { answers[$0.target] ?? [] }
        for path in answers.keys {
            var settings = HTTPSettings()
            settings.attempts = 3
            let client = client(settings)
            guard case .temporary(let words) = await reason(client, HTTPRequest(.get, never.url + path))
            else {
                Issue.record("\(path) went well")
                continue
            }
            #expect(words.contains("127.0.0.1"), "\(words)")
            #expect(client.traffic.attempts == 3)
        }
    }

    @Test("a transfer that stands still is given up", arguments: ["/never", "/head", "/body"])
    func stall(_ path: String) async throws {
        let server = try RawServer { request in
            switch request.target {
            case "/never": [.hang]
            case "/head": [.text("HTTP/1.1 200 OK\r\n"), .hang]
            default: [.text("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"), .hang]
            }
        }
        var settings = HTTPSettings()
        settings.stallTimeout = .seconds(1)
        settings.attempts = 1
        let start = Monotonic.now
        let reason = await reason(client(settings), HTTPRequest(.get, server.url + path))
        #expect(reason == .temporary("127.0.0.1:\(server.port) has stopped answering"))
        #expect(Monotonic.now - start < 100)
    }

    @Test("an upload that nobody takes is given up")
    func stalledUpload() async throws {
        // The body is long enough that no buffer takes it; nobody reads it, as a head without an end is waited for.
        let listener = try SilentListener()
        var settings = HTTPSettings()
        settings.stallTimeout = .seconds(1)
        settings.attempts = 1
        let body = HTTPRequest.Body.bytes([UInt8](repeating: 1, count: 32 << 20))
        let reason = await reason(
            client(settings), HTTPRequest(.put, "http://127.0.0.1:\(listener.port)/x", body: body))
        #expect(reason == .temporary("127.0.0.1:\(listener.port) has stopped answering"))
    }

    @Test("a host that is not there is tried a few times, and the words say so")
    func unreachable() async throws {
        let port = try RawServer { _ in [] }.port
        let client = client()
        let refused = await reason(client, HTTPRequest(.get, "http://127.0.0.1:\(port)/secret?key=value"))
        #expect(refused == .unreachable("nothing answers at 127.0.0.1:\(port)"))
        #expect(client.traffic.attempts == 4)
        let unknown = await reason(client, HTTPRequest(.get, "http://user:word@no-such-host.invalid:81/x"))
        #expect(unknown == .unusable("the URL has a user in it"))
        let nameless = await reason(client, HTTPRequest(.get, "http://no-such-host.invalid:81/x"))
        #expect(nameless == .unreachable("the name of no-such-host.invalid:81 is not known"))
    }

    @Test(
        "what is no HTTP is refused at once",
        arguments: [
            "SSH-2.0-OpenSSH_9.2\r\n", "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
            "\0\0\0\0\0\0\0\0\n\n",
        ])
    func noHTTP(_ text: String) async throws {
        let server = try RawServer { _ in [.text(text), .close] }
        let client = client()
        let reason = await reason(client, HTTPRequest(.get, server.url))
        #expect(reason == .unusable("what 127.0.0.1:\(server.port) answers is not HTTP"))
        #expect(client.traffic.attempts == 1)
    }

    @Test(
        "headers without an end are refused, and take no memory",
        arguments: ["X: y\r\n", "HTTP/1.1 100 Continue\r\n\r\n"])
    func endlessHeaders(_ line: String) async throws {
        let server = try RawServer { _ in
            [
                .text(line.hasPrefix("HTTP") ? line : "HTTP/1.1 200 OK\r\n"),
                .sendForever(Array(String(repeating: line, count: 100).utf8)),
            ]
        }
        let reason = await reason(client(), HTTPRequest(.get, server.url))
        #expect(reason == .unusable("the server's answer has too many headers"))
    }

    @Test("of several heads the last one counts, and trailers do not")
    func heads() async throws {
        let server = try RawServer { _ in
            [
                .text("HTTP/1.1 103 Early Hints\r\nLink: x\r\nETag: early\r\n\r\n"),
                .text("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: ETag\r\n\r\n"),
                .text("2\r\nab\r\n0\r\nETag: late\r\n\r\n"),
            ]
        }
        let response = try await client().send(HTTPRequest(.get, server.url))
        #expect(response.status == 200 && response.body == Array("ab".utf8))
        #expect(response.headers["ETag"] == nil && response.headers["Link"] == nil)
    }

    @Test("redirects are answers like others")
    func redirect() async throws {
        let server = try RawServer { _ in [.answer("307 Elsewhere", ["Location: http://127.0.0.1:1/x"])] }
        let response = try await client().send(HTTPRequest(.get, server.url))
        #expect(response.status == 307 && response.headers["location"] == "http://127.0.0.1:1/x")
    }

    @Test(
        "only http and https are spoken",
        arguments: ["file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://127.0.0.1/", "x", ""])
    func schemes(_ url: String) async {
        guard case .unusable = await reason(client(), HTTPRequest(.get, url)) else {
            Issue.record("\(url) was asked for")
            return
        }
    }

    @Test("what would be several headers is not sent")
    func injection() async throws {
        let server = try RawServer { _ in [.answer("200 OK")] }
        for request in [
            HTTPRequest(.get, server.url, ["X": "a\r\nY: b"]), HTTPRequest(.get, server.url, ["X\nY": "b"]),
            HTTPRequest(.get, server.url, ["": "b"]), HTTPRequest(.get, "\(server.url)/ HTTP/1.1\r\nX: y"),
        ] {
            guard case .unusable = await reason(client(), request) else {
                Issue.record("it was sent")
                continue
            }
        }
        #expect(server.requests.isEmpty)
    }

    @Test(
        "a user and a password go as they are, or as a digest", arguments: [HTTPLogin.Method.basic, .digest])
    func login(_ method: HTTPLogin.Method) async throws {
        let server = try RawServer { request in
            let authorization = request["Authorization"] ?? ""
            let isRight =
                method == .basic
                ? authorization == "Basic cmVhZGVyOnM6ZWNyZXQ="
                : authorization.hasPrefix("Digest username=\"reader\"")
                    && authorization.contains("nonce=\"abc\"")
            return [
                isRight
                    ? .answer("200 OK", text: "in")
                    : .answer(
                        "401 Who",
                        [
                            method == .basic
                                ? "WWW-Authenticate: Basic realm=\"x\""
                                : "WWW-Authenticate: Digest realm=\"x\", nonce=\"abc\", qop=\"auth\", algorithm=MD5"
                        ], text: "who are you?")
            ]
        }
        var request = HTTPRequest(.get, "\(server.url)/x")
        let without = try await client().send(request)
        #expect(without.status == 401)
        request.login = HTTPLogin(user: "reader", password: "s:ecret", method: method)
        let with = try await client().send(request)
        #expect(with.status == 200 && with.body == Array("in".utf8))
        #expect("\(request)".contains("s:ecret") == false)
    }

    @Test("a task that is cancelled waits no longer")
    func cancelled() async throws {
        let server = try RawServer { _ in [.hang] }
        let client = client()
        let task = Task { try await client.send(HTTPRequest(.get, server.url)) }
        while server.requests.isEmpty { try await Task.sleep(for: .milliseconds(1)) }
        task.cancel()
        await #expect(throws: RemoteError(.interrupted)) { try await task.value }
        #expect(client.traffic.attempts == 1)
    }

    @Test("who asks to stop waits no longer")
    func interrupted() async {
        await #expect(processExitsWith: .success) {
            Interruption.watch()
            let server = try RawServer { _ in [.hang] }
            let client = HTTPClient()
            let tasks = (0..<40).map { _ in Task { try await client.send(HTTPRequest(.get, server.url)) } }
            while server.requests.count < 16 { try await Task.sleep(for: .milliseconds(1)) }
            let start = Monotonic.now
            kill(getpid(), SIGTERM)
            for task in tasks {
                await #expect(throws: RemoteError(.interrupted)) { try await task.value }
            }
            #expect(Monotonic.now - start < 20)
        }
    }

    @Test("bytes flow evenly, both ways together, as fast as they may")
    func bandwidth() async throws {
        let piece = [UInt8](repeating: 1, count: 200_000)
        let server = try RawServer {
            $0.method == "GET" ? [.answer("200 OK", body: piece)] : [.answer("200 OK")]
        }
        let client = HTTPClient(limits: RemoteLimits(bytesPerSecond: 1_000_000))
        let start = Monotonic.now
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<8 {
                group.addTask {
                    let request =
                        number % 2 == 0
                        ? HTTPRequest(.get, server.url)
                        : HTTPRequest(.put, server.url, body: .bytes(piece))
                    let response = try await client.send(request)
                    #expect(response.status == 200)
                }
            }
            try await group.waitForAll()
        }
        let seconds = Monotonic.now - start
        #expect(seconds >= 1.2, "1.6 MB at 1 MB/s took \(seconds) s")
        #expect(server.requests.filter { $0.method == "PUT" }.allSatisfy { $0.body == piece })
    }

    @Test("so many requests a second")
    func requestsPerSecond() async throws {
        let server = try RawServer { _ in [.answer("200 OK")] }
        let client = HTTPClient(limits: RemoteLimits(requestsPerSecond: 50))
        let start = Monotonic.now
        for _ in 0..<26 { _ = try await client.send(HTTPRequest(.get, server.url)) }
        #expect(Monotonic.now - start >= 0.5)
    }

    @Test("a client that was never used has no thread to end, and one that was ends it")
    func end() async throws {
        _ = HTTPClient()
        let server = try RawServer { _ in [.answer("200 OK")] }
        for _ in 0..<20 {
            let client = HTTPClient()
            let response = try await client.send(HTTPRequest(.get, server.url))
            #expect(response.isSuccess)
        }
        #expect(server.connectionCount == 20)
    }
}
