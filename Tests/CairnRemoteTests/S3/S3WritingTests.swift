import CairnCore
import CairnSystem
import CairnTestSupport
import Testing

@testable import CairnRemote

@Suite("Writing to and deleting from buckets", .ownThreads)
struct S3WritingTests {
    @Test("with a service that honours conditions an object takes one request, the first one three")
    func requests() async throws {
        let service = ScriptedBucket().service
        let remote = try S3Remote(service)
        #expect(remote.isKnownToKeepObjects == nil)
        for name in ["a", "b", "c"] { try await remote.write(RemoteUpload(name, text: name)) }
        #expect(
            service.lines == [
                "HEAD /bucket/p/a", "PUT /bucket/p/a", "PUT /bucket/p/a", "PUT /bucket/p/b",
                "PUT /bucket/p/c",
            ])
        #expect(remote.isKnownToKeepObjects == true)
        let put = try #require(service.requests.last)
        #expect(put.headers["Content-MD5"] == "SooI8J03tzeVZJA4QItfMw==")
        #expect(put.headers["x-amz-content-sha256"] == SHA256.digest(of: Array("c".utf8)).hex)
        #expect(put.headers["If-None-Match"] == "*")
    }

    @Test(
        "an object of which it is known that nothing has its key takes one request, and what is there stays")
    func new() async throws {
        let bucket = ScriptedBucket()
        let service = bucket.service
        let remote = try S3Remote(service)
        func upload(_ name: String, _ text: String) -> RemoteUpload {
            RemoteUpload(name, .bytes(Array(text.utf8)), isNew: true)
        }
        #expect(try await remote.write([upload("a", "a")], jobs: 1) == [])
        #expect(try await remote.write([upload("b", "b")], jobs: 1) == [])
        #expect(service.lines == ["PUT /bucket/p/a", "PUT /bucket/p/b"])
        #expect(service.requests.allSatisfy { $0.headers["If-None-Match"] == "*" })
        // Who was wrong is told so.
        #expect(try await remote.write([upload("a", "x")], jobs: 1) == ["a"])
        let error = await failure { () async throws(RemoteError) in
            try await remote.write([upload("b", "longer")], jobs: 1)
        }
        #expect(error == RemoteError(.conflict, "b"))
        #expect(bucket.objects == ["p/a": Array("a".utf8), "p/b": Array("b".utf8)])
    }

    @Test("what is there stays, with or without conditions", arguments: [true, false])
    func existing(_ honoursConditions: Bool) async throws {
        let bucket = ScriptedBucket()
        bucket.change { $0.honoursConditions = honoursConditions }
        let remote = try S3Remote(bucket.service)
        try await remote.write(RemoteUpload("first", text: "1"))
        #expect(remote.isKnownToKeepObjects == honoursConditions)
        bucket.change { $0.objects["p/k"] = Array("old".utf8) }
        #expect(try await remote.write([RemoteUpload("k", text: "new")], jobs: 1) == ["k"])
        let error = await failure { () async throws(RemoteError) in
            try await remote.write([RemoteUpload("k", text: "longer")], jobs: 1)
        }
        #expect(error == RemoteError(.conflict, "k"))
        #expect(bucket.objects["p/k"] == Array("old".utf8))
    }

    @Test("a service that refuses conditions is asked without them")
    func refused() async throws {
        let bucket = ScriptedBucket()
        bucket.change { state in
            state.interception = { request in
                request.headers["If-None-Match"] == nil ? nil : .error(501, "NotImplemented")
            }
        }
        let service = bucket.service
        let remote = try S3Remote(service)
        for name in ["a", "b"] { try await remote.write(RemoteUpload(name, text: name)) }
        #expect(bucket.objects.keys.sorted() == ["p/a", "p/b"])
        #expect(service.lines.filter { $0.hasPrefix("PUT") }.count == 3)
        #expect(remote.isKnownToKeepObjects == false)
    }

    @Test("an object that is not what was sent is an error, and is taken away")
    func altered() async throws {
        let bucket = ScriptedBucket()
        bucket.change { state in
            state.interception = { request in
                guard request.method == .put else { return nil }
                bucket.change { $0.objects["p/k"] = [1, 2] }
                return HTTPResponse(200, ["ETag": "\"\(MD5.digest(of: [1, 2]).hex)\""])
            }
        }
        let remote = try S3Remote(bucket.service)
        let error = await failure { () async throws(RemoteError) in
            try await remote.write([RemoteUpload("k", text: "xy")], jobs: 1)
        }
        #expect(error == RemoteError(.refused(.altered), "k"))
        #expect(bucket.objects.isEmpty)
    }

    @Test("a service whose tags are no digests is believed after a look at one object")
    func otherTags() async throws {
        let bucket = ScriptedBucket()
        bucket.change { $0.hasDigestTags = false }
        let service = bucket.service
        let remote = try S3Remote(service)
        for name in ["a", "b", "c"] { try await remote.write(RemoteUpload(name, text: name)) }
        #expect(service.lines.filter { $0.hasPrefix("GET") } == ["GET /bucket/p/a"])
        #expect(bucket.objects.count == 3)
    }

    @Test("two sizes for one key in one call are a conflict before anything is sent")
    func sameKey() async throws {
        let service = ScriptedBucket().service
        let remote = try S3Remote(service)
        let error = await failure { () async throws(RemoteError) in
            try await remote.write([RemoteUpload("k", text: "1"), RemoteUpload("k", text: "22")], jobs: 2)
        }
        #expect(error == RemoteError(.conflict, "k") && service.requests.isEmpty)
    }

    @Test("deletion goes in batches of a thousand with a digest, one object alone")
    func deletion() async throws {
        let bucket = ScriptedBucket()
        let service = bucket.service
        let remote = try S3Remote(service)
        let keys = (0..<2001).map { "k\($0)&<" }
        bucket.change { state in for key in keys { state.objects["p/" + key] = [] } }
        try await remote.delete(keys)
        #expect(
            service.lines == ["POST /bucket?delete=", "POST /bucket?delete=", "DELETE /bucket/p/k2000%26%3C"])
        #expect(service.requests[0].headers["Content-MD5"]?.utf8.count == 24)
        #expect(service.requests[0].bytes.starts(with: Array("<Delete xmlns".utf8)))
        try await remote.delete([])
        #expect(service.requests.count == 3)
    }

    @Test("keys that could not be deleted are tried again, or reported")
    func deletionErrors() async throws {
        func result(_ rows: (String, String)...) -> HTTPResponse {
            let errors = rows.map { "<Error><Key>\($0.0)</Key><Code>\($0.1)</Code></Error>" }
            return HTTPResponse(200, text: "<DeleteResult>\(errors.joined())</DeleteResult>")
        }
        let passing = ScriptedService(result(("p/a", "InternalError"), ("p/b", "NoSuchKey")), result())
        try await S3Remote(passing).delete(["a", "b"])
        #expect(passing.requests.count == 2)
        let again = String(decoding: passing.requests[1].bytes, as: UTF8.self)
        #expect(again.contains("<Key>p/a</Key>") && !again.contains("<Key>p/b</Key>"))
        let cases: [(HTTPResponse, RemoteError)] = [
            (result(("p/b", "AccessDenied")), RemoteError(.refused(.notAllowed(.delete)), "b")),
            (result(("p/a", "SlowDown")), RemoteError(.temporary("the server could not delete it"), "a")),
            (
                result(("p/c", "SlowDown")),
                RemoteError(.refused(.unexpected("a key that was not to be deleted")), "")
            ),
            (
                HTTPResponse(200, text: "ok"),
                RemoteError(.refused(.unexpected("no result of a deletion")), "")
            ),
            (.error(404, "NoSuchBucket"), RemoteError(.refused(.noBucket("bucket")), "")),
        ]
        for (answer, expected) in cases {
            let remote = try S3Remote(ScriptedService(answer))
            let error = await failure { () async throws(RemoteError) in try await remote.delete(["a", "b"]) }
            #expect(error == expected)
        }
    }

    @Test(
        "where many cannot be deleted at once, each is",
        arguments: [
            HTTPResponse.error(501, "NotImplemented"), .error(405, "MethodNotAllowed"),
            .error(400, "MalformedPOSTRequest"), HTTPResponse(405, text: "<html>"),
        ])
    func singleDeletions(_ answer: HTTPResponse) async throws {
        let service = ScriptedService { $0.method == .post ? answer : HTTPResponse(204) }
        let remote = try S3Remote(service)
        for _ in 0..<2 { try await remote.delete(["a", "b"]) }
        #expect(
            service.lines == ["POST /bucket?delete="]
                + Array(repeating: ["DELETE /bucket/p/a", "DELETE /bucket/p/b"], count: 2).joined())
    }

    @Test("no bucket is no success of a deletion")
    func deletionWithoutBucket() async throws {
        let missing = try S3Remote(ScriptedService(.error(404, "NoSuchKey")))
        try await missing.delete(["a"])
        let remote = try S3Remote(ScriptedService(.error(404, "NoSuchBucket")))
        let error = await failure { () async throws(RemoteError) in try await remote.delete(["a"]) }
        #expect(error == RemoteError(.refused(.noBucket("bucket")), "a"))
    }
}
