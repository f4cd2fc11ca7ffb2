import Testing
import CairnRemote
import CairnSystem
import CairnTestSupport
import Testing

/// The remotes on real servers.
extension RemoteMaker {
    /// Those whose servers can be had here.
    static let onServers: [RemoteMaker] = {
        var makers: [RemoteMaker] = []
        for kind in [TestServer.Kind.ceph, .swift] where kind.isAvailable {
            makers.append(
                RemoteMaker("S3 on \(kind)", settlesRaces: kind == .ceph, isSlow: kind == .swift) { _ in
                    try ServedBucket.shared(kind).makeRemote()
                })
        }
        if TestServer.Kind.ceph.isAvailable, TestServer.Kind.nginx.isAvailable {
            makers.append(RemoteMaker("S3 on ceph over TLS") { _ in try ServedBucket.overTLS().makeRemote() })
        }
        if TestServer.Kind.nginx.isAvailable {
            makers.append(
                RemoteMaker("a folder on nginx", precision: 60_000, hidesDots: true) { _ in
                    try ServedFolder(.nginx, "HTTP_URL")
                })
        }
        if TestServer.Kind.lighttpd.isAvailable {
            makers.append(
                RemoteMaker("a folder on lighttpd, with a digest", precision: nil, hidesDots: true) { _ in
                    try ServedFolder(.lighttpd, "DIGEST_URL", .login(ServedFolder.digest()))
                })
        }
        makers.append(
            RemoteMaker("a folder on Python's web server", isSlow: true, precision: 1000) { _ in
                let server = try python.value()
                return try ServedFolder(in: server.files, at: server.url)
            })
        return makers
    }()

    private static let python = Once { try PythonServer() }
}

/// A bucket that several tests share, each with a prefix of its own.
struct ServedBucket: Sendable {
    let place: S3Place
    let endpoint: String
    let http: HTTPClient

    /// The one on a server that tests share.
    static func shared(_ kind: TestServer.Kind) throws -> ServedBucket {
        let place = try (kind == .swift ? onSwift : onCeph).value()
        return ServedBucket(place: place, endpoint: place.endpoint, http: plain)
    }

    /// The one on Ceph, behind a front that speaks TLS with a certificate of the tests' own authority.
    static func overTLS() throws -> ServedBucket { try front.value() }

    /// A remote that nobody else uses.
    func makeRemote(over sending: (any HTTPSending)? = nil) throws -> S3Remote {
        var settings = S3Settings(
            bucket: place.bucket, prefix: "t/\(UInt64.random(in: 0 ... .max))", endpoint: endpoint)
        settings.region = place.region
        return try S3Remote(
            settings, over: sending ?? http, credentials: FixedKey(S3Credentials(place.owner)))
    }

    private static let plain = HTTPClient()
    private static let onCeph = Once { try S3Place(on: .ceph) }
    private static let onSwift = Once { try S3Place(on: .swift) }
    private static let front = Once {
        let place = try onCeph.value()
        let nginx = try TestServer(.nginx, ["upstream": String(place.endpoint.dropFirst("http://".count))])
        var settings = HTTPSettings()
        settings.trust = .authorities(FilePath(nginx["CA_BUNDLE"]))
        served.change { $0.append(nginx) }
        return ServedBucket(place: place, endpoint: nginx["S3_ENDPOINT"], http: HTTPClient(settings))
    }
    /// What has to live as long as the tests.
    private static let served = Shared<[TestServer]>([])
}

/// A key that never changes.
struct FixedKey: S3CredentialSource {
    let key: S3Credentials?
    init(_ key: S3Credentials?) { self.key = key }
    func credentials() async throws(RemoteError) -> S3Credentials? { key }
    func forget(_ credentials: S3Credentials) async {}
}

extension S3Credentials {
    /// A key to a test server.
    init(_ key: S3Key) { self.init(accessKeyID: key.id, secretAccessKey: key.secret) }
}

/// Says of each server whether the contract was checked on it.
@Suite("Contract of remotes on servers")
struct ServedContract {
    @Test("S3 on Ceph", .enabled(if: TestServer.Kind.ceph.isAvailable, TestServer.Kind.ceph.comment))
    func ceph() { #expect(RemoteMaker.all.contains { $0.testDescription == "S3 on ceph" }) }

    @Test("S3 on Swift", .enabled(if: TestServer.Kind.swift.isAvailable, TestServer.Kind.swift.comment))
    func swift() { #expect(RemoteMaker.all.contains { $0.testDescription == "S3 on swift" }) }
}

extension TestServer.Kind {
    /// Why a test is skipped, for traits.
    var comment: Comment { Comment(rawValue: reason ?? "needs the server '\(self)'") }
}
