import CairnCore
import CairnSystem
import CairnTestSupport
import Synchronization
import Testing

@testable import CairnRemote

@Suite("Uploads in parts", .ownThreads)
struct MultipartUploadTests {
    private static let mebibyte: Int64 = 1 << 20
    private let scratch: ScratchDirectory
    private let bytes: [UInt8]
    private let bucket = ScriptedBucket()

    init() throws {
        scratch = try ScratchDirectory()
        var random = SeededRandom(seed: 7)
        // Random enough, and made quickly.
        let piece = random.bytes(1 << 16)
        bytes = (0..<320).reduce(into: []) { $0 += [UInt8(truncatingIfNeeded: $1)] + piece }
        try Files.write(bytes, to: scratch("file"))
    }

    /// A file that a later attempt will have as well, unless it is expendable.
    private func upload(isExpendable: Bool = false) -> RemoteUpload {
        RemoteUpload(
            "k", .file(FilePath(scratch("file")), size: Int64(bytes.count), isExpendable: isExpendable))
    }

    private func lines(_ service: ScriptedService, _ method: String) -> [String] {
        service.lines.filter { $0.hasPrefix(method) }
    }

    @Test(
        "parts cover the object, are not too many and not too small",
        arguments: [
            (17, 8, 3), (64, 8, 8), (255, 8, 32), (256, 16, 16), (1024, 16, 64), (160_000, 16, 10_000),
            (160_001, 17, 9412), (5 << 20, 525, 9987),
        ])
    func plan(_ size: Int64, _ part: Int64, _ count: Int) throws {
        for size in [size * Self.mebibyte - 1, size * Self.mebibyte] {
            #expect(MultipartUpload.partSize(of: size) == part * Self.mebibyte || size % Self.mebibyte != 0)
            let parts = MultipartUpload.parts(of: size)
            #expect(parts.count <= 10_000 && parts.map(\.number) == Array(1...parts.count))
            #expect(parts.first?.range.lowerBound == 0 && parts.last?.range.upperBound == size)
            #expect(zip(parts, parts.dropFirst()).allSatisfy { $0.range.upperBound == $1.range.lowerBound })
        }
        #expect(MultipartUpload.parts(of: size * Self.mebibyte).count == count)
    }

    @Test("an object of which it is known that nothing has its key is not looked for")
    func new() async throws {
        let service = bucket.service
        let remote = try S3Remote(service)
        var upload = upload(isExpendable: true)
        upload.isNew = true
        #expect(try await remote.write([upload], jobs: 4) == [])
        #expect(bucket.objects == ["p/k": bytes] && bucket.uploads.isEmpty)
        #expect(service.requests.count == 5 && lines(service, "HEAD") == [])
        for request in service.requests where request.method == .put {
            guard case .file(_, let range) = request.body else {
                Issue.record("a part of a file is sent from it")
                continue
            }
            let part = bytes[Int(range.lowerBound)..<Int(range.upperBound)]
            #expect(request.headers["Content-MD5"] == ContentTag.base64(MD5.digest(of: part)))
            #expect(request.headers["x-amz-content-sha256"] == SHA256.digest(of: part).hex)
        }
    }

    @Test("a large object goes in parts and arrives whole", arguments: [true, false])
    func whole(_ isInMemory: Bool) async throws {
        let service = bucket.service
        let remote = try S3Remote(service)
        let upload = isInMemory ? RemoteUpload("k", bytes) : upload()
        #expect(try await remote.write([upload], jobs: 4) == [])
        #expect(bucket.objects == ["p/k": bytes] && bucket.uploads.isEmpty)
        #expect(lines(service, "PUT").count == 3)
        #expect(service.requests.count == (isInMemory ? 6 : 7))
        #expect(try await remote.write([upload], jobs: 4) == ["k"])
        #expect(service.lines.last == "HEAD /bucket/p/k")
    }

    @Test("an upload that was killed goes on: only parts that are not there are sent")
    func resumed() async throws {
        bucket.change { state in
            state.uploads["old"] = ("p/k", [1: Array(bytes[..<(8 << 20)])])
            state.uploads["other"] = ("p/kk", [:])
            state.uploads["better"] = (
                "p/k", [1: Array(bytes[..<(8 << 20)]), 3: Array(bytes[(16 << 20)...])]
            )
        }
        let service = bucket.service
        try await S3Remote(service).write([upload()], jobs: 2)
        #expect(lines(service, "PUT") == ["PUT /bucket/p/k?partNumber=2&uploadId=better"])
        #expect(bucket.objects["p/k"] == bytes)
        // What nobody will go on with is gone, what is another key's is not.
        #expect(Array(bucket.uploads.keys) == ["other"])
    }

