/// Where a bucket is: what its URLs look like, and for which region requests are signed.
struct S3Address: Hashable, Sendable {
    /// The region that signatures name where nobody said one.
    static let usualRegion = "us-east-1"

    /// Where the service answers.
    let endpoint: S3Endpoint
    /// The region.
    let region: String
    /// The beginning of all URLs of the bucket, without a slash at its end.
    private let base: String
    /// True if the host names the bucket, so that the URL of the bucket itself needs a slash.
    private let isHostOfBucket: Bool

    /// The place that settings describe.
    ///
    /// - Throws: `RemoteError` if there is none of that endpoint, that region or that name.
    init(_ settings: S3Settings) throws(RemoteError) {
        var endpoint: S3Endpoint?
        if let text = settings.endpoint {
            endpoint = S3Endpoint(text)
            if endpoint == nil { throw RemoteError(.refused(.invalidSetting("endpointurl"))) }
        }
        let own = endpoint?.amazonRegion.flatMap { $0.isEmpty ? nil : $0 }
        let region = settings.region ?? own ?? Self.usualRegion
        guard Self.isRegion(region) else { throw RemoteError(.refused(.invalidSetting("region"))) }
        guard !settings.bucket.isEmpty,
            settings.bucket.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "/") }),
            settings.bucket != ".", settings.bucket != ".."
        else { throw RemoteError(.noPath) }
        self.init(
            settings, endpoint ?? S3Endpoint(region: region, usesTLS: settings.usesTLS), region: region)
    }

    private init(_ settings: S3Settings, _ endpoint: S3Endpoint, region: String) {
        self.endpoint = endpoint
        self.region = region
        isHostOfBucket = Self.isInHost(settings, endpoint)
        let host = isHostOfBucket ? "\(settings.bucket).\(endpoint.host)" : endpoint.host
        let bucket = isHostOfBucket ? "" : "/" + PercentEncoding.component(settings.bucket)
        base = "\(endpoint.scheme)://\(host)\(endpoint.port)\(endpoint.path)\(bucket)"
    }

    /// The same bucket where it was found to be: in another region, or at another endpoint of the same service.
    ///
    /// Amazon has an endpoint for each region; at others only the signature changes.
    /// - Returns: `nil` if that is no place, or none to which one lets oneself be sent.
    func moved(to region: String?, _ endpoint: String?, _ settings: S3Settings) -> S3Address? {
        if let region, region != self.region, Self.isRegion(region) {
            let isOfRegion = self.endpoint.amazonRegion != nil
            return S3Address(
                settings,
                isOfRegion
                    ? S3Endpoint(region: region, usesTLS: self.endpoint.scheme == "https") : self.endpoint,
                region: region)
        }
        guard let endpoint, let other = S3Endpoint(endpoint), self.endpoint.mayLead(to: other) else {
            return nil
        }
        // Services name the host for the bucket.
        let prefix = settings.bucket + "."
        let host =
            other.host.hasPrefix(prefix) ? String(other.host.dropFirst(prefix.utf8.count)) : other.host
        guard let place = S3Endpoint("\(other.scheme)://\(host)\(other.port)\(self.endpoint.path)"),
            place != self.endpoint
        else { return nil }
        return S3Address(settings, place, region: self.region)
    }

    /// The URL of an object, or of the bucket.
    func url(_ key: String?, _ query: [(name: String, value: String?)] = []) -> String {
        let path = key.map { "/" + PercentEncoding.path($0) } ?? (isHostOfBucket ? "/" : "")
        return base + path + (query.isEmpty ? "" : "?" + PercentEncoding.query(query))
    }

    /// True for what may be the name of a region, so that it can stand in the name of a host.
    static func isRegion(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20)
                    || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
            }
    }

    /// True if the bucket is to be named by the host.
    private static func isInHost(_ settings: S3Settings, _ endpoint: S3Endpoint) -> Bool {
        guard !endpoint.isAddress else { return false }
        switch settings.addressing {
        case .path: return false
        case .virtualHost: return isHostName(settings.bucket)
        case .automatic:
            let hasDots = settings.bucket.utf8.contains(UInt8(ascii: "."))
            // A certificate for all buckets does not cover names with dots.
            return endpoint.amazonRegion != nil && isHostName(settings.bucket)
                && !(hasDots && endpoint.scheme == "https")
        }
    }

    /// True if a bucket's name can be the beginning of a host's: 3 to 63 letters, digits, dashes and dots.
    private static func isHostName(_ bucket: String) -> Bool {
        let parts = bucket.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return (3...63).contains(bucket.utf8.count)
            && parts.allSatisfy { part in
                part.first != UInt8(ascii: "-") && part.last != UInt8(ascii: "-") && !part.isEmpty
                    && part.allSatisfy {
                        (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) || $0 == UInt8(ascii: "-")
                    }
            }
    }
}
