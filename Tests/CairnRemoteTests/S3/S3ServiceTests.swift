import CairnCore
import CairnSystem
import CairnTestSupport
import Synchronization
import Testing

@testable import CairnRemote

/// What needs a real service to be believed.
@Suite("S3 services", .ownThreads)
struct S3ServiceTests {
    static let kinds = [TestServer.Kind.ceph, .swift].filter(\.isAvailable)
    private let scratch: ScratchDirectory
    private let threads = TaskThreads(count: 8)

    init() throws { scratch = try ScratchDirectory() }

    /// A remote on a shared bucket, changed a little.
    private func remote(
        _ place: S3Place, over http: any HTTPSending = HTTPClient(), key: S3Credentials? = nil,
        clock: any RemoteClock = SystemClock(), _ change: (inout S3Settings) -> Void = { _ in }
    ) throws -> S3Remote {
        var settings = S3Settings(
            bucket: place.bucket, prefix: "p", endpoint: place.endpoint, region: place.region)
        change(&settings)
        return try S3Remote(
            settings, over: http, credentials: FixedKey(key ?? S3Credentials(place.owner)),
            surroundings: RemoteSurroundings(clock: clock, random: SystemRandomNumberGenerator()))
    }

    private func reason(_ body: () async throws(RemoteError) -> some Any) async -> RemoteError.Reason? {
        await failure(body)?.reason
    }

    @Test("wrong keys and names are told apart", arguments: kinds)
    func refusals(_ kind: TestServer.Kind) async throws {
        let place = try S3Place(on: kind)
        var wrong = S3Credentials(place.owner)
        wrong.secretAccessKey = "not-the-secret"
        let stranger = S3Credentials(accessKeyID: "AKIDNOBODY", secretAccessKey: "x")
        let cases: [(S3Remote, [RemoteError.Reason])] = [
            (try remote(place, key: wrong), [.refused(.wrongSecret)]),
            // Swift does not say whether it knows a key.
            (try remote(place, key: stranger), [.refused(.unknownKey), .refused(.wrongSecret)]),
            // Swift's buckets are those of an account: another's does not exist.
            (
                try remote(place, key: S3Credentials(place.other)),
                [.refused(.notAllowed(.list)), .refused(.noBucket(place.bucket))]
            ),
            (
                try remote(place) { $0.bucket = "cairn-no-such-bucket" },
                [.refused(.noBucket("cairn-no-such-bucket"))]
            ),
            (try remote(place) { $0.endpoint? += "/nothing/here" }, [.refused(.noBucket("nothing"))]),
        ]
        for (remote, expected) in cases.dropLast() {
            for _ in 0..<2 {
                let found = await reason { () async throws(RemoteError) in try await remote.list("") }
                #expect(found.map(expected.contains) == true, "\(expected): \(String(describing: found))")
            }
        }
        // Whatever it is, a path that leads nowhere is no empty remote.
        let nowhere = cases[cases.count - 1].0
        #expect(await reason { () async throws(RemoteError) in try await nowhere.list("") } != nil)
    }

    @Test("writing with a wrong key says so as well", arguments: kinds)
    func writingRefusals(_ kind: TestServer.Kind) async throws {
        let place = try S3Place(on: kind)
        var wrong = S3Credentials(place.owner)
        wrong.secretAccessKey = "not-the-secret"
        let remote = try remote(place, key: wrong)
        let upload = RemoteUpload("k", text: "x")
        let found = await reason { () async throws(RemoteError) in try await remote.write([upload], jobs: 1) }
        #expect(found == .refused(.wrongSecret))
    }

    @Test("a clock that is wrong by hours does not matter", arguments: kinds)
    func clock(_ kind: TestServer.Kind) async throws {
        struct Slow: RemoteClock {
            let system = SystemClock()
            var elapsed: Duration { system.elapsed }
            var date: Int64 { system.date - 5 * 3_600_000 }
            func sleep(for duration: Duration) async throws(RemoteError) {
                try await system.sleep(for: duration)
            }
        }
        let place = try S3Place(on: kind)
        let http = HTTPClient()
        let remote = try remote(place, over: http, clock: Slow())
        try await remote.write([RemoteUpload("k", text: "x")], jobs: 1)
        #expect(try await remote.read("k") == [0x78])
        #expect(http.traffic.attempts == http.traffic.requests + 1)
    }

