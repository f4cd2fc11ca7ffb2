import CairnCore

/// A part that was sent, as the service wants it named in the end.
struct PartTag: Sendable {
    /// Its number.
    let number: Int
    /// Its entity tag as it came.
    let entityTag: String
    /// Its MD5.
    let md5: Digest
    /// True if the entity tag is the MD5.
    let isDigest: Bool
}

extension MultipartUpload {
    /// How often a part is sent whose tag says that something else arrived.
    private static let mostSendings = 2

    /// Begins an upload.
    ///
    /// - Returns: its id.
    func create() async throws(RemoteError) -> String {
        var request = S3Request(.post, key, .write)
        request.query = [("uploads", "")]
        request.headers.add(session.settings.storageHeaders)
        request.headers.add(session.settings.customerKeyHeaders)
        let response = try await session.send(request, name)
        // Services do not agree on the name of what it stands in.
        guard let id = (try? XMLReader.read(response.body))?.text("UploadId"), !id.isEmpty else {
            throw S3Remote.unexpected("no id of an upload", name)
        }
        return id
    }

    /// Sends a part, unless it is there with the right bytes.
    func send(
        part number: Int, _ range: Range<Int64>, _ tag: ContentTag, to upload: String,
        _ earlier: StoredPart?
    ) async throws(RemoteError) -> PartTag {
        let part = body.part(range)
        if let earlier, earlier.size == part.count,
            S3Session.unquoted(earlier.entityTag).lowercased() == tag.entityTag
        {
            return PartTag(number: number, entityTag: earlier.entityTag, md5: tag.md5, isDigest: true)
        }
        var request = S3Request(.put, key, .write)
        request.query = [("partNumber", String(number)), ("uploadId", upload)]
        request.headers = ["Content-MD5": ContentTag.base64(tag.md5)]
        request.headers.add(session.settings.customerKeyHeaders)
        request.body = part
        request.payload = .sha256(tag.sha256)
        for _ in 0..<Self.mostSendings {
            let response = try await session.send(request, name)
            guard let entityTag = response.headers["ETag"], !entityTag.isEmpty else {
                throw S3Remote.unexpected("a part without a tag", name)
            }
            let verdict = session.judge(response, tag)
            if verdict == .other, session.known.hasDigestTags != false { continue }
            return PartTag(number: number, entityTag: entityTag, md5: tag.md5, isDigest: verdict == .same)
        }
        throw RemoteError(.refused(.altered), name)
    }

    /// Has the parts put together.
    func complete(_ upload: String, _ parts: [PartTag]) async throws(RemoteError) -> Outcome {
        var request = S3Request(.post, key, .write)
        request.query = [("uploadId", upload)]
        request.headers = ["Content-Type": "application/xml"]
        request.headers.add(session.settings.customerKeyHeaders)
        request.mayFailLate = true
        request.setBody(Self.document(parts))
        if session.known.takesConditionsAtCompletion {
            request.headers.add("If-None-Match", "*")
            request.expected = [412, 501]
        }
        let response: HTTPResponse
        do throws(RemoteError) {
            response = try await session.send(request, name)
        } catch {
            // A part that another writer replaced, or an upload that is gone.
            guard case .refused(.other(_, let code)) = error.reason,
                ["NoSuchUpload", "InvalidPart", "InvalidPartOrder"].contains(code)
            else { throw error }
            return .lost
        }
        switch response.status {
        case 412: return .exists
        case 501: return .refused
        default: break
        }
        guard let root = try? XMLReader.read(response.body), root.name.hasPrefix("CompleteMultipartUpload")
        else {
            throw S3Remote.unexpected("no result of an upload", name)
        }
        try await check(root.text("ETag") ?? "", parts)
        return .created
    }

    /// Compares what was put together with what was sent: by its tag, or else by its size.
    private func check(_ entityTag: String, _ parts: [PartTag]) async throws(RemoteError) {
        let digests = parts.flatMap(\.md5.bytes)
        let expected = "\(MD5.digest(of: digests).hex)-\(parts.count)"
        let found = S3Session.unquoted(entityTag).lowercased()
        if found == expected { return }
        // Where the tags of parts are digests, one of this form is the digest of those.
        let isOfThatForm =
            found.utf8.count == expected.utf8.count
            && found.utf8.suffix(expected.utf8.count - 32).elementsEqual(expected.utf8.dropFirst(32))
        if isOfThatForm, parts.allSatisfy(\.isDigest) { throw RemoteError(.refused(.altered), name) }
        guard try await session.size(of: key, name) == body.count else {
            throw RemoteError(.refused(.altered), name)
        }
    }

    private static func document(_ parts: [PartTag]) -> [UInt8] {
        var text = "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
        for part in parts {
            text +=
                "<Part><PartNumber>\(part.number)</PartNumber><ETag>\(XMLText.escaped(part.entityTag))</ETag></Part>"
        }
        return Array((text + "</CompleteMultipartUpload>").utf8)
    }
}
