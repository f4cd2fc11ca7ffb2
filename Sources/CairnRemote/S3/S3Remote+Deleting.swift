import CairnCore

extension S3Remote {
    /// How many objects go into one request.
    static let deletionBatch = 1000
    /// How often objects are tried again that a service could not delete for a reason that passes.
    private static let mostRounds = 8

    public func delete(_ keys: [String]) async throws(RemoteError) {
        for key in keys { _ = try RemoteKey(key) }
        for first in stride(from: 0, to: keys.count, by: Self.deletionBatch) {
            let batch = Array(keys[first..<min(first + Self.deletionBatch, keys.count)])
            if batch.count > 1, session.known.deletesMany, try await deleteTogether(batch) { continue }
            for key in batch { try await deleteOne(key) }
        }
    }

    /// Deletes one object.
    func deleteOne(_ key: String) async throws(RemoteError) {
        var request = S3Request(.delete, start + key, .delete)
        request.expected = [404]
        let response = try await session.send(request, key)
        // A bucket that is not there is something else than an object that is not.
        guard response.status == 404, !response.body.isEmpty else { return }
        let answer = S3Answer(response, scheme: "https")
        guard answer.code != "NoSuchKey" else { return }
        throw RemoteError(answer.reason(.delete, bucket: session.settings.bucket), key)
    }

    /// Deletes up to a thousand objects with one request.
    ///
    /// - Returns: false if the service does not know that request.
    private func deleteTogether(_ keys: [String]) async throws(RemoteError) -> Bool {
        var rest = keys
        for _ in 0..<Self.mostRounds {
            var request = S3Request(.post, nil, .delete)
            request.query = [("delete", "")]
            request.limit = 4 << 20
            request.expected = [405, 501]
            request.setBody(Self.document(rest.map { start + $0 }))
            request.headers = ["Content-Type": "application/xml"]
            request.headers.add("Content-MD5", ContentTag.base64(MD5.digest(of: Self.bytes(request))))
            let response: HTTPResponse
            do throws(RemoteError) {
                response = try await session.send(request)
            } catch {
                guard case .refused(.other(_, "MalformedPOSTRequest")) = error.reason else { throw error }
                session.learn { $0.deletesMany = false }
                return false
            }
            guard response.isSuccess else {
                session.learn { $0.deletesMany = false }
                return false
            }
            rest = try failed(response, among: rest)
            if rest.isEmpty { return true }
            try await session.clock.sleep(for: .milliseconds(500))
        }
        throw RemoteError(.temporary("the server could not delete it"), rest.first ?? "")
    }

    private static func bytes(_ request: S3Request) -> [UInt8] {
        if case .bytes(let bytes) = request.body { bytes } else { [] }
    }

    /// The keys that have to be tried again.
    ///
    /// - Throws: `RemoteError` for the first that cannot be deleted.
    private func failed(_ response: HTTPResponse, among keys: [String]) throws(RemoteError) -> [String] {
        guard let root = try? XMLReader.read(response.body), root.name == "DeleteResult" else {
            throw Self.unexpected("no result of a deletion", "")
        }
        let sent = Set(keys)
        var rest: [String] = []
        for error in root.all("Error") {
            let code = error.text("Code") ?? ""
            guard code != "NoSuchKey", code != "NoSuchVersion" else { continue }
            let full = error.text("Key") ?? ""
            let key = String(decoding: full.utf8.dropFirst(start.utf8.count), as: UTF8.self)
            guard sent.contains(key) else {
                throw Self.unexpected("a key that was not to be deleted", "")
            }
            let answer = S3Answer(status: 200, code: code)
            switch answer.remedy {
            case .later, .slower: rest.append(key)
            default: throw RemoteError(answer.reason(.delete, bucket: session.settings.bucket), key)
            }
        }
        return rest
    }

    private static func document(_ keys: [String]) -> [UInt8] {
        var text = "<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Quiet>true</Quiet>"
        for key in keys { text += "<Object><Key>\(XMLText.escaped(key))</Key></Object>" }
        return Array((text + "</Delete>").utf8)
    }
}

extension S3Answer {
    /// What an answer means for the user, where neither the clock nor the key can be the cause.
    func reason(_ permission: S3Refusal.Permission, bucket: String) -> RemoteError.Reason {
        reason(permission, bucket: bucket, request: time ?? 0, isSigned: true)
    }
}
