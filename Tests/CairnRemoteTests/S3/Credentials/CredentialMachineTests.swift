import CairnSystem
import Testing

@testable import CairnRemote

@Suite("Keys: containers and machines")
struct CredentialMachineTests {
    private static let key =
        #"{"Code": "Success", "AccessKeyId": "M", "SecretAccessKey": "s", "Token": "t", "Expiration": "2026-01-01T06:00:00Z"}"#

    private static func services(_ answers: [String: (Int, String)]) -> CredentialWorld.Services {
        CredentialWorld.Services { request throws(RemoteError) in
            guard let (status, body) = answers["\(request.method.rawValue) \(request.url)"] else {
                throw RemoteError(.unreachable("nothing answers"))
            }
            return HTTPResponse(status, body: Array(body.utf8))
        }
    }

    @Test(
        "a container tells its key",
        arguments: [
            ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2/x?id=1"],
            [
                "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:51/k",
                "AWS_CONTAINER_AUTHORIZATION_TOKEN": "Basic x",
            ],
            [
                "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.23/k",
                "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "/token", "AWS_CONTAINER_AUTHORIZATION_TOKEN": "no",
            ],
        ])
    func container(_ environment: [String: String]) async {
        var world = CredentialWorld()
        world.environment = environment
        world.files["/token"] = "from a file\n"
        world.metadata = Self.services([
            "GET http://169.254.170.2/v2/x?id=1": (200, Self.key),
            "GET http://127.0.0.1:51/k": (200, Self.key), "GET http://169.254.170.23/k": (200, Self.key),
        ])
        #expect(await world.found() == "M/s/t")
        let token = world.metadata.requests.first?.headers["Authorization"]
        switch environment.count {
        case 1: #expect(token == nil)
        case 2: #expect(token == "Basic x")
        default: #expect(token == "from a file")
        }
    }

    @Test(
        "what is wrong with a container is told",
        arguments: [
            (
                ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "@evil/"], (200, key),
                "error: AWS_CONTAINER_CREDENTIALS_RELATIVE_URI does not begin with \"/\""
            ),
            (
                ["AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://example.com/"], (200, key),
                "error: AWS_CONTAINER_CREDENTIALS_FULL_URI leads to a host that may not tell keys without TLS: it has to begin with https://, or be this machine"
            ),
            (
                [
                    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/",
                    "AWS_CONTAINER_AUTHORIZATION_TOKEN": "a\r\nb",
                ],
                (200, key),
                "error: AWS_CONTAINER_AUTHORIZATION_TOKEN has a line break or an unusual letter in it"
            ),
            (
                ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/"], (404, "SECRET"),
                "error: the service for keys of containers answers with status 404"
            ),
            (
                ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/"], (200, "SECRET"),
                "error: what the service for keys of containers answers is no JSON object"
            ),
            (
                ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/"],
                (200, #"{"AccessKeyId": "M", "SecretAccessKey": "SECRET"}"#),
                "error: in what the service for keys of containers answers there is no \"Token\""
            ),
        ] as [([String: String], (Int, String), String)])
    func containerFaults(
        _ environment: [String: String], _ answer: (Int, String), _ expected: String
    ) async {
        var world = CredentialWorld()
        world.environment = environment
        world.metadata = Self.services(["GET http://169.254.170.2/": answer])
        #expect(await world.found() == expected)
    }

    @Test(
        "a key is only asked for without TLS on this machine and beside it",
        arguments: [
            ("https://anywhere.example/x", true), ("http://localhost/x", true),
            ("http://LOCALHOST:80/x", true),
            ("http://127.0.0.1/", true), ("http://127.255.0.9:1/", true), ("http://[::1]:9/", true),
            ("http://[fd00:ec2::23]/", true), ("http://169.254.170.2/", true),
            ("http://169.254.170.2@evil.example/", false), ("http://evil.example#@127.0.0.1/", false),
            ("http://evil.example\\@127.0.0.1/", false), ("http://evil.example?@127.0.0.1/", false),
            ("http://127.0.0.1.evil.example/", false), ("http://127.0.0.1 .evil/", false),
            ("http://128.0.0.1/", false), ("http://127.1/", false), ("http://[::2]/", false),
            ("ftp://127.0.0.1/", false), ("127.0.0.1", false), ("http://", false),
            ("http://[::1].evil/", false),
        ])
    func hosts(_ url: String, _ isAllowed: Bool) {
        #expect(CredentialFinder.mayTellKeys(url) == isAllowed)
    }