    @Test("parts with other bytes are sent again, and an upload with other parts is not gone on with")
    func notResumed() async throws {
        var wrong = Array(bytes[..<(8 << 20)])
        wrong[77] ^= 1
        bucket.change { $0.uploads["old"] = ("p/k", [1: wrong, 2: Array(bytes[(8 << 20)..<(16 << 20)])]) }
        let service = bucket.service
        try await S3Remote(service).write([upload()], jobs: 1)
        #expect(lines(service, "PUT").count == 2 && bucket.objects["p/k"] == bytes)

        bucket.change { state in
            state.objects = [:]
            state.uploads["old"] = ("p/k", [1: Array(bytes[..<(6 << 20)])])
        }
        let second = bucket.service
        try await S3Remote(second).write([upload()], jobs: 1)
        #expect(lines(second, "PUT").count == 3 && bucket.objects["p/k"] == bytes)
        #expect(bucket.uploads.isEmpty)
    }

    @Test("who may not list uploads begins anew", arguments: [400, 403, 404, 405, 501])
    func unlisted(_ status: Int) async throws {
        bucket.change { state in
            state.interception = { request in
                request.method == .get && request.target.contains("uploads")
                    ? .error(status, "AccessDenied") : nil
            }
        }
        try await S3Remote(bucket.service).write([upload()], jobs: 3)
        #expect(bucket.objects["p/k"] == bytes)
    }

    /// Fails what a request's line says.
    private func fail(_ line: String, _ response: HTTPResponse, times: Int = .max) {
        let count = Counter()
        bucket.change { state in
            state.interception = { request in
                guard "\(request.method.rawValue) \(request.target)".contains(line), count.next() <= times
                else { return nil }
                return response
            }
        }
    }

    @Test(
        "what failed for good is aborted, what may pass stays for the next attempt",
        arguments: [
            (HTTPResponse.error(403, "AccessDenied"), false, true), (.error(503, "SlowDown"), false, false),
            (.error(503, "SlowDown"), true, true),
        ])
    func abort(_ response: HTTPResponse, _ isExpendable: Bool, _ isAborted: Bool) async throws {
        fail("PUT /bucket/p/k?partNumber=2", response)
        let remote = try S3Remote(bucket.service)
        let error = await failure { () async throws(RemoteError) in
            try await remote.write([upload(isExpendable: isExpendable)], jobs: 1)
        }
        #expect(error?.key == "k" && bucket.objects.isEmpty)
        #expect(bucket.uploads.isEmpty == isAborted)
        bucket.change { $0.interception = nil }
        let service = bucket.service
        try await S3Remote(service).write([upload()], jobs: 1)
        #expect(lines(service, "PUT").count == (isAborted ? 3 : 2))
        #expect(bucket.objects["p/k"] == bytes)
    }

    @Test("an upload that somebody else ended begins anew, or was finished by him")
    func lost() async throws {
        fail("partNumber=2", .error(404, "NoSuchUpload"), times: 1)
        let service = bucket.service
        #expect(try await S3Remote(service).write([upload()], jobs: 1) == [])
        #expect(bucket.objects["p/k"] == bytes && lines(service, "POST").count == 3)

        bucket.change { state in
            let bytes = bytes
            state.objects = [:]
            state.interception = { request in
                guard request.target.contains("partNumber=2") else { return nil }
                bucket.change { $0.objects["p/k"] = bytes }
                return .error(404, "NoSuchUpload")
            }
        }
        #expect(try await S3Remote(bucket.service).write([upload()], jobs: 1) == ["k"])
    }

    @Test("success with an error in it is none, and is tried again")
    func lateError() async throws {
        fail("POST /bucket/p/k?uploadId", .error(200, "InternalError"), times: 2)
        let service = bucket.service
        try await S3Remote(service).write([upload()], jobs: 1)
        #expect(lines(service, "POST").count == 4 && bucket.objects["p/k"] == bytes)
        bucket.change { $0.objects = [:] }
        fail("POST /bucket/p/k?uploadId", .error(200, "AccessDenied"))
        let remote = try S3Remote(bucket.service)
        let error = await failure { () async throws(RemoteError) in
            try await remote.write([upload()], jobs: 1)
        }
        #expect(error == RemoteError(.refused(.notAllowed(.write)), "k"))
    }

