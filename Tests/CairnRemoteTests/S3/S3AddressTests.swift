import Testing

@testable import CairnRemote

@Suite("Addresses of buckets")
struct S3AddressTests {
    private static func settings(
        _ bucket: String, _ endpoint: String?, _ region: String? = nil,
        _ addressing: S3Settings.Addressing = .automatic, tls: Bool = true
    ) -> S3Settings {
        var settings = S3Settings(bucket: bucket, endpoint: endpoint, region: region)
        settings.addressing = addressing
        settings.usesTLS = tls
        return settings
    }

    @Test(
        "URLs follow endpoint, region and name",
        arguments: [
            (settings("data", nil), "https://data.s3.us-east-1.amazonaws.com/a/b"),
            (settings("data", nil, "eu-west-3"), "https://data.s3.eu-west-3.amazonaws.com/a/b"),
            (settings("data", nil, "cn-north-1"), "https://data.s3.cn-north-1.amazonaws.com.cn/a/b"),
            (settings("data", nil, "us-gov-west-1"), "https://data.s3.us-gov-west-1.amazonaws.com/a/b"),
            (settings("data", nil, "us-iso-east-1"), "https://data.s3.us-iso-east-1.c2s.ic.gov/a/b"),
            (settings("data", nil, "us-isob-east-1"), "https://data.s3.us-isob-east-1.sc2s.sgov.gov/a/b"),
            (settings("data.x", nil), "https://s3.us-east-1.amazonaws.com/data.x/a/b"),
            (settings("data.x", nil, tls: false), "http://data.x.s3.us-east-1.amazonaws.com/a/b"),
            (settings("Data", nil), "https://s3.us-east-1.amazonaws.com/Data/a/b"),
            (settings("da_ta", nil), "https://s3.us-east-1.amazonaws.com/da_ta/a/b"),
            (settings("da", nil), "https://s3.us-east-1.amazonaws.com/da/a/b"),
            (settings("data", nil, nil, .path), "https://s3.us-east-1.amazonaws.com/data/a/b"),
            (settings("data", "https://s3.amazonaws.com"), "https://data.s3.amazonaws.com/a/b"),
            (settings("data", "http://host:9000"), "http://host:9000/data/a/b"),
            (settings("data", "http://host:9000/"), "http://host:9000/data/a/b"),
            (settings("data", "HTTPS://Host/s3//"), "https://host/s3/data/a/b"),
            (settings("data", "http://[::1]:9000/x/y"), "http://[::1]:9000/x/y/data/a/b"),
            (settings("data", "http://host:9000/x", nil, .virtualHost), "http://data.host:9000/x/a/b"),
            (settings("data", "http://127.0.0.1:9000", nil, .virtualHost), "http://127.0.0.1:9000/data/a/b"),
            (settings("data", "http://[::1]", nil, .virtualHost), "http://[::1]/data/a/b"),
            (settings("tenant:data", "http://host"), "http://host/tenant%3Adata/a/b"),
        ])
    func urls(_ settings: S3Settings, _ url: String) throws {
        #expect(try S3Address(settings).url("a/b") == url)
    }

    @Test("keys and queries are escaped, and the bucket itself has a path")
    func escapes() throws {
        let path = try S3Address(Self.settings("data", "http://h"))
        #expect(path.url("a+b=c&d %/é//.") == "http://h/data/a%2Bb%3Dc%26d%20%25/%C3%A9//.")
        #expect(path.url(nil, [("uploads", nil), ("p", "a/b")]) == "http://h/data?uploads&p=a%2Fb")
        let host = try S3Address(Self.settings("data", "http://h", nil, .virtualHost))
        #expect(host.url(nil, [("delete", nil)]) == "http://data.h/?delete")
    }

    @Test(
        "what is no endpoint, region or bucket is refused",
        arguments: [
            (settings("data", "host:9000"), RemoteError.Reason.refused(.invalidSetting("endpointurl"))),
            (settings("data", "ftp://host"), .refused(.invalidSetting("endpointurl"))),
            (settings("data", "https://"), .refused(.invalidSetting("endpointurl"))),
            (settings("data", "https://user:secret@host"), .refused(.invalidSetting("endpointurl"))),
            (settings("data", "https://host?x=1"), .refused(.invalidSetting("endpointurl"))),
            (settings("data", "https://host:0"), .refused(.invalidSetting("endpointurl"))),
            (settings("data", "https://host:99999"), .refused(.invalidSetting("endpointurl"))),
            (settings("data", "https://host:80x"), .refused(.invalidSetting("endpointurl"))),
            (settings("data", "https://[::1"), .refused(.invalidSetting("endpointurl"))),
            (settings("data", "https://ho st"), .refused(.invalidSetting("endpointurl"))),
            (settings("data", "https://h\n"), .refused(.invalidSetting("endpointurl"))),
            (settings("data", nil, "evil.com/"), .refused(.invalidSetting("region"))),
            (settings("data", nil, ""), .refused(.invalidSetting("region"))),
            (settings("", nil), .noPath), (settings("a/b", nil), .noPath), (settings("..", nil), .noPath),
            (settings("a b", nil), .noPath),
        ])
    func refusals(_ settings: S3Settings, _ reason: RemoteError.Reason) {
        #expect(throws: RemoteError(reason)) { try S3Address(settings) }
    }

    @Test("a bucket that is elsewhere is followed only where that is the same service")
    func moves() throws {
        let amazon = Self.settings("data", nil)
        let moved = try #require(S3Address(amazon).moved(to: "eu-west-1", nil, amazon))
        #expect(moved.region == "eu-west-1")
        #expect(moved.url("k") == "https://data.s3.eu-west-1.amazonaws.com/k")
        #expect(moved.moved(to: "eu-west-1", nil, amazon) == nil)
        #expect(moved.moved(to: "../x", nil, amazon) == nil)

        let other = Self.settings("data", "https://s3.example.com")
        let address = try S3Address(other)
        #expect(address.moved(to: "eu", nil, other)?.url("k") == "https://s3.example.com/data/k")
        #expect(
            address.moved(to: nil, "https://data.s3.eu.example.com", other)?.url("k")
                == "https://s3.eu.example.com/data/k")
        for place in ["https://evil.org", "http://s3.eu.example.com", "nonsense", "https://10.0.0.1"] {
            #expect(address.moved(to: nil, place, other) == nil, "\(place)")
        }
    }
}
