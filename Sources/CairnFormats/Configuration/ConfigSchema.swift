/// What the options of the configuration are: names, types, defaults, which are paths and which are secret.
///
/// The tables say what DVC 3.67 accepts, in its order, so that both programs accept the same files. The
/// section `cairn`, which marks a native repository, is the one addition.
public enum ConfigSchema {
    /// What values an option takes. Every value is text in the file.
    public enum Kind: Hashable, Sendable {
        /// `true` or `false` in any case.
        case bool
        /// A whole number, no smaller or greater than the bounds.
        case integer(minimum: Int?, maximum: Int?)
        /// A number, no smaller than the bound.
        case number(minimum: Double?)
        /// Any text.
        case string
        /// Any text; counts in lower case.
        case lowercase
        /// One of these, in any case.
        case choice([String])
        /// Link types with commas between them.
        case linkTypes
        /// `true`, `false` or the path of certificates.
        case boolOrString
        /// A type that no text of a file has: DVC refuses every value.
        case never(String)
        /// Anything.
        case any

        static let count = Kind.integer(minimum: 1, maximum: nil)
        static let integer = Kind.integer(minimum: nil, maximum: nil)
    }

    /// One option of a section.
    public struct Option: Sendable {
        /// The name in lower case.
        public let name: String
        /// What values it takes.
        public let kind: Kind
        /// What holds where the option is not set; `nil` if nothing does.
        public let defaultValue: String?
        /// True for a path: a relative one is relative to the folder of the file that sets it.
        public let isPath: Bool
        /// True for a value that must never be shown.
        public let isSecret: Bool
        /// True for an option that is still accepted but means nothing.
        public let isDeprecated: Bool

        init(
            _ name: String, _ kind: Kind = .string, default defaultValue: String? = nil, path: Bool = false,
            deprecated: Bool = false
        ) {
            self.name = name
            self.kind = kind
            self.defaultValue = defaultValue
            isPath = path
            isSecret = ConfigSchema.secretNames.contains(name)
            isDeprecated = deprecated
        }
    }

    /// Options whose values are secret, in whatever section they stand.
    public static let secretNames = [
        "secret_access_key", "access_key_id", "session_token", "sse_customer_key", "password", "passphrase",
        "token",
        "custom_auth_header", "connection_string", "sas_token", "account_key", "client_secret",
        "oss_key_secret",
        "oss_key_id", "gdrive_client_secret",
    ]

    /// The sections without names, in DVC's order.
    public static var sections: [String] { plainSections.map(\.name) }

    /// The options of a section; for a remote, those of its URL's scheme.
    ///
    /// - Parameter url: the URL of a remote, resolved.
    /// - Returns: `nil` for a section that is not in the schema, and for a scheme that is not known.
    public static func options(of section: ConfigSectionName, url: String? = nil) -> [Option]? {
        guard section.name != nil else { return plainSections.first { $0.name == section.group }?.options }
        switch section.group {
        case "machine": return machine
        case "db": return database
        default:
            let location = ConfigURL(url ?? "")
            return location.hasHost ? remotes[location.scheme] : localRemote
        }
    }

    /// What is known of an option.
    ///
    /// - Parameter url: the URL of a remote, resolved; without it an option of any scheme is found.
    public static func option(_ key: ConfigKey, url: String? = nil) -> Option? {
        if key.section.group == "remote", key.section.name != nil, url == nil {
            let all = [localRemote] + remotes.sorted { $0.key < $1.key }.map(\.value)
            return all.lazy.compactMap { $0.first { $0.name == key.option } }.first
        }
        return options(of: key.section, url: url)?.first { $0.name == key.option }
    }

    /// True for an option whose value is a path, whatever else the schema says about it.
    public static func isPath(_ key: ConfigKey) -> Bool {
        if key.section.name == nil { return key.section.group == "cache" && key.option == "dir" }
        return pathNames[key.section.group]?.contains(key.option) ?? false
    }

    static let pathNames = [
        "remote": [
            "url", "gdrive_user_credentials_file", "gdrive_service_account_json_file_path", "credentialpath",
            "configpath", "keyfile", "cert_path", "key_path",
        ],
        "machine": ["startup_script", "setup_script"],
    ]
}

/// The scheme of a URL and whether a host stands behind it, as Python's `urlparse` sees it.
struct ConfigURL {
    /// In lower case; empty for a path.
    let scheme: String
    /// True if something stands between `//` and the next `/`.
    let hasHost: Bool

    init(_ text: String) {
        let bytes = Array(text.utf8)
        func isLetter(_ byte: UInt8) -> Bool { (65...90).contains(byte & 0xDF) }
        let end = bytes.firstIndex {
            !isLetter($0) && !(48...57).contains($0) && !"+-.".utf8.contains($0)
        }
        var rest = bytes[...]
        if let end, end > 0, isLetter(bytes[0]), bytes[end] == UInt8(ascii: ":") {
            scheme = String(decoding: bytes[..<end], as: UTF8.self).lowercased()
            rest = bytes[(end + 1)...]
        } else {
            scheme = ""
        }
        let isNetwork = rest.starts(with: "//".utf8)
        hasHost = isNetwork && rest.dropFirst(2).first.map { !"/?#".utf8.contains($0) } ?? false
    }
}
