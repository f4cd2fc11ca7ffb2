/// Where the objects of a remote are on the web.
struct WebAddress: Sendable {
    /// The URL of the folder, without a slash at its end, and with nobody's name in it.
    let url: String
    /// Who asks, if the URL said it.
    let login: HTTPLogin?
    /// True for the address of a single file: all keys mean it.
    private let isFile: Bool

    /// Takes a URL apart, as the user wrote it.
    ///
    /// - Parameter isFile: whether it is that of a file, which may have a query.
    /// - Throws: `RemoteError` with `.unsupportedScheme` or `.noPath`.
    init(_ text: String, isFile: Bool = false) throws(RemoteError) {
        self.isFile = isFile
        let bytes = Array(text.utf8)
        guard let mark = bytes.firstRange(of: Array("://".utf8)) else { throw RemoteError(.noPath) }
        let scheme = String(decoding: bytes[..<mark.lowerBound], as: UTF8.self).lowercased()
        guard scheme == "http" || scheme == "https" else { throw RemoteError(.unsupportedScheme(scheme)) }
        let rest = bytes[mark.upperBound...]
        let authority = rest.prefix { !"/?#".utf8.contains($0) }
        var path = rest[authority.endIndex...]
        // A query or a fragment names no folder.
        guard isFile || !path.contains(where: { "?#".utf8.contains($0) }) else { throw RemoteError(.noPath) }
        // A fragment is for whoever reads what comes.
        if isFile { path = path.prefix { $0 != UInt8(ascii: "#") } }
        while path.last == UInt8(ascii: "/") { path.removeLast() }
        let at = authority.lastIndex(of: UInt8(ascii: "@"))
        let host = at.map { authority[($0 + 1)...] } ?? authority
        guard !host.isEmpty, host.allSatisfy({ Self.isOfHost($0) }) else { throw RemoteError(.noPath) }
        url = "\(scheme)://\(String(decoding: host, as: UTF8.self))\(Self.escaped(path))"
        login = at.map { Self.login(authority[..<$0]) }
    }

    /// The URL of an object, or of a folder if the key ends in a slash or is empty.
    func url(of key: String) -> String {
        isFile ? url : "\(url)/\(PercentEncoding.path(key))"
    }

    private static func login(_ text: ArraySlice<UInt8>) -> HTTPLogin {
        let user = text.prefix { $0 != UInt8(ascii: ":") }
        func decoded(_ bytes: ArraySlice<UInt8>) -> String {
            String(decoding: PercentEncoding.decoded(bytes), as: UTF8.self)
        }
        return HTTPLogin(user: decoded(user), password: decoded(text[user.endIndex...].dropFirst()))
    }

    private static func isOfHost(_ byte: UInt8) -> Bool {
        (0x21...0x7E).contains(byte) && !"<>\"'\\^`{|}%".utf8.contains(byte)
    }

    /// A path in which what no URL may have is escaped; what is escaped already stays as it is.
    private static func escaped(_ path: ArraySlice<UInt8>) -> String {
        path.map { byte in
            (0x21...0x7E).contains(byte) && !"<>\"\\^`{|}".utf8.contains(byte)
                ? String(UnicodeScalar(byte)) : PercentEncoding.component([byte])
        }.joined()
    }
}
