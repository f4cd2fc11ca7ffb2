import CairnRemote
import CairnSystem
import CairnTestSupport
import Testing

@Suite("Remotes on web servers", .ownThreads)
struct HTTPRemoteTests {
    private func remote(
        _ url: String, _ proof: WebSettings.Proof = .none, _ settings: HTTPSettings = HTTPSettings()
    ) throws -> HTTPRemote {
        let client = HTTPClient(settings, surroundings: HastyClock.surroundings)
        return try HTTPRemote(WebSettings(url: url, proof: proof), client)
    }

    private func reason(_ body: () async throws(RemoteError) -> some Any) async -> RemoteError.Reason? {
        do throws(RemoteError) {
            _ = try await body()
            return nil
        } catch {
            return error.reason
        }
    }

    private func read(
        _ remote: HTTPRemote, _ range: Range<Int64>? = nil, limit: Int = 100
    ) async -> RemoteError.Reason? {
        await reason { () async throws(RemoteError) in try await remote.read("k", range, limit: limit) }
    }

    @Test("nothing can be written or deleted there")
    func readOnly() async throws {
        let remote = try remote("http://127.0.0.1:1")
        let write = await reason { () async throws(RemoteError) in
            try await remote.write([RemoteUpload("a", text: "x")], jobs: 1)
        }
        let delete = await reason { () async throws(RemoteError) in try await remote.delete(["a"]) }
        #expect(write == .readOnly && delete == .readOnly)
        #expect(try await remote.write([], jobs: 1) == [])
        try await remote.delete([])
    }

    @Test("the place has no password in it")
    func place() throws {
        #expect(try remote("https://me:secret@h:1/data/").place == "https://h:1/data")
    }

    @Test(
        "statuses mean something",
        arguments: [
            (404, RemoteError.Reason.notFound), (410, .notFound), (401, .unknownUser), (403, .denied),
            (503, .temporary("the server answers with status 503")),
            (418, .unusable("the server answers with status 418")),
            (204, .unusable("the server answers with status 204")),
            (304, .unusable("the server answers with status 304")),
        ])
    func statuses(_ status: Int, _ expected: RemoteError.Reason) async throws {
        let server = try RawServer { _ in
            [
                .text(
                    "HTTP/1.1 \(status) x\r\n\(status == 204 || status == 304 ? "" : "Content-Length: 0\r\n")\r\n"
                )
            ]
        }
        let remote = try remote(server.url)
        #expect(await read(remote) == expected)
        #expect(await read(remote, 0..<1) == expected)
        let size = await reason { () async throws(RemoteError) in try await remote.size(of: "k") }
        if status == 404 || status == 410 {
            #expect(try await remote.size(of: "k") == nil)
        } else if status != 204 {
            #expect(size == expected)
        }
    }

