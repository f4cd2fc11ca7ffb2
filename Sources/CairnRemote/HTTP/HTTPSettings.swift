public import CairnSystem

/// How servers are talked to.
public struct HTTPSettings: Sendable {
    /// Whose certificates are trusted.
    public enum Trust: Hashable, Sendable {
        /// Those of the system's authorities.
        case system
        /// Those that an authority in this file of certificates, or folder of them, signed.
        case authorities(FilePath)
        /// All of them. The user asked for it.
        case everybody
    }

    /// Whose certificates are trusted.
    public var trust = Trust.system
    /// How long a connection may take to be made.
    public var connectTimeout = Duration.seconds(15)
    /// How long nothing may arrive, or leave, before a transfer counts as stalled.
    public var stallTimeout = Duration.seconds(30)
    /// Requests at a time, at most.
    public var requestsAtATime = 16
    /// How often one request is tried.
    public var attempts = 8
    /// Whether the proxies that the environment names are used.
    public var usesProxies = true

    /// The usual ones.
    public init() {}
}
