import CairnFormats
import CairnRemote
import CairnSystem
import CairnTestSupport
import Testing

@testable import Cairn

/// What the options of a remote come to.
@Suite("Options of remotes")
struct RemoteOptionsTests {
    private let project: Project

    init() throws { project = try Project() }

    /// The options of the remote `r`.
    private func options(
        _ config: String, local: String = "", own: String = "", environment: [String: String] = [:],
        secrets: SecretQuestion? = nil
    ) throws -> (RemoteOptions, NamedRemote) {
        try project.write("['remote \"r\"']\n\(config)\n", to: ".dvc/config")
        if !local.isEmpty { try project.write("['remote \"r\"']\n\(local)\n", to: ".dvc/config.local") }
        if !own.isEmpty { try project.write("['remote \"r\"']\n\(own)\n", to: ".dvc/cairn.config") }
        let plain = try project.workspace()
        var surroundings = plain.surroundings
        surroundings.environment.merge(environment) { $1 }
        var workspace = try Workspace.discover(from: surroundings, as: .cairn)
        workspace.secrets = secrets
        let named = try workspace.remote("r")
        return (try RemoteOptions(named, in: workspace), named)
    }

    private func s3(
        _ config: String, local: String = "", environment: [String: String] = [:]
    ) throws -> S3Setup {
        let (options, named) = try options(
            "url = s3://bucket/some/prefix\n\(config)", local: local, environment: environment)
        guard case .s3(let bucket, let prefix) = named.location else { throw SupportError("no bucket") }
        return try options.s3(bucket: bucket, prefix: prefix)
    }

    private func web(_ config: String, secrets: SecretQuestion? = nil) throws -> WebSetup {
        let (options, named) = try options("url = https://host/data\n\(config)", secrets: secrets)
        guard case .web(let url) = named.location else { throw SupportError("no web server") }
        return try options.web(url)
    }

