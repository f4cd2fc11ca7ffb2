internal import CLibCurl

/// Asks a web server, and those to which it sends on.
struct WebSession: Sendable {
    /// An answer that is no redirect.
    struct Answer: Sendable {
        /// The answer.
        let response: HTTPResponse
        /// Where it came from.
        let url: String
    }

    private static let mostRedirects = 10

    let address: WebAddress
    private let proof: WebSettings.Proof
    private let client: any HTTPSending

    /// - Throws: `RemoteError` if the URL is none, or the header cannot be one.
    init(_ settings: WebSettings, _ client: any HTTPSending, isFile: Bool = false) throws(RemoteError) {
        address = try WebAddress(settings.url, isFile: isFile)
        if case .none = settings.proof, let login = address.login {
            proof = .login(login)
        } else {
            proof = settings.proof
        }
        self.client = client
    }

    /// Asks for an object, or what the page of a folder is.
    ///
    /// - Parameter headers: others than those that say who asks.
    /// - Throws: `RemoteError` if there is no whole answer, or it goes in circles.
    func send(
        _ method: HTTPRequest.Method, _ key: String, _ headers: HTTPHeaders = HTTPHeaders(), limit: Int
    ) async throws(RemoteError) -> Answer {
        var url = address.url(of: key)
        var isTrusted = true
        for _ in 0...Self.mostRedirects {
            var request = HTTPRequest(method, url, headers, limit: limit)
            // Nobody asks for packed answers, and some servers pack them all the same.
            request.headers["Accept-Encoding"] = "identity"
            if isTrusted { prove(&request) }
            let response = try await send(request, key)
            guard let next = try redirect(response, from: url) else {
                return Answer(response: response, url: url)
            }
            // Who asks is told to nobody else, and not in clear; not on the way back either.
            isTrusted = isTrusted && Self.isSame(address.url, next)
            url = next
        }
        throw RemoteError(.unusable("the server redirects too often"), key)
    }

    private func send(_ request: HTTPRequest, _ key: String) async throws(RemoteError) -> HTTPResponse {
        do throws(RemoteError) {
            return try await client.send(request, HTTPAttemptRules())
        } catch {
            throw RemoteError(error.reason, key)
        }
    }

    private func prove(_ request: inout HTTPRequest) {
        switch proof {
        case .none: break
        case .login(let login): request.login = login
        case .header(let name, let value): request.headers[name] = value
        }
    }

    /// Where the server sends on to; `nil` if it does not.
    private func redirect(_ response: HTTPResponse, from url: String) throws(RemoteError) -> String? {
        guard [301, 302, 303, 307, 308].contains(response.status), let location = response.headers["Location"]
        else { return nil }
        guard let next = Self.resolve(location, in: url) else {
            throw RemoteError(.unusable("the server redirects to what is no web address"))
        }
        return next
    }

    /// A reference as a URL; `nil` if it is none for HTTP.
    static func resolve(_ reference: String, in url: String) -> String? {
        guard (1...(1 << 16)).contains(reference.utf8.count), cairn_curl_load(),
            let raw = cairn_curl_url_resolve(url, reference)
        else { return nil }
        defer { cairn_curl_free(raw) }
        let next = String(cString: raw)
        return ["http://", "https://"].contains { next.utf8.starts(with: $0.utf8) } ? next : nil
    }

    /// True if what the one server may know the other may, too: it is the same one, and as secure.
    static func isSame(_ one: String, _ other: String) -> Bool {
        guard let one = URLParts(one), let other = URLParts(other) else { return false }
        return one.authority.lowercased() == other.authority.lowercased()
            && (one.scheme == other.scheme || other.scheme == "https")
    }
}

extension HTTPResponse {
    /// What an answer that is no success means.
    var webReason: RemoteError.Reason {
        switch status {
        case 404, 410: .notFound
        case 401: .unknownUser
        case 403: .denied
        case 408, 425, 429, 500, 502, 503, 504:
            .temporary("the server answers with status \(status)")
        default: .unusable("the server answers with status \(status)")
        }
    }
}
