import CairnCore

/// A part as a service tells of it.
struct StoredPart: Sendable {
    /// Its entity tag as it came.
    let entityTag: String
    /// Its bytes.
    let size: Int64
}

extension MultipartUpload {
    /// Of so many uploads of the same key the parts are looked at.
    private static let mostLooks = 5
    /// So many pages of parts there are at most, with a thousand parts each.
    private static let mostPages = 16

    /// The uploads of the key that were begun and not ended, the last ones first.
    ///
    /// - Returns: none if nobody may know.
    func uploads() async throws(RemoteError) -> [String] {
        var request = S3Request(.get, nil, .list)
        request.query = [("uploads", ""), ("prefix", key)]
        request.limit = 4 << 20
        request.expected = [400, 403, 404, 405, 501]
        let response = try await slots.use { () async throws(RemoteError) in
            try await session.send(request, name)
        }
        guard response.isSuccess, let root = try? XMLReader.read(response.body) else { return [] }
        let found = root.all("Upload").compactMap { upload -> (id: String, time: Int64)? in
            guard let name = upload.text("Key"), name.utf8.elementsEqual(key.utf8),
                let id = upload.text("UploadId"), !id.isEmpty
            else { return nil }
            let time = upload.text("Initiated").flatMap { UTCDate.milliseconds(iso: $0.utf8) }
            return (id, time ?? 0)
        }
        return found.sorted { $0.time > $1.time }.map(\.id)
    }

    /// The upload with the most parts that could be ours, and these parts.
    ///
    /// - Returns: `nil` if there is none with any.
    func best(
        of uploads: [String]
    ) async throws(RemoteError) -> (upload: String, parts: [Int: StoredPart])? {
        var best: (upload: String, parts: [Int: StoredPart])?
        for upload in uploads.prefix(Self.mostLooks) {
            let parts = try await slots.use { () async throws(RemoteError) in try await stored(upload) }
            if parts.count > best?.parts.count ?? 0 { best = (upload, parts) }
        }
        return best
    }

    /// The parts of an upload; none if it is cut in another way, or nobody may know.
    private func stored(_ upload: String) async throws(RemoteError) -> [Int: StoredPart] {
        var parts: [Int: StoredPart] = [:]
        var marker = 0
        for _ in 0..<Self.mostPages {
            var request = S3Request(.get, key, .read)
            request.query = [("part-number-marker", String(marker)), ("uploadId", upload)]
            request.limit = 4 << 20
            request.expected = [400, 403, 404, 405, 501]
            let response = try await session.send(request, name)
            guard response.isSuccess, let root = try? XMLReader.read(response.body) else { return [:] }
            for part in root.all("Part") {
                guard let number = part.text("PartNumber").flatMap({ Int($0) }),
                    let size = part.text("Size").flatMap({ Int64($0) }), let entityTag = part.text("ETag")
                else { continue }
                parts[number] = StoredPart(entityTag: entityTag, size: size)
            }
            guard root.text("IsTruncated") == "true",
                let next = root.text("NextPartNumberMarker").flatMap({ Int($0) }), next > marker
            else { break }
            marker = next
        }
        let sizes = Dictionary(
            uniqueKeysWithValues: Self.parts(of: body.count).map { ($0.number, Int64($0.range.count)) })
        return parts.allSatisfy { sizes[$0.key] == $0.value.size } ? parts : [:]
    }

    /// Gives uploads up. What is left of one that cannot be is the next attempt's, or that of the bucket's own rules.
    func abort(_ uploads: [String]) async {
        for upload in uploads {
            var request = S3Request(.delete, key, .delete)
            request.query = [("uploadId", upload)]
            request.expected = [404]
            _ = try? await session.send(request, name)  // the object is there, or another failure is reported
        }
    }
}
