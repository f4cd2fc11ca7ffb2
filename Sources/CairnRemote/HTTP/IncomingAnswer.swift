/// An answer while it arrives: headers line by line, then the body piece by piece.
struct IncomingAnswer {
    /// More of headers than this no server has to say.
    static let mostHeaderBytes = 256 << 10
    /// How much is taken of what a server says instead of what was asked for.
    static let mostWords = 64 << 10
    /// Memory is set aside at once for bodies up to this; others get it as they come.
    private static let largestReserve = 64 << 20

    private let limit: Int
    private let hasBody: Bool
    private var headerBytes = 0
    private var areHeadersComplete = false

    /// The status; 0 if none has come.
    private(set) var status = 0
    private(set) var headers = HTTPHeaders()
    private(set) var body: [UInt8] = []
    /// Why no more was taken.
    private(set) var failure: RemoteError.Reason?
    /// True if no more was taken though nothing is wrong: it would have been words only.
    private(set) var isCut = false

    /// Expects the answer to a request.
    init(to request: HTTPRequest) {
        limit = request.limit
        hasBody = request.method != .head
    }

    /// The answer.
    var response: HTTPResponse { HTTPResponse(status, headers, body: body) }

    /// True if nothing is missing by what the server said.
    var isWhole: Bool {
        guard areHeadersComplete else { return false }
        guard hasBody, !isCut, isSuccess, headers["Transfer-Encoding"] == nil, let count = contentLength
        else { return true }
        return count == Int64(body.count)
    }

    private var isSuccess: Bool { (200...299).contains(status) && status != 204 }

    private var contentLength: Int64? { headers["Content-Length"].flatMap { Int64($0) } }

    /// Takes a line of the headers, its end included.
    ///
    /// - Returns: false if no more is taken.
    mutating func take(line: UnsafeRawBufferPointer) -> Bool {
        headerBytes += line.count
        guard headerBytes <= Self.mostHeaderBytes else {
            failure = .unusable("the server's answer has too many headers")
            return false
        }
        let line = line.prefix { $0 != 0x0D && $0 != 0x0A }
        if line.starts(with: "HTTP/".utf8) {
            begin(line)
        } else if areHeadersComplete {
            // What comes after a body says nothing of it.
        } else if line.isEmpty {
            return endHeaders()
        } else if let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex {
            headers.add(Self.text(line[..<colon]), Self.text(line[(colon + 1)...]))
        }
        return true
    }

    /// Takes a piece of the body.
    ///
    /// - Returns: false if no more is taken.
    mutating func take(_ piece: UnsafeRawBufferPointer) -> Bool {
        let most = isSuccess ? limit : Self.mostWords
        let rest = most - body.count
        body.append(contentsOf: piece.prefix(rest))
        guard piece.count > rest else { return true }
        if isSuccess {
            failure = .tooLarge(max(contentLength ?? 0, Int64(body.count) + Int64(piece.count - rest)))
        } else {
            isCut = true
        }
        return false
    }

    /// An answer begins; one before it was not the last word: that of a proxy, or leave to go on.
    private mutating func begin(_ line: Slice<UnsafeRawBufferPointer>) {
        areHeadersComplete = false
        headers = HTTPHeaders()
        body = []
        let digits = line.drop { $0 != UInt8(ascii: " ") }.dropFirst().prefix(3)
        status = Int(String(decoding: digits, as: UTF8.self)) ?? 0
    }

    private mutating func endHeaders() -> Bool {
        areHeadersComplete = true
        guard hasBody, isSuccess, let count = contentLength, count > 0 else { return true }
        guard count <= limit else {
            failure = .tooLarge(count)
            return false
        }
        body.reserveCapacity(min(Int(count), Self.largestReserve))
        return true
    }

    /// A text without the white space around it.
    private static func text(_ bytes: Slice<UnsafeRawBufferPointer>) -> String {
        func isWhite(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
        let start = bytes.drop(while: isWhite)
        let end = start.lastIndex { !isWhite($0) }.map { $0 + 1 } ?? start.startIndex
        return String(decoding: start[start.startIndex..<end], as: UTF8.self)
    }
}