    @Test("a bucket of which nothing else is said is Amazon's")
    func plain() throws {
        let setup = try s3("")
        #expect(setup.settings.bucket == "bucket" && setup.settings.prefix == "some/prefix")
        #expect(setup.settings.endpoint == nil && setup.settings.region == nil && setup.settings.usesTLS)
        #expect(
            setup.settings.storageHeaders.fields.isEmpty && setup.settings.customerKeyHeaders.fields.isEmpty)
        #expect(setup.http.trust == .system && setup.http.connectTimeout == HTTPSettings().connectTimeout)
        #expect(setup.credentials.accessKeyID == nil && !setup.credentials.isAnonymous)
    }

    @Test("every option of a bucket comes to something")
    func bucket() throws {
        let key = "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s="
        var setup = try s3(
            """
            region = eu-x-1
            profile = work
            credentialpath = ../keys
            configpath = /etc/aws
            endpointurl = https://store.example:9000
            access_key_id = AKID
            secret_access_key = SECRET
            session_token = TOKEN
            use_ssl = False
            allow_anonymous_login = true
            ssl_verify = certs/ca.pem
            sse_customer_key = \(key)
            acl = bucket-owner-full-control
            read_timeout = 7
            connect_timeout = 3
            jobs = 5
            listobjects = true
            verify = true
            """, environment: files("[work]\n").merging(["AWS_CONFIG_FILE": "/dev/null"]) { $1 })
        #expect(setup.settings.region == "eu-x-1" && setup.settings.endpoint == "https://store.example:9000")
        #expect(!setup.settings.usesTLS)
        #expect(setup.credentials.profile == "work" && setup.credentials.region == "eu-x-1")
        #expect(setup.credentials.credentialsFile == FilePath(project("one/keys")))
        #expect(setup.credentials.configFile == "/etc/aws")
        #expect(setup.credentials.accessKeyID == "AKID" && setup.credentials.secretAccessKey == "SECRET")
        #expect(setup.credentials.sessionToken == "TOKEN" && setup.credentials.isAnonymous)
        #expect(setup.http.trust == .authorities(FilePath(project("one/certs/ca.pem"))))
        #expect(setup.http.stallTimeout == .seconds(7) && setup.http.connectTimeout == .seconds(3))
        #expect(setup.http.requestsAtATime == 5)
        #expect(setup.settings.customerKeyHeaders["x-amz-server-side-encryption-customer-key"] == key)
        #expect(
            setup.settings.customerKeyHeaders["x-amz-server-side-encryption-customer-algorithm"] == "AES256")
        #expect(setup.settings.storageHeaders["x-amz-acl"] == "bucket-owner-full-control")
        setup = try s3(
            """
            sse = aws:kms
            sse_kms_key_id = id/1
            grant_read = id=1
            grant_read_acp = id=2
            grant_write_acp = id=3
            grant_full_control = id=4
            ssl_verify = false
            """)
        let headers = setup.settings.storageHeaders
        #expect(headers["x-amz-server-side-encryption"] == "aws:kms")
        #expect(headers["x-amz-server-side-encryption-aws-kms-key-id"] == "id/1")
        for (number, name) in ["read", "read-acp", "write-acp", "full-control"].enumerated() {
            #expect(headers["x-amz-grant-\(name)"] == "id=\(number + 1)")
        }
        #expect(setup.http.trust == .everybody)
    }

    /// An environment that names a file of keys.
    private func files(_ keys: String) throws -> [String: String] {
        try project.write(keys, to: "keys-of-amazon")
        return ["AWS_SHARED_CREDENTIALS_FILE": project("one/keys-of-amazon")]
    }

    @Test("what the remote leaves open the environment says, and the remote counts more")
    func environment() throws {
        let environment = [
            "AWS_REGION": "r1", "AWS_ENDPOINT_URL": "http://env:1", "AWS_CA_BUNDLE": "/ca.pem",
        ]
        var setup = try s3("", environment: environment)
        #expect(setup.settings.region == "r1" && setup.settings.endpoint == "http://env:1")
        #expect(
            setup.http.trust == .authorities("/ca.pem") && setup.services.trust == .authorities("/ca.pem"))
        setup = try s3(
            "region = r2\nendpointurl = http://own:2\nssl_verify = true", environment: environment)
        #expect(setup.settings.region == "r2" && setup.settings.endpoint == "http://own:2")
        #expect(setup.http.trust == .system && setup.services.trust == .authorities("/ca.pem"))
    }

    @Test("files that the tracked configuration names are not trusted, those of the local one are")
    func trust() throws {
        try project.write("", to: "keys")
        #expect(try !s3("credentialpath = ../keys").credentials.trustsFiles)
        #expect(try !s3("configpath = ../keys", local: "credentialpath = ../keys").credentials.trustsFiles)
        #expect(try s3("", local: "credentialpath = ../keys").credentials.trustsFiles)
    }

    @Test(
        "what makes no sense is refused by the option's name, without its value",
        arguments: [
            (
                "endpointurl = host:9000",
                "option 'endpointurl' of remote 'r' does not begin with http:// or https://"
            ),
            (
                "endpointurl = https://SECRET:SECRET@host",
                "option 'endpointurl' of remote 'r' has a user in it: keys go into access_key_id and secret_access_key"
            ),
            ("read_timeout = 0", "option 'read_timeout' of remote 'r' is no number of seconds above 0"),
            (
                "connect_timeout = -1",
                "option 'connect_timeout' of remote 'r' is no number of seconds above 0"
            ),
            (
                "sse_customer_key = SECRET",
                "option 'sse_customer_key' of remote 'r' is no key of 32 bytes in Base64 (`openssl rand -base64 32` makes one)"
            ),
            (
                "sse_customer_algorithm = AES256",
                "option 'sse_customer_algorithm' of remote 'r' says nothing without sse_customer_key"
            ),
            (
                "sse_customer_key = SECRET\nsse_kms_key_id = x",
                "option 'sse_kms_key_id' of remote 'r' and 'sse_customer_key' are two ways to encrypt: only one can be"
            ),
            (
                "acl = private\ngrant_read = id=x",
                "option 'grant_read' of remote 'r' and 'acl' say the same in two ways: only one can be"
            ),
            ("acl = \"a\u{7}b\"", "option 'acl' of remote 'r' has a line break or an unusual letter in it"),
            (
                "profile = nobody",
                "remote 'r': there is no profile 'nobody' in the files of keys and settings (`aws configure list-profiles` shows those that are there)"
            ),
        ])
    func refused(_ config: String, _ message: String) throws {
        let error = #expect(throws: CairnError.self) { try s3(config) }
        #expect(error?.message == message)
        #expect(error?.hint?.contains("SECRET") != true)
    }

    @Test("a remote inside of another one has its options, and those that it sets itself count more")
    func inside() throws {
        try project.write(
            """
            ['remote "base"']
                url = s3://bucket/top
                region = r1
                endpointurl = https://base
            """, to: ".dvc/config.local")
        let (options, named) = try options("url = remote://base/deeper\nregion = r2\nread_timeout = 9")
        #expect(named.location == .s3(bucket: "bucket", prefix: "top/deeper"))
        let setup = try options.s3(bucket: "bucket", prefix: "top/deeper")
        #expect(setup.settings.region == "r2" && setup.settings.endpoint == "https://base")
        #expect(setup.http.stallTimeout == .seconds(9))
        var error = #expect(throws: CairnError.self) { try self.options("url = remote://base\nregoin = r2") }
        #expect(
            error?.message
                == "there is no option 'remote.r.regoin' for remotes of this kind, did you mean 'region'?")
        let (crooked, _) = try self.options("url = remote://base\nuse_ssl = perhaps")
        error = #expect(throws: CairnError.self) { try crooked.s3(bucket: "b", prefix: "") }
        #expect(error?.message == "option 'use_ssl' of remote 'r' is neither true nor false")
    }

    @Test("a web server gets to know who asks in the way that is said")
    func proofs() throws {
        guard case .none = try web("").settings.proof else { throw SupportError("something is sent") }
        guard case .login(let basic) = try web("auth = basic\nuser = u\npassword = \"p w\"").settings.proof
        else {
            throw SupportError("no login")
        }
        #expect(basic == HTTPLogin(user: "u", password: "p w", method: .basic))
        guard case .login(let digest) = try web("auth = Digest\nuser = u\npassword = p").settings.proof else {
            throw SupportError("no login")
        }
        #expect(digest.method == .digest)
        let custom = try web("auth = custom\ncustom_auth_header = X-Token\npassword = t")
        guard case .header("X-Token", "t") = custom.settings.proof else { throw SupportError("no header") }
        let setup = try web("ssl_verify = /ca\nconnect_timeout = 0.5\nread_timeout = 2\nmethod = PUT")
        #expect(setup.http.trust == .authorities("/ca") && setup.settings.url == "https://host/data")
        #expect(setup.http.connectTimeout == .milliseconds(500) && setup.http.stallTimeout == .seconds(2))
    }

    @Test("a password is asked for once, where somebody can be asked")
    func asked() throws {
        let question = SecretQuestion { text in
            text == "password of u for remote 'r': " ? "typed" : nil
        }
        let config = "auth = basic\nuser = u\nask_password = true"
        guard case .login(let login) = try web(config, secrets: question).settings.proof else {
            throw SupportError("no login")
        }
        #expect(login.password == "typed")
        #expect(question.answer("r", "another question") == "typed")
        var error = #expect(throws: CairnError.self) { try web(config) }
        #expect(
            error?.message
                == "option 'ask_password' of remote 'r' wants somebody to be asked, and there is no terminal")
        #expect(error?.hint == "`cairn remote modify r --local password PASSWORD`")
        error = #expect(throws: CairnError.self) { try web(config, secrets: SecretQuestion { _ in nil }) }
        #expect(error?.message == "no password was given for remote 'r'")
    }

    @Test(
        "a login that is not whole is refused with what to type",
        arguments: [
            ("user = u", "option 'user' of remote 'r' says nothing without 'auth'", "auth basic"),
            (
                "custom_auth_header = X",
                "option 'custom_auth_header' of remote 'r' says nothing without 'auth'",
                "auth custom"
            ),
            (
                "auth = basic\npassword = SECRET", "option 'auth' of remote 'r' needs 'user' beside it",
                "--local user NAME"
            ),
            (
                "auth = digest\nuser = u", "option 'auth' of remote 'r' needs 'password' beside it",
                "--local password PASSWORD"
            ),
            (
                "auth = custom\npassword = SECRET",
                "option 'auth' of remote 'r' needs 'custom_auth_header' beside it", "custom_auth_header NAME"
            ),
            (
                "auth = custom\npassword = p\ncustom_auth_header = \"Authorization: SECRET\"",
                "option 'custom_auth_header' of remote 'r' is not the name of a header; what the header says is 'password'",
                "--local custom_auth_header Authorization"
            ),
        ])
    func incomplete(_ config: String, _ message: String, _ change: String) throws {
        let error = #expect(throws: CairnError.self) { try web(config) }
        #expect(error?.message == message)
        #expect(error?.hint == "`cairn remote modify r \(change)`")
    }

    @Test("limits come from cairn's own settings, for all kinds of remotes")
    func limits() throws {
        let own = "bandwidth = 1.5MiB/s\nrequests_per_second = 20.5\nrequests_at_a_time = 4"
        let (options, _) = try options("url = s3://b", own: own)
        #expect(
            options.limits
                == RemoteLimits(requestsAtATime: 4, requestsPerSecond: 20.5, bytesPerSecond: 1_572_864))
        let (_, folder) = try self.options("url = ../../remote", own: "bandwidth = 500 kB")
        let remote = try RemoteOpening.byKind.open(folder, try project.workspace())
        #expect(remote is LimitedRemote)
        let (_, free) = try self.options("url = ../../remote", own: "layout = loose")
        #expect(try RemoteOpening.byKind.open(free, try project.workspace()) == nil)
    }

    @Test("remotes of each kind are opened without asking anything of them")
    func opening() throws {
        for (url, place) in [("s3://bucket/x", "s3://bucket/x"), ("https://host/x", "https://host/x")] {
            let (_, named) = try options("url = \(url)")
            #expect(try RemoteOpening.byKind.open(named, try project.workspace())?.place == place)
        }
    }
}
