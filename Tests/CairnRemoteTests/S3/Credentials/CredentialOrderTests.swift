import CairnSystem
import Testing

@testable import CairnRemote

@Suite("Keys: where they come from")
struct CredentialOrderTests {
    private static let files = [
        "~/.aws/credentials": """
        [default]
        aws_access_key_id = FILE
        aws_secret_access_key = s1
        [work]
        aws_access_key_id = WORK
        aws_secret_access_key = s2
        aws_session_token = t2
        [half]
        aws_access_key_id = HALF
        [both]
        aws_access_key_id = BOTH
        aws_secret_access_key = s3
        """,
        "~/.aws/config": """
        [profile cfg]
        aws_access_key_id = CONFIG
        aws_secret_access_key = s4
        [profile both]
        credential_process = never
        [profile sso]
        sso_start_url = https://x
        [profile login]
        login_session = x
        [profile empty]
        region = r
        [profile spaces]
        aws_access_key_id = A B
        aws_secret_access_key = s5
        """,
        "/other": "[default]\naws_access_key_id = OTHER\naws_secret_access_key = s6\n",
    ]

    private static let keys = ["AWS_ACCESS_KEY_ID": "ENV", "AWS_SECRET_ACCESS_KEY": "e"]

    private static func sso(_ name: String, _ option: String) -> String {
        "error: profile '\(name)' signs in by \(option), which cairn does not do: run "
            + "`eval \"$(aws configure export-credentials --profile \(name) --format env)\"` first"
    }

    @Test(
        "is decided as Amazon's programs decide it",
        arguments: [
            ([:], "", "FILE/s1/-"), (keys, "", "ENV/e/-"),
            (keys.merging(["AWS_SESSION_TOKEN": "t"]) { $1 }, "", "ENV/e/t"),
            (keys.merging(["AWS_SECURITY_TOKEN": "t"]) { $1 }, "", "ENV/e/t"),
            (keys.merging(["AWS_PROFILE": "work"]) { $1 }, "", "ENV/e/-"),
            (keys, "work", "WORK/s2/t2"), (keys, "default", "FILE/s1/-"),
            (["AWS_PROFILE": "work"], "", "WORK/s2/t2"), (["AWS_PROFILE": "work"], "cfg", "CONFIG/s4/-"),
            (["AWS_PROFILE": "work", "AWS_DEFAULT_PROFILE": "cfg"], "", "CONFIG/s4/-"),
            (["AWS_PROFILE": "both"], "", "BOTH/s3/-"),
            (["AWS_SHARED_CREDENTIALS_FILE": "/other"], "", "OTHER/s6/-"),
            (["AWS_ACCESS_KEY_ID": ""], "", "FILE/s1/-"),
            (
                ["AWS_ACCESS_KEY_ID": "X"], "",
                "error: AWS_ACCESS_KEY_ID is set and AWS_SECRET_ACCESS_KEY is not"
            ),
            ([:], "half", "error: profile 'half' has aws_access_key_id and no aws_secret_access_key"),
            ([:], "sso", sso("sso", "sso_start_url")), ([:], "login", sso("login", "login_session")),
            (
                [:], "nobody",
                "error: there is no profile 'nobody' in the files of keys and settings (`aws configure list-profiles` shows those that are there)"
            ),
            (
                ["AWS_PROFILE": "nobody"], "",
                "error: there is no profile 'nobody' in the files of keys and settings (`aws configure list-profiles` shows those that are there)"
            ),
            (
                [:], "empty",
                "error: there is no access key: profile 'empty' has none; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, run `aws configure`, or let the remote ask without one by allow_anonymous_login = true"
            ),
            (
                [:], "spaces",
                "error: the access key from profile 'spaces' cannot be one: it is empty in part, or has a space, a line break or an unusual letter in it"
            ),
        ] as [([String: String], String, String)])
    func order(_ environment: [String: String], _ profile: String, _ expected: String) async {
        var world = CredentialWorld()
        world.environment = environment
        world.files = Self.files
        world.options.profile = profile.isEmpty ? nil : profile
        #expect(await world.found() == expected)
    }

