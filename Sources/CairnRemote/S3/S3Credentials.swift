/// A key to an account. What it says of itself tells no secret.
public struct S3Credentials: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
    /// The public half.
    public var accessKeyID: String
    /// The secret half.
    public var secretAccessKey: String
    /// What comes with a key for some time only.
    public var sessionToken: String?
    /// When it ends: milliseconds since 1970; `nil` if it does not, or nobody said.
    public var expiry: Int64?

    /// Puts a key together.
    public init(
        accessKeyID: String, secretAccessKey: String, sessionToken: String? = nil, expiry: Int64? = nil
    ) {
        self.accessKeyID = accessKeyID
        self.secretAccessKey = secretAccessKey
        self.sessionToken = sessionToken
        self.expiry = expiry
    }

    public var description: String { "an access key" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// Where keys come from.
public protocol S3CredentialSource: Sendable {
    /// A key that is good for some minutes more; the same one as long as it is.
    ///
    /// - Returns: `nil` to ask without a signature.
    /// - Throws: `RemoteError` if there is none, or it cannot be had now.
    func credentials() async throws(RemoteError) -> S3Credentials?

    /// Forgets a key that a server called expired or unknown, so that the next one is asked for anew.
    func forget(_ credentials: S3Credentials) async
}
