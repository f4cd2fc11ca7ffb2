/// What is known of one file that somebody else keeps on a web server or in a bucket.
public struct RemoteFileFacts: Hashable, Sendable {
    /// How many bytes it has; `nil` if the server does not say.
    public let size: Int64?
    /// What changes when the content does: an entity tag, or a checksum, as the server writes it; `nil` if it gives none.
    public let tag: String?

    /// A tag without its quotes, which belong to HTTP.
    static func withoutQuotes(_ tag: String) -> String {
        String(decoding: tag.utf8.filter { $0 != UInt8(ascii: "\"") }, as: UTF8.self)
    }
}

extension HTTPRemote {
    /// What the one object of a remote is called that is a single file.
    public static let fileKey = "file"

    /// Describes a single file on the web, whose URL may have a query, as a remote with one object.
    ///
    /// - Throws: `RemoteError` with `.unsupportedScheme` or `.noPath` for what is no web address.
    public init(
        ofFile settings: WebSettings, _ client: any HTTPSending, surroundings: RemoteSurroundings = .system
    ) throws(RemoteError) {
        session = try WebSession(settings, client, isFile: true)
        self.surroundings = surroundings
    }

    /// Looks at the single file.
    ///
    /// - Returns: `nil` if it is not there.
    /// - Throws: `RemoteError`.
    public func fileFacts() async throws(RemoteError) -> RemoteFileFacts? {
        let answer = try await session.send(.head, Self.fileKey, limit: 1 << 16)
        if [404, 410].contains(answer.response.status) { return nil }
        guard answer.response.isSuccess else { throw RemoteError(answer.response.webReason) }
        let headers = answer.response.headers
        return RemoteFileFacts(
            size: headers["Content-Length"].flatMap { Int64($0) },
            tag: headers["ETag"] ?? headers["Content-MD5"])
    }
}

extension S3Remote {
    /// Looks at one object of somebody else.
    ///
    /// - Returns: `nil` if it is not there.
    /// - Throws: `RemoteError`.
    public func facts(of key: String) async throws(RemoteError) -> RemoteFileFacts? {
        guard try await session.size(of: start + key, key) != nil else { return nil }
        var request = S3Request(.head, start + key, .read)
        request.headers.add(session.settings.customerKeyHeaders)
        let response = try await session.send(request, key)
        let tag = response.headers["ETag"].map(RemoteFileFacts.withoutQuotes)
        return RemoteFileFacts(size: response.headers["Content-Length"].flatMap { Int64($0) }, tag: tag)
    }
}
