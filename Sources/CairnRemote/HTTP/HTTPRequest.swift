public import CairnSystem

/// A request over HTTP.
public struct HTTPRequest: Sendable {
    /// What is asked for.
    public enum Method: String, Sendable {
        case get = "GET"
        case head = "HEAD"
        case put = "PUT"
        case post = "POST"
        case delete = "DELETE"
    }

    /// What goes along. It can be read again when the request has to be repeated.
    public enum Body: Sendable {
        case none
        case bytes([UInt8])
        /// A part of a file.
        case file(FilePath, Range<Int64>)

        /// How many bytes there are.
        public var count: Int64 {
            switch self {
            case .none: 0
            case .bytes(let bytes): Int64(bytes.count)
            case .file(_, let range): range.upperBound - range.lowerBound
            }
        }
    }

    /// The method.
    public var method: Method
    /// The whole URL; what has to be percent-encoded is.
    public var url: String
    /// The headers. Host and Content-Length come by themselves.
    public var headers: HTTPHeaders
    /// The body.
    public var body: Body
    /// How many bytes of the answer's body are taken, at most; of an answer that is no success always some, which may say why.
    public var limit: Int
    /// Who asks, where the server wants to know a user and a password.
    public var login: HTTPLogin?

    /// Puts a request together. An answer may have up to a MiB where nothing else is said.
    public init(
        _ method: Method, _ url: String, _ headers: HTTPHeaders = HTTPHeaders(), body: Body = .none,
        limit: Int = 1 << 20
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.limit = limit
    }
}

/// What a server answers.
public struct HTTPResponse: Sendable {
    /// The status, as 200.
    public var status: Int
    /// The headers.
    public var headers: HTTPHeaders
    /// The body: exactly as long as the server said, if it did.
    public var body: [UInt8]

    /// Puts an answer together.
    public init(_ status: Int, _ headers: HTTPHeaders = HTTPHeaders(), body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// True for 200 to 299.
    public var isSuccess: Bool { (200...299).contains(status) }
}
