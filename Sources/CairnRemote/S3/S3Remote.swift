import CairnCore

/// A remote in a bucket of an S3 service: Amazon's, or any that speaks the same language.
///
/// An object's key in the bucket is the remote's prefix, a slash, and its own. What is in the bucket under names that no object can have
/// is passed over.
///
/// Objects are put with `If-None-Match: *`, so that none is replaced where the service honours that; whether it does is found out with the first
/// object, by putting it twice. Elsewhere each key is looked up before it is written: two who write the same key at the same
/// moment may then both believe that they brought the object, and the last one did. What the caller knows to be new is just put.
///
/// Bodies go with their SHA-256 and their MD5, which services check; and the entity tag that comes back has to be their MD5. What is read
/// is checked for its length alone, because callers know what it should be: they compare it with an id. No answer that a key may not read an object is
/// taken for a missing one, though Amazon says so of missing objects to keys that may not list: who took it for one might begin
/// a second store in the place of the first.
public struct S3Remote: Remote {
    let session: S3Session

    /// Describes a remote; nothing is asked yet.
    ///
    /// Requests that fail for a reason that passes are repeated by `http`: a `RetryingRemote` around it is not needed.
    /// - Throws: `RemoteError` if the settings name no bucket, or no endpoint.
    public init(
        _ settings: S3Settings, over http: any HTTPSending, credentials: any S3CredentialSource,
        surroundings: RemoteSurroundings = .system
    ) throws(RemoteError) {
        session = try S3Session(settings, http, credentials, surroundings.clock)
    }

    public var place: String {
        let settings = session.settings
        return "s3://\(settings.bucket)" + (settings.prefix.isEmpty ? "" : "/\(settings.prefix)")
    }

    /// What all keys of the remote begin with in the bucket: empty, or ending in a slash.
    var start: String { session.settings.prefix.isEmpty ? "" : session.settings.prefix + "/" }

    /// Whether the service is known never to replace an object that is there; `nil` before the first object was written.
    public var isKnownToKeepObjects: Bool? {
        switch session.known.conditions {
        case .unknown: nil
        case .honoured: true
        case .ignored, .refused: false
        }
    }
}
