import Synchronization

/// A remote that any web server makes of a folder: to read from, not to write to.
///
/// Listings are read from the pages that servers make of folders; where a server makes none, objects can still be read one by one. A folder
/// without objects looks like any other.
public struct HTTPRemote: Remote {
    /// Where a server does not know how to send a part, so much is taken to get it.
    private static let largestDetour = 64 << 20

    let session: WebSession
    let surroundings: RemoteSurroundings
    let memory = Memory()

    /// What was learned of a server.
    final class Memory: Sendable {
        /// True if it has shown a folder: one that it does not know is not there.
        let showsFolders = Atomic(false)
    }

    /// Describes a remote; nothing is asked yet.
    ///
    /// - Parameter client: it repeats what fails for a reason that passes; `RetryingRemote` is not needed around this one.
    /// - Throws: `RemoteError` with `.unsupportedScheme` or `.noPath` if the URL names no folder on the web.
    public init(
        _ settings: WebSettings, _ client: any HTTPSending, surroundings: RemoteSurroundings = .system
    ) throws(RemoteError) {
        session = try WebSession(settings, client)
        self.surroundings = surroundings
    }

    public var place: String { session.address.url }

    public func read(_ key: String, _ range: Range<Int64>?, limit: Int) async throws(RemoteError) -> [UInt8] {
        _ = try RemoteKey(key)
        guard let range else { return try await readAll(key, limit: limit) }
        guard range.lowerBound >= 0 else { throw RemoteError(.truncated, key) }
        let count = range.upperBound - range.lowerBound
        guard count <= limit else { throw RemoteError(.tooLarge(count), key) }
        let header = "bytes=\(range.lowerBound)-\(range.upperBound - 1)"
        let answer: WebSession.Answer
        do throws(RemoteError) {
            answer = try await session.send(
                .get, key, ["Range": header], limit: max(Int(count), Self.largestDetour))
        } catch {
            guard case .tooLarge = error.reason else { throw error }
            throw RemoteError(.unusable("the server does not send parts of objects"), key)
        }
        let response = try object(answer, key)
        switch response.status {
        case 206: return try part(response, range, key)
        case 200:
            guard range.upperBound <= response.body.count else { throw RemoteError(.truncated, key) }
            return Array(response.body[Int(range.lowerBound)..<Int(range.upperBound)])
        case 416: throw RemoteError(.truncated, key)
        default: throw RemoteError(response.webReason, key)
        }
    }

    @discardableResult
    public func write(_ uploads: [RemoteUpload], jobs: Int) async throws(RemoteError) -> Set<String> {
        for upload in uploads { _ = try RemoteKey(upload.key) }
        guard let first = uploads.first else { return [] }
        throw RemoteError(.readOnly, first.key)
    }

    public func delete(_ keys: [String]) async throws(RemoteError) {
        for key in keys { _ = try RemoteKey(key) }
        guard let first = keys.first else { return }
        throw RemoteError(.readOnly, first)
    }

    private func readAll(_ key: String, limit: Int) async throws(RemoteError) -> [UInt8] {
        let response = try object(try await session.send(.get, key, limit: limit), key)
        guard response.status == 200 else { throw RemoteError(response.webReason, key) }
        return response.body
    }

    /// The part that was asked for.
    private func part(
        _ response: HTTPResponse, _ range: Range<Int64>, _ key: String
    ) throws(RemoteError) -> [UInt8] {
        guard let sent = ContentRange(response), sent.bytes.lowerBound == range.lowerBound,
            sent.bytes.upperBound <= range.upperBound, sent.bytes.count == response.body.count
        else { throw RemoteError(.unusable("the server sends another part than it was asked for"), key) }
        guard sent.bytes.upperBound == range.upperBound else { throw RemoteError(.truncated, key) }
        return response.body
    }

    /// An answer for an object, of which it is to have the bytes as they are.
    ///
    /// - Throws: `RemoteError` with `.notFound` if it is the page of a folder.
    func object(_ answer: WebSession.Answer, _ key: String) throws(RemoteError) -> HTTPResponse {
        if answer.response.isSuccess, isFolder(answer.url, key) { throw RemoteError(.notFound, key) }
        let encoding = answer.response.headers["Content-Encoding"]?.lowercased() ?? "identity"
        guard !answer.response.isSuccess || encoding == "identity" || encoding.isEmpty else {
            throw RemoteError(.unusable("the server packs what it sends, unasked"), key)
        }
        return answer.response
    }

    /// True if a URL, to which the server redirected, is that of an object with a slash behind it.
    private func isFolder(_ url: String, _ key: String) -> Bool {
        guard let asked = URLParts(session.address.url(of: key)), let answered = URLParts(url) else {
            return false
        }
        // Servers escape names in other ways than we do.
        return PercentEncoding.decoded(answered.path.utf8)
            == PercentEncoding.decoded(asked.path.utf8) + [UInt8(ascii: "/")]
    }
}

/// Which bytes an answer has, and of how many; RFC 9110, 14.4.
struct ContentRange: Equatable {
    /// The bytes; empty if the answer has none.
    let bytes: Range<Int64>
    /// How many there are in all, if the server says it.
    let total: Int64?

    /// Reads the header; `nil` if there is none that makes sense.
    init?(_ response: HTTPResponse) {
        guard let words = response.headers["Content-Range"]?.utf8, words.count <= 100 else { return nil }
        let parts = words.split(maxSplits: 1) { $0 == UInt8(ascii: " ") }
        guard parts.count == 2, String(parts[0])?.lowercased() == "bytes" else { return nil }
        let numbers = parts[1].split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard numbers.count == 2 else { return nil }
        total = Self.number(numbers[1])
        guard total != nil || numbers[1].elementsEqual("*".utf8) else { return nil }
        if numbers[0].elementsEqual("*".utf8) {
            bytes = 0..<0
            return
        }
        let ends = numbers[0].split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        guard ends.count == 2, let first = Self.number(ends[0]), let last = Self.number(ends[1]),
            first <= last, last < total ?? .max
        else { return nil }
        bytes = first..<(last + 1)
    }

    private static func number(_ digits: Substring.UTF8View) -> Int64? {
        guard !digits.isEmpty, digits.allSatisfy({ (48...57).contains($0) }) else { return nil }
        return String(digits).flatMap { Int64($0) }
    }
}
