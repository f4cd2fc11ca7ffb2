/// What a service says when it did not do what it was asked for.
///
/// Its own sentence is left out: that may repeat what was signed.
struct S3Answer: Hashable, Sendable {
    /// The status of the answer.
    let status: Int
    /// The service's word for what is wrong; empty if it said none.
    let code: String
    /// The region of the bucket, if it tells.
    let region: String?
    /// An endpoint that it names instead of its own: `https://host:port`.
    let endpoint: String?
    /// The time there, in milliseconds since 1970.
    let time: Int64?
    /// True if the body is something that no S3 service writes.
    let isForeign: Bool

    /// Reads an answer.
    ///
    /// - Parameter scheme: how the service was asked, for an endpoint that comes without.
    init(_ response: HTTPResponse, scheme: String) {
        let root = response.body.isEmpty ? nil : try? XMLReader.read(response.body)  // anything may come here
        let error = root.flatMap { $0.name == "Error" ? $0 : $0["Error"] }
        status = response.status
        code = error?.text("Code").flatMap(Self.word) ?? ""
        isForeign = !response.body.isEmpty && error == nil
        let region = response.headers["x-amz-bucket-region"] ?? error?.text("Region")
        self.region = region.flatMap { S3Address.isRegion($0) ? $0 : nil }
        endpoint = Self.endpoint(error?.text("Endpoint"), response.headers["Location"], scheme)
        time =
            response.headers["Date"].flatMap { HTTPDate.parse($0) }
            ?? error?.text("ServerTime").flatMap { UTCDate.milliseconds(iso: $0.utf8) }
    }

    /// An error of one key among many.
    init(status: Int, code: String) {
        self.status = status
        self.code = Self.word(code) ?? ""
        region = nil
        endpoint = nil
        time = nil
        isForeign = false
    }

    /// What may be shown of a service's word: nothing but a word of some length.
    private static func word(_ text: String) -> String? {
        let isWord = text.utf8.allSatisfy {
            (0x30...0x39).contains($0) || (0x61...0x7A).contains($0 | 0x20) || $0 == UInt8(ascii: ".")
        }
        return isWord && (1...64).contains(text.utf8.count) ? text : nil
    }

    /// The endpoint without path and query, which may hold more than one wants to see.
    private static func endpoint(_ host: String?, _ location: String?, _ scheme: String) -> String? {
        let text = host.map { "\(scheme)://\($0)" } ?? location
        guard let text, let url = URLParts(text) else { return nil }
        return S3Endpoint("\(url.scheme)://\(url.authority)")?.description
    }
}

extension S3Answer {
    /// What an answer means for another attempt.
    enum Remedy {
        /// Nothing helps.
        case none
        /// The same again, a little later.
        case later
        /// The same again, later, and less of everything.
        case slower
        /// The body did not arrive as it was sent: again, a few times.
        case resend
        /// The date of the request has to be corrected.
        case clock
        /// The bucket is in another region or at another endpoint.
        case place
        /// The key has to be had anew.
        case key
    }

    /// What may help.
    var remedy: Remedy {
        switch code {
        case "RequestTimeTooSkewed": return .clock
        case "ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "RequestExpired",
            "InvalidAccessKeyId", "InvalidToken":
            return .key
        case "PermanentRedirect", "TemporaryRedirect", "Redirect", "AuthorizationHeaderMalformed",
            "IncorrectEndpoint", "IllegalLocationConstraintException", "InvalidRegion":
            return .place
        case "BadDigest", "XAmzContentSHA256Mismatch", "IncompleteBody", "XAmzContentChecksumMismatch":
            return .resend
        case "SlowDown", "SlowDownRead", "SlowDownWrite", "ServiceUnavailable", "Throttling",
            "ThrottlingException", "TooManyRequests", "RequestLimitExceeded", "BandwidthLimitExceeded",
            "Busy":
            return .slower
        case "InternalError", "RequestTimeout", "OperationAborted", "ConditionalRequestConflict":
            return .later
        default: break
        }
        switch status {
        case 301, 302, 303, 307, 308: return .place
        // A HEAD has no body to tell what is wrong; a region that differs shows in a header.
        case 400, 403: return code.isEmpty ? (region != nil ? .place : .clock) : .none
        case 429, 503: return .slower
        case 408, 425, 500, 502, 504: return .later
        default: return .none
        }
    }
}