    @Test("the remote's own key comes first, and is whole or refused")
    func own() async {
        func found(_ id: String?, _ secret: String?, _ token: String?) async -> String {
            var world = CredentialWorld()
            world.environment = Self.keys
            world.options.profile = "work"
            world.options.accessKeyID = id
            world.options.secretAccessKey = secret
            world.options.sessionToken = token
            return await world.found()
        }
        #expect(await found("A", "b", nil) == "A/b/-")
        #expect(await found("A", "b", "c") == "A/b/c")
        #expect(
            await found("A", nil, nil)
                == "error: access_key_id stands there without secret_access_key: set it with --local")
        #expect(await found(nil, "b", nil) == "error: secret_access_key stands there without access_key_id")
        #expect(await found(nil, nil, "c") == "error: session_token stands there without access_key_id")
        #expect(
            await found("A\n", "b", nil).hasPrefix("error: the access key from the remote's configuration"))
    }

    @Test("who wants no key gets none")
    func anonymous() async {
        var world = CredentialWorld()
        world.environment = Self.keys
        world.options.isAnonymous = true
        #expect(await world.found() == "anonymous")
    }

    @Test("files that the remote names have to be there, and to be readable")
    func files() async {
        var world = CredentialWorld()
        world.files = Self.files
        world.options.credentialsFile = "/other"
        #expect(await world.found() == "OTHER/s6/-")
        world.options.credentialsFile = "/none"
        #expect(await world.found() == "error: there is no file '/none', which credentialpath names")
        world.environment["AWS_SHARED_CREDENTIALS_FILE"] = "~/.aws/credentials"
        #expect(await world.found() == "FILE/s1/-")
        world.files["~/.aws/config"] = "denied"
        #expect(await world.found() == "error: '/home/u/.aws/config' cannot be read: Permission denied")
        world.files["~/.aws/config"] = "[a]\nsecret words\n"
        #expect(
            await world.found()
                == "error: line 2 of '/home/u/.aws/config' is neither a section nor `name = value`")
    }

    @Test("nothing at all is told with what to do")
    func nothing() async {
        #expect(
            await CredentialWorld().found()
                == "error: there is no access key: neither environment nor profile has one; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, run `aws configure`, or let the remote ask without one by allow_anonymous_login = true"
        )
    }

    @Test("region, endpoint, addressing and authorities come from environment and profile")
    func settings() throws {
        var world = CredentialWorld()
        world.files["~/.aws/config"] = """
            [default]
            region = r1
            endpoint_url = https://one
            ca_bundle = ~/ca.pem
            s3 =
              addressing_style = path
            [profile two]
            services = s
            endpoint_url = https://all
            s3 =
              addressing_style = crooked
            [services s]
            s3 =
              endpoint_url = https://two
            """
        var settings = try S3EnvironmentSettings(world.options, world.surroundings)
        #expect(settings.region == "r1" && settings.endpoint == "https://one" && settings.addressing == .path)
        #expect(settings.authorities == "/home/u/ca.pem")
        world.environment = [
            "AWS_DEFAULT_REGION": "r2", "AWS_ENDPOINT_URL": "https://env", "AWS_CA_BUNDLE": "/ca",
        ]
        settings = try S3EnvironmentSettings(world.options, world.surroundings)
        #expect(
            settings.region == "r2" && settings.endpoint == "https://env" && settings.authorities == "/ca")
        world.environment["AWS_REGION"] = "r3"
        world.environment["AWS_ENDPOINT_URL_S3"] = "https://s3"
        settings = try S3EnvironmentSettings(world.options, world.surroundings)
        #expect(settings.region == "r3" && settings.endpoint == "https://s3")
        world.environment["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"] = "True"
        #expect(try S3EnvironmentSettings(world.options, world.surroundings).endpoint == nil)
        world.environment = [:]
        world.options.profile = "two"
        #expect(throws: RemoteError.self) { try S3EnvironmentSettings(world.options, world.surroundings) }
        world.files["~/.aws/config"]?.replace("crooked", with: "virtual")
        settings = try S3EnvironmentSettings(world.options, world.surroundings)
        #expect(settings.endpoint == "https://two" && settings.addressing == .virtualHost)
    }
}
