import CairnSystem

/// Finds a key where Amazon's programs look for one, in their order.
struct CredentialFinder: Sendable {
    let options: S3CredentialOptions
    let surroundings: S3CredentialSurroundings

    /// A key.
    ///
    /// - Returns: `nil` to ask without a signature.
    /// - Throws: `RemoteError` with `.noCredentials`, or what kept a service from answering.
    func find() async throws(RemoteError) -> S3Credentials? {
        if options.isAnonymous { return nil }
        if let key = try ownKey() { return key }
        if options.profile == nil, let key = try environmentKey() { return key }
        let profiles = try AmazonProfiles(options, surroundings)
        if let profile = try profiles.chosen(options, surroundings) {
            if let key = try await key(of: profile, in: profiles, isChosen: true) { return key }
        } else if options.profile == nil, let key = try await webIdentityKey(of: nil) {
            return key
        }
        if let key = try await containerKey() { return key }
        if let key = try await instanceKey() { return key }
        throw RemoteError(.noCredentials(Self.nothingFound(options.profile)))
    }

    private static func nothingFound(_ profile: String?) -> String {
        let places = profile.map { "profile '\($0)' has none" } ?? "neither environment nor profile has one"
        return "there is no access key: \(places); set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, run "
            + "`aws configure`, or let the remote ask without one by allow_anonymous_login = true"
    }

    /// The key of the remote itself.
    private func ownKey() throws(RemoteError) -> S3Credentials? {
        switch (options.accessKeyID, options.secretAccessKey) {
        case (nil, nil):
            guard options.sessionToken == nil else {
                throw RemoteError(.noCredentials("session_token stands there without access_key_id"))
            }
            return nil
        case (let id?, let secret?):
            return try Self.checked(
                S3Credentials(accessKeyID: id, secretAccessKey: secret, sessionToken: options.sessionToken),
                from: "the remote's configuration")
        case (nil, _):
            throw RemoteError(.noCredentials("secret_access_key stands there without access_key_id"))
        case (_, nil):
            throw RemoteError(
                .noCredentials("access_key_id stands there without secret_access_key: set it with --local"))
        }
    }

    /// The key of the environment.
    func environmentKey() throws(RemoteError) -> S3Credentials? {
        guard let id = surroundings.variable("AWS_ACCESS_KEY_ID") else { return nil }
        guard let secret = surroundings.variable("AWS_SECRET_ACCESS_KEY") else {
            throw RemoteError(.noCredentials("AWS_ACCESS_KEY_ID is set and AWS_SECRET_ACCESS_KEY is not"))
        }
        let token =
            surroundings.variable("AWS_SESSION_TOKEN") ?? surroundings.variable("AWS_SECURITY_TOKEN")
        return try Self.checked(
            S3Credentials(accessKeyID: id, secretAccessKey: secret, sessionToken: token),
            from: "the environment (AWS_ACCESS_KEY_ID and its like)")
    }

    /// Makes sure that a key can be one; what it says goes into headers.
    static func checked(
        _ key: S3Credentials, from place: String
    ) throws(RemoteError) -> S3Credentials {
        let parts = [key.accessKeyID, key.secretAccessKey, key.sessionToken ?? "-"]
        guard parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy { (0x21...0x7E).contains($0) } }) else {
            throw RemoteError(
                .noCredentials(
                    "the access key from \(place) cannot be one: it is empty in part, or has a space, a line break or an unusual letter in it"
                ))
        }
        return key
    }
}
