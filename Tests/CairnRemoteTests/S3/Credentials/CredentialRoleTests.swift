import CairnSystem
import CairnTestSupport
import Testing

@testable import CairnRemote

@Suite("Keys: roles", .ownThreads)
struct CredentialRoleTests {
    private static func answer(_ action: String, _ id: String) -> HTTPResponse {
        HTTPResponse(
            200,
            body: Array(
                """
                <\(action)Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><\(action)Result>
                <AssumedRoleUser><Arn>arn:x</Arn></AssumedRoleUser>
                <Credentials><AccessKeyId>\(id)</AccessKeyId><SecretAccessKey>role+secret</SecretAccessKey>
                <SessionToken>role/token==</SessionToken><Expiration>2026-01-01T01:00:00Z</Expiration></Credentials>
                </\(action)Result><ResponseMetadata/></\(action)Response>
                """.utf8))
    }

    /// A service that gives a key whose ID tells by which key, and for which role, it was asked.
    private static func service() -> CredentialWorld.Services {
        CredentialWorld.Services { request throws(RemoteError) in
            guard case .bytes(let body) = request.body else { return HTTPResponse(400) }
            let form = String(decoding: PercentEncoding.decoded(body), as: UTF8.self)
            let items = Dictionary(
                form.split(separator: "&").map { item in
                    let parts = item.split(separator: "=", maxSplits: 1)
                    return (String(parts[0]), parts.count > 1 ? String(parts[1]) : "")
                }, uniquingKeysWith: { $1 })
            let by =
                (request.headers["Authorization"] ?? "nobody").split(separator: "=").dropFirst().first ?? "/"
            let key = items["WebIdentityToken"] ?? String(by.split(separator: "/").first ?? "?")
            return answer(items["Action"] ?? "", "\(key)>\(items["RoleArn"] ?? "")")
        }
    }

    private static func world(_ config: String) -> CredentialWorld {
        var world = CredentialWorld()
        world.files["~/.aws/config"] = config
        world.files["~/.aws/credentials"] = """
            [keys]
            aws_access_key_id = BASE
            aws_secret_access_key = s
            """
        world.services = service()
        return world
    }

    @Test(
        "are taken by the key that the profile names",
        arguments: [
            ("[default]\nrole_arn = R\nsource_profile = keys\n", "BASE>R/role+secret/role/token=="),
            (
                "[default]\nrole_arn = R2\nsource_profile = middle\n[profile middle]\nrole_arn = R1\nsource_profile = keys\n",
                "BASE>R1>R2/role+secret/role/token=="
            ),
            (
                "[default]\nrole_arn = R\nsource_profile = default\naws_access_key_id = OWN\naws_secret_access_key = s\n",
                "OWN>R/role+secret/role/token=="
            ),
            (
                "[default]\nrole_arn = R\nsource_profile = both\n[profile both]\nrole_arn = R1\nsource_profile = keys\naws_access_key_id = OWN\naws_secret_access_key = s\n",
                "OWN>R/role+secret/role/token=="
            ),
            (
                "[default]\nrole_arn = R\ncredential_source = Environment\n",
                "error: Environment, which credential_source of profile 'default' names, has no key"
            ),
            (
                "[default]\nrole_arn = R\ncredential_source = Moon\n",
                "error: credential_source of profile 'default' is none of Environment, EcsContainer and Ec2InstanceMetadata"
            ),
            (
                "[default]\nrole_arn = R\n",
                "error: profile 'default' takes a role and has neither source_profile nor credential_source"
            ),
            (
                "[default]\nrole_arn = R\nsource_profile = keys\ncredential_source = Environment\n",
                "error: profile 'default' has both source_profile and credential_source: only one may stand there"
            ),
            (
                "[default]\nrole_arn = R\nsource_profile = none\n",
                "error: there is no profile 'none', which source_profile of profile 'default' names"
            ),
            (
                "[default]\nrole_arn = R\nsource_profile = a\n[profile a]\nregion = x\n",
                "error: profile 'a', which source_profile of profile 'default' names, has no key"
            ),
            (
                "[default]\nrole_arn = R\nsource_profile = default\n",
                "error: profile 'default', which source_profile of profile 'default' names, has no key"
            ),
            (
                "[default]\nrole_arn = R\nsource_profile = a\n[profile a]\nrole_arn = R\nsource_profile = b\n[profile b]\nrole_arn = R\nsource_profile = a\n",
                "error: the profiles 'default', 'a', 'b', 'a' take their keys from each other: mend source_profile"
            ),
            (
                "[default]\nrole_arn = R\nsource_profile = keys\nduration_seconds = long\n",
                "error: duration_seconds of profile 'default' is no number of seconds"
            ),
            (
                "[default]\nrole_arn = R\nsource_profile = keys\nmfa_serial = m\n",
                "error: profile 'default' wants a code for mfa_serial, which cairn does not ask for: run `eval \"$(aws configure export-credentials --profile default --format env)\"` first"
            ),
        ])
    func roles(_ config: String, _ expected: String) async {
        #expect(await Self.world(config).found() == expected)
    }

