import CairnSystem

extension CredentialFinder {
    /// The key of the role that a profile takes.
    func roleKey(
        of profile: AmazonProfile, in profiles: AmazonProfiles, after visited: [String]
    ) async throws(RemoteError) -> S3Credentials {
        func refuse(_ why: String) -> RemoteError {
            RemoteError(.noCredentials("profile '\(profile.name)' \(why)"))
        }
        let service = SecurityTokenService(options, surroundings, profile)
        guard profile["mfa_serial"] == nil else {
            throw refuse(
                "wants a code for mfa_serial, which cairn does not ask for: run `eval \"$(aws configure export-credentials --profile \(profile.name) --format env)\"` first"
            )
        }
        let key: S3Credentials
        switch (profile["source_profile"], profile["credential_source"]) {
        case (nil, nil): throw refuse("takes a role and has neither source_profile nor credential_source")
        case (_?, _?): throw refuse("has both source_profile and credential_source: only one may stand there")
        case (nil, let source?): key = try await self.key(from: source, of: profile)
        case (let source?, nil):
            key = try await self.key(from: source, in: profiles, of: profile, after: visited)
        }
        return try await service.assumeRole(of: profile, with: key)
    }

    /// The key by which a profile takes its role: that of another profile.
    private func key(
        from source: String, in profiles: AmazonProfiles, of profile: AmazonProfile, after visited: [String]
    ) async throws(RemoteError) -> S3Credentials {
        let visited = visited + [profile.name]
        guard let next = profiles[source] else {
            throw RemoteError(
                .noCredentials(
                    "there is no profile '\(source)', which source_profile of profile '\(profile.name)' names"
                )
            )
        }
        let key: S3Credentials?
        if source == profile.name {
            // It may hold the key and the role.
            key = try await plainKey(of: next, isChosen: false)
        } else {
            guard !visited.contains(source) else {
                let loop = (visited + [source]).map { "'\($0)'" }.joined(separator: ", ")
                throw RemoteError(
                    .noCredentials(
                        "the profiles \(loop) take their keys from each other: mend source_profile"))
            }
            key = try await self.key(of: next, in: profiles, isChosen: false, after: visited)
        }
        guard let key else {
            throw RemoteError(
                .noCredentials(
                    "profile '\(source)', which source_profile of profile '\(profile.name)' names, has no key"
                ))
        }
        return key
    }

    /// The key by which a profile takes its role: that of this machine or process.
    private func key(
        from source: String, of profile: AmazonProfile
    ) async throws(RemoteError) -> S3Credentials {
        let key: S3Credentials?
        switch source.lowercased() {
        case "environment": key = try environmentKey()
        case "ecscontainer": key = try await containerKey()
        case "ec2instancemetadata": key = try await instanceKey()
        default:
            throw RemoteError(
                .noCredentials(
                    "credential_source of profile '\(profile.name)' is none of Environment, EcsContainer and Ec2InstanceMetadata"
                ))
        }
        guard let key else {
            throw RemoteError(
                .noCredentials(
                    "\(source), which credential_source of profile '\(profile.name)' names, has no key"))
        }
        return key
    }

    /// The key of a role that is taken by what an identity provider wrote into a file.
    ///
    /// - Returns: `nil` if neither the environment nor the profile asks for that.
    func webIdentityKey(
        of profile: AmazonProfile?, usesEnvironment: Bool = true
    ) async throws(RemoteError) -> S3Credentials? {
        func setting(_ variable: String, _ option: String) -> String? {
            (usesEnvironment ? surroundings.variable(variable) : nil) ?? profile?[option]
        }
        guard let file = setting("AWS_WEB_IDENTITY_TOKEN_FILE", "web_identity_token_file") else { return nil }
        guard let role = setting("AWS_ROLE_ARN", "role_arn") else {
            throw RemoteError(
                .noCredentials(
                    "there is a file with a web identity and no role that it is for: set AWS_ROLE_ARN, or role_arn of the profile"
                ))
        }
        if let profile, !usesEnvironment || surroundings.variable("AWS_WEB_IDENTITY_TOKEN_FILE") == nil {
            try guardTrust("web_identity_token_file", of: profile)
        }
        let token = try secretFile(surroundings.path(file), "the web identity")
        return try await SecurityTokenService(options, surroundings, profile).assumeRole(
            role, withIdentity: token, session: setting("AWS_ROLE_SESSION_NAME", "role_session_name"))
    }

    /// What a file holds that is for a header or a form: one line of visible characters.
    func secretFile(_ path: FilePath, _ what: String) throws(RemoteError) -> String {
        let bytes: [UInt8]?
        do throws(SystemError) {
            bytes = try surroundings.readFile(path)
        } catch {
            throw RemoteError(
                .noCredentials("'\(path.string)', which holds \(what), cannot be read: \(error.errno)"))
        }
        guard let bytes else {
            throw RemoteError(.noCredentials("'\(path.string)', which should hold \(what), is not there"))
        }
        let end = bytes.lastIndex { $0 > 0x20 }.map { $0 + 1 } ?? 0
        guard end > 0, bytes[..<end].allSatisfy({ (0x20...0x7E).contains($0) }) else {
            throw RemoteError(
                .noCredentials("'\(path.string)' does not hold \(what): it is empty, or no line of text"))
        }
        return String(decoding: bytes[..<end], as: UTF8.self)
    }
}
