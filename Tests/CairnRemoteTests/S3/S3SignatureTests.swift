import CairnCore
import CairnTestSupport
import Foundation
import Testing

@testable import CairnRemote

/// The examples of the S3 API reference: "Examples: Signature Calculations in AWS Signature Version 4".
@Suite("Signature V4: the examples of S3's documentation")
struct S3SignatureExampleTests {
    private static let host = "https://examplebucket.s3.amazonaws.com"
    private static let signature = S3Signature(
        S3Credentials(
            accessKeyID: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
        region: "us-east-1")
    private static let date: Int64 = 1_369_353_600_000

    @Test(
        "signs as they say",
        arguments: [
            (
                HTTPRequest(.get, "\(host)/test.txt", ["Range": "bytes=0-9"]),
                "host;range;x-amz-content-sha256;x-amz-date",
                "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
            ),
            (
                HTTPRequest(
                    .put, "\(host)/test%24file.text",
                    [
                        "Date": "Fri, 24 May 2013 00:00:00 GMT",
                        "x-amz-storage-class": "REDUCED_REDUNDANCY",
                    ], body: .bytes(Array("Welcome to Amazon S3.".utf8))),
                "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
                "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"
            ),
            (
                HTTPRequest(.get, "\(host)/?lifecycle"), "host;x-amz-content-sha256;x-amz-date",
                "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"
            ),
            (
                HTTPRequest(.get, "\(host)/?max-keys=2&prefix=J"), "host;x-amz-content-sha256;x-amz-date",
                "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"
            ),
        ])
    func signs(_ request: HTTPRequest, _ headers: String, _ hex: String) {
        var request = request
        var payload = S3Signature.Payload.empty
        if case .bytes(let bytes) = request.body { payload = .bytes(bytes) }
        Self.signature.sign(&request, payload, at: Self.date)
        #expect(
            request.headers["Authorization"]
                == "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
                + "SignedHeaders=\(headers), Signature=\(hex)")
        #expect(request.headers["x-amz-content-sha256"] == payload.text)
    }

    @Test("makes the signed URL that they show")
    func presigns() {
        let url = Self.signature.presigned(
            HTTPRequest(.get, "\(Self.host)/test.txt"), at: Self.date, seconds: 86_400)
        let expected =
            "\(Self.host)/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256"
            + "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
            + "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
            + "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
        #expect(url == expected)
    }
}

/// Signatures that botocore makes: fixtures/aws-sigv4.
private struct BotocoreSamples: Decodable {
    struct Key: Decodable {
        let key: String
        let token: String?
        let header: String
        let presigned: String
    }
    struct Query: Decodable {
        let items: [[String?]]
        let header: String
    }
    let keys: [Key]
    let queries: [Query]

    static func load() throws -> BotocoreSamples {
        let bytes = try Files.read(PackageRoot.fixture("aws-sigv4/botocore.json"))
        return try JSONDecoder().decode(BotocoreSamples.self, from: Data(bytes))
    }
}

@Suite("Signature V4")
struct S3SignatureTests {
    private static let date: Int64 = 1_772_323_198_000

    private static func signature(_ token: String? = nil) -> S3Signature {
        S3Signature(
            S3Credentials(accessKeyID: "AKIDEXAMPLE", secretAccessKey: "se/cr+et=", sessionToken: token),
            region: "eu-central-1")
    }

    private static func hex(_ request: HTTPRequest) -> String? {
        request.headers["Authorization"]?.components(separatedBy: "Signature=").last
    }

    @Test("signs odd keys as botocore does, with and without a session token")
    func oddKeys() throws {
        let samples = try BotocoreSamples.load().keys
        #expect(samples.count > 20)
        for sample in samples {
            let url = "https://store.example:9000/bucket/\(PercentEncoding.path(sample.key))"
            var request = HTTPRequest(.put, url, ["Content-Type": "text/plain"])
            Self.signature(sample.token).sign(&request, .bytes(Array("hello".utf8)), at: Self.date)
            #expect(Self.hex(request) == sample.header, "\(sample.key)")
            let signed = Self.signature(sample.token).presigned(
                HTTPRequest(.get, url), at: Self.date, seconds: 900)
            #expect(signed.hasSuffix("&X-Amz-Signature=\(sample.presigned)"), "\(sample.key)")
            #expect(signed.contains("X-Amz-Security-Token=") == (sample.token != nil))
        }
    }

