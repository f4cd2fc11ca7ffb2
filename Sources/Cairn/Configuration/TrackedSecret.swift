import CairnCore
public import CairnFormats
import CairnRemote

/// A secret that stands, or would stand, in a file that git keeps.
public struct TrackedSecret: Sendable {
    /// The option.
    public let key: ConfigKey
    /// True for a URL that has a password in it.
    private let isInURL: Bool
    /// The URL without user and password.
    private let plainURL: String

    /// Looks at a value of an option.
    ///
    /// - Returns: `nil` if it is no secret, or the file is none that git keeps.
    public init?(_ key: ConfigKey, _ value: String, at level: Configuration.Level) {
        guard level == .repository else { return nil }
        let url = Array(value.utf8)
        isInURL = key.option == "url" && RemoteLocation.shown(url) != url
        guard isInURL || key.isSecret && !Self.harmless.contains(key.option) else { return nil }
        self.key = key
        plainURL = Self.withoutUser(value)
    }

    /// Options that are hidden with secrets and yet may be known to all who have the repository.
    private static let harmless = ["custom_auth_header"]

    /// What is wrong, as a clause.
    public var message: String {
        let what = isInURL ? "a URL with a password in it" : "'\(key.option)'"
        return "\(what) is a secret, and '.dvc/config' goes into git"
    }

    /// What to type instead; the secret is not in it.
    public var hint: String {
        guard let name = key.section.name, key.section.group == "remote" else {
            return "keep it out of git: `cairn config --local \(key.text) VALUE`"
        }
        let remote = Shell.quoted(name)
        guard isInURL else {
            return "keep it out of git: `cairn remote modify --local \(remote) \(key.option) VALUE`"
        }
        let options =
            RemoteLocation.scheme(of: Array(plainURL.utf8)) == "s3"
            ? ["access_key_id ID", "secret_access_key SECRET"]
            : ["auth basic", "user USER", "password PASSWORD"]
        let commands = options.map { "`cairn remote modify --local \(remote) \($0)`" }.joined(separator: ", ")
        return "give \(Shell.quoted(plainURL)), and keep the rest out of git: \(commands)"
    }

    private static func withoutUser(_ url: String) -> String {
        let bytes = Array(url.utf8)
        guard let start = bytes.firstRange(of: Array("://".utf8))?.upperBound else { return url }
        let host = bytes[start...].prefix { $0 != UInt8(ascii: "/") }
        guard let at = host.lastIndex(of: UInt8(ascii: "@")) else { return url }
        return String(decoding: bytes[..<start] + bytes[(at + 1)...], as: UTF8.self)
    }
}

extension ConfigKey {
    /// True for an option whose value is not shown unasked.
    var isSecret: Bool { ConfigSchema.secretNames.contains(option) }
}
