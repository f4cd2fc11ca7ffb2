import CairnTestSupport
import Testing

@testable import CairnRemote

@Suite("Errors of S3 services", .ownThreads)
struct S3ErrorTests {
    @Test(
        "each error gets its reason, after as many attempts as make sense",
        arguments: [
            (HTTPResponse.error(403, "SignatureDoesNotMatch"), RemoteError.Reason.refused(.wrongSecret), 1),
            (.error(403, "InvalidAccessKeyId"), .refused(.unknownKey), 2),
            (.error(400, "ExpiredToken"), .refused(.expiredKey), 2),
            (.error(404, "NoSuchBucket"), .refused(.noBucket("bucket")), 1),
            (.error(404, "NoSuchKey"), .notFound, 1),
            (.error(403, "AccessDenied"), .refused(.notAllowed(.read)), 1),
            (HTTPResponse(403), .refused(.notAllowed(.read)), 1),
            (.error(403, "QuotaExceeded"), .full, 1),
            (.error(507, "XMinioStorageFull"), .full, 1), (HTTPResponse(507), .full, 1),
            (.error(403, "InvalidObjectState"), .refused(.archived), 1),
            (.error(400, "KMS.DisabledException"), .refused(.encryption), 1),
            (.error(501, "NotImplemented"), .refused(.unsupported("NotImplemented")), 1),
            (.error(400, "KeyTooLongError"), .invalidKey, 1),
            (.error(418, "Teapot"), .refused(.other(status: 418, code: "Teapot")), 1),
            (.error(418, "do-not-tell: \u{e9}"), .refused(.other(status: 418, code: "")), 1),
            (HTTPResponse(418), .refused(.other(status: 418, code: "")), 1),
            (.error(503, "SlowDown"), .temporary("the server answered 503 SlowDown"), 8),
            (.error(500, "InternalError"), .temporary("the server answered 500 InternalError"), 8),
            (.error(400, "RequestTimeout"), .temporary("the server answered 400 RequestTimeout"), 8),
            (HTTPResponse(502, text: "<html>bad gateway"), .temporary("the server answered 502"), 8),
            (.error(400, "BadDigest"), .refused(.altered), 3),
            (HTTPResponse(404, text: "<html>not found</html>"), .refused(.noService), 1),
            (HTTPResponse(403, text: "forbidden"), .refused(.noService), 1),
            (.error(301, "PermanentRedirect"), .refused(.elsewhere("")), 1),
            (
                .error(301, "PermanentRedirect", "<Endpoint>s3.evil.org</Endpoint>"),
                .refused(.elsewhere("http://s3.evil.org")), 1
            ),
            (
                HTTPResponse(307, ["Location": "https://other.org/bucket/k?X-Amz-Signature=1"]),
                .refused(.elsewhere("https://other.org")), 1
            ),
        ])
    func reasons(_ response: HTTPResponse, _ reason: RemoteError.Reason, _ attempts: Int) async throws {
        let service = ScriptedService(response)
        let remote = try S3Remote(service)
        let error = await failure { () async throws(RemoteError) in try await remote.read("k", nil, limit: 9)
        }
        #expect(error == RemoteError(reason, "k"))
        #expect(service.requests.count == attempts)
    }

