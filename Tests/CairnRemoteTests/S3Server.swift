import CairnRemote
import CairnSystem
import Synchronization

/// An S3 service for tests, as the environment names it.
struct S3Server: Sendable {
    let endpoint: String
    let region: String?
    let credentials: S3Credentials
    /// Whether of several writers of a key at the same moment all but one learn that they were late.
    let settlesRaces: Bool

    /// The one of the environment, if it names one.
    static let current: S3Server? = {
        guard let endpoint = Surroundings.variable("CAIRN_TEST_S3_ENDPOINT"),
            let id = Surroundings.variable("CAIRN_TEST_S3_ACCESS_KEY_ID"),
            let secret = Surroundings.variable("CAIRN_TEST_S3_SECRET_ACCESS_KEY")
        else { return nil }
        return S3Server(
            endpoint: endpoint, region: Surroundings.variable("CAIRN_TEST_S3_REGION"),
            credentials: S3Credentials(accessKeyID: id, secretAccessKey: secret),
            settlesRaces: Surroundings.variable("CAIRN_TEST_S3_RACES") == nil)
    }()

    /// One client for all tests, as in one command.
    static let client = HTTPClient()

    /// A bucket for all tests of a run; each takes a prefix of its own.
    private static let bucket = "cairn-test-\(UInt64.random(in: 0 ... .max))"
    private static let isMade = Mutex(false)

    /// A remote that nobody else uses.
    func makeRemote(over http: any HTTPSending = S3Server.client) throws -> S3Remote {
        try makeBucket()
        return try S3Remote(
            settings(prefix: "t/\(UInt64.random(in: 0 ... .max))"), over: http,
            credentials: FixedKey(credentials))
    }

    /// The bucket of the run.
    func settings(prefix: String) -> S3Settings {
        var settings = S3Settings(bucket: Self.bucket, prefix: prefix)
        settings.endpoint = endpoint
        settings.region = region
        return settings
    }

    private func makeBucket() throws {
        try Self.isMade.withLock { isMade in
            guard !isMade else { return }
            let (url, key, region) = (endpoint + "/" + Self.bucket, credentials, region ?? "us-east-1")
            let threads = TaskThreads(count: 2)
            let response = try runBlocking(on: threads) { () async throws(RemoteError) in
                let rules = HTTPAttemptRules(prepare: { request in
                    S3Signature(key, region: region).sign(&request, .empty, at: SystemClock().date)
                })
                return try await Self.client.send(HTTPRequest(.put, url), rules)
            }
            guard response.isSuccess else { throw RemoteError(.notFound, "bucket: \(response.status)") }
            isMade = true
        }
    }
}

/// A key that never changes.
struct FixedKey: S3CredentialSource {
    let key: S3Credentials?
    init(_ key: S3Credentials?) { self.key = key }
    func credentials() async throws(RemoteError) -> S3Credentials? { key }
    func forget(_ credentials: S3Credentials) async {}
}