    @Test("the request says what the profile says, in the remote's region, and is signed by the general rule")
    func request() async throws {
        var world = Self.world(
            """
            [default]
            role_arn = arn:aws:iam::1:role/a b
            source_profile = keys
            external_id = e=1&2
            role_session_name = me
            duration_seconds = 900
            region = eu-west-3
            """)
        world.options.region = "ap-south-2"
        #expect(await world.found().hasPrefix("BASE>arn:aws:iam::1:role/a b/") == false, "no key has a space")
        let request = try #require(world.services.requests.first)
        #expect(request.url == "https://sts.ap-south-2.amazonaws.com")
        guard case .bytes(let body) = request.body else { return }
        #expect(
            String(decoding: body, as: UTF8.self)
                == "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fa%20b&RoleSessionName=me&ExternalId=e%3D1%262&DurationSeconds=900"
        )
        let authorization = try #require(request.headers["Authorization"])
        #expect(
            authorization.contains(
                "/ap-south-2/sts/aws4_request, SignedHeaders=content-type;host;x-amz-date,"))
        world.options.region = nil
        _ = await world.found()
        #expect(world.services.requests.last?.url == "https://sts.eu-west-3.amazonaws.com")
        world.environment["AWS_ENDPOINT_URL_STS"] = "http://sts.local:1"
        _ = await world.found()
        #expect(world.services.requests.last?.url == "http://sts.local:1")
        world.environment["AWS_ENDPOINT_URL_STS"] = "nonsense"
        #expect(
            await world.found()
                == "error: the endpoint for STS in the environment or the profile is no URL of a service")
    }

    @Test("without any region the endpoint for all of them is asked")
    func anyRegion() async {
        let world = Self.world("[default]\nrole_arn = R\nsource_profile = keys\n")
        _ = await world.found()
        #expect(world.services.requests.first?.url == "https://sts.amazonaws.com")
        #expect(world.services.requests.first?.headers["Authorization"]?.contains("/us-east-1/sts/") == true)
    }

    @Test(
        "a web identity is enough, by environment or profile",
        arguments: [
            (
                ["AWS_WEB_IDENTITY_TOKEN_FILE": "/token", "AWS_ROLE_ARN": "R"], "", "",
                "ID>R/role+secret/role/token=="
            ),
            (
                [
                    "AWS_ACCESS_KEY_ID": "E", "AWS_SECRET_ACCESS_KEY": "s",
                    "AWS_WEB_IDENTITY_TOKEN_FILE": "/token",
                ], "",
                "", "E/s/-"
            ),
            (
                [:], "[default]\nweb_identity_token_file = /token\nrole_arn = R3\naws_access_key_id = X\n",
                "",
                "ID>R3/role+secret/role/token=="
            ),
            (
                ["AWS_WEB_IDENTITY_TOKEN_FILE": "/token", "AWS_ROLE_ARN": "R"], "", "keys", "BASE/s/-"
            ),
            (
                ["AWS_WEB_IDENTITY_TOKEN_FILE": "/token"], "", "",
                "error: there is a file with a web identity and no role that it is for: set AWS_ROLE_ARN, or role_arn of the profile"
            ),
            (
                ["AWS_WEB_IDENTITY_TOKEN_FILE": "/none", "AWS_ROLE_ARN": "R"], "", "",
                "error: '/none', which should hold the web identity, is not there"
            ),
            (
                ["AWS_WEB_IDENTITY_TOKEN_FILE": "/empty", "AWS_ROLE_ARN": "R"], "", "",
                "error: '/empty' does not hold the web identity: it is empty, or no line of text"
            ),
        ] as [([String: String], String, String, String)])
    func webIdentity(
        _ environment: [String: String], _ config: String, _ profile: String, _ expected: String
    ) async {
        var world = Self.world(config)
        world.environment = environment
        world.options.profile = profile.isEmpty ? nil : profile
        world.files["/token"] = "ID\n"
        world.files["/empty"] = "\n"
        #expect(await world.found() == expected)
        for request in world.services.requests { #expect(request.headers["Authorization"] == nil) }
    }

    @Test(
        "refusals are told by the service's word, and nonsense as what it is",
        arguments: [
            (
                403,
                "<ErrorResponse><Error><Code>AccessDenied</Code><Message>SECRET</Message></Error></ErrorResponse>",
                "error: role 'R' cannot be taken: STS answers AccessDenied"
            ),
            (500, "SECRET", "error: role 'R' cannot be taken: STS answers status 500"),
            (
                403, "<Error><Code>SECRET words</Code></Error>",
                "error: role 'R' cannot be taken: STS answers status 403"
            ),
            (200, "<html/>", "error: STS was asked for role 'R' and what it answers is no key"),
            (200, "", "error: STS was asked for role 'R' and what it answers is no key"),
        ])
    func refusals(_ status: Int, _ body: String, _ expected: String) async {
        var world = Self.world("[default]\nrole_arn = R\nsource_profile = keys\n")
        world.services = CredentialWorld.Services { _ throws(RemoteError) in
            HTTPResponse(status, body: Array(body.utf8))
        }
        #expect(await world.found() == expected)
    }
}