    @Test("what is not allowed is told apart, and that there was no key at all")
    func permissions() async throws {
        let remote = try S3Remote(ScriptedService(.error(403, "AccessDenied")))
        let upload = RemoteUpload("k", text: "x")
        let reasons = [
            await failure { () async throws(RemoteError) in try await remote.list("") },
            await failure { () async throws(RemoteError) in try await remote.top() },
            await failure { () async throws(RemoteError) in try await remote.delete(["k"]) },
            await failure { () async throws(RemoteError) in try await remote.delete(["k", "l"]) },
            await failure { () async throws(RemoteError) in try await remote.write([upload], jobs: 1) },
        ].map { $0?.reason }
        #expect(
            reasons == [.list, .list, .delete, .delete, .read].map { .refused(.notAllowed($0)) })
        let writing = try S3Remote(
            ScriptedService { request in
                request.method == .put ? .error(403, "AccessDenied") : .error(404, "NoSuchKey")
            })
        let error = await failure { () async throws(RemoteError) in try await writing.write([upload], jobs: 1)
        }
        #expect(error == RemoteError(.refused(.notAllowed(.write)), "k"))
        let stranger = try S3Remote(ScriptedService(.error(403, "AccessDenied")), key: nil)
        let refusal = await failure { () async throws(RemoteError) in try await stranger.list("") }
        #expect(refusal?.reason == .refused(.noKey))
    }

    @Test(
        "a clock that is wrong is corrected once, for all later requests",
        arguments: [
            HTTPResponse.error(403, "RequestTimeTooSkewed", "", ["Date": "Tue, 14 Nov 2023 23:13:20 GMT"]),
            .error(
                400, "RequestTimeTooSkewed", "<ServerTime>2023-11-14T23:13:20Z</ServerTime>", ["Date": "?"]),
            HTTPResponse(403, ["Date": "Tue, 14 Nov 2023 23:13:20 GMT"]),
        ])
    func clock(_ response: HTTPResponse) async throws {
        let service = ScriptedService { request in
            request.headers["x-amz-date"] == "20231114T231320Z" ? HTTPResponse(200, text: "x") : response
        }
        let remote = try S3Remote(service)
        for _ in 0..<3 { #expect(try await remote.read("k") == [0x78]) }
        #expect(
            service.requests.map { $0.headers["x-amz-date"] ?? "" }
                == ["20231114T221320Z"] + Array(repeating: "20231114T231320Z", count: 3))
    }

    @Test("a clock that cannot be corrected is an error with both times")
    func hopelessClock() async throws {
        let service = ScriptedService(
            .error(403, "RequestTimeTooSkewed", "", ["Date": "Tue, 14 Nov 2023 23:13:20 GMT"]))
        let remote = try S3Remote(service)
        let error = await failure { () async throws(RemoteError) in try await remote.read("k") }
        let theirs = StillClock().date + 3_600_000
        #expect(error?.reason == .refused(.clock(ours: theirs, theirs: theirs)))
        #expect(service.requests.count == 2)
    }

    @Test(
        "the region is learned from header or body, signed for, and remembered",
        arguments: [
            HTTPResponse.error(301, "PermanentRedirect", "", ["x-amz-bucket-region": "eu-west-1"]),
            .error(400, "AuthorizationHeaderMalformed", "<Region>eu-west-1</Region>"),
            HTTPResponse(400, ["x-amz-bucket-region": "eu-west-1"]),
            HTTPResponse(301, ["x-amz-bucket-region": "eu-west-1"]),
        ])
    func region(_ response: HTTPResponse) async throws {
        let service = ScriptedService { request in
            request.headers["Authorization"]?.contains("/eu-west-1/s3/") == true
                ? HTTPResponse(200, text: "x") : response
        }
        for (endpoint, host) in [
            (nil, "bucket.s3.eu-west-1.amazonaws.com/p/k"), ("https://h.test", "h.test/bucket/p/k"),
        ] {
            let remote = try S3Remote(service) { $0.endpoint = endpoint }
            for _ in 0..<2 { #expect(try await remote.read("k") == [0x78]) }
            #expect(service.requests.suffix(2).map(\.url) == ["https://\(host)", "https://\(host)"])
        }
        #expect(service.requests.count == 6)
    }

    @Test("who is sent in circles stops")
    func circles() async throws {
        let service = ScriptedService { request in
            let isEast = request.headers["Authorization"]?.contains("/east/") == true
            return .error(301, "PermanentRedirect", "", ["x-amz-bucket-region": isEast ? "west" : "east"])
        }
        let remote = try S3Remote(service)
        let error = await failure { () async throws(RemoteError) in try await remote.list("") }
        #expect(error?.reason == .refused(.elsewhere("east")))
        #expect(service.requests.count == 5)
    }

    @Test("a key that has expired is had anew once")
    func expired() async throws {
        actor Source: S3CredentialSource {
            var number = 1
            func credentials() async throws(RemoteError) -> S3Credentials? {
                S3Credentials(accessKeyID: "KEY\(number)", secretAccessKey: "s", sessionToken: "t\(number)")
            }
            func forget(_ credentials: S3Credentials) async {
                if credentials.accessKeyID == "KEY\(number)" { number += 1 }
            }
        }
        let service = ScriptedService { request in
            request.headers["x-amz-security-token"] == "t2"
                ? HTTPResponse(200, text: "x") : .error(400, "ExpiredToken")
        }
        let remote = try S3Remote(
            S3Settings(bucket: "b", endpoint: "http://h"), over: service, credentials: Source())
        for _ in 0..<2 { #expect(try await remote.read("k") == [0x78]) }
        #expect(service.requests.count == 3)
    }

    @Test("no error has a secret in it")
    func secrets() async throws {
        let answers: [HTTPResponse] = [
            .error(
                403, "SignatureDoesNotMatch",
                "<AWSAccessKeyId>AKIDTEST</AWSAccessKeyId><StringToSign>do-not-tell-1</StringToSign>"),
            .error(500, "X", "do-not-tell-1"), HTTPResponse(404, text: "<html>do-not-tell-1"),
            .error(301, "R", "", ["Location": "http://u:do-not-tell-1@h/?x=do-not-tell-1"]),
        ]
        for answer in answers {
            let remote = try S3Remote(ScriptedService(answer))
            let error = await failure { () async throws(RemoteError) in try await remote.list("") }
            #expect(error != nil)
            #expect(!"\(String(reflecting: error))".contains("do-not-tell"))
        }
        #expect(try !String(reflecting: S3Remote(ScriptedService(answers[0]))).contains("do-not-tell"))
    }
}
