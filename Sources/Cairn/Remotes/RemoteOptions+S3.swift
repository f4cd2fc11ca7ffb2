import CairnCore
import CairnRemote
import CairnSystem

/// What the options of a remote in a bucket come to.
struct S3Setup {
    /// The bucket.
    var settings: S3Settings
    /// How the service is talked to.
    var http = HTTPSettings()
    /// How services that give keys are talked to.
    var services = HTTPSettings()
    /// What is said of the key.
    var credentials = S3CredentialOptions()
}

extension RemoteOptions {
    /// Reads the options of a remote in a bucket; what they leave open the environment and Amazon's own files say.
    ///
    /// - Throws: `CairnError` of kind `config` for what makes no sense.
    func s3(bucket: String, prefix: String) throws -> S3Setup {
        var setup = S3Setup(settings: S3Settings(bucket: bucket, prefix: prefix))
        setup.credentials = try credentials()
        let others: S3EnvironmentSettings
        do throws(RemoteError) {
            others = try S3EnvironmentSettings(setup.credentials, surroundings(for: HTTPSettings()))
        } catch {
            throw CairnError(error, remote: name)
        }
        setup.settings.region = text("region") ?? others.region
        setup.credentials.region = setup.settings.region
        setup.settings.endpoint = try endpoint() ?? others.endpoint
        setup.settings.addressing = others.addressing
        setup.settings.usesTLS = try bool("use_ssl") ?? true
        setup.services.trust = others.authorities.map { .authorities($0) } ?? .system
        setup.http.trust = trust() ?? setup.services.trust
        setup.http.connectTimeout = try seconds("connect_timeout") ?? setup.http.connectTimeout
        setup.http.stallTimeout = try seconds("read_timeout") ?? setup.http.stallTimeout
        setup.http.requestsAtATime = try jobs() ?? setup.http.requestsAtATime
        try encrypt(&setup.settings)
        try grant(&setup.settings)
        return setup
    }

    /// What the search for a key takes from outside.
    func surroundings(for http: HTTPSettings) -> S3CredentialSurroundings {
        S3CredentialSurroundings(
            surroundings, services: HTTPClient(http),
            metadata: HTTPClient(S3CredentialSurroundings.metadataSettings(surroundings.environment)))
    }

    private func credentials() throws -> S3CredentialOptions {
        var options = S3CredentialOptions()
        options.accessKeyID = text("access_key_id")
        options.secretAccessKey = text("secret_access_key")
        options.sessionToken = text("session_token")
        options.profile = text("profile")
        options.credentialsFile = path("credentialpath")
        options.configFile = path("configpath")
        options.trustsFiles = !isTracked("credentialpath") && !isTracked("configpath")
        options.isAnonymous = try bool("allow_anonymous_login") ?? false
        return options
    }

    private func endpoint() throws -> String? {
        guard let text = text("endpointurl") else { return nil }
        let scheme = RemoteLocation.scheme(of: Array(text.utf8))
        guard scheme == "http" || scheme == "https" else {
            throw error("endpointurl", "does not begin with http:// or https://", "endpointurl https://HOST")
        }
        guard !text.utf8.contains(UInt8(ascii: "@")) else {
            throw error(
                "endpointurl", "has a user in it: keys go into access_key_id and secret_access_key",
                "endpointurl https://HOST")
        }
        return text
    }

    private func encrypt(_ settings: inout S3Settings) throws {
        let name = "x-amz-server-side-encryption"
        if let sse = try header("sse") { settings.storageHeaders.add(name, sse) }
        if let id = try header("sse_kms_key_id") {
            settings.storageHeaders.add("\(name)-aws-kms-key-id", id)
        }
        guard let key = text("sse_customer_key") else {
            guard text("sse_customer_algorithm") == nil else {
                throw error(
                    "sse_customer_algorithm", "says nothing without sse_customer_key",
                    "--unset sse_customer_algorithm")
            }
            return
        }
        for other in ["sse_kms_key_id", "sse"] where text(other) != nil {
            throw error(
                other, "and 'sse_customer_key' are two ways to encrypt: only one can be",
                "--unset \(other)")
        }
        let algorithm = try header("sse_customer_algorithm") ?? "AES256"
        guard let headers = S3CustomerKey.headers(key, algorithm: algorithm) else {
            throw error(
                "sse_customer_key", "is no key of 32 bytes in Base64 (`openssl rand -base64 32` makes one)")
        }
        settings.customerKeyHeaders = headers
    }

    private func grant(_ settings: inout S3Settings) throws {
        if let acl = try header("acl") { settings.storageHeaders.add("x-amz-acl", acl) }
        let grants = ["grant_read", "grant_read_acp", "grant_write_acp", "grant_full_control"]
        for grant in grants {
            guard let who = try header(grant) else { continue }
            guard text("acl") == nil else {
                throw error(grant, "and 'acl' say the same in two ways: only one can be", "--unset acl")
            }
            settings.storageHeaders.add("x-amz-\(grant.replacing("_", with: "-"))", who)
        }
    }
}