    private static let base = "http://169.254.169.254/latest"
    private static let place = "\(base)/meta-data/iam/security-credentials/"

    @Test("a machine tells its key to who has a token")
    func machine() async {
        var world = CredentialWorld()
        world.metadata = Self.services([
            "PUT \(Self.base)/api/token": (200, "TOKEN=="), "GET \(Self.place)": (200, "my role\nother\n"),
            "GET \(Self.place)my": (200, Self.key),
        ])
        #expect(await world.found() == "M/s/t")
        let requests = world.metadata.requests
        #expect(requests.map(\.method) == [.put, .get, .get])
        #expect(requests[0].headers["X-aws-ec2-metadata-token-ttl-seconds"] == "21600")
        #expect(requests.dropFirst().allSatisfy { $0.headers["X-aws-ec2-metadata-token"] == "TOKEN==" })
    }

    @Test(
        "a machine without such a service, or without a role, has no key",
        arguments: [
            [:], ["PUT \(base)/api/token": (403, "")], ["PUT \(base)/api/token": (200, "a\nb")],
            ["PUT \(base)/api/token": (200, "T"), "GET \(place)": (404, "no role")],
            ["PUT \(base)/api/token": (200, "T"), "GET \(place)": (200, "")],
        ] as [[String: (Int, String)]])
    func none(_ answers: [String: (Int, String)]) async {
        var world = CredentialWorld()
        world.metadata = Self.services(answers)
        #expect(await world.found().hasPrefix("error: there is no access key: "))
    }

    @Test("what is wrong with a machine's role is told")
    func faults() async {
        func found(_ answer: (Int, String)) async -> String {
            var world = CredentialWorld()
            world.metadata = Self.services([
                "PUT \(Self.base)/api/token": (200, "T"), "GET \(Self.place)": (200, "role"),
                "GET \(Self.place)role": answer,
            ])
            return await world.found()
        }
        #expect(
            await found((500, "")) == "error: the service for keys of this machine answers with status 500")
        #expect(
            await found((200, #"{"Code": "AssumeRoleUnauthorizedAccess", "Message": "SECRET"}"#))
                == "error: the service for keys of this machine has no key: the role of the machine is not usable"
        )
    }

    @Test("who does not want it is not asked, and the endpoint may be another")
    func disabled() async {
        var world = CredentialWorld()
        world.environment = ["AWS_EC2_METADATA_DISABLED": "TRUE"]
        #expect(await world.found().hasPrefix("error: there is no access key"))
        #expect(world.metadata.requests.isEmpty)
        world.environment = ["AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": "IPv6"]
        _ = await world.found()
        #expect(world.metadata.requests.last?.url == "http://[fd00:ec2::254]/latest/api/token")
        world.environment = ["AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://local:1/"]
        _ = await world.found()
        #expect(world.metadata.requests.last?.url == "http://local:1/latest/api/token")
    }

    @Test("where nobody answers, nobody waits for long, and no proxy hears of it")
    func patience() {
        let settings = S3CredentialSurroundings.metadataSettings([:])
        #expect(settings.connectTimeout == .seconds(1) && settings.attempts == 1 && !settings.usesProxies)
        let other = S3CredentialSurroundings.metadataSettings([
            "AWS_METADATA_SERVICE_TIMEOUT": "5", "AWS_METADATA_SERVICE_NUM_ATTEMPTS": "3",
        ])
        #expect(other.connectTimeout == .seconds(5) && other.attempts == 3)
    }
}
