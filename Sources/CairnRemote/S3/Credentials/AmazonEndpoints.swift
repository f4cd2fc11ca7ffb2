/// Endpoints that the user names for Amazon's services, in the environment or in a profile.
struct AmazonEndpoints: Sendable {
    private let surroundings: S3CredentialSurroundings
    private let profile: AmazonProfile?

    /// Looks at the environment and a profile.
    init(_ surroundings: S3CredentialSurroundings, _ profile: AmazonProfile?) {
        self.surroundings = surroundings
        self.profile = profile
    }

    /// The endpoint of a service, as `s3` or `sts`; `nil` if none is named, or those that are shall not count.
    func url(of service: String) -> String? {
        let ignore =
            surroundings.variable("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")
            ?? profile?["ignore_configured_endpoint_urls"]
        guard ignore?.lowercased() != "true" else { return nil }
        return surroundings.variable("AWS_ENDPOINT_URL_\(service.uppercased())")
            ?? surroundings.variable("AWS_ENDPOINT_URL") ?? profile?.endpoint(of: service)
            ?? profile?["endpoint_url"]
    }
}
