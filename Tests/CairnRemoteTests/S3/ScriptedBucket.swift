import CairnCore
import CairnRemote
import Synchronization

/// A bucket as simple as can be, for tests that count requests or let a certain one fail. Real services are for all else.
final class ScriptedBucket: Sendable {
    struct State {
        var objects: [String: [UInt8]] = [:]
        var uploads: [String: (key: String, parts: [Int: [UInt8]])] = [:]
        var honoursConditions = true
        var completesWithConditions = true
        var hasDigestTags = true
        /// What a certain request gets instead of its answer; called first.
        var interception: (@Sendable (HTTPRequest) throws(RemoteError) -> HTTPResponse?)?
    }

    let state = Mutex(State())

    var objects: [String: [UInt8]] { state.withLock { $0.objects } }
    var uploads: [String: [Int: [UInt8]]] { state.withLock { $0.uploads.mapValues(\.parts) } }

    func change(_ body: (inout sending State) -> Void) { state.withLock { body(&$0) } }

    /// A service that is this bucket.
    var service: ScriptedService {
        ScriptedService { [self] (request) throws(RemoteError) in
            if let interception = state.withLock({ $0.interception }), let answer = try interception(request)
            {
                return answer
            }
            return answer(request)
        }
    }

    private func answer(_ request: HTTPRequest) -> HTTPResponse {
        let halves = request.target.split(separator: "?", maxSplits: 1)
        let path = halves[0].utf8.dropFirst("/bucket".utf8.count).dropFirst()
        let key = String(decoding: PercentEncoding.decoded(path), as: UTF8.self)
        var query: [String: String] = [:]
        for item in (halves.count == 2 ? halves[1] : "").split(separator: "&") {
            let sides = item.split(separator: "=", maxSplits: 1).map {
                String(decoding: PercentEncoding.decoded($0.utf8), as: UTF8.self)
            }
            query[sides[0]] = sides.count == 2 ? sides[1] : ""
        }
        return state.withLock { state in
            switch (request.method, query["uploadId"]) {
            case (.get, nil) where query["list-type"] != nil: Self.list(state, query)
            case (.get, nil) where query["uploads"] != nil: Self.uploads(state)
            case (.post, nil) where query["uploads"] != nil: Self.create(&state, key)
            case (.post, nil): Self.delete(&state, request)
            case (.put, let id?): Self.put(part: Int(query["partNumber"] ?? "") ?? 0, of: id, &state, request)
            case (.get, let id?): Self.parts(state, id)
            case (.post, let id?): Self.complete(&state, id, request)
            case (.delete, let id?):
                HTTPResponse(
                    state.uploads.removeValue(forKey: id) == nil ? 404 : 204, ["Date": HTTPResponse.date])
            case (.put, nil): Self.put(&state, key, request)
            case (.delete, nil): Self.delete(&state, key)
            case (.get, nil), (.head, nil): Self.read(state, key, request)
            default: .error(501, "NotImplemented")
            }
        }
    }

    private static func tag(_ bytes: [UInt8], _ state: State) -> String {
        let digest = MD5.digest(of: bytes).hex
        return state.hasDigestTags ? "\"\(digest)\"" : "\"\(String(digest.reversed()))\""
    }

    private static func put(_ state: inout State, _ key: String, _ request: HTTPRequest) -> HTTPResponse {
        let isConditional = request.headers["If-None-Match"] != nil && state.honoursConditions
        if isConditional, state.objects[key] != nil { return .error(412, "PreconditionFailed") }
        state.objects[key] = request.bytes
        return HTTPResponse(200, ["ETag": tag(request.bytes, state)])
    }

    private static func read(_ state: State, _ key: String, _ request: HTTPRequest) -> HTTPResponse {
        guard let bytes = state.objects[key] else {
            return request.method == .head ? HTTPResponse(404) : .error(404, "NoSuchKey")
        }
        if request.method == .head { return HTTPResponse(200, ["Content-Length": String(bytes.count)]) }
        guard let range = request.headers["Range"] else { return HTTPResponse(200, body: bytes) }
        let ends = range.dropFirst("bytes=".count).split(separator: "-").compactMap { Int($0) }
        guard ends[0] < bytes.count else { return .error(416, "InvalidRange") }
        let last = min(ends[1], bytes.count - 1)
        return HTTPResponse(
            206, ["Content-Range": "bytes \(ends[0])-\(last)/\(bytes.count)"],
            body: Array(bytes[ends[0]...last]))
    }

