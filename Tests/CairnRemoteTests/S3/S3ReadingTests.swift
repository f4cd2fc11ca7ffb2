import CairnCore
import CairnTestSupport
import Testing

@testable import CairnRemote

@Suite("Reading and listing buckets", .ownThreads)
struct S3ReadingTests {
    private static func page(_ keys: [String], next: String? = nil, _ more: String = "") -> HTTPResponse {
        let rows = keys.map {
            "<Contents><Key>\($0)</Key><Size>1</Size><LastModified>2023-11-14T22:13:19.250Z</LastModified></Contents>"
        }
        let end =
            next.map {
                "<IsTruncated>true</IsTruncated><NextContinuationToken>\($0)</NextContinuationToken>"
            } ?? "<IsTruncated>false</IsTruncated>"
        return HTTPResponse(200, text: "<ListBucketResult>\(rows.joined())\(more)\(end)</ListBucketResult>")
    }

    private static func reason(_ service: ScriptedService) async throws -> RemoteError.Reason? {
        let remote = try S3Remote(service)
        return await failure { () async throws(RemoteError) in try await remote.list("") }?.reason
    }

    @Test("pages may be short or empty, and what is no object of ours is passed over")
    func pages() async throws {
        let service = ScriptedService(
            Self.page(["p/b", "p/"], next: "t+1/="), Self.page([], next: "t2"),
            Self.page(
                ["p/a%2Bb", "p/a+b", "p/dir/", "p//x", "p/\u{e9}", "p/cairn.lock", "pq"],
                "<EncodingType>url</EncodingType>"))
        let listing = try await S3Remote(service).list("")
        #expect(listing.objects.map(\.key) == ["a+b", "b"])
        #expect(listing.objects.allSatisfy { $0.modified == 1_699_999_999_250 && $0.size == 1 })
        #expect(listing.now == 1_700_000_000_000)
        #expect(
            service.lines == [
                "GET /bucket?list-type=2&encoding-type=url&prefix=p%2F",
                "GET /bucket?list-type=2&encoding-type=url&prefix=p%2F&continuation-token=t%2B1%2F%3D",
                "GET /bucket?list-type=2&encoding-type=url&prefix=p%2F&continuation-token=t2",
            ])
    }

    @Test("a listing that goes in circles, does not go on, or is none, is an error")
    func badListings() async throws {
        let circle = RemoteError.Reason.refused(.unexpected("a listing that goes in circles"))
        #expect(try await Self.reason(ScriptedService(Self.page(["p/a"], next: "t"))) == circle)
        #expect(try await Self.reason(ScriptedService(Self.page([], next: "t"))) == circle)
        let fresh = ScriptedService { request in Self.page(["p/a"], next: "\(request.url.utf8.count)") }
        #expect(try await Self.reason(fresh) == circle)
        let endless = ScriptedService { request in Self.page([], next: "\(UInt64.random(in: 0 ... .max))") }
        #expect(try await Self.reason(endless) == circle)
        let open = HTTPResponse(
            200, text: "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>")
        #expect(
            try await Self.reason(ScriptedService(open))
                == .refused(.unexpected("a listing that does not go on")))
        for text in ["", "<html/>", "{}", "<ListBucketResult>", "<Error><Code>x</Code></Error>"] {
            #expect(
                try await Self.reason(ScriptedService(HTTPResponse(200, text: text))) == .refused(.noService))
        }
        for size in ["", "-1", "x", "99999999999999999999"] {
            let row =
                "<Contents><Key>p/a</Key><Size>\(size)</Size><LastModified>2023-11-14T22:13:19Z</LastModified></Contents>"
            #expect(
                try await Self.reason(ScriptedService(Self.page([], row)))
                    == .refused(.unexpected("a listing without sizes or times")))
        }
        #expect(
            try await Self.reason(ScriptedService(HTTPResponse(200, body: Self.page([]).body)))
                == .refused(.unexpected("no date")))
    }

    @Test("the time of a listing is that of the newest object within its second")
    func times() async throws {
        func now(_ modified: String) async throws -> Int64 {
            let row =
                "<Contents><Key>p/a</Key><Size>1</Size><LastModified>\(modified)</LastModified></Contents>"
            return try await S3Remote(ScriptedService(Self.page([], row))).list("").now
        }
        #expect(try await now("2023-11-14T22:13:20.900Z") == 1_700_000_000_900)
        #expect(try await now("2023-11-14T22:13:21.000Z") == 1_700_000_001_000)
        #expect(try await now("2023-11-14T22:13:21.001Z") == 1_700_000_000_000)
        #expect(try await now("2024-11-14T22:13:21.001Z") == 1_700_000_000_000)
    }

    @Test("the top has objects and groups")
    func top() async throws {
        let groups = ["p/log/", "p/packs/", "p/cairn.tmp/", "p//", "p/\u{e9}/"].map {
            "<CommonPrefixes><Prefix>\($0)</Prefix></CommonPrefixes>"
        }
        let service = ScriptedService(Self.page(["p/cairn.json", "p/"], groups.joined()))
        #expect(try await S3Remote(service).top() == ["cairn.json", "log/", "packs/"])
        #expect(service.lines == ["GET /bucket?list-type=2&encoding-type=url&delimiter=%2F&prefix=p%2F"])
    }

    @Test("without a prefix keys stand at the top of the bucket")
    func noPrefix() async throws {
        let service = ScriptedService(Self.page(["files/md5/ab/cd"]))
        let remote = try S3Remote(service, prefix: "")
        #expect(try await remote.list("files/").objects.map(\.key) == ["files/md5/ab/cd"])
        _ = try? await remote.read("files/md5/ab/cd")
        #expect(service.lines.last == "GET /bucket/files/md5/ab/cd")
    }

    @Test(
        "a part has to be the one that was asked for",
        arguments: [
            (HTTPResponse(206, ["Content-Range": "bytes 2-4/9"], text: "cde"), nil),
            (HTTPResponse(200, ["Content-Range": "bytes 2-4/9"], text: "cde"), nil),
            (HTTPResponse(206, ["Content-Range": "bytes 2-4/*"], text: "cde"), nil),
            (HTTPResponse(200, text: "abc"), RemoteError.Reason.truncated),
            (HTTPResponse(200, text: "abcde"), .refused(.unsupported("ranges"))),
            (HTTPResponse(206, ["Content-Range": "bytes 2-3/4"], text: "cd"), .truncated),
            (HTTPResponse(206, ["Content-Range": "bytes 0-2/9"], text: "cde"), other),
            (HTTPResponse(206, ["Content-Range": "bytes 2-4/9"], text: "cd"), other),
            (HTTPResponse(206, ["Content-Range": "bytes 2-9223372036854775807/9"], text: "cde"), other),
            (HTTPResponse(206, ["Content-Range": "bytes 4-2/9"], text: "cde"), other),
            (HTTPResponse(206, ["Content-Range": "lines 2-4/9"], text: "cde"), other),
            (HTTPResponse(206, text: "cde"), .refused(.unexpected("a part that does not say which"))),
            (HTTPResponse.error(416, "InvalidRange"), .truncated), (HTTPResponse(416), .truncated),
        ])
    func parts(_ response: HTTPResponse, _ reason: RemoteError.Reason?) async throws {
        let service = ScriptedService(response)
        let remote = try S3Remote(service)
        let found = await failure { () async throws(RemoteError) in
            let bytes = try await remote.read("k", 2..<5, limit: 3)
            #expect(bytes == Array("cde".utf8))
        }
        #expect(found?.reason == reason)
        #expect(service.requests[0].headers["Range"] == "bytes=2-4")
    }

    private static let other = RemoteError.Reason.refused(.unexpected("another part than was asked for"))

    @Test("what is larger than the caller takes is refused")
    func limits() async throws {
        let remote = try S3Remote(ScriptedService(HTTPResponse(200, text: "0123456789")))
        let whole = await failure { () async throws(RemoteError) in try await remote.read("k", nil, limit: 9)
        }
        #expect(whole == RemoteError(.tooLarge(10), "k"))
        #expect(try await remote.read("k", nil, limit: 10).count == 10)
        #expect(try await remote.read("k", nil, limit: .max).count == 10)
    }

    @Test("headers of a customer's key go with reading, and those of storage only with writing")
    func headers() async throws {
        let bucket = ScriptedBucket()
        let service = bucket.service
        let remote = try S3Remote(service) {
            $0.storageHeaders = ["x-amz-acl": "private"]
            $0.customerKeyHeaders = ["x-amz-server-side-encryption-customer-key": "k"]
        }
        try await remote.write(RemoteUpload("k", text: "x"))
        _ = try await remote.read("k")
        for request in service.requests {
            #expect(request.headers["x-amz-server-side-encryption-customer-key"] == "k")
            #expect((request.headers["x-amz-acl"] != nil) == (request.method == .put))
        }
    }
}