    @Test("an answer to the last request that got lost does no harm")
    func lostAnswer() async throws {
        let count = Counter()
        bucket.change { state in
            let bytes = bytes
            state.interception = { request in
                guard request.method == .post, request.target.contains("uploadId"), count.next() == 1 else {
                    return nil
                }
                bucket.change { state in
                    state.objects["p/k"] = bytes
                    state.uploads = [:]
                }
                return HTTPResponse(500)
            }
        }
        #expect(try await S3Remote(bucket.service).write([upload()], jobs: 1) == ["k"])
    }

    @Test("parts that arrive altered are sent again, and are an error in the end", arguments: [1, 9])
    func alteredPart(_ times: Int) async throws {
        fail("partNumber=3", HTTPResponse(200, ["ETag": "\"\(MD5.digest(of: [1]).hex)\""]), times: times)
        let service = bucket.service
        let remote = try S3Remote(service)
        let error = await failure { () async throws(RemoteError) in
            try await remote.write([upload()], jobs: 1)
        }
        #expect(error?.reason == (times == 1 ? nil : .refused(.altered)))
        #expect(lines(service, "PUT").count == 4)
        #expect(bucket.objects["p/k"] == (times == 1 ? bytes : nil) && bucket.uploads.isEmpty)
    }

    @Test("a whole that is not that of its parts is an error")
    func alteredWhole() async throws {
        fail(
            "POST /bucket/p/k?uploadId",
            HTTPResponse(
                200,
                text:
                    "<CompleteMultipartUploadResult><ETag>\"\(MD5.digest(of: [1]).hex)-3\"</ETag></CompleteMultipartUploadResult>"
            ))
        let remote = try S3Remote(bucket.service)
        let error = await failure { () async throws(RemoteError) in
            try await remote.write([upload()], jobs: 1)
        }
        #expect(error == RemoteError(.refused(.altered), "k"))
    }

    @Test("a service without conditions at the end is asked without them, one with other tags for the size")
    func weakService() async throws {
        bucket.change { state in
            state.completesWithConditions = false
            state.hasDigestTags = false
        }
        let service = bucket.service
        let remote = try S3Remote(service)
        // The first object shows what the tags are.
        try await remote.write(RemoteUpload("first", text: "1"))
        try await remote.write([upload()], jobs: 1)
        #expect(bucket.objects["p/k"] == bytes)
        #expect(service.lines.last == "HEAD /bucket/p/k")
    }

    @Test("an object that came meanwhile stays, and another size is a conflict")
    func cameMeanwhile() async throws {
        for (there, expected) in [(bytes, nil), ([1], RemoteError.Reason.conflict)] {
            bucket.change { state in
                state.objects = [:]
                state.interception = { request in
                    if request.target.contains("partNumber=1") {
                        bucket.change { $0.objects["p/k"] = there }
                    }
                    return nil
                }
            }
            let remote = try S3Remote(bucket.service)
            let error = await failure { () async throws(RemoteError) in
                #expect(try await remote.write([upload()], jobs: 1) == ["k"])
            }
            #expect(error?.reason == expected && bucket.objects["p/k"] == there)
        }
    }

    @Test("no more bodies are under way than jobs, whatever is written")
    func jobs() async throws {
        let atOnce = Counter()
        let bucket = bucket
        let service = SlowService(base: bucket.service, counter: atOnce)
        let remote = try S3Remote(service)
        let uploads =
            [upload()] + (0..<20).map { RemoteUpload("s\($0)", text: "x") } + [RemoteUpload("l", bytes)]
        try await remote.write(uploads, jobs: 3)
        #expect(bucket.objects.count == 22 && (2...3).contains(atOnce.most))
    }
}

/// Counts calls, and how many go on at a time.
final class Counter: Sendable {
    private let state = Mutex((count: 0, now: 0, most: 0))
    func next() -> Int {
        state.withLock { state in
            state.count += 1
            return state.count
        }
    }
    var most: Int { state.withLock { $0.most } }
    func enter() {
        state.withLock { state in
            state.now += 1
            state.most = max(state.most, state.now)
        }
    }
    func leave() { state.withLock { $0.now -= 1 } }
}

/// A service that counts how many bodies are under way.
private struct SlowService: HTTPSending {
    let base: ScriptedService
    let counter: Counter
    func send(_ request: HTTPRequest, _ rules: HTTPAttemptRules) async throws(RemoteError) -> HTTPResponse {
        guard request.method == .put else { return try await base.send(request, rules) }
        counter.enter()
        defer { counter.leave() }
        try? await Task.sleep(for: .milliseconds(2))
        return try await base.send(request, rules)
    }
}