    @Test("of a server that knows no parts the part is taken from the whole")
    func wholes() async throws {
        let server = try RawServer { _ in [.answer("200 OK", text: "0123456789")] }
        let remote = try remote(server.url)
        #expect(try await remote.read("k", 2..<5, limit: 3) == Array("234".utf8))
        #expect(await read(remote, 2..<11) == .truncated)
        #expect(server.requests[0]["Range"] == "bytes=2-4")
        let large = try RawServer { _ in
            [.text("HTTP/1.1 200 OK\r\nContent-Length: 900000000\r\n\r\n"), .hang]
        }
        #expect(
            await read(try self.remote(large.url), 2..<5)
                == .unusable("the server does not send parts of objects"))
    }

    @Test(
        "a part that was not asked for is refused",
        arguments: [
            "bytes 0-2/10", "bytes 2-5/10", "bytes 2-3/10", "bytes 2-4", "", "bytes */10", "bytes 2-4/3",
            "bytes 9999999999999999999999-4/10",
        ])
    func otherParts(_ header: String) async throws {
        let server = try RawServer { _ in
            [.answer("206 Partial", header.isEmpty ? [] : ["Content-Range: \(header)"], text: "234")]
        }
        let remote = try remote(server.url)
        #expect(await read(remote, 2..<5) == .unusable("the server sends another part than it was asked for"))
    }

    @Test(
        "an object that ends early ends early",
        arguments: [
            ("206 Partial", "bytes 2-3/4", "23"), ("416 No", "bytes */1", ""), ("200 OK", "", "0123"),
            ("416 No", "", ""),
        ])
    func ends(_ status: String, _ header: String, _ body: String) async throws {
        let server = try RawServer { _ in [.answer(status, ["Content-Range: \(header)"], text: body)] }
        #expect(await read(try remote(server.url), 2..<5) == .truncated)
    }

    @Test("what is packed unasked is refused, and nobody asks for it")
    func packed() async throws {
        let server = try RawServer { request in
            [
                .answer(
                    "200 OK", ["Content-Encoding: gzip", "Content-Type: text/html"], text: "not gzip at all")
            ]
        }
        let remote = try remote(server.url)
        let expected = RemoteError.Reason.unusable("the server packs what it sends, unasked")
        #expect(await read(remote) == expected)
        #expect(await read(remote, 0..<1) == expected)
        let top = await reason { () async throws(RemoteError) in try await remote.top() }
        #expect(top == .notListable)
        #expect(server.requests.allSatisfy { $0["Accept-Encoding"] == "identity" })
    }

    @Test("sizes are asked for in another way where HEAD is not known, or tells nothing")
    func sizes() async throws {
        let server = try RawServer { request in
            switch (request.method, request.target) {
            case ("HEAD", "/refused"), ("HEAD", "/empty"): [.answer("405 No")]
            case ("HEAD", _): [.text("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")]
            case (_, "/refused"): [.answer("206 P", ["Content-Range: bytes 0-0/1234"], text: "x")]
            case (_, "/empty"): [.answer("416 P", ["Content-Range: bytes */0"])]
            case (_, "/whole"): [.answer("200 OK", text: "12345")]
            case (_, "/large"): [.text("HTTP/1.1 200 OK\r\nContent-Length: 5000000\r\n\r\n"), .hang]
            default: [.text("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n")]
            }
        }
        let remote = try remote(server.url)
        for (key, size) in [("refused", 1234), ("empty", 0), ("whole", 5), ("large", 5_000_000)]
            as [(String, Int64)]
        {
            #expect(try await remote.size(of: key) == size, "\(key)")
            #expect(try await remote.list(key).objects.map(\.size) == [size])
        }
        let none = await reason { () async throws(RemoteError) in try await remote.size(of: "chunks") }
        #expect(none == .unusable("the server does not say how long it is"))
    }

    @Test("a folder is no object, wherever the server redirects to it")
    func folders() async throws {
        let server = try RawServer { request in
            request.target.hasSuffix("/")
                ? [.answer("200 OK", text: request.method == "HEAD" ? "" : "<title>Index of</title>")]
                : [.answer("301 Moved", ["Location: \(request.target)/"])]
        }
        let remote = try remote(server.url)
        #expect(await read(remote) == .notFound)
        #expect(try await remote.size(of: "k") == nil)
    }

    @Test("redirects are followed, in circles not for ever")
    func redirects() async throws {
        let server = try RawServer { request in
            let number = Int(request.target.dropFirst(2)) ?? 0
            return request.target == "/k" || number < 9 && number > 0
                ? [.answer("302 Found", ["Location: /r\(number + 1)"])]
                : request.target == "/r9"
                    ? [.answer("200 OK", text: "there")] : [.answer("302 Found", ["Location: /loop"])]
        }
        let remote = try remote(server.url)
        #expect(try await remote.read("k", nil, limit: 10) == Array("there".utf8))
        let loop = await reason { () async throws(RemoteError) in
            try await remote.read("loop", nil, limit: 10)
        }
        #expect(loop == .unusable("the server redirects too often"))
        #expect(server.requests.count < 30)
        for target in ["file:///etc/passwd", "http://", "ftp://127.0.0.1/"] {
            let server = try RawServer { _ in [.answer("302 Found", ["Location: \(target)"])] }
            #expect(
                await read(try self.remote(server.url))
                    == .unusable("the server redirects to what is no web address"))
        }
    }

    @Test(
        "who asks is told to no other server, and not on the way back",
        arguments: [
            WebSettings.Proof.login(HTTPLogin(user: "me", password: "secret")),
            .header(name: "X-Token", value: "secret"),
        ])
    func proof(_ proof: WebSettings.Proof) async throws {
        let port = Shared<UInt16>(0)
        let other = try RawServer { request in
            request.target == "/back"
                ? [.answer("302 F", ["Location: http://127.0.0.1:\(port.value)/last"])]
                : [.answer("200 OK", text: "x")]
        }
        let server = try RawServer { request in
            switch request.target {
            case "/k": [.answer("302 F", ["Location: /same"])]
            case "/same": [.answer("302 F", ["Location: \(other.url)/back"])]
            default: [.answer("200 OK", text: "end")]
            }
        }
        port.change { $0 = server.port }
        let remote = try remote(server.url, proof)
        #expect(try await remote.read("k", nil, limit: 10) == Array("end".utf8))
        func knows(_ request: RawServer.Request) -> Bool {
            request["X-Token"] == "secret" || request["Authorization"] == "Basic bWU6c2VjcmV0"
        }
        #expect(server.requests.map(\.target) == ["/k", "/same", "/last"])
        #expect(server.requests.map(knows) == [true, true, false])
        #expect(other.requests.count == 1 && !other.requests[0].head.contains("secret"))
        #expect(other.requests.allSatisfy { $0["Authorization"] == nil })
    }

    @Test(
        "a server that shows no folders is told from an empty one",
        arguments: [
            "403", "404", "405", "welcome", "text", "redirect",
        ])
    func notListable(_ kind: String) async throws {
        let server = try RawServer { request in
            let isKey = request.target == "/data/k"
            switch kind {
            case _ where isKey: return [.answer("200 OK", text: request.method == "HEAD" ? "" : "x")]
            case "welcome": return [.answer("200 OK", ["Content-Type: text/html"], text: "<h1>Welcome!</h1>")]
            case "text": return [.answer("200 OK", ["Content-Type: text/plain"], text: "<a href=\"x\">x</a>")]
            case "redirect" where request.target != "/login": return [.answer("302 F", ["Location: /login"])]
            case "redirect":
                return [
                    .answer("200 OK", ["Content-Type: text/html"], text: "<form><a href=\"/help\">help</a>")
                ]
            default: return [.answer("\(kind) x")]
            }
        }
        let remote = try remote("\(server.url)/data")
        for prefix in ["", "log/"] {
            let list = await reason { () async throws(RemoteError) in try await remote.list(prefix) }
            #expect(list == .notListable)
        }
        #expect(await reason { () async throws(RemoteError) in try await remote.top() } == .notListable)
        #expect(try await remote.size(of: "k") == 0)
    }

    @Test("a folder that is not there has no objects, if others are shown")
    func missingFolder() async throws {
        let server = try RawServer { request in
            request.target == "/"
                ? [.answer("200 OK", ["Content-Type: text/html"], text: "<a href=\"../\">..</a>")]
                : [.answer("404 x")]
        }
        let remote = try remote(server.url)
        for _ in 0..<3 { #expect(try await remote.list("log/").objects == []) }
        #expect(try await remote.list("").objects == [])
        #expect(server.requests.map(\.target) == ["/log/", "/", "/log/", "/log/", "/"])
    }

    @Test("a server that shows an object also with a slash behind it has no such folder")
    func slash() async throws {
        let server = try RawServer { request in
            request.target == "/"
                ? [.answer("200 OK", ["Content-Type: text/html"], text: "<a href=\"k\">k</a>")]
                : [.answer("200 OK", text: request.method == "HEAD" ? "" : "bytes")]
        }
        #expect(try await remote(server.url).list("k/").objects == [])
    }

    @Test("a page without an end is refused, and so are folders without an end")
    func endless() async throws {
        let server = try RawServer { _ in
            [
                .text("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n"),
                .sendForever(Array(String(repeating: "<a href=\"abc\">abc</a>\n", count: 3000).utf8)),
            ]
        }
        let one = try remote(server.url)
        let page = await reason { () async throws(RemoteError) in try await one.list("") }
        #expect(page == .unusable("the page of the folder is too long"))
        let tree = try RawServer { _ in
            let links = (0..<50).map { "<a href=\"d\($0)/\">d</a>" }.joined()
            return [.answer("200 OK", ["Content-Type: text/html"], text: links)]
        }
        let other = try remote(tree.url)
        let folders = await reason { () async throws(RemoteError) in try await other.list("") }
        #expect(folders == .unusable("the server lists more folders and objects than can be"))
        #expect(tree.requests.count < 30_000)
    }

    @Test("a listing is made of pages, and of looks at what these do not tell")
    func listing() async throws {
        let server = try RawServer { request in
            switch (request.method, request.target) {
            case ("GET", "/data/"):
                [
                    .answer(
                        "200 OK",
                        ["Content-Type: text/html; charset=utf-8", "Date: Sat, 21 Nov 2026 18:49:08 GMT"],
                        text: """
                            <a href="../">../</a>
                            <a href="told">told</a>   21-Nov-2026 18:40   12
                            <a href="asked">asked</a>
                            <a href="gone">gone</a>
                            <a href="cairn.tmp/">cairn.tmp/</a>
                            <a href="sub/">sub/</a>
                            """)
                ]
            case ("GET", "/data/sub/"):
                [.answer("200 OK", ["Content-Type: text/html"], text: "<a href=\"/data/sub/x%2By\">x+y</a>")]
            case ("HEAD", "/data/asked"):
                [
                    .text(
                        "HTTP/1.1 200 OK\r\nContent-Length: 34\r\nLast-Modified: Sat, 21 Nov 2026 18:49:07 GMT\r\n\r\n"
                    )
                ]
            case ("HEAD", "/data/sub/x%2By"): [.text("HTTP/1.1 200 OK\r\nContent-Length: 56\r\n\r\n")]
            default: [.answer("404 x")]
            }
        }
        let listing = try await remote("\(server.url)/data").list("")
        #expect(listing.now == 1_795_286_948_000)
        #expect(
            listing.objects == [
                RemoteObject(key: "asked", size: 34, modified: 1_795_286_947_000),
                RemoteObject(key: "sub/x+y", size: 56, modified: 0),
                RemoteObject(key: "told", size: 12, modified: 1_795_286_400_000),
            ])
        #expect(server.requests.count == 5, "what a page told is not asked for")
        #expect(try await remote("\(server.url)/data").top() == ["told", "asked", "gone", "sub/"])
    }
}
