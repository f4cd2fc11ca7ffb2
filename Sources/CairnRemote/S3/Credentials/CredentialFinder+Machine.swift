import CairnCore
import CairnSystem

/// Keys that a container or a machine has without anybody having put them there.
extension CredentialFinder {
    /// Where containers of Amazon's ask.
    private static let containerHost = "169.254.170.2"
    /// Where else they may ask without TLS.
    private static let containerHosts = [containerHost, "169.254.170.23", "[fd00:ec2::23]", "localhost"]

    /// The key of the container that we are in.
    ///
    /// - Returns: `nil` if the environment says nothing of one.
    func containerKey() async throws(RemoteError) -> S3Credentials? {
        let url: String
        if let path = surroundings.variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") {
            guard path.utf8.first == UInt8(ascii: "/") else {
                throw RemoteError(
                    .noCredentials("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI does not begin with \"/\""))
            }
            url = "http://\(Self.containerHost)\(path)"
        } else if let full = surroundings.variable("AWS_CONTAINER_CREDENTIALS_FULL_URI") {
            guard Self.mayTellKeys(full) else {
                throw RemoteError(
                    .noCredentials(
                        "AWS_CONTAINER_CREDENTIALS_FULL_URI leads to a host that may not tell keys without TLS: it has to begin with https://, or be this machine"
                    ))
            }
            url = full
        } else {
            return nil
        }
        var request = HTTPRequest(.get, url, ["Accept": "application/json"], limit: 1 << 18)
        if let file = surroundings.variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE") {
            request.headers["Authorization"] = try secretFile(
                surroundings.path(file), "what the container proves itself by")
        } else if let token = surroundings.variable("AWS_CONTAINER_AUTHORIZATION_TOKEN") {
            guard token.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
                throw RemoteError(
                    .noCredentials(
                        "AWS_CONTAINER_AUTHORIZATION_TOKEN has a line break or an unusual letter in it"))
            }
            request.headers["Authorization"] = token
        }
        let what = "the service for keys of containers"
        let response = try await surroundings.metadata.send(request, HTTPAttemptRules())
        guard response.isSuccess else {
            throw RemoteError(.noCredentials("\(what) answers with status \(response.status)"))
        }
        return try CredentialDocument(response.body, what).key(token: "Token", isTemporary: true)
    }

    /// True for a URL whose host is this machine, or one of the few beside it, or proves itself.
    static func mayTellKeys(_ url: String) -> Bool {
        guard let parts = URLParts(url), !url.utf8.contains(where: { $0 <= 0x20 || $0 == 0x5C }) else {
            return false
        }
        if parts.scheme == "https" { return true }
        guard parts.scheme == "http" else { return false }
        let text = parts.authority.lowercased()
        let portStart = text.utf8.lastIndex(of: UInt8(ascii: ":")).flatMap { colon in
            text.utf8[text.utf8.index(after: colon)...].allSatisfy { (0x30...0x39).contains($0) }
                ? colon : nil
        }
        let isBracketed = text.hasPrefix("[")
        let host = isBracketed && text.hasSuffix("]") ? text : String(text[..<(portStart ?? text.endIndex)])
        if containerHosts.contains(host) || host == "[::1]" { return true }
        let numbers = host.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
            .map { UInt8(String(decoding: $0, as: UTF8.self)) }
        return numbers.count == 4 && numbers[0] == 127 && !numbers.contains(nil)
    }

    /// The key of the machine that we are on, by the second version of its service.
    ///
    /// - Returns: `nil` if there is no such service, or the machine has no role.
    func instanceKey() async throws(RemoteError) -> S3Credentials? {
        guard surroundings.variable("AWS_EC2_METADATA_DISABLED")?.lowercased() != "true" else { return nil }
        let isSix = surroundings.variable("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE")?.lowercased() == "ipv6"
        let usual = isSix ? "http://[fd00:ec2::254]" : "http://169.254.169.254"
        let endpoint = surroundings.variable("AWS_EC2_METADATA_SERVICE_ENDPOINT") ?? usual
        guard let base = S3Endpoint(endpoint)?.description else {
            throw RemoteError(.noCredentials("AWS_EC2_METADATA_SERVICE_ENDPOINT is no URL of a service"))
        }
        let token: HTTPResponse
        do throws(RemoteError) {
            token = try await surroundings.metadata.send(
                HTTPRequest(
                    .put, "\(base)/latest/api/token", ["X-aws-ec2-metadata-token-ttl-seconds": "21600"],
                    limit: 4096), HTTPAttemptRules())
        } catch {
            // Most machines are none of Amazon's: nobody answers.
            if error.reason == .interrupted { throw error }
            return nil
        }
        guard token.isSuccess, !token.body.isEmpty, token.body.allSatisfy({ (0x21...0x7E).contains($0) })
        else { return nil }
        let headers: HTTPHeaders = [
            "X-aws-ec2-metadata-token": String(decoding: token.body, as: UTF8.self)
        ]
        let place = "\(base)/latest/meta-data/iam/security-credentials/"
        let roles = try await surroundings.metadata.send(
            HTTPRequest(.get, place, headers, limit: 4096), HTTPAttemptRules())
        let role = roles.body.split { $0 <= 0x20 }.first
        guard roles.isSuccess, let role else { return nil }
        let what = "the service for keys of this machine"
        let response = try await surroundings.metadata.send(
            HTTPRequest(.get, place + PercentEncoding.component(role), headers, limit: 1 << 18),
            HTTPAttemptRules())
        guard response.isSuccess else {
            throw RemoteError(.noCredentials("\(what) answers with status \(response.status)"))
        }
        let document = try CredentialDocument(response.body, what)
        if let code = document.code, code != "Success" {
            throw RemoteError(.noCredentials("\(what) has no key: the role of the machine is not usable"))
        }
        return try document.key(token: "Token", isTemporary: true)
    }
}
