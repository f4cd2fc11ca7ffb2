import CairnRemote
import CairnSystem
import CairnTestSupport
import Glibc
import Testing

/// The client and remotes on the web against real servers.
@Suite(
    "Real web servers", .ownThreads,
    .enabled(if: TestServer.Kind.nginx.isAvailable, TestServer.Kind.nginx.comment))
struct HTTPServersTests {
    private let nginx: TestServer
    private let name = "t\(UInt64.random(in: 0 ... .max))"
    private let bytes: [UInt8]

    init() throws {
        nginx = try TestServer.shared(.nginx)
        var random = SeededRandom(seed: 8)
        bytes = random.bytes(3_000_000)
        try Files.makeFolder("\(nginx["FILES"])/\(name)")
        try Files.write(bytes, to: "\(nginx["FILES"])/\(name)/object")
    }

    private func remote(
        _ variable: String, _ proof: WebSettings.Proof = .none, trust: HTTPSettings.Trust = .system
    ) throws -> HTTPRemote {
        var settings = HTTPSettings()
        settings.trust = trust
        settings.attempts = 2
        return try HTTPRemote(
            WebSettings(url: "\(nginx[variable])/\(name)", proof: proof),
            HTTPClient(settings, surroundings: HastyClock.surroundings))
    }

    private func reason(_ remote: HTTPRemote) async -> RemoteError.Reason? {
        do throws(RemoteError) {
            let read = try await remote.read("object", nil, limit: 4_000_000)
            #expect(read == bytes)
            let part = try await remote.read("object", 1_000_000..<1_000_100, limit: 100)
            #expect(part.elementsEqual(bytes[1_000_000..<1_000_100]))
            return nil
        } catch {
            return error.reason
        }
    }

    @Test("certificates count when an authority that is named has signed them, and for that name")
    func trust() async throws {
        let authorities = HTTPSettings.Trust.authorities(FilePath(nginx["CA_BUNDLE"]))
        #expect(await reason(try remote("HTTPS_URL", trust: authorities)) == nil)
        #expect(await reason(try remote("HTTPS_URL", trust: .everybody)) == nil)
        #expect(await reason(try remote("UNTRUSTED_URL", trust: .everybody)) == nil)
        for (variable, trust) in [
            ("HTTPS_URL", HTTPSettings.Trust.system), ("UNTRUSTED_URL", .system),
            ("UNTRUSTED_URL", authorities),
            ("HTTPS_URL", .authorities(FilePath("/nonexistent/bundle.pem"))),
        ] {
            guard case .untrusted(let words) = await reason(try remote(variable, trust: trust)) else {
                Issue.record("\(variable) was trusted")
                continue
            }
            #expect(words.hasPrefix("localhost:") && words.contains("certificate"), "\(words)")
        }
    }

    @Test("a folder of authorities works as a file of them does")
    func trustFolder() async throws {
        let scratch = try ScratchDirectory()
        try Files.makeFolder(scratch("authorities"))
        let environment = ["PATH": "/usr/bin:/bin"]
        let hash = try Program.run(
            "/usr/bin/env", ["openssl", "x509", "-hash", "-noout", "-in", nginx["CA_BUNDLE"]], in: "/",
            environment: environment
        ).succeeded().stdout
        let file = "\(hash.prefix { $0 != "\n" }).0"
        try Files.write(try Files.read(nginx["CA_BUNDLE"]), to: scratch("authorities/\(file)"))
        let trust = HTTPSettings.Trust.authorities(FilePath(scratch("authorities")))
        #expect(await reason(try remote("HTTPS_URL", trust: trust)) == nil)
    }

