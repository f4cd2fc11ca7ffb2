/// A user and a password for a server. What it says of itself tells no secret.
public struct HTTPLogin: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
    /// How a server gets to know them.
    public enum Method: String, Sendable {
        /// As they are.
        case basic
        /// By a hash that is good for one request; RFC 7616.
        case digest
    }

    /// The user.
    public var user: String
    /// The password.
    public var password: String
    /// How a server gets to know them.
    public var method: Method

    /// Puts a login together.
    public init(user: String, password: String, method: Method = .basic) {
        self.user = user
        self.password = password
        self.method = method
    }

    public var description: String { "a login" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
