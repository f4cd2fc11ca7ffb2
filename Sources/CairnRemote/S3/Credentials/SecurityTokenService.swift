import CairnCore

/// Amazon's service that gives keys for some time.
struct SecurityTokenService: Sendable {
    private let surroundings: S3CredentialSurroundings
    private let endpoint: String
    private let region: String

    /// Says where the service answers: as environment or profile say, else in the region of the remote.
    init(
        _ options: S3CredentialOptions, _ surroundings: S3CredentialSurroundings, _ profile: AmazonProfile?
    ) {
        self.surroundings = surroundings
        let region =
            options.region ?? surroundings.variable("AWS_REGION")
            ?? surroundings.variable("AWS_DEFAULT_REGION") ?? profile?["region"]
        self.region = region ?? "us-east-1"
        let usual = region.map { S3Endpoint(service: "sts", region: $0).description }
        endpoint =
            AmazonEndpoints(surroundings, profile).url(of: "sts") ?? usual ?? "https://sts.amazonaws.com"
    }

    /// Takes the role of a profile by a key.
    func assumeRole(
        of profile: AmazonProfile, with key: S3Credentials
    ) async throws(RemoteError) -> S3Credentials {
        let role = profile["role_arn"] ?? ""
        var form = self.form("AssumeRole", role, profile["role_session_name"])
        if let id = profile["external_id"] { form.append(("ExternalId", id)) }
        if let text = profile["duration_seconds"] {
            guard let seconds = Int(text), seconds > 0 else {
                throw RemoteError(
                    .noCredentials("duration_seconds of profile '\(profile.name)' is no number of seconds"))
            }
            form.append(("DurationSeconds", String(seconds)))
        }
        return try await ask(form, role, "AssumeRole", signature(key))
    }

    /// Takes a role by the word of an identity provider.
    func assumeRole(
        _ role: String, withIdentity token: String, session: String?
    ) async throws(RemoteError) -> S3Credentials {
        var form = self.form("AssumeRoleWithWebIdentity", role, session)
        form.append(("WebIdentityToken", token))
        return try await ask(form, role, "AssumeRoleWithWebIdentity", nil)
    }

    private func signature(_ key: S3Credentials) -> S3Signature {
        S3Signature(key, region: region, service: "sts", rule: .general)
    }

    private func form(
        _ action: String, _ role: String, _ session: String?
    ) -> [(name: String, value: String?)] {
        [
            ("Action", action), ("Version", "2011-06-15"), ("RoleArn", role),
            ("RoleSessionName", session ?? "cairn-\(surroundings.clock.date / 1000)"),
        ]
    }

    private func ask(
        _ form: [(name: String, value: String?)], _ role: String, _ action: String, _ signature: S3Signature?
    ) async throws(RemoteError) -> S3Credentials {
        let body = Array(PercentEncoding.query(form).utf8)
        guard S3Endpoint(endpoint) != nil else {
            throw RemoteError(
                .noCredentials(
                    "the endpoint for STS in the environment or the profile is no URL of a service"))
        }
        let request = HTTPRequest(
            .post, endpoint, ["Content-Type": "application/x-www-form-urlencoded; charset=utf-8"],
            body: .bytes(body), limit: 1 << 18)
        let clock = surroundings.clock
        let response = try await surroundings.services.send(
            request,
            HTTPAttemptRules(prepare: { request throws(RemoteError) in
                signature?.sign(&request, .bytes(body), at: clock.date)
            }))
        guard response.isSuccess else {
            let code = S3Answer(response, scheme: "https").code
            let answer = code.isEmpty ? "status \(response.status)" : code
            throw RemoteError(.noCredentials("role '\(role)' cannot be taken: STS answers \(answer)"))
        }
        let root = try? XMLReader.read(response.body)  // anything may come here
        guard let key = root?["\(action)Result"]?["Credentials"], let id = key.text("AccessKeyId"),
            let secret = key.text("SecretAccessKey"), let token = key.text("SessionToken"),
            let expiry = key.text("Expiration").flatMap({ UTCDate.milliseconds(iso: $0.utf8) })
        else {
            throw RemoteError(
                .noCredentials("STS was asked for role '\(role)' and what it answers is no key"))
        }
        return try CredentialFinder.checked(
            S3Credentials(accessKeyID: id, secretAccessKey: secret, sessionToken: token, expiry: expiry),
            from: "STS")
    }
}
