import CairnCore
import CairnSystem

/// Puts one object with one request, unless its key has one.
struct S3Put {
    private enum Outcome {
        case created
        /// The key has an object, says the service.
        case exists
        /// The service does not take conditions.
        case refused
    }

    /// How often a key may have an object when it is put and none when it is looked up.
    private static let mostRounds = 4

    private let session: S3Session
    private let key: String
    private let name: String
    private let body: HTTPRequest.Body
    private let isNew: Bool

    /// - Parameters:
    ///   - key: the key in the bucket.
    ///   - name: that of the remote.
    ///   - isNew: whether it is known that the key has no object, so that it need not be looked up.
    init(
        _ session: S3Session, _ key: String, _ name: String, _ body: HTTPRequest.Body, isNew: Bool = false
    ) {
        self.session = session
        self.key = key
        self.name = name
        self.body = body
        self.isNew = isNew
    }

    /// Puts the object.
    ///
    /// - Returns: true if it was there already, with as many bytes.
    /// - Throws: `RemoteError`, with `.conflict` for one of another size.
    func run() async throws(RemoteError) -> Bool {
        let tag = try ContentTag(body, name)
        for _ in 0..<Self.mostRounds {
            if !isNew, session.known.conditions != .honoured,
                let size = try await session.size(of: key, name)
            {
                return try isSame(size)
            }
            switch try await put(tag) {
            case .created:
                // Who knows which keys are free need not know it.
                if !isNew { await findOutConditions(tag) }
                return false
            case .refused: session.learn { $0.conditions = .refused }
            case .exists:
                session.learn { $0.conditions = .honoured }
                // Unless it was deleted meanwhile.
                if let size = try await session.size(of: key, name) { return try isSame(size) }
            }
        }
        throw RemoteError(.temporary("it comes and goes while it is written"), name)
    }

    private func isSame(_ size: Int64) throws(RemoteError) -> Bool {
        guard size == body.count else { throw RemoteError(.conflict, name) }
        return true
    }

    private func put(_ tag: ContentTag) async throws(RemoteError) -> Outcome {
        var request = S3Request(.put, key, .write)
        request.headers = ["Content-MD5": ContentTag.base64(tag.md5)]
        request.headers.add(session.settings.storageHeaders)
        request.headers.add(session.settings.customerKeyHeaders)
        request.body = body
        request.payload = .sha256(tag.sha256)
        if session.known.conditions != .refused {
            request.headers.add("If-None-Match", "*")
            request.expected = [412, 501]
        }
        let response = try await session.send(request, name)
        switch response.status {
        case 412: return .exists
        case 501: return .refused
        default:
            try await check(response, tag)
            return .created
        }
    }

    /// Compares the entity tag that came back.
    ///
    /// - Throws: `RemoteError` if something else is stored than was sent; it is taken away again if that is allowed.
    private func check(_ response: HTTPResponse, _ tag: ContentTag) async throws(RemoteError) {
        guard session.judge(response, tag) == .other, session.known.hasDigestTags != false else { return }
        // The tag is of that form and not the digest: either this service makes others, or the object is not what was sent.
        var request = S3Request(.get, key, .read)
        request.headers.add(session.settings.customerKeyHeaders)
        request.limit = Int(body.count)
        let stored = try? await session.send(request, name)  // what cannot be looked at counts as altered
        if let stored, MD5.digest(of: stored.body) == tag.md5 {
            session.learn { $0.hasDigestTags = false }
            return
        }
        // The failure to report is another.
        _ = try? await session.send(S3Request(.delete, key, .delete), name)
        throw RemoteError(.refused(.altered), name)
    }

    /// Puts the object once more, if nobody knows yet what the service makes of conditions: it should refuse that.
    private func findOutConditions(_ tag: ContentTag) async {
        let isMine = session.learn { known in
            guard known.conditions == .unknown, !known.isTrying else { return false }
            known.isTrying = true
            return true
        }
        guard isMine else { return }
        // The object is there: if this fails, somebody else finds out.
        let outcome = try? await put(tag)
        session.learn { known in
            known.isTrying = false
            guard known.conditions == .unknown else { return }
            switch outcome {
            case .exists: known.conditions = .honoured
            case .created: known.conditions = .ignored
            case .refused: known.conditions = .refused
            case nil: break
            }
        }
    }
}

extension S3Session {
    /// What an entity tag says of a body.
    enum TagVerdict {
        /// It is its digest.
        case same
        /// It is no digest, or that of something else, as with encryption.
        case unknown
        /// It could be a digest, and is not that of the body.
        case other
    }

    /// Compares the entity tag of what was stored with what was sent.
    func judge(_ response: HTTPResponse, _ tag: ContentTag) -> TagVerdict {
        let text = response.headers["ETag"].map { Self.unquoted($0).lowercased() } ?? ""
        if text == tag.entityTag {
            learn { $0.hasDigestTags = true }
            return .same
        }
        let isEncrypted =
            response.headers["x-amz-server-side-encryption"]?.hasPrefix("aws:kms") ?? false
            || response.headers["x-amz-server-side-encryption-customer-algorithm"] != nil
        return Digest(hex: text.utf8)?.count == MD5.byteCount && !isEncrypted ? .other : .unknown
    }

    /// An entity tag without its quotes.
    static func unquoted(_ tag: String) -> String {
        String(decoding: tag.utf8.filter { $0 != UInt8(ascii: "\"") }, as: UTF8.self)
    }
}
