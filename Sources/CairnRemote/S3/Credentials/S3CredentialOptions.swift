public import CairnSystem

/// What a remote says about the key that it wants. What this says of itself tells no secret.
public struct S3CredentialOptions: Sendable, CustomStringConvertible, CustomReflectable {
    /// The ID of a key that the remote has itself.
    public var accessKeyID: String?
    /// Its secret.
    public var secretAccessKey: String?
    /// What comes with a key for some time only.
    public var sessionToken: String?
    /// The profile that is to be used, whatever keys the environment has.
    public var profile: String?
    /// The file of keys, unless the environment names one.
    public var credentialsFile: FilePath?
    /// The file of settings, unless the environment names one.
    public var configFile: FilePath?
    /// Whether those who name these two files may have programs run and files read by what stands in them. False where they come from a
    /// configuration that travels with a repository.
    public var trustsFiles = true
    /// The region of the remote, if it says so.
    public var region: String?
    /// Whether requests go without a signature.
    public var isAnonymous = false

    /// A remote that says nothing.
    public init() {}

    public var description: String { "options of a key" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
