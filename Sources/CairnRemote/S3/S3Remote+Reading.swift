extension S3Remote {
    public func read(_ key: String, _ range: Range<Int64>?, limit: Int) async throws(RemoteError) -> [UInt8] {
        _ = try RemoteKey(key)
        return try await readAny(key, range, limit: limit)
    }

    /// Reads an object, whatever its key is.
    func readAny(_ key: String, _ range: Range<Int64>?, limit: Int) async throws(RemoteError) -> [UInt8] {
        if let range {
            guard range.lowerBound >= 0 else { throw RemoteError(.truncated, key) }
            guard range.count <= limit else { throw RemoteError(.tooLarge(Int64(range.count)), key) }
        }
        var request = S3Request(.get, start + key, .read)
        request.headers.add(session.settings.customerKeyHeaders)
        request.limit = range?.count ?? limit
        guard let range else {
            let response = try await session.send(request, key)
            guard response.status == 200 else { throw Self.unexpected("a part of an object", key) }
            return response.body
        }
        request.headers.add("Range", "bytes=\(range.lowerBound)-\(range.upperBound - 1)")
        let response: HTTPResponse
        do throws(RemoteError) {
            response = try await session.send(request, key)
        } catch {
            // More than the range: a service that does not know ranges sends everything.
            guard case .tooLarge = error.reason else { throw error }
            throw RemoteError(.refused(.unsupported("ranges")), key)
        }
        return try Self.part(of: response, range, key)
    }

    /// The bytes of a range in an answer.
    ///
    /// Some services answer with 200 and a part, others with 200 and everything: what counts is what they say of it.
    static func part(
        of response: HTTPResponse, _ range: Range<Int64>, _ key: String
    ) throws(RemoteError) -> [UInt8] {
        let body = response.body
        guard let text = response.headers["Content-Range"] else {
            guard response.status == 200 else { throw unexpected("a part that does not say which", key) }
            guard range.upperBound <= body.count else { throw RemoteError(.truncated, key) }
            return Array(body[Int(range.lowerBound)..<Int(range.upperBound)])
        }
        guard let sent = Self.range(text), sent.lowerBound == range.lowerBound, sent.count == body.count,
            sent.upperBound <= range.upperBound
        else { throw unexpected("another part than was asked for", key) }
        guard sent.upperBound == range.upperBound else { throw RemoteError(.truncated, key) }
        return body
    }

    /// The range in a header as `bytes 0-9/200`; RFC 9110, 14.4.
    private static func range(_ text: String) -> Range<Int64>? {
        let words = text.utf8.split(separator: UInt8(ascii: " "))
        guard words.count == 2, words[0].elementsEqual("bytes".utf8) else { return nil }
        let ends = words[1].prefix { $0 != UInt8(ascii: "/") }.split(separator: UInt8(ascii: "-")).map {
            Int64(String(decoding: $0, as: UTF8.self))
        }
        guard ends.count == 2, let first = ends[0], let last = ends[1], 0 <= first, first <= last,
            last < .max
        else { return nil }
        return first..<(last + 1)
    }

    static func unexpected(_ what: String, _ key: String) -> RemoteError {
        RemoteError(.refused(.unexpected(what)), key)
    }
}
