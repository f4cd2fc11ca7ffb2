/// What went over a client of HTTP. Headers do not count.
public struct HTTPTraffic: Hashable, Sendable {
    /// Requests that were to be sent.
    public var requests = 0
    /// How often one of them was tried.
    public var attempts = 0
    /// Bytes of bodies that were sent, in vain or not.
    public var bytesUp: Int64 = 0
    /// Bytes of bodies that came, for nothing or not.
    public var bytesDown: Int64 = 0
    /// Connections that were made.
    public var connections = 0

    /// Nothing yet.
    public init() {}
}
