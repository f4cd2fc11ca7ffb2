public import CairnCore

/// Signs requests by Amazon's Signature Version 4. It knows neither clock nor files: equal values give equal signatures.
///
/// A signed request has to be sent as it is: whoever sends it must not tidy up dots or slashes in the path.
///
/// Source: "Authenticating Requests (AWS Signature Version 4)" of the S3 API reference.
public struct S3Signature: Sendable {
    /// How a service reads the path of a URL.
    public enum Rule: Sendable {
        /// As S3: the path is signed as it is sent, and the digest of the body is a header.
        case s3
        /// As all others: dots and doubled slashes are taken out, and what is sent escaped is escaped again.
        case general
    }

    /// What is said of a request's body.
    public enum Payload: Sendable {
        /// The SHA-256 of its bytes.
        case sha256(Digest)
        /// Nothing: the transport has to guard it.
        case unsigned

        /// That there is no body.
        public static let empty = Payload.sha256(SHA256.digest(of: []))

        /// These bytes.
        public static func bytes(_ bytes: [UInt8]) -> Payload { .sha256(SHA256.digest(of: bytes)) }

        var text: String {
            switch self {
            case .sha256(let digest): digest.hex
            case .unsigned: "UNSIGNED-PAYLOAD"
            }
        }
    }

    /// The key that signs.
    public var credentials: S3Credentials
    /// The region whose endpoint is asked.
    public var region: String
    /// The service's name.
    public var service: String
    /// How the service reads the path of a URL.
    public var rule: Rule

    /// Says who signs for what.
    public init(_ credentials: S3Credentials, region: String, service: String = "s3", rule: Rule = .s3) {
        self.credentials = credentials
        self.region = region
        self.service = service
        self.rule = rule
    }

    /// Signs a request by headers: sets `x-amz-date`, `x-amz-content-sha256` (by the rule of S3), `x-amz-security-token` (if the key has one)
    /// and `Authorization`, whatever was there of them.
    ///
    /// All headers are covered but those that a client or a proxy sets on its own.
    /// - Parameters:
    ///   - payload: what the body is.
    ///   - date: the time of the request: milliseconds since 1970.
    /// - Precondition: the request's URL has a scheme and a host.
    public func sign(_ request: inout HTTPRequest, _ payload: Payload, at date: Int64) {
        let date = UTCDate(milliseconds: date)
        request.headers["Authorization"] = nil
        request.headers["x-amz-date"] = date.basic
        request.headers["x-amz-security-token"] = credentials.sessionToken
        if rule == .s3 { request.headers["x-amz-content-sha256"] = payload.text }
        let canonical = S3CanonicalRequest(request, rule, payloadHash: payload.text)
        let scope = "\(credentials.accessKeyID)/\(self.scope(date))"
        request.headers.add(
            "Authorization",
            "AWS4-HMAC-SHA256 Credential=\(scope), SignedHeaders=\(canonical.signedHeaders), "
                + "Signature=\(signature(of: canonical, date))")
    }

    /// Signs a request by its URL, so that who has that URL may ask for the same for some time without a key. The URL is a secret.
    ///
    /// - Parameters:
    ///   - request: what is asked for. Its headers have to be sent along.
    ///   - date: when the time begins: milliseconds since 1970.
    ///   - seconds: how long it is.
    ///   - payload: what the body is; most services want nothing said.
    /// - Returns: the URL.
    /// - Precondition: the request's URL has a scheme and a host.
    public func presigned(
        _ request: HTTPRequest, at date: Int64, seconds: Int, _ payload: Payload = .unsigned
    ) -> String {
        let date = UTCDate(milliseconds: date)
        var request = request
        let names = S3CanonicalRequest(request, rule, payloadHash: "").signedHeaders
        var items: [(name: String, value: String?)] = [
            ("X-Amz-Algorithm", "AWS4-HMAC-SHA256"),
            ("X-Amz-Credential", "\(credentials.accessKeyID)/\(scope(date))"),
            ("X-Amz-Date", date.basic), ("X-Amz-Expires", String(seconds)),
        ]
        if let token = credentials.sessionToken { items.append(("X-Amz-Security-Token", token)) }
        items.append(("X-Amz-SignedHeaders", names))
        request.url += request.url.utf8.contains(UInt8(ascii: "?")) ? "&" : "?"
        request.url += PercentEncoding.query(items)
        let canonical = S3CanonicalRequest(request, rule, payloadHash: payload.text)
        return request.url + "&X-Amz-Signature=\(signature(of: canonical, date))"
    }

    private func scope(_ date: UTCDate) -> String { "\(date.basicDay)/\(region)/\(service)/aws4_request" }

    /// What is signed in the end.
    func stringToSign(_ canonical: S3CanonicalRequest, _ date: UTCDate) -> String {
        "AWS4-HMAC-SHA256\n\(date.basic)\n\(scope(date))\n\(SHA256.digest(of: canonical.text.utf8).hex)"
    }

    private func signature(of canonical: S3CanonicalRequest, _ date: UTCDate) -> String {
        HMACKey("AWS4".utf8, credentials.secretAccessKey.utf8)
            .derived(date.basicDay.utf8).derived(region.utf8).derived(service.utf8)
            .derived("aws4_request".utf8)
            .code(of: stringToSign(canonical, date).utf8).hex
    }
}
