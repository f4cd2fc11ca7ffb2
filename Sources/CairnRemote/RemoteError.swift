/// A remote that cannot be used.
public struct RemoteError: Error, Hashable, Sendable {
    /// Why it cannot.
    public enum Reason: Hashable, Sendable {
        /// The URL is of a kind that is not supported; its scheme.
        case unsupportedScheme(String)
        /// A `file:` URL names another machine; its name.
        case otherHost(String)
        /// The URL names no place.
        case noPath
    }

    /// Why it cannot.
    public let reason: Reason

    /// Puts an error together.
    public init(_ reason: Reason) { self.reason = reason }
}
