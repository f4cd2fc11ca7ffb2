import CairnTestSupport
import Testing

/// The proxy that does harm does the harm that was asked for, and no other.
@Suite("Fault proxy", .enabled(if: TestServer.Kind.nginx.isAvailable && TestServer.Kind.fault.isAvailable))
struct FaultProxyTests {
    private let proxy: FaultProxy
    private let text: [UInt8]
    private let server: TestServer

    init() throws {
        server = try TestServer(.nginx)
        text = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 / 7) }
        try Files.write(text, to: "\(server["FILES"])/file")
        proxy = try FaultProxy(before: server["HTTP_URL"])
    }

    /// What a client sees of a file of 100,000 bytes: status and body, or a failure.
    private func get() throws -> (Int, [UInt8]) { try LocalHTTP.send("GET", "\(proxy.url)/file") }

    @Test("without rules all passes, and is counted")
    func clean() throws {
        for _ in 0..<3 {
            let (status, body) = try get()
            #expect(status == 200)
            #expect(body == text)
        }
        let counts = try proxy.counts()
        #expect(counts.requests == 3)
        #expect(counts.connections == 3)
        #expect(counts.harmed == 0)
        #expect(counts.methods == ["GET": 3])
        #expect(counts.log == ["GET /file", "GET /file", "GET /file"])
        #expect((300_000..<302_000).contains(counts.down))
    }

    @Test("resets, truncation and a refusal cut the answer short")
    func cuts() throws {
        try proxy.set(FaultProxy.Rule { $0.reset_down = 5000 })
        #expect(throws: SupportError.self) { try get() }
        try proxy.set(FaultProxy.Rule { $0.reset_up = 10 })
        #expect(throws: SupportError.self) { try get() }
        try proxy.set(FaultProxy.Rule { $0.refuse = 1 })
        #expect(throws: SupportError.self) { try get() }
        try proxy.set(FaultProxy.Rule { $0.close_down = 5000 })
        let (status, body) = try get()
        #expect(status == 200)
        #expect((4000..<5000).contains(body.count))
        #expect(try proxy.counts().harmed == 1)
    }

    @Test("one byte of the body is altered")
    func corruption() throws {
        try proxy.set(FaultProxy.Rule { ($0.corrupt, $0.times) = (70_000, 1) })
        var expected = text
        expected[70_000] ^= 0xFF
        #expect(try get().1 == expected)
        #expect(try get().1 == text)
    }

    @Test("it answers for the server, for so many requests and such ones")
    func statuses() throws {
        try proxy.set(
            FaultProxy.Rule {
                ($0.status, $0.retry_after, $0.skip, $0.times, $0.path) = (503, 2, 1, 2, "/file")
            })
        var statuses: [Int] = []
        for _ in 0..<5 { statuses.append(try get().0) }
        #expect(statuses == [200, 503, 503, 200, 200])
        #expect(try LocalHTTP.send("GET", "\(proxy.url)/").0 == 200)
    }

    @Test("chance picks the same requests for the same seed")
    func chance() throws {
        func run(_ seed: Int) throws -> [Int] {
            try proxy.set(FaultProxy.Rule { ($0.status, $0.chance, $0.seed) = (500, 0.3, seed) })
            return try (0..<40).map { _ in try get().0 }
        }
        let first = try run(1)
        #expect(try run(1) == first)
        #expect(try run(2) != first)
        #expect((5...20).contains(first.count { $0 == 500 }))
    }

    @Test("answers come later, or slower")
    func time() throws {
        func seconds() throws -> Double {
            let start = Monotonic.now
            _ = try get()
            return Monotonic.now - start
        }
        try proxy.set(FaultProxy.Rule { $0.latency = 200 })
        let late = try seconds()
        #expect(late >= 0.2)
        #expect(late < 5)
        try proxy.set(FaultProxy.Rule { $0.rate = 200_000 })
        #expect(try seconds() >= 0.45)
    }

    @Test("it can be asked as a proxy, whatever host is named")
    func asProxy() throws {
        let answer = try LocalHTTP.send("GET", proxy.url, target: "http://nowhere.invalid/file")
        #expect(answer.0 == 200)
        #expect(answer.1 == text)
    }
}
