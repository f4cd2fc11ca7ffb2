/// A URL cut where its parts meet; nothing in it is decoded.
struct URLParts: Hashable, Sendable {
    /// The scheme, in lower case.
    let scheme: String
    /// Host and port as a Host header has them: without a name, a password, or the port that the scheme has anyway.
    let authority: String
    /// Begins with a "/".
    let path: String
    /// What stands behind the question mark; `nil` without one.
    let query: String?

    /// Cuts a URL up.
    ///
    /// - Returns: `nil` for what has no scheme or no host.
    init?(_ url: String) {
        let bytes = Array(url.utf8)
        guard let mark = bytes.firstRange(of: Array("://".utf8)), mark.lowerBound > 0 else { return nil }
        scheme = Self.text(bytes[..<mark.lowerBound]).lowercased()
        let rest = bytes[mark.upperBound...].prefix { $0 != UInt8(ascii: "#") }
        let end = rest.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? rest.endIndex
        let host =
            rest[..<end].split(
                separator: UInt8(ascii: "@"), omittingEmptySubsequences: false
            ).last.map(Self.text) ?? ""
        let usual = scheme == "https" ? ":443" : ":80"
        authority = host.hasSuffix(usual) ? String(host.dropLast(usual.utf8.count)) : host
        guard !authority.isEmpty else { return nil }
        let question = rest[end...].firstIndex(of: UInt8(ascii: "?"))
        let place = rest[end..<(question ?? rest.endIndex)]
        path = place.isEmpty ? "/" : Self.text(place)
        query = question.map { Self.text(rest[($0 + 1)...]) }
    }

    private static func text(_ bytes: some Collection<UInt8>) -> String {
        String(decoding: bytes, as: UTF8.self)
    }
}
