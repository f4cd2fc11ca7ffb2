import CairnCore
import CairnTestSupport
import Testing

@testable import CairnRemote

/// What real servers say of our signatures.
@Suite("Signature V4 on real servers", .ownThreads)
struct S3SignatureServerTests {
    private static let keys = [
        "a b/c+d", "100%/x=y", "%41", "a//b", "dots/../a/./b", "é/日本/\u{1F600}", "e\u{301}", "~tilde*'(!)",
        "q?m&n#o;p:q@r,s$t", "trail/", "\\\"<>[]^`{|}",
    ]

    @Test(
        "objects with odd keys are put by headers, and read by a signed URL that needs no key",
        arguments: [TestServer.Kind.ceph, .swift].filter(\.isAvailable))
    func oddKeys(_ kind: TestServer.Kind) async throws {
        let bucket = try ServedBucket.shared(kind)
        let signature = S3Signature(S3Credentials(bucket.place.owner), region: bucket.place.region)
        let base = "\(bucket.endpoint)/\(bucket.place.bucket)/signed"
        for key in Self.keys {
            let url = "\(base)/\(PercentEncoding.path(key))"
            let body = Array("the object \(key)".utf8)
            let put = HTTPRequest(.put, url, ["Content-Type": "text/plain"], body: .bytes(body))
            let rules = HTTPAttemptRules(prepare: { request throws(RemoteError) in
                signature.sign(&request, .bytes(body), at: SystemClock().date)
            })
            #expect(try await bucket.http.send(put, rules).isSuccess, "\(kind): \(key)")
            let signed = signature.presigned(HTTPRequest(.get, url), at: SystemClock().date, seconds: 60)
            let answer = try await bucket.http.send(HTTPRequest(.get, signed), HTTPAttemptRules())
            #expect(answer.status == 200 && answer.body == body, "\(kind): \(key)")
            let stale = signature.presigned(
                HTTPRequest(.get, url), at: SystemClock().date - 3_600_000, seconds: 60)
            #expect(try await bucket.http.send(HTTPRequest(.get, stale), HTTPAttemptRules()).status == 403)
        }
        let objects = try bucket.place.objects("signed/")
        #expect(Set(objects.keys) == Set(Self.keys.map { "signed/\($0)" }), "\(kind)")
    }

    @Test(
        "a wrong secret and a body that is not the signed one are refused",
        arguments: [TestServer.Kind.ceph, .swift].filter(\.isAvailable))
    func refused(_ kind: TestServer.Kind) async throws {
        let bucket = try ServedBucket.shared(kind)
        let url = "\(bucket.endpoint)/\(bucket.place.bucket)/refused"
        var key = S3Credentials(bucket.place.owner)
        let right = S3Signature(key, region: bucket.place.region)
        key.secretAccessKey += "x"
        let wrong = S3Signature(key, region: bucket.place.region)
        let body = Array("body".utf8)
        for (signature, payload) in [
            (wrong, S3Signature.Payload.bytes(body)), (right, .bytes(Array("other".utf8))),
        ] {
            let rules = HTTPAttemptRules(prepare: { request throws(RemoteError) in
                signature.sign(&request, payload, at: SystemClock().date)
            })
            let put = HTTPRequest(.put, url, body: .bytes(body))
            let status = try await bucket.http.send(put, rules).status
            #expect((400..<500).contains(status), "\(kind): \(status)")
        }
        #expect(try bucket.place.objects("refused").isEmpty)
    }
}
