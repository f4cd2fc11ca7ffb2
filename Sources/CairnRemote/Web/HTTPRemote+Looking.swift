extension HTTPRemote {
    /// Looks at one object.
    ///
    /// - Returns: how many bytes it has; `nil` if it is not there.
    /// - Throws: `RemoteError`.
    public func size(of key: String) async throws(RemoteError) -> Int64? {
        _ = try RemoteKey(key)
        return try await look(at: key)?.size
    }

    /// Looks at one object; its time is 0 if the server does not tell it.
    func look(at key: String) async throws(RemoteError) -> RemoteObject? {
        guard let head = try await answer(.head, key) else { return nil }
        // A server may not know the question, or answer without the size: then a byte is asked for.
        if [405, 501].contains(head.status) || head.isSuccess && head.size == nil {
            guard let response = try await answer(.get, key, ["Range": "bytes=0-0"]) else { return nil }
            return try row(response, key)
        }
        return try row(head, key)
    }

    /// An answer about an object; `nil` if it is not there.
    private func answer(
        _ method: HTTPRequest.Method, _ key: String, _ headers: HTTPHeaders = HTTPHeaders()
    ) async throws(RemoteError) -> HTTPResponse? {
        do throws(RemoteError) {
            let response = try object(try await session.send(method, key, headers, limit: 1 << 20), key)
            return [404, 410].contains(response.status) ? nil : response
        } catch {
            switch error.reason {
            case .notFound: return nil
            // It was to be a byte.
            case .tooLarge(let size): return HTTPResponse(200, ["Content-Length": "\(size)"])
            default: throw error
            }
        }
    }

    private func row(_ response: HTTPResponse, _ key: String) throws(RemoteError) -> RemoteObject {
        guard response.isSuccess || response.status == 416 else { throw RemoteError(response.webReason, key) }
        guard let size = response.size else {
            throw RemoteError(.unusable("the server does not say how long it is"), key)
        }
        let modified = response.headers["Last-Modified"].flatMap { HTTPDate.parse($0) }
        return RemoteObject(key: key, size: size, modified: modified ?? 0)
    }
}

extension HTTPResponse {
    /// How long the whole is of which this answer tells.
    fileprivate var size: Int64? {
        switch status {
        case 206, 416: ContentRange(self)?.total
        default: headers["Content-Length"].flatMap { Int64($0) }.flatMap { $0 < 0 ? nil : $0 }
        }
    }
}