    @Test("many requests share one connection over TLS")
    func multiplexing() async throws {
        var settings = HTTPSettings()
        settings.trust = .authorities(FilePath(nginx["CA_BUNDLE"]))
        settings.requestsAtATime = 32
        let client = HTTPClient(settings)
        let url = "\(nginx["HTTPS_URL"])/\(name)/object"
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<200 {
                group.addTask {
                    let range = "bytes=\(number * 1000)-\(number * 1000 + 999)"
                    let response = try await client.send(HTTPRequest(.get, url, ["Range": range]))
                    #expect(response.status == 206)
                    #expect(response.body.elementsEqual(bytes[(number * 1000)..<(number * 1000 + 1000)]))
                }
            }
            try await group.waitForAll()
        }
        #expect(client.traffic.connections == 1)
    }

    @Test("who asks is proven by a password, a token or a header, and who cannot is told so")
    func proofs() async throws {
        let login = HTTPLogin(user: nginx["USER"], password: nginx["PASSWORD"])
        let header = nginx["HEADER"].split(separator: ":").map { $0.drop { $0 == " " } }
        let key = WebSettings.Proof.header(name: String(header[0]), value: String(header[1]))
        let token = WebSettings.Proof.header(name: "Authorization", value: "Bearer \(nginx["TOKEN"])")
        let wrong = HTTPLogin(user: nginx["USER"], password: "wrong")
        let all: [(String, WebSettings.Proof, RemoteError.Reason?)] = [
            ("BASIC_URL", .login(login), nil), ("BASIC_URL", .login(wrong), .unknownUser),
            ("BASIC_URL", .none, .unknownUser), ("TOKEN_URL", token, nil), ("TOKEN_URL", .none, .unknownUser),
            ("HEADER_URL", key, nil), ("HEADER_URL", .none, .denied), ("REDIRECT_URL", .none, nil),
        ]
        for (variable, proof, expected) in all {
            #expect(await reason(try remote(variable, proof)) == expected, "\(variable)")
        }
        let loop = try HTTPRemote(WebSettings(url: "\(nginx["REDIRECT_URL"])/loop"), HTTPClient())
        #expect(await reason(loop) == .unusable("the server redirects too often"))
    }

    @Test(
        "a digest is proven, and a wrong one is not",
        .enabled(if: TestServer.Kind.lighttpd.isAvailable, TestServer.Kind.lighttpd.comment))
    func digest() async throws {
        let login = try ServedFolder.digest()
        let server = try TestServer.shared(.lighttpd)
        try Files.makeFolder("\(server["FILES"])/\(name)")
        try Files.write(bytes, to: "\(server["FILES"])/\(name)/object")
        func remote(_ proof: WebSettings.Proof) throws -> HTTPRemote {
            try HTTPRemote(WebSettings(url: "\(server["DIGEST_URL"])/\(name)", proof: proof), HTTPClient())
        }
        #expect(await reason(try remote(.login(login))) == nil)
        var wrong = login
        wrong.password = "wrong"
        #expect(await reason(try remote(.login(wrong))) == .unknownUser)
        wrong = login
        wrong.method = .basic
        #expect(await reason(try remote(.login(wrong))) == .unknownUser)
        #expect(await reason(try remote(.none)) == .unknownUser)
    }

    @Test(
        "resets, truncation and silence are got over",
        arguments: ["reset", "close", "stall", "refuse", "busy"])
    func faults(_ kind: String) async throws {
        let proxy = try FaultProxy(before: nginx["HTTP_URL"])
        var settings = HTTPSettings()
        settings.stallTimeout = .seconds(1)
        let clock = HastyClock()
        let client = HTTPClient(
            settings,
            surroundings: RemoteSurroundings(clock: clock, random: SystemRandomNumberGenerator()))
        let remote = try HTTPRemote(WebSettings(url: "\(proxy.url)/\(name)"), client)
        try proxy.set(
            .init { rule in
                rule.times = 2
                switch kind {
                case "reset": rule.reset_down = 100_000
                case "close": rule.close_down = 200_000
                case "stall": rule.stall_down = 300_000
                case "refuse": rule.refuse = 1
                default:
                    rule.status = 503
                    rule.retry_after = 2
                }
            })
        #expect(await reason(remote) == nil)
        #expect(try proxy.counts().harmed == 2)
        #expect(client.traffic.attempts == 4)
        if kind == "busy" { #expect(clock.sleeps.allSatisfy { $0 >= .seconds(2) }) }
    }

    @Test("proxies of the environment are used, but not for hosts that are left out")
    func proxies() async throws {
        // libcurl reads the environment of the process, so this is one of its own.
        let proxy = try RawServer { request in
            request.method == "CONNECT"
                ? [.answer("407 Who")] : [.answer("200 OK", text: "by proxy: \(request.target)")]
        }
        try Files.write("direct", to: "\(nginx["FILES"])/\(name)/text")
        await #expect(processExitsWith: .success) {
            [url = proxy.url as String, files = nginx["HTTP_URL"] as String, name = name as String] in
            setenv("http_proxy", url, 1)
            setenv("https_proxy", url, 1)
            setenv("no_proxy", "127.0.0.1,.left.out", 1)
            func text(_ url: String) async throws -> String {
                String(decoding: try await HTTPClient().send(HTTPRequest(.get, url)).body, as: UTF8.self)
            }
            let (far, near) = (
                try await text("http://far.invalid/x?y"), try await text("\(files)/\(name)/text")
            )
            #expect(far == "by proxy: http://far.invalid/x?y")
            #expect(near == "direct")
            await #expect(throws: RemoteError(.unusable("the proxy for far.invalid answers with status 407")))
            {
                try await text("https://far.invalid/x")
            }
            await #expect(throws: RemoteError(.unreachable("the name of near.left.out is not known"))) {
                try await text("http://near.left.out/x")
            }
            setenv("http_proxy", "http://user:secret@127.0.0.1:1", 1)
            await #expect(throws: RemoteError(.unreachable("the proxy for far.invalid does not answer"))) {
                try await text("http://far.invalid/x")
            }
        }
        #expect(proxy.requests.map(\.method).contains("CONNECT"))
    }

    @Test("no program that is started meanwhile inherits a connection")
    func sockets() async throws {
        // A program that is started meanwhile must not hold the connections open.
        let server = try RawServer { _ in [.hang] }
        let client = HTTPClient()
        let task = Task { try await client.send(HTTPRequest(.get, server.url)) }
        while server.requests.isEmpty { try await Task.sleep(for: .milliseconds(1)) }
        var count = 0
        for name in Files.names(in: "/proc/self/fd") {
            guard let file = Int32(name), peer(of: file) == server.port else { continue }
            count += 1
            #expect(fcntl(file, F_GETFD) & FD_CLOEXEC != 0)
        }
        #expect(count == 1)
        task.cancel()
        await #expect(throws: RemoteError(.interrupted)) { try await task.value }
    }

    /// The port at the other end of a connection.
    private func peer(of socket: Int32) -> UInt16? {
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getpeername(socket, $0, &length) }
        }
        return code == 0 && address.sin_family == AF_INET ? UInt16(bigEndian: address.sin_port) : nil
    }
}
