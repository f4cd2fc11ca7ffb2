/// What is known of a web server before the first request. What it says of itself tells no secret.
public struct WebSettings: Sendable, CustomStringConvertible, CustomReflectable {
    /// How the server gets to know who asks. Other servers, to which it may redirect, do not.
    public enum Proof: Sendable {
        /// It does not.
        case none
        /// By a user and a password.
        case login(HTTPLogin)
        /// By a header, as a token in `Authorization`.
        case header(name: String, value: String)
    }

    /// The folder of the remote, as `https://host:port/path`. A user and a password may stand before the host.
    public var url: String
    /// How the server gets to know who asks; this goes before a user in the URL.
    public var proof: Proof

    /// Describes a server.
    public init(url: String, proof: Proof = .none) {
        self.url = url
        self.proof = proof
    }

    public var description: String { "a web server" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