    @Test("signs queries as botocore does: in any order, with and without values, doubled names")
    func queries() throws {
        for sample in try BotocoreSamples.load().queries {
            let items = sample.items.map { (name: $0[0] ?? "", value: $0[1]) }
            var request = HTTPRequest(
                .post, "https://store.example/bucket?\(PercentEncoding.query(items))")
            Self.signature().sign(&request, .empty, at: Self.date)
            #expect(Self.hex(request) == sample.header, "\(request.url)")
        }
    }

    @Test("the general rule tidies a path up and escapes it again, as botocore does")
    func general() {
        var signature = Self.signature()
        signature.service = "sts"
        signature.rule = .general
        var request = HTTPRequest(
            .post, "https://sts.eu-central-1.amazonaws.com/a%20b//c/../d",
            ["Content-Type": "application/x-www-form-urlencoded; charset=utf-8"])
        signature.sign(&request, .bytes(Array("Action=AssumeRole".utf8)), at: Self.date)
        #expect(Self.hex(request) == "770b2013faa70bf2e67aca2f1ee229db5f1274fa04899287051973a9d1ebe705")
        #expect(request.headers["x-amz-content-sha256"] == nil)
    }

    @Test("a path that was escaped in another way has the same signature")
    func spelling() {
        let hexes = ["a%2bb%7Ec%2Fd", "a+b~c/d", "a%2Bb~c/d"].map { path in
            var request = HTTPRequest(.get, "https://store.example/bucket/\(path)")
            Self.signature().sign(&request, .empty, at: Self.date)
            return Self.hex(request)
        }
        #expect(Set(hexes).count == 1)
    }

    @Test(
        "the host is signed as it is sent",
        arguments: [
            ("https://h/x", "h"), ("https://h:443/x", "h"), ("http://h:80/x", "h"),
            ("http://h:443/x", "h:443"),
            ("https://u:p@h:9000", "h:9000"), ("http://[::1]:80/", "[::1]"),
            ("HTTP://[::1]:8080?a", "[::1]:8080"),
        ])
    func host(_ url: String, _ host: String) {
        let canonical = S3CanonicalRequest(HTTPRequest(.get, url), .s3, payloadHash: "")
        #expect(canonical.text.contains("\nhost:\(host)\n"), "\(canonical.text)")
    }

    @Test("what a client sets on its own is not signed, and signing again replaces what was there")
    func again() {
        var request = HTTPRequest(
            .get, "https://store.example/k",
            ["User-Agent": "x", "Content-Length": "0", "Expect": "100-continue", "Host": "other"])
        Self.signature("token").sign(&request, .empty, at: 0)
        Self.signature().sign(&request, .unsigned, at: Self.date)
        #expect(request.headers.fields.count { $0.name.lowercased() == "authorization" } == 1)
        #expect(request.headers.fields.count { $0.name == "x-amz-date" } == 1)
        #expect(request.headers["x-amz-security-token"] == nil)
        #expect(request.headers["x-amz-content-sha256"] == "UNSIGNED-PAYLOAD")
        #expect(
            request.headers["authorization"]?.contains("SignedHeaders=host;x-amz-content-sha256;x-amz-date,")
                == true)
    }

    @Test("a key shows nothing of itself")
    func secrets() {
        let key = S3Credentials(accessKeyID: "AKID", secretAccessKey: "SECRET", sessionToken: "TOKEN")
        var dumped = ""
        dump(Self.signature("TOKEN"), to: &dumped)
        dump(key, to: &dumped)
        for text in ["\(key)", String(reflecting: key), dumped] {
            #expect(!text.contains("SECRET") && !text.contains("TOKEN") && !text.contains("se/cr"), "\(text)")
        }
    }
}
