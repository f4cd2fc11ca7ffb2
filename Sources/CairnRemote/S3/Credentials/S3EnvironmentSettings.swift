public import CairnSystem

/// What the environment and a profile say about S3, apart from keys. What a remote says itself counts more.
public struct S3EnvironmentSettings: Sendable, Hashable {
    /// The region.
    public var region: String?
    /// The endpoint.
    public var endpoint: String?
    /// How buckets are named in URLs.
    public var addressing = S3Settings.Addressing.automatic
    /// A file with the certificates of the authorities that are trusted.
    public var authorities: FilePath?

    /// Nothing is said.
    public init() {}

    /// Reads environment and profile.
    ///
    /// - Throws: `RemoteError` with `.noCredentials` for files that cannot be read, and a profile that is named and not there.
    public init(
        _ options: S3CredentialOptions, _ surroundings: S3CredentialSurroundings
    ) throws(RemoteError) {
        let profile = try AmazonProfiles(options, surroundings).chosen(options, surroundings)
        region =
            surroundings.variable("AWS_REGION") ?? surroundings.variable("AWS_DEFAULT_REGION")
            ?? profile?["region"]
        endpoint = AmazonEndpoints(surroundings, profile).url(of: "s3")
        authorities = (surroundings.variable("AWS_CA_BUNDLE") ?? profile?["ca_bundle"]).map {
            surroundings.path($0)
        }
        switch profile?["s3", "addressing_style"]?.lowercased() {
        case "path": addressing = .path
        case "virtual": addressing = .virtualHost
        case nil, "auto": break
        case _?:
            throw RemoteError(
                .noCredentials(
                    "addressing_style of profile '\(profile?.name ?? "default")' is none of auto, path and virtual"
                ))
        }
    }
}
