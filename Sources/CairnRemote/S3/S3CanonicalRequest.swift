/// A request in the one form that both sides of a signature compute.
struct S3CanonicalRequest {
    /// All of it.
    let text: String
    /// The names of the headers that it has, with semicolons.
    let signedHeaders: String

    /// Headers that something on the way may set or change.
    private static let unsigned: Set<String> = [
        "authorization", "connection", "content-length", "expect", "keep-alive", "proxy-authorization", "te",
        "transfer-encoding", "upgrade", "user-agent", "x-amzn-trace-id",
    ]

    /// Puts a request in that form.
    ///
    /// - Precondition: its URL has a scheme and a host.
    init(_ request: HTTPRequest, _ rule: S3Signature.Rule, payloadHash: String) {
        guard let url = URLParts(request.url) else { preconditionFailure("a request goes to some host") }
        let headers = Self.headers(request.headers, host: url.authority)
        signedHeaders = headers.map(\.name).joined(separator: ";")
        text = [
            request.method.rawValue, Self.path(url.path, rule), Self.query(url.query ?? ""),
            headers.map { "\($0.name):\($0.value)\n" }.joined(), signedHeaders, payloadHash,
        ].joined(separator: "\n")
    }

    private static func path(_ path: String, _ rule: S3Signature.Rule) -> String {
        switch rule {
        case .s3: PercentEncoding.path(PercentEncoding.decoded(path.utf8))
        case .general: PercentEncoding.path(withoutDots(path))
        }
    }

    /// RFC 3986 5.2.4, with slashes that follow each other as one.
    private static func withoutDots(_ path: String) -> [UInt8] {
        let parts = path.utf8.split(separator: UInt8(ascii: "/"))
        var kept: [Substring.UTF8View] = []
        for part in parts {
            if part.elementsEqual("..".utf8) {
                _ = kept.popLast()
            } else if !part.elementsEqual(".".utf8) {
                kept.append(part)
            }
        }
        let endsInSlash = path.utf8.last == UInt8(ascii: "/") || parts.last?.allSatisfy { $0 == 0x2E } == true
        let joined = kept.reduce(into: [UInt8]()) { $0 += [UInt8(ascii: "/")] + $1 }
        return joined + (kept.isEmpty || endsInSlash ? [UInt8(ascii: "/")] : [])
    }

    private static func query(_ query: String) -> String {
        func encoded(_ text: some Collection<UInt8>) -> [UInt8] {
            Array(PercentEncoding.component(PercentEncoding.decoded(text)).utf8)
        }
        let items = query.utf8.split(separator: UInt8(ascii: "&")).map { item in
            let equals = item.firstIndex(of: UInt8(ascii: "="))
            let value = equals.map { item[item.index(after: $0)...] }
            return (name: encoded(item[..<(equals ?? item.endIndex)]), value: value.map(encoded) ?? [])
        }
        let sorted = items.sorted {
            $0.name == $1.name
                ? $0.value.lexicographicallyPrecedes($1.value) : $0.name.lexicographicallyPrecedes($1.name)
        }
        let pairs = sorted.map { $0.name + [UInt8(ascii: "=")] + $0.value }
        return String(decoding: Array(pairs.joined(separator: [UInt8(ascii: "&")])), as: UTF8.self)
    }

    private static func headers(_ headers: HTTPHeaders, host: String) -> [(name: String, value: String)] {
        var values: [String: [String]] = ["host": [host]]
        for field in headers.fields {
            let name = field.name.lowercased()
            if name == "host" || unsigned.contains(name) { continue }
            values[name, default: []].append(squeezed(field.value))
        }
        return values.sorted { $0.key < $1.key }.map { ($0.key, $0.value.joined(separator: ",")) }
    }

    /// Without white space at the ends, and with one space for each stretch of it.
    private static func squeezed(_ value: String) -> String {
        let words = value.utf8.split { $0 == 0x20 || (0x09...0x0D).contains($0) }
        return String(decoding: Array(words.joined(separator: [0x20])), as: UTF8.self)
    }
}