    private static func delete(_ state: inout State, _ key: String) -> HTTPResponse {
        state.objects[key] = nil
        return HTTPResponse(204)
    }

    private static func delete(_ state: inout State, _ request: HTTPRequest) -> HTTPResponse {
        let text = String(decoding: request.bytes, as: UTF8.self)
        for piece in text.split(separator: "<Key>").dropFirst() {
            state.objects[String(piece.prefix { $0 != "<" })] = nil
        }
        return HTTPResponse(200, text: "<DeleteResult/>")
    }

    private static func list(_ state: State, _ query: [String: String]) -> HTTPResponse {
        let prefix = query["prefix"] ?? ""
        let keys = state.objects.keys.filter { $0.hasPrefix(prefix) }.sorted()
        let rest = keys.filter { $0 > query["continuation-token"] ?? "" }
        let page = rest.prefix(1000)
        var text = "<ListBucketResult><EncodingType>url</EncodingType>"
        for key in page {
            text +=
                "<Contents><Key>\(PercentEncoding.component(key))</Key><Size>\(state.objects[key]?.count ?? 0)</Size>"
                + "<LastModified>2023-11-14T22:13:19.000Z</LastModified></Contents>"
        }
        if let last = page.last, rest.count > page.count {
            text += "<IsTruncated>true</IsTruncated><NextContinuationToken>\(last)</NextContinuationToken>"
        }
        return HTTPResponse(200, text: text + "</ListBucketResult>")
    }

    private static func create(_ state: inout State, _ key: String) -> HTTPResponse {
        let id = "upload-\(state.uploads.count + 1)"
        state.uploads[id] = (key, [:])
        return HTTPResponse(
            200,
            text: "<InitiateMultipartUploadResult><UploadId>\(id)</UploadId></InitiateMultipartUploadResult>")
    }

    private static func put(
        part number: Int, of id: String, _ state: inout State, _ request: HTTPRequest
    ) -> HTTPResponse {
        guard state.uploads[id] != nil else { return .error(404, "NoSuchUpload") }
        state.uploads[id]?.parts[number] = request.bytes
        return HTTPResponse(200, ["ETag": tag(request.bytes, state)])
    }

    private static func uploads(_ state: State) -> HTTPResponse {
        let rows = state.uploads.sorted { $0.key < $1.key }.map {
            "<Upload><Key>\($0.value.key)</Key><UploadId>\($0.key)</UploadId></Upload>"
        }
        return HTTPResponse(
            200, text: "<ListMultipartUploadsResult>\(rows.joined())</ListMultipartUploadsResult>")
    }

    private static func parts(_ state: State, _ id: String) -> HTTPResponse {
        guard let upload = state.uploads[id] else { return .error(404, "NoSuchUpload") }
        let rows = upload.parts.sorted { $0.key < $1.key }.map {
            "<Part><PartNumber>\($0.key)</PartNumber><ETag>\(tag($0.value, state))</ETag><Size>\($0.value.count)</Size></Part>"
        }
        return HTTPResponse(200, text: "<ListPartsResult>\(rows.joined())</ListPartsResult>")
    }

    private static func complete(_ state: inout State, _ id: String, _ request: HTTPRequest) -> HTTPResponse {
        guard let upload = state.uploads[id] else { return .error(404, "NoSuchUpload") }
        if request.headers["If-None-Match"] != nil {
            guard state.completesWithConditions else { return .error(501, "NotImplemented") }
            if state.objects[upload.key] != nil { return .error(412, "PreconditionFailed") }
        }
        let parts = upload.parts.sorted { $0.key < $1.key }.map(\.value)
        // Not joined(), which takes seconds where nothing is optimized.
        state.objects[upload.key] = parts.reduce(into: []) { $0 += $1 }
        state.uploads[id] = nil
        let digest = MD5.digest(of: parts.flatMap { MD5.digest(of: $0).bytes }).hex
        let tag = state.hasDigestTags ? "&quot;\(digest)-\(parts.count)&quot;" : "x"
        return HTTPResponse(
            200,
            text:
                "\n  \n<?xml version=\"1.0\"?><CompleteMultipartUploadResult><ETag>\(tag)</ETag></CompleteMultipartUploadResult>"
        )
    }
}
