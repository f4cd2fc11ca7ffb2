import Foundation

/// A proxy before a server, which does harm on request. See Tests/servers/lib/proxy.py for what it can do.
///
/// A test has one of its own: rules are for all that goes through it.
public final class FaultProxy: Sendable {
    /// Harm to some of the requests.
    public struct Rule: Encodable, Sendable {
        /// Which requests: the method, and a piece of the path and query.
        public var method, path: String?
        /// Which of these: so many pass at first, so many are concerned then.
        public var skip, times: Int?
        /// And those only that come within so many seconds after the first of them.
        public var seconds: Int?
        /// Which part of these, picked by a seed.
        public var chance: Double?
        public var seed: Int?
        /// An answer in place of the server's: its status, seconds of a Retry-After, a code of S3's.
        public var status: Int?
        public var retry_after: Int?
        public var code: String?
        /// The connection is reset at once, if this is 1.
        public var refuse: Int?
        /// It is reset, closed in order, or stalls, after so many bytes of the request or of the answer.
        public var reset_up, reset_down, close_down, stall_up, stall_down: Int?
        /// That byte of an answer's body is altered.
        public var corrupt: Int?
        /// Milliseconds by which answers come later; bytes a second, each way.
        public var latency, rate: Int?

        /// Harm to all requests, until more is said.
        public init(_ change: (inout Rule) -> Void) { change(&self) }
    }

    /// What went through since the rules were set.
    public struct Counts: Decodable, Sendable {
        /// Connections that were made, requests, and requests that took harm.
        public let connections, requests, harmed: Int
        /// Bytes to the server, and from it, with all heads.
        public let up, down: Int
        /// Requests by method.
        public let methods: [String: Int]
        /// Methods and paths, the first thousands.
        public let log: [String]
    }

    private let server: TestServer

    /// Starts one.
    ///
    /// - Parameter address: what is behind it, as `http://127.0.0.1:8000`.
    /// - Throws: `SupportError` when it does not start.
    public init(before address: String) throws {
        let host = address.split(separator: "/", omittingEmptySubsequences: false).dropFirst(2).first ?? ""
        server = try TestServer(.fault, ["upstream": String(host)])
    }

    /// Its address.
    public var url: String { server["PROXY_URL"] }

    /// Sets rules in place of those before, and the counts to zero.
    ///
    /// - Throws: `SupportError` when it does not take them.
    public func set(_ rules: Rule...) throws { try set(rules) }

    /// Sets rules in place of those before, and the counts to zero.
    ///
    /// - Throws: `SupportError` when it does not take them.
    public func set(_ rules: [Rule]) throws {
        _ = try ask("POST", "rules", try JSONEncoder().encode(rules))
    }

    /// What went through.
    ///
    /// - Throws: `SupportError` when it does not answer.
    public func counts() throws -> Counts {
        try JSONDecoder().decode(Counts.self, from: Data(try ask("GET", "counts", Data())))
    }

    private func ask(_ method: String, _ path: String, _ body: Data) throws -> [UInt8] {
        let (status, answer) = try LocalHTTP.send(
            method, "\(server["CONTROL_URL"])/\(path)", body: Array(body))
        guard status == 200 else {
            throw SupportError("the proxy: \(String(decoding: answer, as: UTF8.self))")
        }
        return answer
    }
}
