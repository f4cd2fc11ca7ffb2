/// Why an S3 service did not do what it was asked for.
public enum S3Refusal: Error, Hashable, Sendable {
    /// What a key may be allowed to do.
    public enum Permission: String, Hashable, Sendable {
        case list, read, write, delete
    }

    /// A setting of the remote is of no use; the name of the option.
    case invalidSetting(String)
    /// The signature is wrong, so the secret is not that of the key.
    case wrongSecret
    /// Nobody knows the key.
    case unknownKey
    /// The key was good for some time, which has passed.
    case expiredKey
    /// It needs a key, and there was none.
    case noKey
    /// The clocks differ by too much: the date of the request and that of the service, in milliseconds since 1970.
    case clock(ours: Int64, theirs: Int64)
    /// There is no such bucket.
    case noBucket(String)
    /// The key is not allowed to do that.
    case notAllowed(Permission)
    /// The bucket is elsewhere: the region, or the endpoint; empty if the service does not say.
    case elsewhere(String)
    /// The service could not use a key with which it encrypts.
    case encryption
    /// The object lies in an archive, from which it has to be brought back first.
    case archived
    /// The service cannot do that; what it is.
    case unsupported(String)
    /// What is stored now is not what was sent.
    case altered
    /// What answers there is no S3 service.
    case noService
    /// An answer that is not as it should be; what is wrong with it.
    case unexpected(String)
    /// Anything else: the status of the answer and the service's own word for it, which may be empty.
    case other(status: Int, code: String)
}
