import CairnSystem

extension AmazonProfiles {
    /// Reads the two files of Amazon's programs.
    ///
    /// - Throws: `RemoteError` with `.noCredentials` for one that cannot be read, or is not there though the remote names it.
    init(
        _ options: S3CredentialOptions, _ surroundings: S3CredentialSurroundings
    ) throws(RemoteError) {
        func file(_ variable: String, _ option: FilePath?, _ optionName: String, _ usual: String)
            throws(RemoteError) -> AmazonConfigFile
        {
            let named = surroundings.variable(variable).map { surroundings.path($0) }
            guard let path = named ?? option ?? surroundings.home?.appending(".aws").appending(usual) else {
                return AmazonConfigFile()
            }
            let bytes: [UInt8]?
            do throws(SystemError) {
                bytes = try surroundings.readFile(path)
            } catch {
                throw RemoteError(.noCredentials("'\(path.string)' cannot be read: \(error.errno)"))
            }
            guard let bytes else {
                guard named == nil, option != nil else { return AmazonConfigFile() }
                throw RemoteError(
                    .noCredentials("there is no file '\(path.string)', which \(optionName) names"))
            }
            do throws(AmazonConfigFile.Fault) {
                return try AmazonConfigFile(parsing: bytes)
            } catch {
                throw RemoteError(
                    .noCredentials("line \(error.line) of '\(path.string)' \(error.reason)"))
            }
        }
        self.init(
            credentials: try file(
                "AWS_SHARED_CREDENTIALS_FILE", options.credentialsFile, "credentialpath", "credentials"),
            config: try file("AWS_CONFIG_FILE", options.configFile, "configpath", "config"))
    }

    /// The profile that is to be used; `nil` if nobody names one and there is no default one.
    ///
    /// - Throws: `RemoteError` with `.noCredentials` for one that is named and not there.
    func chosen(
        _ options: S3CredentialOptions, _ surroundings: S3CredentialSurroundings
    ) throws(RemoteError) -> AmazonProfile? {
        let name =
            options.profile ?? surroundings.variable("AWS_DEFAULT_PROFILE")
            ?? surroundings.variable("AWS_PROFILE")
        guard let profile = self[name ?? "default"] else {
            guard let name, name != "default" || options.profile != nil else { return nil }
            throw RemoteError(
                .noCredentials(
                    "there is no profile '\(name)' in the files of keys and settings (`aws configure list-profiles` shows those that are there)"
                ))
        }
        return profile
    }
}

extension CredentialFinder {
    /// The key that a profile leads to.
    ///
    /// - Parameter isChosen: false for the profile that another one takes its key from.
    /// - Returns: `nil` if it leads to none.
    func key(
        of profile: AmazonProfile, in profiles: AmazonProfiles, isChosen: Bool,
        after visited: [String] = []
    ) async throws(RemoteError) -> S3Credentials? {
        let own = AmazonProfile.key(in: profile.credentials)
        let inConfig = AmazonProfile.key(in: profile.config)
        let hasKey = own.id != nil || own.secret != nil || inConfig.id != nil || inConfig.secret != nil
        // A profile that another one takes its key from, or that takes it from itself, gives the one that it holds.
        if profile["role_arn"] != nil, profile["web_identity_token_file"] == nil, isChosen || !hasKey {
            return try await roleKey(of: profile, in: profiles, after: visited)
        }
        return try await plainKey(of: profile, isChosen: isChosen)
    }

    /// The key of a profile that takes no role by another key.
    func plainKey(
        of profile: AmazonProfile, isChosen: Bool
    ) async throws(RemoteError) -> S3Credentials? {
        let usesEnvironment = isChosen && options.profile == nil
        if let key = try await webIdentityKey(of: profile, usesEnvironment: usesEnvironment) { return key }
        if let key = try heldKey(profile.credentials, of: profile) { return key }
        if let command = profile["credential_process"] { return try processKey(command, of: profile) }
        if let key = try heldKey(profile.config, of: profile) { return key }
        for option in ["sso_session", "sso_start_url", "login_session"] where profile[option] != nil {
            throw RemoteError(
                .noCredentials(
                    "profile '\(profile.name)' signs in by \(option), which cairn does not do: run "
                        + "`eval \"$(aws configure export-credentials --profile \(profile.name) --format env)\"` first"
                ))
        }
        return nil
    }

    private func heldKey(
        _ values: [String: AmazonConfigFile.Value], of profile: AmazonProfile
    ) throws(RemoteError) -> S3Credentials? {
        let key = AmazonProfile.key(in: values)
        guard let id = key.id else { return nil }
        guard let secret = key.secret else {
            throw RemoteError(
                .noCredentials(
                    "profile '\(profile.name)' has aws_access_key_id and no aws_secret_access_key"))
        }
        return try Self.checked(
            S3Credentials(accessKeyID: id, secretAccessKey: secret, sessionToken: key.token),
            from: "profile '\(profile.name)'")
    }

    /// Refuses what a file may not ask for that somebody else named.
    func guardTrust(_ option: String, of profile: AmazonProfile) throws(RemoteError) {
        guard !options.trustsFiles else { return }
        throw RemoteError(
            .noCredentials(
                "profile '\(profile.name)' uses \(option), and the file with the profile is named by the configuration that travels with the repository, "
                    + "which everybody who may push can change: name it by credentialpath and configpath with --local"
            ))
    }
}
