/// What is known of a bucket before the first request.
public struct S3Settings: Sendable {
    /// How buckets are named in URLs.
    public enum Addressing: Sendable {
        /// The service's own way: the bucket in the host for Amazon's endpoints, in the path for others.
        case automatic
        /// `https://endpoint/bucket/key`.
        case path
        /// `https://bucket.endpoint/key`.
        case virtualHost
    }

    /// The bucket.
    public var bucket: String
    /// What all keys of the remote begin with, without slashes at its ends; may be empty.
    public var prefix: String
    /// The service, as `https://host:port`, perhaps with a path; `nil` for Amazon's.
    public var endpoint: String?
    /// The region; `nil` if nobody said.
    public var region: String?
    /// How buckets are named in URLs.
    public var addressing = Addressing.automatic
    /// Whether Amazon's endpoints are asked over TLS.
    public var usesTLS = true
    /// Headers that go with everything that is stored: encryption, grants, access lists.
    public var storageHeaders = HTTPHeaders()
    /// Headers that go with reading as well: the key of the customer's own encryption.
    public var customerKeyHeaders = HTTPHeaders()

    /// Describes a bucket.
    public init(bucket: String, prefix: String = "", endpoint: String? = nil, region: String? = nil) {
        self.bucket = bucket
        self.prefix = prefix
        self.endpoint = endpoint
        self.region = region
    }
}
