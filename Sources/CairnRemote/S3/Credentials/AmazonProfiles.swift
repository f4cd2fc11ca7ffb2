import CairnSystem

/// The profiles of both files of Amazon's programs.
struct AmazonProfiles: Sendable {
    /// Profiles by name, without a prefix: the file of keys.
    private let credentials: [String: [String: AmazonConfigFile.Value]]
    /// Profiles by name: the file of settings.
    private let config: [String: [String: AmazonConfigFile.Value]]
    /// Endpoints by the name of a `[services ...]` section.
    private let services: [String: [String: AmazonConfigFile.Value]]

    /// Sorts the sections of two files. In the file of settings all profiles but the default one have the word `profile` before their name.
    init(credentials: AmazonConfigFile, config: AmazonConfigFile) {
        self.credentials = credentials.sections
        var profiles: [String: [String: AmazonConfigFile.Value]] = [:]
        var services: [String: [String: AmazonConfigFile.Value]] = [:]
        for (section, values) in config.sections.sorted(by: { $0.key < $1.key }) {
            // "[default]" comes before "[profile default]", which counts more.
            let words = section == "default" ? ["profile", "default"] : CommandWords.split(section) ?? []
            guard words.count == 2 else { continue }
            switch words[0] {
            case "profile": profiles[words[1], default: [:]].merge(values) { $1 }
            case "services": services[words[1], default: [:]].merge(values) { $1 }
            default: continue
            }
        }
        self.config = profiles
        self.services = services
    }

    /// A profile; `nil` if neither file has it.
    subscript(name: String) -> AmazonProfile? {
        guard credentials[name] != nil || config[name] != nil else { return nil }
        let own = credentials[name] ?? [:]
        let settings = config[name] ?? [:]
        var profile = AmazonProfile(name: name, credentials: own, config: settings)
        profile.services = profile["services"].flatMap { services[$0] } ?? [:]
        return profile
    }
}

/// A profile: what both files say of it.
struct AmazonProfile: Sendable {
    /// Its name.
    let name: String
    /// What the file of keys says.
    let credentials: [String: AmazonConfigFile.Value]
    /// What the file of settings says.
    let config: [String: AmazonConfigFile.Value]
    /// The services whose endpoints it names.
    fileprivate(set) var services: [String: AmazonConfigFile.Value] = [:]

    /// What stands behind a name; the file of keys counts more. Empty is as good as nothing.
    subscript(option: String) -> String? { Self.text(credentials[option] ?? config[option]) }

    /// What stands behind a name in a list of names.
    subscript(option: String, name: String) -> String? {
        Self.text(credentials[option] ?? config[option], name)
    }

    /// The endpoint that it names for a service alone.
    func endpoint(of service: String) -> String? { Self.text(services[service], "endpoint_url") }

    /// The key that one of the files holds: ID, secret and token, each if it is there.
    static func key(
        in values: [String: AmazonConfigFile.Value]
    ) -> (id: String?, secret: String?, token: String?) {
        (
            text(values["aws_access_key_id"]), text(values["aws_secret_access_key"]),
            text(values["aws_session_token"]) ?? text(values["aws_security_token"])
        )
    }

    private static func text(_ value: AmazonConfigFile.Value?) -> String? {
        if case .text(let text) = value, !text.isEmpty { return text }
        return nil
    }

    private static func text(_ value: AmazonConfigFile.Value?, _ name: String) -> String? {
        if case .nested(let values) = value, let text = values[name], !text.isEmpty { return text }
        return nil
    }
}