    @Test("the region is learned from a service that wants its own", .enabled(if: kinds.contains(.swift)))
    func region() async throws {
        let place = try S3Place(on: .swift)
        let http = HTTPClient()
        let remote = try remote(place, over: http) { $0.region = "eu-nowhere-7" }
        for _ in 0..<2 { #expect(try await remote.list("").objects == []) }
        #expect(http.traffic.attempts == 3 && http.traffic.requests == 2)
    }

    @Test("what keys may do decides what works", .enabled(if: kinds.contains(.ceph)))
    func permissions() async throws {
        let place = try S3Place(on: .ceph)
        let other = try remote(place, key: S3Credentials(place.other))
        let (old, new) = (RemoteUpload("old", text: "x"), RemoteUpload("new", text: "y"))
        try await remote(place).write([old], jobs: 1)

        // Without deletion one can push and pull.
        try place.allow(["s3:ListBucket", "s3:GetObject", "s3:PutObject"])
        #expect(try await other.write([old, new], jobs: 1) == ["old"])
        #expect(try await other.read("new") == [0x79])
        #expect(try await other.keys() == ["new", "old"])
        for keys in [["new"], ["new", "old"]] {
            #expect(
                await reason { () async throws(RemoteError) in try await other.delete(keys) }
                    == .refused(.notAllowed(.delete)))
        }

        // Without listing, an object that is not there cannot be told from one that one may not read.
        try place.allow(["s3:GetObject", "s3:PutObject"])
        #expect(
            await reason { () async throws(RemoteError) in try await other.list("") }
                == .refused(.notAllowed(.list)))
        #expect(try await other.read("new") == [0x79])
        let missing = await reason { () async throws(RemoteError) in try await other.read("missing") }
        #expect(missing == .refused(.notAllowed(.read)) || missing == .notFound)

        try place.allow(["s3:ListBucket"])
        #expect(try await other.keys() == ["new", "old"])
        #expect(
            await reason { () async throws(RemoteError) in try await other.read("old") }
                == .refused(.notAllowed(.read)))
        try place.allow(["s3:ListBucket", "s3:GetObject"])
        let third = RemoteUpload("third", text: "z")
        #expect(
            await reason { () async throws(RemoteError) in try await other.write([third], jobs: 1) }
                == .refused(.notAllowed(.write)))
    }

    @Test("a large object arrives whole, and what was sent before a stop is not sent again", arguments: kinds)
    func resuming(_ kind: TestServer.Kind) async throws {
        let place = try S3Place(on: kind)
        var random = SeededRandom(seed: 5)
        let piece = random.bytes(1 << 16)
        let bytes = (0..<300).reduce(into: []) { $0 += [UInt8(truncatingIfNeeded: $1)] + piece }
        let file = FilePath(scratch("file"))
        try Files.write(bytes, to: file.string)
        let upload = RemoteUpload("k", .file(file, size: Int64(bytes.count), isExpendable: false))

        let stopped = try remote(place, over: StoppingService(base: HTTPClient(), parts: 2))
        let reason = await reason { () async throws(RemoteError) in try await stopped.write([upload], jobs: 1)
        }
        #expect(reason == .interrupted)
        #expect(try place.unfinishedUploads() == ["p/k"] && place.objects() == [:])

        let http = HTTPClient()
        let remote = try remote(place, over: http)
        #expect(try await remote.write([upload], jobs: 2) == [])
        #expect(http.traffic.bytesUp < 4 << 20)
        #expect(try place.unfinishedUploads() == [] && place.objects() == ["p/k": bytes.count])
        #expect(try await remote.read("k", nil, limit: bytes.count) == bytes)
        #expect(try await remote.write([upload], jobs: 2) == ["k"])
    }

    @Test("more than a page of objects is listed and deleted", arguments: kinds.filter { $0 == .ceph })
    func pages(_ kind: TestServer.Kind) async throws {
        let place = try S3Place(on: kind)
        let http = HTTPClient()
        let remote = try remote(place, over: http)
        let keys = (0..<1203).map { "packs/\($0 % 7)/\($0)" }
        try await remote.write(keys.map { RemoteUpload($0, []) }, jobs: 8)
        let before = http.traffic.requests
        #expect(try await remote.keys() == keys.sorted())
        #expect(http.traffic.requests - before <= 3)
        try await remote.delete(keys)
        #expect(try await remote.top() == [])
        #expect(http.traffic.requests - before <= 6)
    }
}

/// A client that is stopped after some parts, as by the user.
private final class StoppingService: HTTPSending {
    private let base: HTTPClient
    private let rest: Mutex<Int>

    init(base: HTTPClient, parts: Int) {
        self.base = base
        rest = Mutex(parts)
    }

    func send(_ request: HTTPRequest, _ rules: HTTPAttemptRules) async throws(RemoteError) -> HTTPResponse {
        let goesOn = rest.withLock { rest in
            if request.url.contains("partNumber") { rest -= 1 }
            return rest >= 0
        }
        guard goesOn else { throw RemoteError(.interrupted) }
        return try await base.send(request, rules)
    }
}
